"""What stands in an expression."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, TypeVar

from sympy import Basic, MatrixExpr

from derive.expressions.quantities import At

E = TypeVar("E", bound=Basic)


def hashed(expr: E) -> E:
    """Return the expression, hashed from its leaves up.

    SymPy hashes by recursion, which a nesting of a thousand levels exhausts, and keeps the hashes.
    """
    if expr._mhash is not None:
        return expr
    seen: set[int] = set()
    waiting: list[tuple[Basic, bool]] = [(expr, False)]
    while waiting:
        node, entered = waiting.pop()
        if entered:
            hash(node)
        elif id(node) not in seen and node._mhash is None:
            seen.add(id(node))
            waiting.append((node, True))
            waiting.extend((operand, False) for operand in node.args)
    return expr


def alike(one: Basic, other: Basic) -> bool:
    """Tell whether two expressions are equal; SymPy compares by recursion, which deep ones exhaust."""
    seen: set[tuple[int, int]] = set()
    waiting = [(one, other)]
    while waiting:
        a, b = waiting.pop()
        if a is b or (id(a), id(b)) in seen:
            continue
        seen.add((id(a), id(b)))
        if type(a) is not type(b) or len(a.args) != len(b.args):
            return False
        # What has no operands, or is more than these, compares itself.
        if not a.args or a._hashable_content() is not a._args:
            if a != b:
                return False
            continue
        waiting.extend(zip(a.args, b.args, strict=True))
    return True


def atoms_of(expr: MatrixExpr, kind: type | tuple[type, ...]) -> Iterator[Any]:
    """Yield the nodes of a class, each once; no recursion, and shared parts are walked once."""
    nodes = _few(expr)
    return (node for node in (_walked(expr) if nodes is None else nodes) if isinstance(node, kind))


def _walked(expr: MatrixExpr) -> Iterator[Basic]:
    seen: set[Basic] = set()
    stack = [hashed(expr)]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        yield node
        stack.extend(node.args)


_FEW = 64
"""How many nodes an expression may have whose nodes are kept."""

_KEPT = 16384
"""Of how many expressions they are kept."""

_NODES: dict[int, tuple[MatrixExpr, tuple[Basic, ...] | None]] = {}


def _few(expr: MatrixExpr) -> tuple[Basic, ...] | None:
    """Return the nodes of an expression that has few, else None: most are asked for many times.

    Known ones are found by identity, as deep ones cannot be compared; the expression is kept as well,
    so that its identity is not given to another.
    """
    known = _NODES.get(id(expr))
    if known is None or known[0] is not expr:
        if len(_NODES) >= _KEPT:
            _NODES.clear()
        nodes = tuple(islice(_walked(expr), _FEW + 1))
        known = _NODES[id(expr)] = expr, None if len(nodes) > _FEW else nodes
    return known[1]


def series_in(expr: MatrixExpr) -> Iterator[At]:
    """Yield the series values that an expression reads."""
    return atoms_of(expr, At)

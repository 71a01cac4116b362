"""What stands in an expression."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Basic, MatrixExpr

from derive.expressions.quantities import At


def hashed(expr: MatrixExpr) -> MatrixExpr:
    """Return the expression, hashed from its leaves up.

    SymPy hashes by recursion, which a nesting of a thousand levels exhausts, and keeps the hashes.
    """
    if expr._mhash is not None:
        return expr
    seen: set[int] = set()
    waiting = [(expr, False)]
    while waiting:
        node, entered = waiting.pop()
        if entered:
            hash(node)
        elif id(node) not in seen and node._mhash is None:
            seen.add(id(node))
            waiting.append((node, True))
            waiting.extend((operand, False) for operand in node.args)
    return expr


def atoms_of(expr: MatrixExpr, kind: type | tuple[type, ...]) -> Iterator[Any]:
    """Yield the nodes of a class, each once; no recursion, and shared parts are walked once."""
    seen: set[Basic] = set()
    stack = [hashed(expr)]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, kind):
            yield node
        stack.extend(node.args)


def series_in(expr: MatrixExpr) -> Iterator[At]:
    """Yield the series values that an expression reads."""
    return atoms_of(expr, At)

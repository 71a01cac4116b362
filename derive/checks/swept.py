"""What a backward sweep in NumPy costs, read off its code alone."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from dataclasses import dataclass

GRADIENTS = "grads"
"""What the gradients are put into."""

_WITH_MATRIX = frozenset({"act"})
_OUTER = frozenset({"outer", "crossed"})


@dataclass(frozen=True)
class SweepCosts:
    """Products with a matrix, those of a column and a row, and the arrays with a row for each step.

    ``read`` are those of them that the code finds there; ``once_products`` and ``once_outer`` are the
    products that are taken once for a sequence, and not at every step.
    """

    products: int
    outer: int
    arrays: int
    read: int
    once_products: int
    once_outer: int


def costs(code: str) -> SweepCosts:
    """Return what one step of a sweep takes and keeps; a `SyntaxError` for what is no Python."""
    tree = ast.parse(code)
    nodes = [*ast.walk(tree)]
    # What names no step is of one step alone: the first.
    alone = [node for node in tree.body if not isinstance(node, ast.For) and not _by_step(node)]
    all_products, all_outer = _taken(nodes)
    once_products, once_outer = _taken([inner for node in alone for inner in ast.walk(node)])
    made = {name for node in nodes if isinstance(node, ast.Assign) for name in _names(node)}
    places = [n.value for n in nodes if isinstance(n, ast.Subscript) and _by_step(n.slice)]
    stepped = {place.id for place in places if isinstance(place, ast.Name)} - {GRADIENTS}
    return SweepCosts(
        all_products - once_products,
        all_outer - once_outer,
        len(made | stepped),
        len(stepped - made),
        once_products,
        once_outer,
    )


def _taken(nodes: Sequence[ast.AST]) -> tuple[int, int]:
    """Return how many products with a matrix there are, and how many of a column and a row."""
    called = [n.func.id for n in nodes if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
    signs = sum(isinstance(n, ast.BinOp) and isinstance(n.op, ast.MatMult) for n in nodes)
    products = signs + sum(name in _WITH_MATRIX for name in called)
    return products, sum(name in _OUTER for name in called)


def _names(node: ast.Assign) -> set[str]:
    """Return the arrays that a statement fills, at a step or at all."""
    places = [t.value if isinstance(t, ast.Subscript) else t for t in node.targets]
    return {place.id for place in places if isinstance(place, ast.Name)} - {GRADIENTS}


def _by_step(index: ast.AST) -> bool:
    """Tell whether an index, or a statement, says a step, or a range of them."""
    return any(isinstance(n, ast.Name) and n.id in ("t", "T") for n in ast.walk(index))

"""Equations whose functions act on quantities: what they act on gets a name, as in i_t = σ(a_{i,t})."""

from __future__ import annotations

from collections.abc import Container

from sympy import HadamardProduct, MatAdd, MatMul, MatrixExpr, Transpose

from derive.cells.cell import Assignment
from derive.expressions.algebra import mul, transpose
from derive.expressions.averages import LayerNorm
from derive.expressions.folding import refolded
from derive.expressions.functions import Elementwise, Log, Quotient, Softmax
from derive.expressions.pointwise import PointwisePower
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.rewrite import rewrite
from derive.expressions.shapes import is_vector
from derive.expressions.walk import atoms_of

ACCENTS = ("tilde", "hat", "bar")
"""Endings of names that print as an accent."""


def has_argument(expr: MatrixExpr) -> bool:
    """Tell whether a right side has a function of an expression that gets a name."""
    return any(_is_split(node) for node in atoms_of(expr, (Elementwise, Softmax, LayerNorm)))


def _is_split(node: MatrixExpr) -> bool:
    return any(True for _ in atoms_of(node.arg, Parameter)) and not isinstance(
        node.arg, (At, Parameter)
    )


def _is_map(node: MatrixExpr) -> bool:
    """Tell whether a matrix is made of parameters entry by entry, as exp(W) and W ⊙ W are."""
    if isinstance(node, MatAdd):
        return any(map(_is_map, node.args))
    return (
        isinstance(node, (Elementwise, HadamardProduct, Log, Quotient, PointwisePower))
        and not is_vector(node)
        and not any(True for _ in atoms_of(node, At))
    )


def named_arguments(
    variable: Series,
    expr: MatrixExpr,
    taken: set[str],
    acting: Container[str] = (),
    maps: dict[MatrixExpr, Series] | None = None,
) -> list[Assignment]:
    """Return the equations that ``variable[t] = expr`` becomes, the last one its own.

    A function of an expression with parameters in it is split: a_v[t] is the expression.  The new
    names are added to ``taken``; ``acting`` are the quantities that have such an argument.  What a
    matrix entry by entry is made of parameters gets a name where it acts on something: M_v[t] is exp(W),
    once, and is kept in ``maps``.  So is an argument that is made of parameters alone, and within one
    equation an argument that stands there again.
    """
    made: list[Assignment] = []
    maps = {} if maps is None else maps
    within: dict[MatrixExpr, Series] = {}

    def argument(node: MatrixExpr) -> Series:
        known = within if any(True for _ in atoms_of(node, At)) else maps
        if node not in known:
            known[node] = Series(_argument(variable.name, taken, acting), *node.shape)
            made.append(Assignment(known[node], node))
        return known[node]

    def acting_map(node: MatrixExpr) -> MatrixExpr:
        if isinstance(node, Transpose) and _is_map(node.arg):
            return transpose(acting_map(node.arg))
        if not _is_map(node):
            return node
        if node not in maps:
            maps[node] = Series(_fresh(f"M_{variable.name}", taken), *node.shape)
            made.append(Assignment(maps[node], node))
        return maps[node][t]

    def whole(node: MatrixExpr) -> MatrixExpr:
        return node if isinstance(node, (At, Parameter)) else None

    def split(node: MatrixExpr, operands: list[MatrixExpr]) -> MatrixExpr:
        node = refolded(node, operands)
        if isinstance(node, (Elementwise, Softmax, LayerNorm)) and _is_split(node):
            return node.func(*node.args[:-1], argument(node.arg)[t])
        if isinstance(node, MatMul):
            return mul(*map(acting_map, node.args))
        return node

    last = Assignment(variable, rewrite(expr, whole, split))
    return [*made, last]


def _argument(name: str, taken: set[str], acting: Container[str]) -> str:
    """Return what the argument of a quantity is called: of one with an accent, without it, if free.

    It is not free where the quantity without the accent has an argument as well.
    """
    bare = next(
        (name.removesuffix(a) for a in ACCENTS if name.removesuffix(a) not in ("", name)), ""
    )
    if bare and bare not in acting and f"a_{bare}" not in taken:
        # Below a letter there is no room for an accent.
        return _fresh(f"a_{bare}", taken)
    return _fresh(f"a_{name}", taken)


def _fresh(wish: str, taken: set[str]) -> str:
    name, n = wish, 1
    while name in taken:
        n += 1
        # Behind a digit another one would make another number.
        name = f"{wish}{'_' if wish[-1].isdigit() else ''}{n}"
    taken.add(name)
    return name

"""Replacing nodes by constructors that fold the zeros and identities which this makes away."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sympy import Basic, MatrixExpr

from derive.expressions.algebra import (
    Diag,
    Hadamard,
    Plus,
    Scaled,
    Times,
    Transposed,
    add,
    had,
    mul,
    transpose,
)
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.functions import Quotient, divided
from derive.expressions.nodes import (
    CONSTANTS,
    DERIVATIVES,
    FUNCTIONS,
    NUMBERS,
    OF_COMPONENTS,
    OF_MATRICES,
    OVER_TIME,
    QUANTITIES,
    SERIES,
    SHOWN,
    SIZES,
)
from derive.expressions.pointwise import PointwisePower, raised
from derive.expressions.rewrite import Build, substituted
from derive.expressions.table import Table


def _folding(constructor: Callable[..., Basic]) -> Build:
    return lambda node, operands: constructor(*operands)


def _own(node: Basic, operands: list[Basic]) -> Basic:
    return node.func(*operands)


FOLD: Table[Build] = Table(
    "rebuild",
    {
        Times: _folding(mul),
        Plus: _folding(add),
        Hadamard: _folding(had),
        Transposed: _folding(transpose),
        Scaled: _folding(mul),
        PointwisePower: _folding(raised),
        Quotient: _folding(divided),
        (*SERIES, *CONSTANTS, *QUANTITIES, *FUNCTIONS, *DERIVATIVES): _own,
        (Diag, Stack, Blocks, *OVER_TIME, *OF_MATRICES, *OF_COMPONENTS): _own,
        SHOWN: _own,
    },
)
FOLD.omit("numbers, sizes and time indices are SymPy's, which folds them", *NUMBERS, *SIZES)


def refold(node: Basic, operands: list[Basic]) -> Basic:
    """Return a node over other operands, by the constructor that folds."""
    if not isinstance(node, MatrixExpr):
        return node.func(*operands)
    return FOLD[node](node, operands)


def folded(expr: MatrixExpr, values: Mapping[Basic, Basic]) -> MatrixExpr:
    """Return an expression with nodes replaced and the zeros that this makes folded away."""
    return substituted(expr, values, refolded)


def refolded(node: Basic, operands: list[Basic]) -> Basic:
    """Return a node over other operands, folded; itself if they are its own."""
    same = all(a is b for a, b in zip(operands, node.args, strict=True))
    return node if same else refold(node, operands)

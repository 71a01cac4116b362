"""Adjoints of matrices: how the gradient by a result becomes that by what it is made of.

A column has a Jacobian (`derive.calculus.rules`).  A matrix by a matrix would have one with four
indices, which nobody writes: its gradient is a matrix in its own shape instead, and what is pulled
back is that matrix.  If a small change dR of a result R changes the loss by ⟨G, dR⟩, the sum of the
products of their entries, then for R = A P B, as dR = A dP B, the loss changes by ⟨AᵀGBᵀ, dP⟩.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sympy import Identity, MatAdd, MatMul, MatrixExpr

from derive.calculus.pullbacks import depends
from derive.calculus.rules import local
from derive.calculus.simplify import applied, column_and_row
from derive.errors import DerivationError
from derive.expressions.algebra import (
    Diag,
    Hadamard,
    Plus,
    Scaled,
    Times,
    Transposed,
    add,
    had,
    is_zero,
    mul,
    ones,
    transpose,
)
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.named import Named, NamedSlope
from derive.expressions.nodes import (
    CONSTANTS,
    DERIVATIVES,
    NUMBERS,
    OF_COMPONENTS,
    OF_MATRICES,
    OVER_TIME,
    SERIES,
    SHOWN,
    SIZES,
)
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar
from derive.expressions.shapes import is_vector, shape_text
from derive.expressions.table import Table
from derive.expressions.walk import series_in

Pulled: TypeAlias = "tuple[MatrixExpr, MatrixExpr]"
"""What is gone on with, and the gradient by it."""

PullRule: TypeAlias = Callable[[MatrixExpr, int, MatrixExpr, MatrixExpr], Pulled]
"""Pulls the gradient by a node to operand i, given what its result is called."""

PULLS: Table[PullRule] = Table("pull the gradient of a matrix through")


def on_matrices(expr: MatrixExpr) -> bool:
    """Tell whether an equation makes or reads a matrix that changes from step to step."""
    return not is_vector(expr) or any(not is_vector(at) for at in series_in(expr))


def contributions(
    expr: MatrixExpr, variable: MatrixExpr, gradient: MatrixExpr, out: MatrixExpr | None = None
) -> list[MatrixExpr]:
    """Return what the gradient by an expression contributes to that by a variable, in its shape.

    One term for each place where the variable stands.  ``out`` is the quantity that the expression
    defines, if it has a name.
    """
    if expr == variable:
        return [gradient]
    if isinstance(expr, (At, Parameter)):
        return []
    found: list[MatrixExpr] = []
    for i, operand in enumerate(expr.args):
        if not hasattr(operand, "shape") or not depends(operand, variable):
            continue
        inner, pulled = PULLS[expr](expr, i, gradient, expr if out is None else out)
        if not is_zero(pulled):
            found += contributions(inner, variable, pulled)
    return found


def _sum(node: MatAdd, i: int, gradient: MatrixExpr, out: MatrixExpr) -> Pulled:
    return node.args[i], gradient


def _product(node: MatMul, i: int, gradient: MatrixExpr, out: MatrixExpr) -> Pulled:
    # R = A P B: AᵀGBᵀ.  Of P = diag(v) only its diagonal moves, which is a sum over rows: of AᵀG ⊙ B,
    # and without a B of (A ⊙ G)ᵀ.
    before, operand, after = node.args[:i], node.args[i], node.args[i + 1 :]
    if isinstance(operand, Diag) and not after:
        return operand.arg, _row_sums(mul(*_turned(before)), transpose(gradient))
    pulled = mul(*_turned(before), gradient)
    if isinstance(operand, Diag):
        return operand.arg, _row_sums(pulled, mul(*after))
    return operand, mul(pulled, *_turned(after))


def _turned(factors: tuple[MatrixExpr, ...]) -> list[MatrixExpr]:
    """Return the factors of the transpose of a product."""
    return [f if f.is_number else transpose(f) for f in reversed(factors)]


def _row_sums(left: MatrixExpr, right: MatrixExpr) -> MatrixExpr:
    """Return the sums over the rows of left ⊙ right, a column; of a column times a row without them."""
    for one, other in ((left, right), (right, left)):
        parts = column_and_row(one)
        if parts is not None:
            column, row = parts
            return had(column, mul(other, transpose(row)))
    product = had(left, right)
    return product if is_vector(product) else mul(product, ones(product.shape[1]))


def _scaled(node: Scaled, i: int, gradient: MatrixExpr, out: MatrixExpr) -> Pulled:
    scale, matrix = node.args
    return (scale, _inner(gradient, matrix)) if i == 0 else (matrix, mul(scale, gradient))


def _inner(left: MatrixExpr, right: MatrixExpr) -> MatrixExpr:
    """Return ⟨left, right⟩, a number: uᵀ left w where right is u wᵀ."""
    if isinstance(right, MatAdd):
        return add(*(_inner(left, term) for term in right.args))
    if isinstance(right, Scaled):
        return mul(right.args[0], _inner(left, right.args[1]))
    if isinstance(left, Scaled):
        return mul(left.args[0], _inner(left.args[1], right))
    if is_vector(right):
        return mul(transpose(left), right)
    for one, other in ((right, left), (left, right)):
        parts = column_and_row(one)
        if parts is not None:
            column, row = parts
            return mul(transpose(column), other, transpose(row))
    rows, columns = right.shape
    return mul(transpose(ones(rows)), had(left, right), ones(columns))


def _transposed(node: Transposed, i: int, gradient: MatrixExpr, out: MatrixExpr) -> Pulled:
    return node.arg, transpose(gradient)


def _diagonal(node: Diag, i: int, gradient: MatrixExpr, out: MatrixExpr) -> Pulled:
    return node.arg, _row_sums(gradient, Identity(node.shape[0]))


def _entrywise(node: MatrixExpr, i: int, gradient: MatrixExpr, out: MatrixExpr) -> Pulled:
    # The Jacobian of an operation entry by entry is diagonal: its entries are the factors of the
    # gradient's, whatever the shape of both.
    return node.args[i], applied(transpose(local(node, i, out)), gradient)


def _of_columns(node: MatrixExpr, i: int, gradient: MatrixExpr, out: MatrixExpr) -> Pulled:
    operand = node.args[i]
    if not is_vector(operand):
        raise DerivationError(
            f"{type(node).__name__} is an operation on columns, and {operand} is a matrix, "
            f"{shape_text(operand.shape)}; expected a column"
        )
    return operand, applied(transpose(local(node, i, out)), gradient)


PULLS.add(
    {
        Plus: _sum,
        Times: _product,
        Scaled: _scaled,
        Transposed: _transposed,
        Diag: _diagonal,
        (Hadamard, Apply, Slope, Quotient, PointwisePower, Maximum, Minimum): _entrywise,
        (Named, NamedSlope): _entrywise,
        (Softmax, Log, LogSumExp, Stack, Mean, LayerNorm): _of_columns,
    }
)
PULLS.omit(
    "it does not depend on a quantity", *NUMBERS, *SIZES, *SERIES, *CONSTANTS, Scalar, OneOver
)
PULLS.omit("a quantity depends on itself only", At, Parameter, ParameterCopy)
PULLS.omit("it arises in derivatives, which are not differentiated again", Deviation, Blocks)
PULLS.omit("its derivative is not one product of matrices", *OF_MATRICES)
PULLS.omit("an equation of a cell is about one step", *DERIVATIVES, *OVER_TIME)
PULLS.omit("equations are of whole columns and matrices", *OF_COMPONENTS)
PULLS.omit("it is for show", *SHOWN)

"""The calculus: one rule per operation, in one table.

A rule yields the local Jacobian of an operation with respect to one of its operands, rows for the
components of the result and columns for those of the operand (numerator layout).  ``out`` is the
quantity that the operation's result is known by, so that a derivative can be written in the output.
All else — chains, sums over paths, adjoints — is built from these rules by `pullbacks`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sympy import Identity, MatAdd, MatMul, MatrixExpr, OneMatrix, Transpose, ZeroMatrix
from sympy.matrices.expressions import HadamardProduct

from derive.calculus.activations import activation
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
    neg,
    ones,
    transpose,
)
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax, divided
from derive.expressions.nodes import (
    CONSTANTS,
    DERIVATIVES,
    NUMBERS,
    OF_COMPONENTS,
    OVER_TIME,
    SERIES,
    SHOWN,
    SIZES,
)
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower, raised
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.table import Table

Rule: TypeAlias = Callable[[MatrixExpr, int, MatrixExpr], MatrixExpr]
"""Returns the local Jacobian of a node with respect to operand i, given what its result is called."""

RULES: Table[Rule] = Table("differentiate")


def rule(*operations: type) -> Callable[[Rule], Rule]:
    """Register a rule for some operations."""

    def register(function: Rule) -> Rule:
        RULES.add({operations: function})
        return function

    return register


@rule(Plus)
def _sum(node: MatAdd, i: int, out: MatrixExpr) -> MatrixExpr:
    return Identity(node.args[i].shape[0])


@rule(Times)
def _product(node: MatMul, i: int, out: MatrixExpr) -> MatrixExpr:
    # A·x: the Jacobian is A.  A·xᵀB with a (1, 1) result xᵀB = Bᵀx: it is A·Bᵀ.
    before, operand, after = node.args[:i], node.args[i], node.args[i + 1 :]
    if not after:
        return mul(*before)
    rest = mul(*after)
    if operand.shape == (1, 1):
        return mul(*before, rest)
    if isinstance(operand, Transpose) and (operand.shape[0], rest.shape[1]) == (1, 1):
        return mul(*before, transpose(rest))
    if rest.shape == (1, 1) and operand.shape[1] == 1:
        return Scaled(rest, mul(*before, Identity(operand.shape[0])))
    raise DerivationError(
        f"no rule for {operand} inside the product {node}: expected it as a column at the end, or "
        f"transposed before a column. A matrix may have an equation of its own: write M[t] = {operand} "
        "before this one, and M[t] here"
    )


@rule(Transposed)
def _transpose(node: Transpose, i: int, out: MatrixExpr) -> MatrixExpr:
    # Only of columns: transposing them does not move a component.
    return Identity(node.arg.shape[0])


@rule(Hadamard)
def _hadamard(node: HadamardProduct, i: int, out: MatrixExpr) -> MatrixExpr:
    return Diag(had(*(f for n, f in enumerate(node.args) if n != i)))


def _diagonal(vector: MatrixExpr) -> MatrixExpr:
    return ZeroMatrix(vector.shape[0], vector.shape[0]) if is_zero(vector) else Diag(vector)


@rule(Apply)
def _apply(node: Apply, i: int, out: MatrixExpr) -> MatrixExpr:
    row = activation(node.function)
    if row.in_output is not None:
        return _diagonal(row.in_output(out))
    if row.in_argument is not None and row.short:
        return _diagonal(row.in_argument(node.arg))
    return Diag(Slope(node.function, node.arg))


@rule(Softmax)
def _softmax(node: Softmax, i: int, out: MatrixExpr) -> MatrixExpr:
    return add(Diag(out), neg(mul(out, transpose(out))))


@rule(Log)
def _log(node: Log, i: int, out: MatrixExpr) -> MatrixExpr:
    return Diag(Quotient(ones(node.shape[0]), node.arg))


@rule(Quotient)
def _quotient(node: Quotient, i: int, out: MatrixExpr) -> MatrixExpr:
    # Of q = a/b: 1/b, and −q/b.
    below = node.args[1]
    if i == 1 and node.shape == (1, 1) and isinstance(out, Quotient) and out.args[1] == below:
        # Of numbers −a/b² is easier to read than a fraction above a fraction.
        return neg(Diag(divided(out.args[0], raised(below, 2))))
    return (
        Diag(divided(OneMatrix(*node.shape), below)) if i == 0 else neg(Diag(divided(out, below)))
    )


@rule(PointwisePower)
def _power(node: PointwisePower, i: int, out: MatrixExpr) -> MatrixExpr:
    return Diag(mul(node.exponent, raised(node.arg, node.exponent - 1)))


@rule(Maximum)
def _maximum(node: Maximum, i: int, out: MatrixExpr) -> MatrixExpr:
    # 1 where the operand is what the result is; where both are, the second.
    first = Apply("step", add(node.args[0], neg(node.args[1])))
    return Diag(first if i == 0 else 1 - first)


@rule(Minimum)
def _minimum(node: Minimum, i: int, out: MatrixExpr) -> MatrixExpr:
    first = Apply("step", add(node.args[1], neg(node.args[0])))
    return Diag(first if i == 0 else 1 - first)


@rule(Scaled)
def _scaled(node: Scaled, i: int, out: MatrixExpr) -> MatrixExpr:
    scale, matrix = node.args
    return matrix if i == 0 else Scaled(scale, Identity(matrix.shape[0]))


@rule(Stack)
def _stack(node: Stack, i: int, out: MatrixExpr) -> MatrixExpr:
    # A column of blocks: the identity where the operand stands, 0 elsewhere.
    rows = node.args[i].shape[0]
    eye = [
        Identity(rows) if n == i else ZeroMatrix(c.shape[0], rows) for n, c in enumerate(node.args)
    ]
    return Blocks(1, *eye)


@rule(Mean)
def _mean(node: Mean, i: int, out: MatrixExpr) -> MatrixExpr:
    size = node.arg.shape[0]
    return Scaled(OneOver(size), transpose(ones(size)))


@rule(LogSumExp)
def _log_sum_exp(node: LogSumExp, i: int, out: MatrixExpr) -> MatrixExpr:
    return transpose(Softmax(node.arg))


@rule(LayerNorm)
def _layer_norm(node: LayerNorm, i: int, out: MatrixExpr) -> MatrixExpr:
    # y = (a − mean)/d: the mean and the deviation move too: out go the parts along 1 and y.
    size = node.arg.shape[0]
    along = add(mul(ones(size), transpose(ones(size))), mul(out, transpose(out)))
    inner = add(Identity(size), neg(Scaled(OneOver(size), along)))
    return Scaled(Quotient(ones(1), Deviation(node.arg)), inner)


RULES.omit(
    "it does not depend on a quantity", *NUMBERS, *SIZES, *SERIES, *CONSTANTS, Scalar, OneOver
)
RULES.omit("a quantity depends on itself only", At, Parameter, ParameterCopy)
RULES.omit("it is a matrix, and what is differentiated are columns", Diag, Blocks)
RULES.omit("it arises in derivatives, which are not differentiated again", Deviation)
RULES.omit(
    "its derivative takes singular vectors or eigenvectors, which are no nodes", Norm, Spectral
)
RULES.omit("its derivative is a sum over its factors, which no cell has asked for", Power)
RULES.omit("an equation of a cell is about one step", *DERIVATIVES, *OVER_TIME)
RULES.omit("equations are of whole columns; components explain their derivatives", *OF_COMPONENTS)
RULES.omit("it is for show", *SHOWN)


def local(node: MatrixExpr, i: int, out: MatrixExpr) -> MatrixExpr:
    """Return the local Jacobian of an operation; a `DerivationError` where there is no rule."""
    try:
        found = RULES[node]
    except DerivationError as refused:
        name = type(node).__name__
        raise DerivationError(f"no rule for the operation {name} in {node}: {refused}") from None
    return found(node, i, out)

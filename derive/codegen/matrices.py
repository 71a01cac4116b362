"""Expressions as matrices: how each node acts on a column, without a matrix being formed."""

from __future__ import annotations

from sympy import Identity, MatAdd, MatMul, MatrixExpr, OneMatrix, Transpose, ZeroMatrix

from derive.codegen.columns import multiplied
from derive.codegen.emitter import (
    ATOM,
    MATRICES,
    MATRIX_PRODUCT,
    SUM,
    Emitter,
    at_step,
    guard,
    number,
    product,
)
from derive.errors import DerivationError
from derive.expressions.algebra import (
    Diag,
    Hadamard,
    Plus,
    Scaled,
    Times,
    Transposed,
    is_zero,
    transpose,
)
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.named import Named, NamedSlope
from derive.expressions.nodes import (
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
from derive.expressions.quantities import At, DiagonalSeries, Parameter, ParameterCopy, Scalar
from derive.typesetting.printed import Printed, summed


def _by_parameter(e: Emitter, matrix: Parameter, column: Printed) -> Printed:
    if matrix.shape == (1, 1):
        return product(Printed(e.names[matrix], ATOM), column)
    if matrix.shape[1] == 1:
        return product(Printed(e.names[matrix], ATOM), column)
    return Printed(f"{guard(column, ATOM)} @ {e.names[matrix]}.T", MATRIX_PRODUCT)


def _by_transpose(e: Emitter, matrix: Transpose, column: Printed) -> Printed:
    inner = matrix.arg
    if inner.shape[1] == 1:
        return e.call("dot", e.text(inner), column.whole)
    if isinstance(inner, Parameter):
        return Printed(f"{guard(column, ATOM)} @ {e.names[inner]}", MATRIX_PRODUCT)
    if isinstance(inner, MatAdd):
        return summed([e.applied(transpose(a), column) for a in inner.args], SUM)
    return e.call("act", e.call("turned", e.text(inner)).whole, column.whole)


def _by_series(e: Emitter, matrix: At, column: Printed) -> Printed:
    if matrix.series not in e.names:
        raise DerivationError(f"cannot apply the matrix {matrix} in NumPy code: it is not stored")
    if not isinstance(matrix.series, DiagonalSeries) and matrix.shape[1] != 1:
        return e.call("act", at_step(e, matrix).whole, column.whole)
    return product(at_step(e, matrix), column)


def _by_product(e: Emitter, matrix: MatMul, column: Printed) -> Printed:
    for factor in reversed(matrix.args):
        column = (
            product(number(e, factor), column) if factor.is_number else e.applied(factor, column)
        )
    return column


def _by_sum(e: Emitter, matrix: MatAdd, column: Printed) -> Printed:
    return summed([e.applied(a, column) for a in matrix.args], SUM)


def _by_column(e: Emitter, matrix: MatrixExpr, column: Printed) -> Printed:
    if matrix.shape[1] != 1:
        return e.call("act", e.text(matrix), column.whole)
    return multiplied(e, [matrix], column)


def _by_blocks(e: Emitter, matrix: Blocks, column: Printed) -> Printed:
    """Blocks above each other are stacked; beside each other, each takes its part of the column."""
    stacked = []
    for row in matrix.rows_of_blocks:
        terms, start = [], "0"
        for block in row:
            width = e.sum_of(block.shape[1])
            end = f"{start} + {width}" if start != "0" else width
            taken = e.part(guard(column, ATOM), start, end)
            if not is_zero(block):
                terms.append(e.applied(block, column if len(row) == 1 else taken))
            start = end
        zeros = Printed(e.library.zeros.format(f"({e.sum_of(row[0].shape[0])},)"), ATOM)
        stacked.append(summed(terms or [zeros], SUM))
    return stacked[0] if len(stacked) == 1 else e.call("stacked", *(row.whole for row in stacked))


def _constant(e: Emitter, matrix: MatrixExpr, column: Printed) -> Printed:
    return product(e.column(matrix), column)


MATRICES.add(
    {
        Parameter: _by_parameter,
        Transposed: _by_transpose,
        At: _by_series,
        Diag: lambda e, x, c: multiplied(e, [x.arg], c),
        Scaled: lambda e, x, c: product(e.column(x.args[0]), e.applied(x.args[1], c)),
        Identity: lambda e, x, c: c,
        Times: _by_product,
        Plus: _by_sum,
        Hadamard: _by_column,
        Apply: _by_column,
        Softmax: _by_column,
        LayerNorm: _by_column,
        OneMatrix: _by_column,
        Stack: _by_column,
        (PointwisePower, Maximum, Minimum, Named, NamedSlope, Slope, Log): _by_column,
        Blocks: _by_blocks,
        Scalar: _constant,
        Quotient: _constant,
        OneOver: _constant,
        Mean: _constant,
        LogSumExp: _constant,
        Deviation: _constant,
    }
)
MATRICES.omit("a number scales a column, which is written as a product", *NUMBERS)
MATRICES.omit("sizes are counted where they stand", *SIZES)
MATRICES.omit("a series acts at a step", *SERIES)
MATRICES.omit("what it makes is 0 and not written", ZeroMatrix)
MATRICES.omit("the derivation replaces it by what is computed", *DERIVATIVES, *OVER_TIME)
MATRICES.omit("a parameter is the same at every step", ParameterCopy)
MATRICES.omit("no recursion reads it", *OF_MATRICES, *OF_COMPONENTS)
MATRICES.omit("it is for show", *SHOWN)

"""Expressions as matrices with numbers of their own: arrays (…, rows, columns), one for each step."""

from __future__ import annotations

from sympy import Identity, MatMul, MatrixExpr, OneMatrix, Transpose, ZeroMatrix

from derive.calculus.simplify import column_and_row
from derive.codegen.columns import ENTRYWISE
from derive.codegen.emitter import (
    ATOM,
    MATRIX_PRODUCT,
    WHOLES,
    Emitter,
    negated,
    number,
    product,
)
from derive.expressions.algebra import Diag, Scaled, Times, Transposed, mul, transpose
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.functions import Log, Softmax
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
from derive.expressions.quantities import Parameter, ParameterCopy, Scalar
from derive.expressions.shapes import is_vector
from derive.expressions.walk import series_in
from derive.typesetting.printed import Printed


def _size(e: Emitter, expr: MatrixExpr) -> str:
    return ", ".join(e.sum_of(size) for size in expr.shape)


def _product(e: Emitter, expr: MatMul) -> Printed:
    # A column times a row is formed entry by entry; what is diagonal multiplies rows or columns.
    head, rest = expr.args[0], mul(*expr.args[1:])
    if head.is_number:
        text = e.column(rest)
        if head == -1:
            return negated(text)
        return product(number(e, head), text)
    parts = column_and_row(expr)
    if parts is not None:
        return e.call("crossed", e.text(parts[0]), e.text(transpose(parts[1])))
    if expr.shape[0] == 1:
        # A row is the column that it is of, with an axis more: columns have one axis only.
        return _each(e, transpose(expr), "None, :")
    last, others = expr.args[-1], mul(*expr.args[:-1])
    if isinstance(last, Diag):
        return product(e.column(others), _each(e, last.arg, "None, :"))
    if isinstance(head, Diag):
        return product(_each(e, head.arg, ":, None"), e.column(rest))
    return e.matrix_product(e.text(others, MATRIX_PRODUCT), e.text(last, ATOM))


def _each(e: Emitter, column: MatrixExpr, axes: str) -> Printed:
    return Printed(f"{e.text(column, ATOM)}[..., {axes}]", ATOM)


def _scaled(e: Emitter, expr: Scaled) -> Printed:
    scale, matrix = expr.args
    # What is the same at every step may be a bare number, and has no axes for steps and sequences.
    changes = any(True for _ in series_in(scale))
    return product(_each(e, scale, "None") if changes else e.column(scale), e.column(matrix))


def _transposed(e: Emitter, expr: Transpose) -> Printed:
    if is_vector(expr.arg):
        return _each(e, expr.arg, "None, :")
    if isinstance(expr.arg, Parameter):
        return Printed(f"{e.names[expr.arg]}.T", ATOM)
    return e.call("turned", e.text(expr.arg))


def _diagonal(e: Emitter, expr: Diag) -> Printed:
    eye = Printed(e.library.eye.format(e.sum_of(expr.shape[0])), ATOM)
    return product(_each(e, expr.arg, "None"), eye)


WHOLES.add(ENTRYWISE)
WHOLES.add(
    {
        Times: _product,
        Scaled: _scaled,
        Transposed: _transposed,
        Diag: _diagonal,
        Identity: lambda e, x: Printed(e.library.eye.format(e.sum_of(x.shape[0])), ATOM),
        OneMatrix: lambda e, x: Printed(e.library.ones.format(f"({_size(e, x)})"), ATOM),
        ZeroMatrix: lambda e, x: Printed(e.library.zeros.format(f"({_size(e, x)})"), ATOM),
    }
)
WHOLES.omit("a number is a column of one", *NUMBERS, Scalar)
WHOLES.omit("sizes are counted where they stand", *SIZES)
WHOLES.omit("a series is written at a step", *SERIES)
WHOLES.omit(
    "it is an operation on columns", Softmax, Log, LogSumExp, Mean, Deviation, LayerNorm, OneOver
)
WHOLES.omit("no matrix that changes from step to step is put together of blocks", Stack, Blocks)
WHOLES.omit("the derivation replaces it by what is computed", *DERIVATIVES, *OVER_TIME)
WHOLES.omit("a parameter is the same at every step", ParameterCopy)
WHOLES.omit("no recursion reads it", *OF_MATRICES, *OF_COMPONENTS)
WHOLES.omit("it is for show", *SHOWN)

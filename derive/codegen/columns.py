"""Expressions as columns: how each node is written as NumPy source for rows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce

from sympy import (
    Expr,
    Identity,
    Integer,
    KroneckerDelta,
    MatAdd,
    MatMul,
    MatrixExpr,
    Number,
    OneMatrix,
    Pow,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions import HadamardProduct

from derive.codegen.emitter import (
    ATOM,
    COLUMNS,
    ONE,
    PRODUCT,
    SUM,
    Emitter,
    at_step,
    guard,
    negated,
    number,
    product,
)
from derive.errors import DerivationError
from derive.expressions.algebra import Diag, Hadamard, Plus, Scaled, Times, Transposed
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
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar, T, t
from derive.expressions.table import Nodes
from derive.typesetting.printed import Printed, summed


def _sum(e: Emitter, expr: MatAdd) -> Printed:
    # Beside others a number spreads by itself; alone it must have the width of its column.
    return summed([_spread(e, a) for a in expr.args], SUM)


def _spread(e: Emitter, expr: MatrixExpr) -> Printed:
    """Return what stands beside a column: of one with equal numbers their number, which spreads."""
    scale, rest = _with_number(expr)
    return number(e, scale) if isinstance(rest, OneMatrix) else e.column(expr)


def _with_number(expr: MatrixExpr) -> tuple[Expr, MatrixExpr]:
    """Return the number that stands before an expression, and the rest."""
    if isinstance(expr, MatMul) and len(expr.args) == 2 and expr.args[0].is_number:
        return expr.args
    return Integer(1), expr


def _quotient(e: Emitter, expr: Quotient) -> Printed:
    above, below = expr.args
    # What changes has its width; a number by itself has none.
    made = _spread(e, above) if below.has(At, Parameter) else e.column(above)
    return product(made, e.column(below), " / ")


def multiplied(e: Emitter, factors: Sequence[MatrixExpr], *texts: Printed) -> Printed:
    """Return the source of columns times texts, their number first."""
    scale: Expr = Integer(1)
    found: list[Printed] = []
    for factor in factors:
        each, rest = _with_number(factor)
        scale *= each
        found.append(e.column(rest))
    return _scaled(e, scale, reduce(product, [*found, *texts], Printed(ONE, ATOM)))


def _scaled(e: Emitter, scale: Expr, text: Printed) -> Printed:
    return negated(text) if scale == -1 else product(number(e, scale), text)


def _product(e: Emitter, expr: MatMul) -> Printed:
    scale, factors = None, list(expr.args)
    if factors[0].is_number:
        scale, factors = factors[0], factors[1:]
    text = e.column(factors[-1]) if factors else number(e, scale)
    for factor in reversed(factors[:-1]):
        text = e.applied(factor, text)
    return text if scale is None or not factors else _scaled(e, scale, text)


def _scalar(e: Emitter, expr: Scalar) -> Printed:
    value = expr.number
    if isinstance(value, Number):
        return number(e, value)
    if isinstance(value, KroneckerDelta):
        others = [a for a in value.args if a != t]
        if e.every and others == [T]:
            return Printed(e.library.last_of_all, ATOM)
        if others == [T]:
            return Printed(e.library.last_now, ATOM)
    if isinstance(value, Pow) and value.base == T and value.exp == -1:
        return Printed("1 / T", PRODUCT)
    raise DerivationError(f"cannot write the weight {value} as NumPy code")


def _log(e: Emitter, expr: Log) -> Printed:
    known = e.logs.get(expr.arg)
    if known is None:
        return Printed(f"{e.library.module}.log({_argument(e, expr.arg)})", ATOM)
    function, argument = known
    if function == "log_softmax":
        return e.call(function, e.text(argument))
    return negated(e.call("softplus", e.text(argument)))


NUMPY = ("tanh", "exp", "sqrt", "sin", "cos")
"""The functions that NumPy has, and that a complex step differentiates there."""

CALLED = {"abs": "absolute"}
"""What a function is called in code, where its own name is one of Python."""


def _power(e: Emitter, expr: PointwisePower) -> Printed:
    exponent, base = abs(expr.exponent), e.column(expr.arg)
    text = str(exponent) if exponent.is_Integer else repr(float(exponent))
    power = base if exponent == 1 else Printed(f"{guard(base, ATOM)} ** {text}", PRODUCT)
    # NumPy has no negative power of an integer.
    return power if expr.exponent > 0 else product(Printed(ONE, ATOM), power, " / ")


def _function(e: Emitter, name: str, arg: MatrixExpr) -> Printed:
    if name in NUMPY:
        return Printed(f"{e.library.module}.{name}({_argument(e, arg)})", ATOM)
    return e.call(CALLED.get(name, name), _argument(e, arg))


def _argument(e: Emitter, arg: MatrixExpr) -> str:
    """Return the source of an argument of a function, which may be a number by itself."""
    text = e.text(arg)
    return text if arg.has(At, Parameter) else e.library.number.format(text)


def _slope(e: Emitter, expr: Slope) -> Printed:
    return e.call(f"{expr.function}_slope", _argument(e, expr.arg))


def _softmax(e: Emitter, expr: Softmax) -> Printed:
    return e.call("softmax", e.text(expr.arg))


def _hadamard(e: Emitter, expr: HadamardProduct) -> Printed:
    return multiplied(e, expr.args)


def _ones(e: Emitter, expr: OneMatrix) -> Printed:
    one = expr.shape == (1, 1)
    return Printed("1.0" if one else e.library.ones.format(e.sum_of(expr.shape[0])), ATOM)


def _row(e: Emitter, part: MatrixExpr) -> str:
    """Return the source of what stands in a stack, as an array: a number by itself is none."""
    if isinstance(part, ZeroMatrix):
        return e.library.zeros.format(e.sum_of(part.shape[0]))
    fixed = not part.has(At, Parameter)
    text = e.text(part)
    return e.library.full.format(text) if fixed and part.shape == (1, 1) else text


ENTRYWISE: dict[Nodes, Callable[[Emitter, MatrixExpr], Printed]] = {
    At: at_step,
    Parameter: lambda e, x: Printed(e.names[x], ATOM),
    Plus: _sum,
    Hadamard: _hadamard,
    Quotient: _quotient,
    PointwisePower: _power,
    (Named, NamedSlope): lambda e, x: e.column(x.expanded),
    Maximum: lambda e, x: e.call("larger", *map(e.text, x.args)),
    Minimum: lambda e, x: e.call("smaller", *map(e.text, x.args)),
    Apply: lambda e, x: _function(e, x.function, x.arg),
    Slope: _slope,
}
"""What is written alike for columns and for matrices."""


def _turned_row(e: Emitter, expr: Transpose) -> Printed:
    """Return the one row of a matrix as a column: what is a column transposed twice is itself."""
    return Printed(f"{e.text(expr.arg, ATOM)}[..., 0, :]", ATOM)


COLUMNS.add(ENTRYWISE)
COLUMNS.add(
    {
        NUMBERS: number,
        Scalar: _scalar,
        OneMatrix: _ones,
        # As a column it has one component, which is the number 1; a diagonal one has its entry.
        Identity: lambda e, x: Printed("1.0", ATOM),
        Diag: lambda e, x: e.column(x.arg),
        ZeroMatrix: lambda e, x: Printed("0.0", ATOM),
        Times: _product,
        Scaled: lambda e, x: product(e.column(x.args[0]), e.column(x.args[1])),
        Softmax: _softmax,
        Log: _log,
        Mean: lambda e, x: Printed(e.library.mean.format(e.text(x.arg, ATOM)), ATOM),
        LogSumExp: lambda e, x: e.call("log_sum_exp", e.text(x.arg)),
        Deviation: lambda e, x: e.call("deviation", e.text(x.arg)),
        LayerNorm: lambda e, x: e.call("layer_norm", e.text(x.arg)),
        OneOver: lambda e, x: product(Printed(ONE, ATOM), Printed(e.count(x.size), ATOM), " / "),
        Transposed: _turned_row,
        Stack: lambda e, x: e.call("stacked", *(_row(e, a) for a in x.args)),
    }
)
COLUMNS.omit("sizes are counted where they stand", *SIZES)
COLUMNS.omit("a series is written at a step", *SERIES)
COLUMNS.omit("it is a matrix, which acts on a column", Blocks)
COLUMNS.omit("the derivation replaces it by what is computed", *DERIVATIVES, *OVER_TIME)
COLUMNS.omit("a parameter is the same at every step", ParameterCopy)
COLUMNS.omit("no recursion reads it", *OF_MATRICES, *OF_COMPONENTS)
COLUMNS.omit("it is for show", *SHOWN)

"""How each node is written element by element: one entry per node.

An entry is given what holds the values of operands, and the node; it yields the node's matrix.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

from sympy import (
    Add,
    Identity,
    ImmutableDenseMatrix,
    Integer,
    MatMul,
    MatrixExpr,
    Max,
    OneMatrix,
    Symbol,
    ZeroMatrix,
    log,
)

from derive.checks.scalars import Exp, inverse, power, scalar_function
from derive.expressions.algebra import Diag, Hadamard, Plus, Scaled, Times, Transposed
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.named import Named, NamedSlope
from derive.expressions.nodes import DERIVATIVES, NUMBERS, OF_COMPONENTS, SERIES, SIZES
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar
from derive.expressions.shown import Coloured, Nested, Rounded
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum
from derive.expressions.table import Table
from derive.expressions.types import MatrixShape, TimeIndex

Matrix: TypeAlias = ImmutableDenseMatrix


class Elements(Protocol):
    """What an entry asks for: the values of operands as explicit matrices."""

    def size(self, shape: MatrixShape) -> tuple[int, int]: ...
    def parameter(self, parameter: Parameter) -> Matrix: ...
    def quantity(self, at: At) -> Matrix: ...
    def value(self, expr: MatrixExpr) -> Matrix: ...
    def at(self, expr: MatrixExpr, indices: Mapping[Symbol, TimeIndex]) -> Matrix: ...
    def log_of(self, arg: MatrixExpr) -> Matrix | None: ...


def _log(ev: Elements, node: Log) -> Matrix:
    known = ev.log_of(node.arg)
    return ev.value(node.arg).applyfunc(log) if known is None else known


def _softmax(ev: Elements, node: Softmax) -> Matrix:
    powers = ev.value(node.arg).applyfunc(Exp)
    return powers / Add(*powers)


def _product(ev: Elements, node: MatMul) -> Matrix:
    result = ev.value(node.args[0])
    for factor in node.args[1:]:
        value = ev.value(factor)
        result = value * result[0] if result.shape == (1, 1) else result * value
    return result


def _quotient(ev: Elements, node: Quotient) -> Matrix:
    above, below = map(ev.value, node.args)
    # What the loss divides by, the output, cancels with what stands above.
    cancels = ev.log_of(node.args[1]) is not None
    over = below.applyfunc((lambda x: 1 / x) if cancels else inverse)
    return above.multiply_elementwise(over)


def _fold(function: Callable[[Matrix, Matrix], Matrix]) -> Callable[[Elements, MatrixExpr], Matrix]:
    def value(ev: Elements, node: MatrixExpr) -> Matrix:
        result = ev.value(node.args[0])
        for arg in node.args[1:]:
            result = function(result, ev.value(arg))
        return result

    return value


def _over_time(ev: Elements, node: TimeSum) -> Matrix:
    steps = range(int(node.low), int(node.high) + 1)
    return sum(
        (ev.at(node.body, {node.index: s}) for s in steps), Matrix.zeros(*ev.size(node.shape))
    )


def _chain(ev: Elements, node: OrderedProduct | RisingProduct) -> Matrix:
    result = Matrix.eye(ev.size(node.shape)[0])
    for step in node.steps():
        result = result * ev.at(node.body, {node.index: step})
    return result


def _blocks(ev: Elements, node: Blocks) -> Matrix:
    rows = [Matrix.hstack(*map(ev.value, row)) for row in node.rows_of_blocks]
    return Matrix.vstack(*rows)


ELEMENTS: Table[Callable[[Elements, MatrixExpr], Matrix]] = Table(
    "write element by element",
    {
        NUMBERS: lambda ev, node: [[node]],
        Parameter: lambda ev, node: ev.parameter(node),
        At: lambda ev, node: ev.quantity(node),
        Identity: lambda ev, node: Matrix.eye(ev.size(node.shape)[0]),
        OneMatrix: lambda ev, node: Matrix.ones(*ev.size(node.shape)),
        ZeroMatrix: lambda ev, node: Matrix.zeros(*ev.size(node.shape)),
        Plus: _fold(lambda a, b: a + b),
        Times: _product,
        Hadamard: _fold(lambda a, b: a.multiply_elementwise(b)),
        Transposed: lambda ev, node: ev.value(node.arg).T,
        Apply: lambda ev, node: ev.value(node.arg).applyfunc(scalar_function(node.function)),
        Slope: lambda ev, node: ev.value(node.arg).applyfunc(
            scalar_function(node.function, slope=True)
        ),
        Softmax: _softmax,
        Log: _log,
        Quotient: _quotient,
        PointwisePower: lambda ev, node: ev.value(node.arg).applyfunc(
            lambda base: power(base, node.exponent)
        ),
        (Named, NamedSlope): lambda ev, node: ev.value(node.expanded),
        # By the positive part of a difference, whose slope jumps where that of max does.
        Maximum: _fold(lambda a, b: b + (a - b).applyfunc(lambda x: Max(x, 0))),
        Minimum: _fold(lambda a, b: b - (b - a).applyfunc(lambda x: Max(x, 0))),
        Mean: lambda ev, node: [[Add(*ev.value(node.arg)) / ev.size(node.arg.shape)[0]]],
        LogSumExp: lambda ev, node: [[log(Add(*map(Exp, ev.value(node.arg))))]],
        OneOver: lambda ev, node: [[Integer(1) / ev.size((node.size, node.size))[0]]],
        Diag: lambda ev, node: Matrix.diag(*ev.value(node.arg)),
        Scaled: lambda ev, node: ev.value(node.args[1]) * ev.value(node.args[0])[0],
        Scalar: lambda ev, node: [[node.number]],
        Stack: lambda ev, node: Matrix.vstack(*map(ev.value, node.args)),
        Blocks: _blocks,
        TimeSum: _over_time,
        (OrderedProduct, RisingProduct): _chain,
        Expanded: lambda ev, node: ev.value(node.node),
        Coloured: lambda ev, node: ev.value(node.expr),
    },
)
ELEMENTS.omit("sizes are numbers here, and time indices as well", *SIZES)
ELEMENTS.omit("a series has entries at a step only", *SERIES)
ELEMENTS.omit("a derivative is what the entries are compared with", *DERIVATIVES)
ELEMENTS.omit("a parameter stands for all of its uses here", ParameterCopy)
ELEMENTS.omit("its root is no rational expression of the atoms", Deviation, LayerNorm)
ELEMENTS.omit("what is proved are whole gradients, entry by entry", *OF_COMPONENTS)
ELEMENTS.omit("a bound is no equation that is proved", Norm, Spectral, Power)
ELEMENTS.omit("what it shows is proved where it is not shown so", Nested)
ELEMENTS.omit("decimals are not exact", Rounded)

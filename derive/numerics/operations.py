"""How each node is evaluated on arrays: one line per node.

Arrays have shape (..., rows, columns); leading axes are batches (of perturbation directions, or of
steps).
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import numpy as np
from sympy import (
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    ZeroMatrix,
)

from derive.arrays import Array
from derive.expressions.algebra import Diag, Hadamard, Plus, Scaled, Times, Transposed
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.components import Component, ComponentSum
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.named import Named, NamedSlope
from derive.expressions.nodes import DERIVATIVES, NUMBERS, SERIES, SIZES
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar
from derive.expressions.shown import Coloured, Nested, Rounded
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum
from derive.expressions.table import Table
from derive.numerics.kernels import (
    blocks,
    deviation,
    diag,
    elementwise,
    entry_of_each,
    larger,
    layer_norm,
    log_softmax,
    log_sum_exp,
    matmul,
    norm,
    of_arrays,
    of_one_shape,
    over,
    pointwise_power,
    scaled,
    smaller,
    spectral,
    stacked,
    times,
)
from derive.numerics.places import symbols_of
from derive.numerics.tape import (
    Environment,
    Kernel,
    Operation,
    Tape,
    ValueSource,
    compile,
    index_of,
    shared,
    stepwise,
)

MOST_TAPES = 4096
"""How many compiled expressions are kept."""


def _leaf(bind: Callable[[MatrixExpr], Kernel]) -> Operation:
    return Operation(bind, lambda node: ())


def _at(node: At) -> Kernel:
    series, indices = node.series, [index_of(i) for i in node.indices]
    return lambda env, args: env.evaluator.quantity(series, *(i(env.indices) for i in indices))


def _log(node: Log) -> Kernel:
    # log softmax and log sigmoid go from the logits: o itself may have rounded to 0 or 1.
    arg = node.args[0]
    complement = (
        isinstance(arg, MatAdd) and len(arg.args) == 2 and isinstance(arg.args[0], OneMatrix)
    )
    output = arg.args[1].args[-1] if complement and isinstance(arg.args[1], MatMul) else arg
    if not isinstance(output, At):
        return lambda env, args: np.log(args[0])
    index = index_of(output.indices[0])

    def run(env: Environment, args: list[Array]) -> Array:
        stable = env.evaluator.log_of(output.series, index(env.indices), complement)
        return np.log(args[0]) if stable is None else stable

    return run


def _power(node: MatrixExpr) -> Kernel:
    exponent = index_of(node.args[1])

    def run(env: Environment, args: list[Array]) -> Array:
        base, found = args[0], exponent(env.indices)
        if not isinstance(found, np.ndarray):
            return np.linalg.matrix_power(base, int(found))
        bases = np.broadcast_to(base, (len(found), *base.shape[-2:]))
        return np.stack(
            [np.linalg.matrix_power(b, int(e)) for b, e in zip(bases, found, strict=True)]
        )

    return run


def _sum(node: TimeSum | Expanded) -> Kernel:
    sum_ = node.node if isinstance(node, Expanded) else node
    low, high = index_of(sum_.low), index_of(sum_.high)
    symbols = symbols_of(sum_)

    def run(env: Environment, args: list[Array]) -> Array:
        ends = low(env.indices), high(env.indices)
        if any(s in symbols for s in env.many):
            return env.evaluator.sums(sum_, env, *ends)
        return env.evaluator.summed(sum_, env, *ends)

    return run


def _product(node: OrderedProduct) -> Kernel:
    low, high, body = index_of(node.low), index_of(node.high), shared(node.body)
    own = {*symbols_of(node.body)} - {node.index}

    def run(env: Environment, args: list[Array]) -> Array:
        first, last = low(env.indices), high(env.indices)
        if any(s in own for s in env.many):
            # Of no two of them are the factors the same.
            return one_by_one(env, args)
        if isinstance(first, np.ndarray) or isinstance(last, np.ndarray):
            return env.evaluator.products(node, body, env, first, last)
        return env.evaluator.products(node, body, env, np.array([first]), last)[0]

    one_by_one = stepwise(node, lambda env: run(env, []))
    return run


def _derivative(node: Partial | Gradient) -> Kernel:
    return lambda env, args: env.evaluator.derivative(node, env)


def _scalar(node: Scalar) -> Kernel:
    symbols = sorted(node.free_symbols, key=str)

    def value(env: Environment) -> Array:
        number = node.number.xreplace({s: index_of(s)(env.indices) for s in symbols})
        return np.array([[float(number)]])

    return stepwise(node, value)


def _constant(value: Callable[[ValueSource, MatrixExpr], Array]) -> Operation:
    return _leaf(lambda node: lambda env, args: value(env.evaluator, node))


def _parts_of_nested(node: Nested) -> tuple[MatrixExpr, ...]:
    if node.hole is None:
        return (node.expr,)
    return (node.expr, node.outer, node.inner, node.hole.series[1])


def _nested(node: Nested) -> Kernel:
    def run(env: Environment, args: list[Array]) -> Array:
        # What is printed of a deep one are its ends: they have to agree with the whole.
        agree = all(np.allclose(a, b, 1e-9, 0) for a, b in zip(args[::2], args[1::2], strict=False))
        return args[0] if agree else np.full_like(args[0], np.nan)

    return run


def _component(node: Component) -> Kernel:
    places = [index_of(i) for i in node.indices]

    def value(env: Environment, args: list[Array]) -> Array:
        row, *column = (place(env.indices) for place in places)
        first = column[0] if column else 1
        if isinstance(row, np.ndarray) or isinstance(first, np.ndarray):
            return entry_of_each(args[0], row, first)
        return args[0][..., row - 1 : row, first - 1 : first]

    return value


def _over_components(node: ComponentSum) -> Kernel:
    def run(env: Environment, args: list[Array]) -> Array:
        rows, _ = env.evaluator.size((node.size, Integer(1)))
        return env.evaluator.over_components(node.body, node.index, rows, env)

    return run


EVALUATE: Table[Operation] = Table(
    "evaluate",
    {
        NUMBERS: _constant(lambda ev, node: np.array([[float(node)]])),
        Parameter: _constant(lambda ev, node: ev.parameter(node)),
        ParameterCopy: _constant(lambda ev, node: ev.parameter(node.args[0])),
        At: _leaf(_at),
        Identity: _constant(lambda ev, node: np.eye(ev.size(node.shape)[0])),
        OneMatrix: _constant(lambda ev, node: np.ones(ev.size(node.shape))),
        ZeroMatrix: _constant(lambda ev, node: np.zeros(ev.size(node.shape))),
        Plus: of_one_shape(lambda a, b: a + b),
        Times: Operation(matmul),
        Hadamard: of_one_shape(times),
        Transposed: of_arrays(lambda a: np.swapaxes(a, -1, -2)),
        Apply: elementwise("value"),
        Slope: elementwise("slope"),
        Softmax: of_arrays(lambda z: np.exp(log_softmax(z))),
        Log: Operation(_log),
        Quotient: of_one_shape(over),
        PointwisePower: Operation(pointwise_power, lambda node: node.args[:1]),
        (Named, NamedSlope): Operation(
            lambda node: lambda env, args: args[0], lambda node: (node.expanded,)
        ),
        Maximum: of_one_shape(larger),
        Minimum: of_one_shape(smaller),
        Mean: of_arrays(lambda a: a.mean(axis=-2, keepdims=True)),
        LogSumExp: of_arrays(log_sum_exp),
        Deviation: of_arrays(deviation),
        LayerNorm: of_arrays(layer_norm),
        OneOver: _constant(lambda ev, node: np.array([[1.0 / ev.size((node.size, node.size))[0]]])),
        Diag: Operation(diag),
        Scaled: Operation(scaled),
        Scalar: _leaf(_scalar),
        Stack: Operation(lambda node: lambda env, args: stacked(args)),
        Blocks: Operation(blocks, lambda node: node.args[1:]),
        DERIVATIVES: _leaf(_derivative),
        TimeSum: _leaf(_sum),
        (OrderedProduct, RisingProduct): _leaf(_product),
        Expanded: _leaf(
            lambda node: (_sum if isinstance(node.node, TimeSum) else _spelled_product)(node)
        ),
        Coloured: Operation(lambda node: lambda env, args: args[0], lambda node: node.args[:1]),
        Component: Operation(_component, lambda node: node.args[:1]),
        ComponentSum: _leaf(_over_components),
        Norm: of_arrays(norm),
        Spectral: Operation(spectral, lambda node: node.args[1:]),
        Power: Operation(_power, lambda node: node.args[:1]),
        Nested: Operation(_nested, _parts_of_nested),
        Rounded: _constant(
            lambda ev, node: np.array([[float(cell) for cell in row] for row in node.texts])
        ),
    },
)
EVALUATE.omit("sizes are numbers of the forward pass, time indices of the place", *SIZES)
EVALUATE.omit("a series has a value at a step only", *SERIES)


def _spelled_product(node: Expanded) -> Kernel:
    return _product(node.node)


_TAPES: OrderedDict[int, tuple[MatrixExpr, Tape]] = OrderedDict()


def compiled(expr: MatrixExpr) -> Tape:
    """Return the tape of an expression.

    Known ones are found by identity: comparing two forward passes nested a thousand deep would
    exhaust Python's stack.
    """
    known, tape = _TAPES.get(id(expr), (None, None))
    if known is not expr or tape is None:
        tape = compile(expr, EVALUATE, At)
        # The expression is kept as well, so that its identity is not given to another.
        _TAPES[id(expr)] = (expr, tape)
        if len(_TAPES) > MOST_TAPES:
            _TAPES.popitem(last=False)
    return tape

"""Expressions on arrays: one line per node, over values that a trace of the forward pass gives.

Arrays have shape (..., rows, columns); leading axes are batches (of perturbation directions).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from sympy import Identity, MatAdd, MatMul, Number, OneMatrix, Symbol, Transpose, ZeroMatrix
from sympy.matrices.expressions import HadamardProduct

from derive.activations import activation
from derive.algebra import (
    Apply,
    At,
    Blocks,
    Diag,
    Log,
    Parameter,
    Quotient,
    Scalar,
    Scaled,
    Series,
    Slope,
    Softmax,
    Stack,
    T,
)
from derive.errors import DerivationError
from derive.nodes import (
    Copy,
    Gradient,
    Nested,
    Norm,
    OrderedProduct,
    Partial,
    Power,
    RisingProduct,
    Rounded,
    Spelled,
    TimeSum,
    Tint,
    folded,
    instantiate,
    series_in,
)

if TYPE_CHECKING:
    from derive.trace import Trace

Array = NDArray[Any]


@dataclass(frozen=True)
class Named:
    """A quantity that a derivation gives a name: ``series[indices] = expr``.

    With ``backward`` the expression reads the quantity at the next step, and it is 0 after the last.
    """

    series: Series
    indices: tuple[Symbol, ...]
    expr: Any
    backward: bool = False


class Evaluator:
    """Values of expressions over one trace, each node evaluated once."""

    def __init__(self, trace: Trace, named: Iterable[Named] = ()) -> None:
        self.trace = trace
        # By the number of indices as well: δ_t and δ_{t,k} are two quantities of one letter.
        self.named = {(n.series, len(n.indices)): n for n in named}
        self._memo: dict[Any, Array] = {}
        self._sizes: dict[Any, tuple[int, int]] = {}
        self._products: dict[Any, tuple[int, dict[int, Array]]] = {}
        self._perturbed: dict[Any, Evaluator] = {}

    def value(self, expr: Any, **indices: int) -> Array:
        """Yield the value of an expression at the given indices (``t=3``); T is the trace's."""
        rule: dict[Any, Any] = {T: self.trace.steps}
        for symbol in expr.free_symbols:
            if isinstance(symbol, Symbol) and symbol.name in indices:
                rule[symbol] = indices[symbol.name]
        return self.at(self.ended(instantiate(expr, rule)))

    def ended(self, expr: Any) -> Any:
        """Yield an expression with every adjoint after the last step folded to 0.

        With it goes what it is multiplied by: no quantity of step T + 1 exists.
        """
        after = self.trace.steps + 1
        ends = {
            at: ZeroMatrix(*at.shape)
            for at in series_in(expr)
            if at.indices == (after,) and (at.series, 1) in self.named and self.named[at.series, 1].backward
        }
        return folded(expr, ends) if ends and expr not in ends else expr

    def at(self, expr: Any) -> Array:
        """Yield the value of an expression whose indices are all numbers.

        Goes through the operands with a stack of its own, so that a forward pass nested a thousand
        deep does not exhaust Python's.
        """
        memo = self._memo
        stack = [expr]
        while stack:
            node = stack[-1]
            if node in memo:
                stack.pop()
                continue
            operation = _operation(node)
            waiting = [a for a in operation.operands(node) if a not in memo]
            if waiting:
                stack.extend(waiting)
                continue
            memo[node] = operation.value(self, node, [memo[a] for a in operation.operands(node)])
            stack.pop()
        return memo[expr]

    def size(self, shape: Any) -> tuple[int, int]:
        """Yield a shape as numbers."""
        if shape not in self._sizes:
            rows, columns = (int(s.subs(self.trace.sizes)) for s in shape)
            self._sizes[shape] = (rows, columns)
        return self._sizes[shape]

    def derivative(self, node: Any) -> Array:
        """Yield ∂num/∂den by complex steps through the forward pass, holding the cut fixed.

        Rows are the components of num, columns those of den, row by row.
        """
        key = (node.den, node.cut)
        if key not in self._perturbed:
            self._perturbed[key] = Evaluator(
                self.trace.perturbed(node.den, node.cut), self.named.values()
            )
        return self._perturbed[key].trace.read_step(self._perturbed[key].at(node.num))

    def product(self, node: Any) -> Array:
        """Yield an ordered product; partial products are kept, so that all lags together cost O(T)."""
        rising = isinstance(node, RisingProduct)
        low, high = int(node.low), int(node.high)
        key = (type(node), node.body, node.index, high)
        size = self.size(node.shape)[0]
        first, partial = self._products.setdefault(key, (high, {high + 1: np.eye(size)}))
        for step in range(min(partial) - 1, low - 1, -1):
            factor, rest = self.at(node.at(step)), partial[step + 1]
            partial[step] = factor @ rest if rising else rest @ factor
        return partial[low] if low <= high else partial[high + 1]

    def quantity(self, node: At) -> Array:
        """Yield a series at its indices: from the trace, or by its definition in the derivation."""
        named = self.named.get((node.series, len(node.indices)))
        if named is None:
            return self.trace.value(node.series, *(int(i) for i in node.indices))
        index = int(node.indices[0])
        if named.backward:
            if index > self.trace.steps:
                return np.zeros(self.size(node.series.shape))
            for later in range(self.trace.steps, index, -1):
                self._memo.setdefault(node.series[later], self._by_definition(named, (later,)))
        return self._by_definition(named, node.indices)

    def _by_definition(self, named: Named, indices: tuple[Any, ...]) -> Array:
        known = self._memo.get(named.series[indices])
        if known is not None:
            return known
        values = dict(zip(named.indices, indices, strict=True))
        return self.at(self.ended(instantiate(named.expr, {**values, T: self.trace.steps})))


@dataclass(frozen=True)
class Operation:
    """How a node is evaluated: which operands first, then the value from theirs."""

    value: Callable[[Evaluator, Any, list[Array]], Array]
    operands: Callable[[Any], tuple[Any, ...]] = lambda node: node.args


def _leaf(node: Any) -> tuple[Any, ...]:
    return ()


def _fold(function: Callable[[Array, Array], Array]) -> Operation:
    def value(ev: Evaluator, node: Any, args: list[Array]) -> Array:
        result = args[0]
        for arg in args[1:]:
            result = function(result, arg)
        return result

    return Operation(value)


def _log(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    # log softmax and log sigmoid go from the logits: o itself may have rounded to 0 or 1.
    arg = node.args[0]
    stable = ev.trace.log_of(arg)
    return np.log(args[0]) if stable is None else stable


def _softmax(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    return np.exp(log_softmax(args[0]))


def log_softmax(z: Array) -> Array:
    """Yield log softmax of columns by log-sum-exp, shifted by the largest real part."""
    shifted = z - z.real.max(axis=-2, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=-2, keepdims=True))
    return result


def stacked(columns: list[Array]) -> Array:
    """Yield columns one above the other, each repeated over the batch of the others."""
    batch = np.broadcast_shapes(*(c.shape[:-2] for c in columns))
    return np.concatenate([np.broadcast_to(c, (*batch, *c.shape[-2:])) for c in columns], axis=-2)


def _sum(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    total: Array = np.zeros(ev.size(node.shape))
    for step in range(int(node.low), int(node.high) + 1):
        total = total + ev.at(node.at(step))
    return total


def _spelled(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    inner = node.node
    if not isinstance(inner, TimeSum):
        return ev.product(inner)
    total: Array = np.zeros(ev.size(node.shape))
    for step in node.steps():
        total = total + ev.at(node.part(step))
    return total


def _blocks(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    width = int(node.args[0])
    return np.block([[a for a in args[i : i + width]] for i in range(0, len(args), width)])


def _diag(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    column = args[0]
    result: Array = column * np.eye(column.shape[-2])
    return result


def _gradient(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    return ev.derivative(node).reshape(ev.size(node.shape))


def _norm(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    result: Array = np.linalg.norm(args[0], 2, axis=(-2, -1))[..., None, None]
    return result


def _rounded(ev: Evaluator, node: Any, args: list[Array]) -> Array:
    return np.array([[float(cell) for cell in row] for row in node.texts])


OPERATIONS: dict[type, Operation] = {
    Number: Operation(lambda ev, node, args: np.array([[float(node)]]), _leaf),
    Parameter: Operation(lambda ev, node, args: ev.trace.parameter(node), _leaf),
    Copy: Operation(lambda ev, node, args: ev.trace.parameter(node.args[0]), _leaf),
    At: Operation(lambda ev, node, args: ev.quantity(node), _leaf),
    Identity: Operation(lambda ev, node, args: np.eye(ev.size(node.shape)[0]), _leaf),
    OneMatrix: Operation(lambda ev, node, args: np.ones(ev.size(node.shape)), _leaf),
    ZeroMatrix: Operation(lambda ev, node, args: np.zeros(ev.size(node.shape)), _leaf),
    MatAdd: _fold(lambda a, b: a + b),
    MatMul: _fold(lambda a, b: a * b if a.shape[-2:] == (1, 1) else a @ b),
    HadamardProduct: _fold(lambda a, b: a * b),
    Transpose: Operation(lambda ev, node, args: np.swapaxes(args[0], -1, -2)),
    Apply: Operation(
        lambda ev, node, args: activation(node.function).value(args[0]), lambda node: node.args[1:]
    ),
    Slope: Operation(
        lambda ev, node, args: activation(node.function).slope(args[0]), lambda node: node.args[1:]
    ),
    Softmax: Operation(_softmax),
    Log: Operation(_log),
    Quotient: Operation(lambda ev, node, args: args[0] / args[1]),
    Diag: Operation(_diag),
    Scaled: Operation(lambda ev, node, args: args[0] * args[1]),
    Scalar: Operation(lambda ev, node, args: np.array([[float(node.number)]]), _leaf),
    Stack: Operation(lambda ev, node, args: stacked(args)),
    Blocks: Operation(_blocks, lambda node: node.args[1:]),
    Partial: Operation(lambda ev, node, args: ev.derivative(node), _leaf),
    Gradient: Operation(_gradient, _leaf),
    TimeSum: Operation(_sum, _leaf),
    OrderedProduct: Operation(lambda ev, node, args: ev.product(node), _leaf),
    RisingProduct: Operation(lambda ev, node, args: ev.product(node), _leaf),
    Spelled: Operation(_spelled, _leaf),
    Tint: Operation(lambda ev, node, args: args[0], lambda node: node.args[:1]),
    Norm: Operation(_norm),
    Power: Operation(
        lambda ev, node, args: args[0] ** int(node.args[1]), lambda node: node.args[:1]
    ),
    Nested: Operation(lambda ev, node, args: args[0], lambda node: node.args[:1]),
    Rounded: Operation(_rounded, _leaf),
}


def _operation(node: Any) -> Operation:
    for base in type(node).__mro__:
        if base in OPERATIONS:
            return OPERATIONS[base]
    raise DerivationError(f"cannot evaluate {type(node).__name__} in {node!r}: no operation is registered")

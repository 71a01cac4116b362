"""Expressions compiled for evaluation: every node once, after its operands.

A tape is made once per expression and run at many values of the time indices, so that nothing is
substituted into an expression in order to evaluate it.  An index may be an array of steps: then the
leading axis of every value that depends on it runs over the steps.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache, reduce
from operator import add, mul
from typing import Protocol, TypeAlias

import numpy as np
from sympy import Add, Expr, Integer, MatrixExpr, Mul, Symbol

from derive.arrays import Array, Steps
from derive.errors import DerivationError
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import At, Parameter, Series
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.expressions.table import Table
from derive.expressions.types import MatrixShape


class ValueSource(Protocol):
    """What a compiled expression asks for: values over one forward pass, those of nodes included."""

    def quantity(self, series: Series, *indices: Steps) -> Array: ...
    def parameter(self, parameter: Parameter) -> Array: ...
    def size(self, shape: MatrixShape) -> tuple[int, int]: ...
    def log_of(self, output: Series, index: Steps, complement: bool) -> Array | None: ...
    def summed(self, node: TimeSum, env: Environment, low: Steps, high: Steps) -> Array: ...
    def sums(self, node: TimeSum, env: Environment, low: Steps, high: Steps) -> Array: ...
    def products(
        self, node: OrderedProduct, body: MatrixExpr, env: Environment, low: Steps, high: Steps
    ) -> Array: ...
    def over_components(
        self, body: MatrixExpr, index: Symbol, rows: int, env: Environment
    ) -> Array: ...
    def derivative(self, node: Partial | Gradient, env: Environment) -> Array: ...


class Environment:
    """Where an expression is evaluated: over which trace, and at which values of its indices."""

    __slots__ = ("evaluator", "indices", "many")

    def __init__(self, evaluator: ValueSource, indices: Mapping[Symbol, Steps]) -> None:
        self.evaluator, self.indices = evaluator, indices
        self.many = [s for s, value in indices.items() if isinstance(value, np.ndarray)]

    def moved(self, values: Mapping[Symbol, Steps]) -> Environment:
        """Return the same environment with some indices changed."""
        return Environment(self.evaluator, {**self.indices, **values})


Kernel: TypeAlias = Callable[[Environment, list[Array]], Array]
"""Computes the value of a node from those of its operands."""

IndexFunction: TypeAlias = Callable[[Mapping[Symbol, Steps]], Steps]
"""Computes a time index from the values of its symbols."""


@dataclass(frozen=True)
class Operation:
    """How a node is evaluated.

    ``bind`` is given the node once and yields what computes its value from those of its
    ``operands``.
    """

    bind: Callable[[MatrixExpr], Kernel]
    operands: Callable[[MatrixExpr], tuple[MatrixExpr, ...]] = lambda node: node.args


@dataclass(frozen=True, eq=False)
class Tape:
    """A compiled expression.

    ``reads`` are the series of one index that it reads, but for those inside of sums and products.
    """

    instructions: tuple[tuple[Kernel, tuple[int, ...]], ...]
    reads: tuple[tuple[Series, IndexFunction], ...]

    def run(self, env: Environment) -> Array:
        """Return the value of the expression in an environment."""
        values: list[Array] = []
        for function, operands in self.instructions:
            values.append(function(env, [values[i] for i in operands]))
        return values[-1]


def compile(expr: MatrixExpr, operations: Table[Operation], single_index: type[At]) -> Tape:
    """Return the tape of an expression, without recursion: it may be nested a thousand deep."""
    instructions: list[tuple[Kernel, tuple[int, ...]]] = []
    reads = []
    slots: dict[MatrixExpr, int] = {}
    stack = [expr]
    while stack:
        node = stack[-1]
        if node in slots:
            stack.pop()
            continue
        how = operations[node]
        operands = how.operands(node)
        waiting = [a for a in operands if a not in slots]
        if waiting:
            stack.extend(reversed(waiting))
            continue
        slots[node] = len(instructions)
        # Leaves are keys of what is computed once; the others may be too deep to be compared.
        bound = how.bind(node if operands else shared(node))
        instructions.append((bound, tuple(slots[a] for a in operands)))
        if isinstance(node, single_index) and len(node.indices) == 1:
            reads.append((node.series, index_of(node.indices[0])))
        stack.pop()
    return Tape(tuple(instructions), tuple(reads))


@lru_cache(maxsize=4096)
def shared(node: MatrixExpr) -> MatrixExpr:
    """Return the first node equal to this one, so that later look-ups compare by identity."""
    return node


@lru_cache(maxsize=4096)
def index_of(expr: Expr) -> IndexFunction:
    """Return how a time index such as ``t - 1`` is computed from the values of its symbols."""
    if isinstance(expr, Integer):
        number = int(expr)
        return lambda indices: number
    if isinstance(expr, Symbol):
        return lambda indices: _known(indices, expr)
    if isinstance(expr, Add) and len(expr.args) == 2 and isinstance(expr.args[0], Integer):
        shift, rest = int(expr.args[0]), index_of(expr.args[1])
        return lambda indices: rest(indices) + shift
    if isinstance(expr, (Add, Mul)):
        parts = [index_of(a) for a in expr.args]
        fold = add if isinstance(expr, Add) else mul
        return lambda indices: reduce(fold, [part(indices) for part in parts])
    raise DerivationError(
        f"cannot evaluate the time index {expr}: expected sums of symbols and numbers"
    )


def _known(indices: Mapping[Symbol, Steps], symbol: Symbol) -> Steps:
    if symbol not in indices:
        raise DerivationError(f"no value is given for the index {symbol}; give one to evaluate it")
    return indices[symbol]


def stepwise(node: MatrixExpr, value: Callable[[Environment], Array]) -> Kernel:
    """Return how a node that needs numbers as indices is evaluated at arrays of them: one by one."""
    symbols = node.free_symbols

    def run(env: Environment, args: list[Array]) -> Array:
        many = [s for s in env.many if s in symbols]
        if not many:
            return value(env)
        columns = [env.indices[s].tolist() for s in many]  # type: ignore[union-attr]
        each = zip(*columns, strict=True)
        return np.stack([value(env.moved(dict(zip(many, steps, strict=True)))) for steps in each])

    return run

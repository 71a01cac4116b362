"""The values of expressions over a trace of the forward pass."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import count
from typing import cast
from weakref import proxy

import numpy as np
from numpy.typing import NDArray
from sympy import MatrixExpr, Symbol

from derive.arrays import Array, Steps
from derive.calculus.activations import ACTIVATIONS
from derive.errors import CheckError
from derive.expressions.definition import Definition, ended
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import Parameter, Series, T, t
from derive.expressions.shapes import number
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum, instantiate
from derive.expressions.types import IndexValues, MatrixShape
from derive.numerics.asked import Begun, Pass
from derive.numerics.derivatives import Derivatives
from derive.numerics.kernels import log_softmax
from derive.numerics.operations import compiled
from derive.numerics.places import symbols_of
from derive.numerics.products import products_of
from derive.numerics.tape import Environment, Tape

_OWNERS = count()
"""Numbers for evaluators, as keys: an address may come again."""

TERMS = 30_000
"""Terms of sums, or of several of them, that are evaluated in one batch."""


class Evaluator:
    """Values of expressions over one trace; named quantities and derivatives are computed once."""

    def __init__(self, trace: Pass, named: Iterable[Definition] = ()) -> None:
        self.trace = trace
        self.definitions: dict[Series, Definition] = {n.series: n for n in named}
        self._backward = {n.series for n in self.definitions.values() if n.backward}
        self._quantities: dict[tuple[Series, tuple[Steps, ...]], Array] = {}
        self._open: set[tuple[object, ...]] = set()
        self._factors: dict[tuple[object, ...], tuple[Array, NDArray[np.bool_]]] = {}
        self._adjoints: dict[Series, Array] = {}
        self._sizes: dict[MatrixShape, tuple[int, int]] = {}
        self._derivatives = Derivatives(
            proxy(self), cast("Begun", trace), self.definitions, next(_OWNERS)
        )

    def value(self, expr: MatrixExpr, **indices: int) -> Array:
        """Return the value of an expression at the given indices (``t=3``); T is the trace's."""
        found = [s for s in expr.free_symbols if isinstance(s, Symbol) and s.name in indices]
        return self.at(expr, {s: indices[s.name] for s in found})

    def at(self, expr: MatrixExpr, indices: Mapping[Symbol, Steps] | None = None) -> Array:
        """Return the value of an expression at the values of its indices; T is the trace's."""
        known = {**(indices or {}), T: self.trace.steps}
        tape = compiled(expr)
        # NumPy takes longer to ask whether a truth is true than many a tape takes to run.
        ends = self._ends(tape, known) if self._backward else False
        if ends is not False and np.any(ends):
            tape = compiled(ended(instantiate(expr, known), self.trace.steps, self._backward))
        return tape.run(Environment(self, known))

    def _ends(self, tape: Tape, indices: Mapping[Symbol, Steps]) -> bool | NDArray[np.bool_]:
        """Tell whether (or at which of many steps) an adjoint after the last step is read."""
        ends: bool | NDArray[np.bool_] = False
        for series, index in tape.reads:
            if series in self._backward:
                ends = ends | (index(indices) > self.trace.steps)
        return ends

    def parameter(self, parameter: Parameter) -> Array:
        """Return a parameter, or the total loss."""
        return self.trace.parameter(parameter)

    def size(self, shape: MatrixShape) -> tuple[int, int]:
        """Return a shape as numbers."""
        if shape not in self._sizes:
            rows, columns = (number(s, self.trace.sizes) for s in shape)
            self._sizes[shape] = (rows, columns)
        return self._sizes[shape]

    # -- quantities ------------------------------------------------------------------------------

    def quantity(self, series: Series, *indices: Steps) -> Array:
        """Return a series at its indices: from the trace, or by its definition in the derivation."""
        named = self.definitions.get(series)
        if named is None:
            return self.trace.value(series, *indices)
        if any(isinstance(i, np.ndarray) for i in indices):
            if named.backward:
                return self._every_adjoint(named)[np.clip(indices[0], 0, self.trace.steps + 1)]
            return self._by_definition(named, indices)
        if named.backward:
            return self._backwards(named, int(indices[0]))
        return self._defined(named, indices)

    def _every_adjoint(self, named: Definition) -> Array:
        """Return an adjoint at all steps, 0 after the last one and no number before the first."""
        if named.series not in self._adjoints:
            found = [self._backwards(named, step) for step in range(1, self.trace.steps + 2)]
            # A value that is 0 whatever the loss has no batch.
            whole = np.stack(np.broadcast_arrays(np.full_like(found[0], np.nan), *found))
            self._adjoints[named.series] = whole
        return self._adjoints[named.series]

    def _backwards(self, named: Definition, index: int) -> Array:
        if index > self.trace.steps:
            return np.zeros(self.size(named.series.shape))
        if (named.series, (index,)) not in self._quantities:
            # From the last step on, so that the recursion never goes deep.
            for step in range(self.trace.steps, index, -1):
                self._defined(named, (step,))
        return self._defined(named, (index,))

    def _defined(self, named: Definition, indices: tuple[Steps, ...]) -> Array:
        key = (named.series, indices)
        if key not in self._quantities:
            self._quantities[key] = self._by_definition(named, indices)
        return self._quantities[key]

    def _by_definition(self, named: Definition, indices: tuple[Steps, ...]) -> Array:
        key = (named.series, *(np.asarray(i).tobytes() for i in indices))
        if key in self._open:
            listed = ", ".join(map(str, indices))
            raise CheckError(
                f"{named.series} at {listed} is defined by itself: {named.expr}; expected a "
                "definition by quantities that do not need it"
            )
        self._open.add(key)
        try:
            return self.at(named.expr, dict(zip(named.indices, indices, strict=True)))
        finally:
            self._open.discard(key)

    def log_of(self, output: Series, index: Steps, complement: bool) -> Array | None:
        """Return log o (or log(1 − o)) from the logits, where o is softmax or sigmoid of them."""
        cell = self.trace.cell
        if not cell.defines(output) or self.trace.holds(output, index):
            return None
        made = cell.definition(output).expr
        if isinstance(made, Softmax) and not complement:
            return log_softmax(self.at(made.arg, {t: index}))
        if isinstance(made, Apply) and made.function == "sigmoid":
            logits = self.at(made.arg, {t: index})
            return -ACTIVATIONS["softplus"].value(logits if complement else -logits)
        return None

    # -- sums, products, derivatives -------------------------------------------------------------

    def summed(self, node: TimeSum, env: Environment, low: Steps, high: Steps) -> Array:
        """Return a sum over time; all its terms are one batch, but for those past the end."""
        steps, size = np.arange(int(low), int(high) + 1), self.size(node.shape)
        tape = compiled(node.body)
        ends = np.broadcast_to(
            self._ends(tape, env.moved({node.index: steps}).indices), steps.shape
        )
        total: Array = np.zeros(size)
        if not ends.all():
            terms = self.at(node.body, {**env.indices, node.index: steps[~ends]})
            total = np.broadcast_to(terms, (int((~ends).sum()), *size)).sum(axis=0)
        for step in steps[ends].tolist():
            total = total + self.at(node.body, {**env.indices, node.index: step})
        return total

    def sums(self, node: TimeSum, env: Environment, low: Steps, high: Steps) -> Array:
        """Return a sum over time at many places, the terms of as many as fit in one batch."""
        places = max(len(np.atleast_1d(v)) for v in env.indices.values())
        lows, highs = np.broadcast_to(low, places), np.broadcast_to(high, places)
        total: Array = np.zeros((places, *self.size(node.shape)))
        terms = np.cumsum(np.maximum(highs - lows + 1, 0))
        first = 0
        while first < places:
            before = int(terms[first - 1]) if first else 0
            last = max(first + 1, int(np.searchsorted(terms, before + TERMS, side="right")))
            many = {s: env.indices[s][first:last] for s in env.many}  # type: ignore[index]
            part = env.moved(many)
            total[first:last] = self._sums(node, part, lows[first:last], highs[first:last])
            first = last
        return total

    def _sums(
        self, node: TimeSum, env: Environment, lows: NDArray[np.int_], highs: NDArray[np.int_]
    ) -> Array:
        counts = np.maximum(highs - lows + 1, 0)
        place, size = np.repeat(np.arange(len(lows)), counts), self.size(node.shape)
        total: Array = np.zeros((len(lows), *size))
        if not len(place):
            return total
        ahead = np.arange(len(place)) - np.repeat(np.cumsum(counts) - counts, counts)
        known: dict[Symbol, Steps] = {
            s: v[place] if isinstance(v, np.ndarray) else v for s, v in env.indices.items()
        }
        known[node.index] = lows[place] + ahead
        ends = np.broadcast_to(self._ends(compiled(node.body), known), place.shape)
        inner = np.flatnonzero(~ends)
        if len(inner):
            terms = self.at(node.body, _chosen(known, inner))
            terms = np.broadcast_to(terms, (len(inner), *size))
            begins = np.flatnonzero(np.diff(place[inner], prepend=-1))
            total[place[inner][begins]] = np.add.reduceat(terms, begins, axis=0)
        for n in np.flatnonzero(ends).tolist():
            one = {s: int(v[n]) if isinstance(v, np.ndarray) else v for s, v in known.items()}
            total[place[n]] = total[place[n]] + self.at(node.body, one)
        return total

    def products(
        self, node: OrderedProduct, body: MatrixExpr, env: Environment, low: Steps, high: Steps
    ) -> Array:
        """Return ordered products at many places, those together whose factors are partly the same.

        Of all with one upper end each is the one before times a factor, and so it is of all with one
        lower end; of the two, those are taken of which there are fewer.  The body must not depend on
        indices at many steps.
        """
        lows, highs = np.broadcast_arrays(np.atleast_1d(low), np.atleast_1d(high))
        some = highs >= lows
        if not some.any():
            none: Array = np.zeros((0, *self.size(node.shape)))
            return products_of(none, 0, lows, highs, isinstance(node, RisingProduct))
        first = int(lows[some].min())
        factors = self._factors_of(node, body, env, first, int(highs[some].max()))
        return products_of(factors, first, lows, highs, isinstance(node, RisingProduct))

    def _factors_of(
        self, node: OrderedProduct, body: MatrixExpr, env: Environment, low: int, high: int
    ) -> Array:
        """Return the factors of the steps from one to another, those at many in one batch."""
        others = tuple(env.indices.get(s) for s in symbols_of(body) if s != node.index)
        key = (body, node.index, others)
        if key not in self._factors:
            shape = (self.trace.steps + 3, *self.size(node.shape))
            self._factors[key] = np.zeros(shape), np.zeros(shape[0], dtype=bool)
        table, have = self._factors[key]
        if low < 0 or high >= len(have):
            # A range may lead beyond the steps, where nothing is kept.
            steps = range(low, high + 1)
            return np.stack([self.at(body, {**env.indices, node.index: s}) for s in steps])
        missing = low + np.flatnonzero(~have[low : high + 1])
        if len(missing):
            known: dict[Symbol, Steps] = {**env.indices, node.index: missing}
            ends = np.broadcast_to(self._ends(compiled(body), known), missing.shape)
            for step in missing[ends].tolist():
                table[step] = self.at(body, {**env.indices, node.index: step})
            if not ends.all():
                table[missing[~ends]] = self.at(body, {**known, node.index: missing[~ends]})
            have[missing] = True
        return table[low : high + 1]

    def over_components(
        self, body: MatrixExpr, index: Symbol, rows: int, env: Environment
    ) -> Array:
        """Return the sum of a body over the components 1 to ``rows``, of which all are one batch."""
        every = np.arange(1, rows + 1)
        places = max([1, *(len(np.atleast_1d(env.indices[s])) for s in env.many)])
        known: dict[Symbol, Steps] = {
            s: np.repeat(v, rows) if isinstance(v, np.ndarray) else v
            for s, v in env.indices.items()
        }
        terms = self.at(body, {**known, index: np.tile(every, places)})
        shape = (places, rows, *terms.shape[-2:])
        total: Array = (
            np.broadcast_to(terms, (places * rows, *shape[2:])).reshape(shape).sum(axis=1)
        )
        return total if env.many else total[0]

    def derivative(self, node: Partial | Gradient, env: Environment) -> Array:
        """Return ∂num/∂den by complex steps through the forward pass, holding the held fixed.

        Rows are the components of num, columns those of den, row by row; a gradient has the shape
        of den instead.  At many steps there is an axis for them in front.
        """
        return self._derivatives.of(node, env)

    def expect(self, exprs: Iterable[MatrixExpr], places: Sequence[IndexValues]) -> None:
        """Prepare for the evaluation of expressions at many places: what moves there moves together."""
        self._derivatives.expect(exprs, places)

    def over(self, trace: Pass) -> Evaluator:
        """Return what evaluates the same quantities over another forward pass."""
        return Evaluator(trace, self.definitions.values())

    def at_places(self, expr: MatrixExpr, places: Sequence[IndexValues]) -> list[Array]:
        """Return the values of an expression at many places, together as far as can be."""
        if len(places) < 2 or not any(s in places[0] for s in symbols_of(expr) if s != T):
            return [self.at(expr, places[0])] * len(places) if places else []
        indices: dict[Symbol, Steps] = {
            s: np.array([at[s] for at in places]) for s in places[0] if s != T
        }
        indices[T] = self.trace.steps
        ends = np.broadcast_to(self._ends(compiled(expr), indices), len(places))
        found = {n: self.at(expr, places[n]) for n in np.flatnonzero(ends).tolist()}
        rest = np.flatnonzero(~ends)
        if len(rest):
            value = self.at(expr, _chosen(indices, rest))
            every = np.broadcast_to(value, (len(rest), *value.shape[-2:]))
            found.update(zip(rest.tolist(), every, strict=True))
        return [found[n] for n in range(len(places))]


def _chosen(known: Mapping[Symbol, Steps], places: NDArray[np.int_]) -> dict[Symbol, Steps]:
    """Return indices at some of many places."""
    return {s: v[places] if isinstance(v, np.ndarray) else v for s, v in known.items()}

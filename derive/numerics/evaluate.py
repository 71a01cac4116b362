"""The values of expressions over a trace of the forward pass."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, MatrixExpr, Symbol

from derive.arrays import Array, Steps
from derive.calculus.activations import ACTIVATIONS
from derive.cells.cell import Cell
from derive.errors import CheckError
from derive.expressions.components import Component
from derive.expressions.definition import Definition, ended
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import At, Parameter, Series, T, t
from derive.expressions.shapes import number
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum, instantiate
from derive.expressions.types import IndexValues, MatrixShape
from derive.expressions.walk import atoms_of
from derive.numerics.groups import Groups
from derive.numerics.kernels import log_softmax
from derive.numerics.operations import compiled
from derive.numerics.passes import PassCache
from derive.numerics.places import placed, symbols_of
from derive.numerics.tape import Environment, Tape

KEPT = 192e6
"""Bytes of perturbed passes that are kept, of all evaluators together."""

TOGETHER = 24e6
"""Bytes of a pass in which many quantities are perturbed: a step takes as long for one as for many."""

PRODUCTS = 16
"""Upper ends from which partial products are kept: of all T, there would be T²."""


class Pass(Protocol):
    """What an evaluator needs of a forward pass: the values of a cell's quantities over T steps."""

    cell: Cell
    steps: int
    sizes: dict[Symbol, int]

    def value(self, series: Series, step: Steps) -> Array: ...
    def parameter(self, parameter: Parameter) -> Array: ...
    def holds(self, series: Series, step: Steps) -> bool: ...
    def perturbed(self, dens: tuple[MatrixExpr, ...], held: tuple[At, ...]) -> Moved: ...
    def bytes_moved(self, dens: Iterable[MatrixExpr]) -> int: ...


class Moved(Pass, Protocol):
    """A forward pass in which some quantities are moved by complex steps."""

    def read_step(self, value: Array, den: MatrixExpr) -> Array: ...


class Evaluator:
    """Values of expressions over one trace; named quantities and derivatives are computed once."""

    def __init__(self, trace: Pass, named: Iterable[Definition] = ()) -> None:
        self.trace = trace
        self.definitions: dict[Series, Definition] = {n.series: n for n in named}
        self._backward = {n.series for n in self.definitions.values() if n.backward}
        self._quantities: dict[tuple[Series, tuple[Steps, ...]], Array] = {}
        self._open: set[tuple[object, ...]] = set()
        self._derivatives: dict[Basic, Array] = {}
        self._products: OrderedDict[tuple[object, ...], list[Array]] = OrderedDict()
        self._factors: dict[tuple[object, ...], dict[int, Array]] = {}
        self._sizes: dict[MatrixShape, tuple[int, int]] = {}
        self._owner = PASSES.owner()
        self._groups = Groups(trace, TOGETHER)

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
                found = [self._backwards(named, int(i)) for i in indices[0]]  # type: ignore[union-attr]
                # A value that is 0 whatever the loss has no batch.
                return np.stack(np.broadcast_arrays(*found))
            return self._by_definition(named, indices)
        if named.backward:
            return self._backwards(named, int(indices[0]))
        return self._defined(named, indices)

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

    def product(
        self, node: OrderedProduct, body: MatrixExpr, env: Environment, low: Steps, high: int
    ) -> Array:
        """Return an ordered product, or those from many lower ends.

        Factors are kept, and partial products from an upper end, so that all lags together cost O(T).
        """
        rising = isinstance(node, RisingProduct)
        others = tuple(env.indices.get(s) for s in symbols_of(body) if s != node.index)
        key = (rising, body, node.index, high, others)
        partial = self._products.setdefault(key, [])
        self._products.move_to_end(key)
        if len(self._products) > PRODUCTS:
            self._products.popitem(last=False)
        if not partial:
            partial.append(np.eye(self.size(node.shape)[0]))
        # partial[i] has i factors: those of the steps high, high − 1, …, high − i + 1.
        factors = self._factors.setdefault((body, node.index, others), {})
        steps = range(high + 1 - len(partial), int(np.min(low)) - 1, -1)
        self._evaluate_factors(
            body, node.index, env, [s for s in steps if s not in factors], factors
        )
        for step in steps:
            factor, rest = factors[step], partial[-1]
            partial.append(factor @ rest if rising else rest @ factor)

        def of(count: int) -> Array:
            # Only the range from t + 1 to t is the empty product; further apart there is none.
            return partial[count] if count >= 0 else np.full_like(partial[0], np.nan)

        if isinstance(low, np.ndarray):
            return np.stack([of(high + 1 - int(one)) for one in low])
        return of(high + 1 - int(low))

    def products(
        self, node: OrderedProduct, body: MatrixExpr, env: Environment, low: int, high: Steps
    ) -> Array:
        """Return the ordered products from one lower end to many upper ones, that together cost O(T).

        The body must not depend on the indices at many steps.
        """
        rising = isinstance(node, RisingProduct)
        others = tuple(env.indices.get(s) for s in symbols_of(body) if s != node.index)
        factors = self._factors.setdefault((body, node.index, others), {})
        steps = range(low, int(np.max(high)) + 1)
        self._evaluate_factors(
            body, node.index, env, [s for s in steps if s not in factors], factors
        )
        made: list[Array] = [np.eye(self.size(node.shape)[0])]
        for step in steps:
            made.append(made[-1] @ factors[step] if rising else factors[step] @ made[-1])
        nothing = np.full_like(made[0], np.nan)
        counts = [int(one) + 1 - low for one in np.atleast_1d(high)]
        return np.stack([made[count] if count >= 0 else nothing for count in counts])

    def _evaluate_factors(
        self,
        body: MatrixExpr,
        index: Symbol,
        env: Environment,
        steps: list[int],
        factors: dict[int, Array],
    ) -> None:
        """Add the factors of the steps, all but adjoints past the end in one batch."""
        many = np.array(steps)
        if len(steps) > 1 and not np.any(
            self._ends(compiled(body), env.moved({index: many}).indices)
        ):
            batch = self.at(body, {**env.indices, index: many})
            shape = (len(steps), *batch.shape[-2:])
            factors.update(zip(steps, np.broadcast_to(batch, shape), strict=True))
            return
        for step in steps:
            factors[step] = self.at(body, {**env.indices, index: step})

    def over_components(
        self, body: MatrixExpr, index: Symbol, rows: int, env: Environment
    ) -> Array:
        """Return the sum of a body over the components 1 to ``rows``."""
        terms = (self.at(body, {**env.indices, index: row}) for row in range(1, rows + 1))
        return sum(terms, np.zeros((1, 1)))

    def derivative(self, node: Partial | Gradient, env: Environment) -> Array:
        """Return ∂num/∂den by complex steps through the forward pass, holding the held fixed.

        Rows are the components of num, columns those of den, row by row; a gradient has the shape
        of den instead.
        """
        known = {s: env.indices[s] for s in symbols_of(node) if s in env.indices}
        key = (node, *known.values())
        if key not in self._derivatives:
            den, *held = (self._placed(a, known) for a in (node.den, *node.held))
            whole = den.matrix if isinstance(den, Component) else den
            moved = self._pass(whole, tuple(held))
            # The passes of `_pass` are over perturbed traces.
            trace = cast("Moved", moved.trace)
            # At its indices, not instantiated: one tape serves the numerators of all steps.
            value = trace.read_step(moved.at(node.num, known), whole)
            if isinstance(den, Component):
                columns = self.size(whole.shape)[1]
                row, column = (*map(int, den.indices), 1)[:2]
                place = (row - 1) * columns + column - 1
                value = value[:, place : place + 1]
            shaped = value.reshape(self.size(node.shape)) if isinstance(node, Gradient) else value
            self._derivatives[key] = shaped
        return self._derivatives[key]

    def _placed(self, expr: MatrixExpr, known: Mapping[Symbol, Steps]) -> MatrixExpr:
        return placed(expr, tuple((s, known[s]) for s in symbols_of(expr) if s in known))

    def _pass(self, den: MatrixExpr, held: tuple[At, ...]) -> Evaluator:
        key, dens = (den, (den,)) if held else self._groups.of(den)

        def make() -> tuple[Evaluator, int]:
            perturbed: Moved = self.trace.perturbed(dens, held)
            return Evaluator(perturbed, self.definitions.values()), self.trace.bytes_moved(dens)

        return PASSES.get((self._owner, key, held), make)

    def expect(self, exprs: Iterable[MatrixExpr], places: Iterable[IndexValues]) -> None:
        """Prepare for the evaluation of expressions at many places.

        The quantities with respect to which it differentiates are perturbed many in one pass,
        instead of one pass for each; those that have a pass from before keep it.
        """
        nodes = [n for e in exprs for n in atoms_of(e, (Partial, Gradient))]
        self._groups.add(nodes, list(places))

    def ahead(self, node: Partial | Gradient, env: Environment) -> None:
        """Prepare for a derivative at many steps, as in a sum over time."""
        own = [s for s in env.many if s in symbols_of(node)]
        many = {s: env.indices[s].tolist() for s in own}  # type: ignore[union-attr]
        one = {s: v for s, v in env.indices.items() if s not in env.many}
        places = [
            {**one, **dict(zip(many, v, strict=True))} for v in zip(*many.values(), strict=True)
        ]
        self._groups.add([node], places)


PASSES: PassCache[Evaluator] = PassCache(KEPT)
"""The passes of all evaluators."""

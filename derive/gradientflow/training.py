"""Forward pass and gradients of a whole batch at once, from the derived recursion.

The columns of every array are the sequences of the batch, (..., rows, B): what holds for one column
holds for all of them side by side, and a product such as δ_t s_{t-1}ᵀ sums over the batch.
Leading axes are networks that are trained beside each other, each with its own parameters.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import MatMul, MatrixExpr, Symbol, ZeroMatrix

from derive.arrays import Array, Steps
from derive.bptt.derivation import Derivation
from derive.calculus.simplify import applied
from derive.expressions.algebra import Diag, mul
from derive.expressions.folding import folded
from derive.expressions.quantities import At, Parameter, Series, T, t
from derive.expressions.rewrite import substituted
from derive.expressions.shapes import number
from derive.expressions.types import MatrixShape
from derive.expressions.walk import atoms_of
from derive.numerics.operations import compiled
from derive.numerics.tape import Environment


class Batch:
    """A network on a batch of sequences; it answers what compiled expressions ask for."""

    def __init__(self, derivation: Derivation, steps: int) -> None:
        self.derivation, self.cell, self.steps = derivation, derivation.cell, steps
        self.trace = self
        cell, recursion = self.cell, derivation.recursion
        self._forward = [
            (e.variable, compiled(e.expr))
            for e in cell.equations
            if e.variable not in (cell.loss_series, cell.weight)
        ]
        # After the last step there is nothing: adjoints are 0, and what they multiply goes.
        ends = {series[t + 1]: ZeroMatrix(*series.shape) for series in recursion.definitions}
        self._backward = [
            (
                named.series,
                compiled(self._elementwise(named.expr)),
                compiled(self._elementwise(folded(named.expr, ends))),
            )
            for named in recursion.definitions.values()
        ]
        self._gradients = {
            p: compiled(self._elementwise(recursion.gradient(p).body)) for p in cell.parameters
        }
        self._weights = self._weights_of_steps()
        self._values: dict[tuple[Series, int], Array] = {}
        self._parameters: dict[Parameter, Array] = {}
        self._columns = 1
        self._sizes: dict[Symbol, int] = {}
        self._known: dict[MatrixShape, tuple[int, int]] = {}

    def _elementwise(self, expr: MatrixExpr) -> MatrixExpr:
        """Return an expression in which diagonal matrices multiply element by element.

        A batch of columns has no diagonal matrix, but the products are the same.
        """
        diagonals = {n.series: n.expr for n in self.derivation.shared.jacobians.definitions}
        rule = {}
        for product in atoms_of(expr, MatMul):
            first = product.args[0]
            if isinstance(first, At) and isinstance(diagonals.get(first.series), Diag):
                diagonal = diagonals[first.series].xreplace({t: first.indices[0]})
                rule[product] = applied(diagonal, mul(*product.args[1:]))
        return substituted(expr, rule)

    def _weights_of_steps(self) -> dict[int, Array]:
        """Return the weight of each step's loss, which depends on no data."""
        weight = self.cell.weight
        if weight is None or not self.cell.defines(weight):
            return {}
        tape = compiled(self.cell.definition(weight).expr)
        return {step: tape.run(self._environment(step)) for step in range(1, self.steps + 1)}

    def _environment(self, step: int) -> Environment:
        return Environment(self, {t: step, T: self.steps})  # type: ignore[arg-type]

    # -- what compiled expressions ask for -------------------------------------------------------

    def quantity(self, series: Series, step: Steps) -> Array:
        """Return a quantity at a step, (..., rows, B)."""
        if series == self.cell.weight and self._weights:
            return self._weights[int(step)]
        return self._values[series, int(step)]

    def parameter(self, parameter: Parameter) -> Array:
        """Return a parameter; a bias, which is one column, once for each sequence."""
        value = self._parameters[parameter]
        if value.shape[-1] > 1:
            return value
        return np.broadcast_to(value, (*value.shape[:-1], self._columns))

    def size(self, shape: MatrixShape) -> tuple[int, int]:
        """Return a shape as numbers; what is one column for one sequence has one for each."""
        if shape not in self._known:
            rows, columns = (number(s, self._sizes) for s in shape)
            self._known[shape] = (rows, self._columns if columns == 1 < rows else columns)
        return self._known[shape]

    # -- passes ----------------------------------------------------------------------------------

    def forward(
        self, parameters: Mapping[str, Array], inputs: Mapping[str, Array], size: int
    ) -> Array:
        """Return the outputs of the last step, (..., rows, B), from inputs (steps, …, B) by name."""
        cell = self.cell
        self._parameters = {p: parameters[p.name] for p in cell.parameters}
        self._columns, self._sizes, self._known = size, {}, {}
        for p, array in self._parameters.items():
            self._sizes.update(zip(p.shape, array.shape[-2:], strict=True))
        for name, values in inputs.items():
            series = next(s for s in cell.given if s.name == name)
            self._values.update({(series, n): step for n, step in enumerate(values, 1)})
        for s in cell.states:
            self._values[s, 0] = np.zeros(self.size(s.shape))
        for step in range(1, self.steps + 1):
            env = self._environment(step)
            for series, tape in self._forward:
                self._values[series, step] = tape.run(env)
        return self._values[cell.output, self.steps]

    def gradients(self) -> dict[str, Array]:
        """Return the gradients of the total loss of the batch, after `forward`."""
        totals: dict[Parameter, Array] = {p: np.zeros(()) for p in self._gradients}
        for step in range(self.steps, 0, -1):
            env = self._environment(step)
            for series, tape, last in self._backward:
                self._values[series, step] = (last if step == self.steps else tape).run(env)
            for parameter, tape in self._gradients.items():
                totals[parameter] = totals[parameter] + tape.run(env)
        # A bias has one column, and its gradient one for each sequence.
        return {
            p.name: g if p.shape[1] != 1 else g.sum(axis=-1, keepdims=True)
            for p, g in totals.items()
        }

"""The forward pass with quantities moved along a direction each: derivatives without any rule."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Basic, MatrixExpr

from derive.arrays import Array, Steps
from derive.expressions.quantities import Series, t
from derive.numerics.evaluate import Evaluator
from derive.numerics.program import program
from derive.numerics.trace import STEP, ForwardPass, Perturbed


class Directional(Perturbed):
    """A trace in which each of some quantities is moved along one direction of its own.

    Each has a row of the batch, which it may share with others by ``rows``: then they are moved
    together there.
    """

    def __init__(
        self,
        base: ForwardPass,
        directions: Mapping[Basic, Array],
        rows: Mapping[Basic, int] | None = None,
    ) -> None:
        self._along, self._rows = directions, rows
        super().__init__(base, tuple(directions), ())

    def block(self, den: MatrixExpr) -> slice:
        row = self.batch if self._rows is None else self._rows[den]
        return slice(row, row + 1)

    def unit_steps(self, den: MatrixExpr) -> Array:
        return self._along[den][None]

    def along(self, series: Series, step: int) -> Array:
        """Return the derivatives of a quantity at a step, (directions, entries), row by row."""
        value = self.value(series, step)
        moved = np.broadcast_to(value, (self.batch, *value.shape[-2:]))
        found: Array = moved.reshape(self.batch, -1).imag / STEP
        return found


class EachStep(ForwardPass):
    """One step of a forward pass, from each of its steps: the state before is moved along a direction.

    Each step starts from the state that the pass has there, so that a derivative is that by the state
    just before, and all T of them cost about as much as one pass.  ``directions`` are (T, rows) in the
    order of the cell's states, a row for the states at 0 … T − 1.
    """

    def __init__(self, base: ForwardPass, directions: Array) -> None:
        self.cell, self.steps, self.sizes, self.base = base.cell, base.steps, base.sizes, base
        self.parameters = base.parameters
        self._every = np.arange(1, self.steps + 1)
        self._before: dict[Series, Array] = {}
        self._now: dict[Series, Array] = {}
        first = 0
        for state in self.cell.states:
            start = base.value(state, self._every - 1)
            size = start[0].size
            along = directions[:, first : first + size].reshape(start.shape)
            self._before[state] = start + 1j * STEP * along
            first += size
        evaluator = Evaluator(self)
        for line in program(self.cell):
            self._now[line.variable] = evaluator.at(line.expr, {t: self._every})

    def value(self, series: Series, step: Steps) -> Array:
        """Return a quantity at all steps, or at the steps before them, moved where it is computed."""
        if np.array_equal(step, self._every) and series in self._now:
            return self._now[series]
        if np.array_equal(step, self._every - 1) and series in self._before:
            return self._before[series]
        return self.base.value(series, step)

    def along(self) -> Array:
        """Return the derivatives of the next state along the directions, (T, rows)."""
        parts = []
        for state in self.cell.states:
            shape = self.base.value(state, self._every).shape
            parts.append(np.broadcast_to(self._now[state], shape).reshape(self.steps, -1))
        found: Array = np.concatenate(parts, axis=1).imag / STEP
        return found

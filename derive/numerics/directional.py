"""The forward pass with quantities moved along a direction each: derivatives without any rule."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Basic, MatrixExpr

from derive.arrays import Array
from derive.expressions.quantities import Series
from derive.numerics.trace import STEP, ForwardPass, Perturbed


class Directional(Perturbed):
    """A trace in which each of some quantities is moved along one direction of its own."""

    def __init__(self, base: ForwardPass, directions: Mapping[Basic, Array]) -> None:
        self._along = directions
        super().__init__(base, tuple(directions), ())

    def count(self, den: MatrixExpr) -> int:
        return 1

    def unit_steps(self, den: MatrixExpr) -> Array:
        return self._along[den][None]

    def along(self, series: Series, step: int) -> Array:
        """Return the derivatives of a quantity at a step, (directions, entries), row by row."""
        value = self.value(series, step)
        moved = np.broadcast_to(value, (self.batch, *value.shape[-2:]))
        found: Array = moved.reshape(self.batch, -1).imag / STEP
        return found

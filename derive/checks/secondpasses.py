"""Forward passes in which something is moved, for the derivatives of the second reader of claims."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np

from derive.arrays import Array
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series
from derive.numerics.trace import ForwardPass, Perturbed

Den: TypeAlias = "At | Parameter | ParameterCopy"
"""What something is differentiated by."""

KEPT = 8
"""Passes that are kept: of long ones with many directions each is large."""


class Passes:
    """The forward passes of one set of data in which something is moved, the latest ones kept."""

    def __init__(self, trace: ForwardPass) -> None:
        self.trace = trace
        self._made: dict[tuple[object, ...], Perturbed] = {}

    def moved(self, den: Den, held: tuple[At, ...]) -> Perturbed:
        """Return the pass in which each entry of a quantity is moved, and others are held fixed."""
        key = (den, held)
        if key not in self._made:
            if len(self._made) >= KEPT:
                self._made.pop(next(iter(self._made)))
            self._made[key] = self.trace.perturbed((den,), held)
        return self._made[key]


class MovedPass:
    """One direction of a forward pass in which a quantity is moved."""

    def __init__(self, moved: Perturbed, number: int) -> None:
        self.moved, self.number = moved, number
        self.cell, self.columns = moved.cell, moved.base.columns
        self.parameters, self.sizes = moved.base.parameters, moved.sizes

    def value(self, series: Series, step: int) -> Array:
        """Return a quantity at a step, moved in this direction."""
        return self._one(self.moved.value(series, step))

    def parameter(self, parameter: Parameter) -> Array:
        """Return a parameter, or the total loss, moved in this direction."""
        return self._one(self.moved.parameter(parameter))

    def _one(self, value: Array) -> Array:
        found = value[self.number] if value.ndim > 2 else value
        return np.asarray(found, dtype=complex)


def shape_of(trace: ForwardPass, den: Den) -> tuple[int, ...]:
    """Return the shape of what something is differentiated by, in numbers."""
    if isinstance(den, At):
        return trace.value(den.series, int(den.indices[0])).shape
    return trace.parameter(den.args[0] if isinstance(den, ParameterCopy) else den).shape

"""Gradient clipping: by the norm, which keeps the direction, and element by element."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from sympy import Symbol

from derive.arrays import Array
from derive.expressions.quantities import Parameter


def by_norm(gradient: Array, limit: float) -> Array:
    """Return the gradient, scaled to the norm ``limit`` if it is longer (Pascanu et al. 2013)."""
    size = float(np.linalg.norm(gradient))
    return gradient if size <= limit else gradient * (limit / size)


def by_element(gradient: Array, limit: float) -> Array:
    """Return the gradient with every entry between −limit and limit."""
    return np.clip(gradient, -limit, limit)


class FixedValues:
    """Quantities with given values, in place of a trace: for equations without any network."""

    steps = 1

    def __init__(self, values: Mapping[Parameter, Array]) -> None:
        self.values = values
        self.sizes: dict[Symbol, int] = {}

    def parameter(self, parameter: Parameter) -> Array:
        """Return the value of a quantity."""
        return self.values[parameter]

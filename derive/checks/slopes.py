"""The slope f' of an activation as a function, against the derivative of f itself.

Where an equation has the slope, its own check compares it; a picture and a claim have it alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from derive.arrays import Array
from derive.calculus.activations import activation
from derive.checks.verify import TOLERANCE
from derive.document.text import Number, Value
from derive.errors import CheckError
from derive.numerics.trace import STEP

POINTS = np.linspace(-4, 4, 41)
"""Where a slope that is to be used anywhere is looked at; a kink, at 0, is one of them."""


def require_slopes_said(name: str, points: Array, said: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return what a sentence says of a slope: the largest one, where, and what is left far away.

    A `CheckError` for a number that the function has not, or a name of another function.
    """
    found = activation(name).slope(points)
    largest, last = float(found.max()), float(found[-1])
    # What rises to its bound comes near it, and has no largest value.
    near = activation(name).gamma if float(points[int(found.argmax())]) == points[-1] else largest
    wanted = {"largest": near, "small": last, "far": float(points[-1])}
    for key, value in wanted.items():
        number = said.get(key)
        if isinstance(number, Number) and abs(float(number.value) - value) > TOLERANCE:
            raise CheckError(
                f"a sentence says of the slope of {name} that {key} is {number.value:g}, it is "
                f"{value:g}. Nothing is written; correct what fills it"
            )
    return said


def steepest(name: str) -> float:
    """Return the largest slope of a function, or what it comes near to, by complex steps.

    It is looked for on a coarse grid, and again around the best point of that.
    """

    def slopes(points: Array) -> Array:
        found: Array = np.imag(activation(name).value(points + 1j * STEP)) / STEP
        return found

    coarse, width = np.linspace(-40, 40, 8001), 0.01
    best = float(coarse[int(np.nanargmax(slopes(coarse)))])
    for _ in range(3):
        fine = np.linspace(best - width, best + width, 401)
        best, width = float(fine[int(np.nanargmax(slopes(fine)))]), width / 100
    return float(np.nanmax(slopes(np.array([best, *coarse]))))


def require_slope(name: str, points: Array) -> Array:
    """Return f' at points, after its check; a `CheckError` if it is not the derivative of f."""
    row = activation(name)
    found = row.slope(points)
    wanted = np.imag(row.value(points + 1j * STEP)) / STEP
    errors = np.abs(found - wanted)
    # What is nan is no slope either.
    if not errors.max() <= TOLERANCE:
        worst = int(np.nan_to_num(errors, nan=np.inf).argmax())
        raise CheckError(
            f"equation slope-{name} does not hold: {name}'({points[worst]:g}) is given as "
            f"{found[worst]:.9g}, and the derivative of {name} there is {wanted[worst]:.9g}. "
            "Nothing is written; correct the slope in the table of activations"
        )
    result: Array = found
    return result

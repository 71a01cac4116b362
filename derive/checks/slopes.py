"""The slope f' of an activation as a function, against the derivative of f itself.

Where an equation has the slope, its own check compares it; a picture and a claim have it alone.
"""

from __future__ import annotations

import numpy as np

from derive.arrays import Array
from derive.calculus.activations import activation
from derive.checks.verify import TOLERANCE
from derive.errors import CheckError
from derive.numerics.trace import STEP

POINTS = np.linspace(-4, 4, 41)
"""Where a slope that is to be used anywhere is looked at; a kink, at 0, is one of them."""


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

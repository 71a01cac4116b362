"""Whether two expressions have the same values wherever an equation is checked."""

from __future__ import annotations

import numpy as np
from sympy import Basic

from derive.checks.points import points
from derive.checks.termwise import VANISHED
from derive.expressions.equation import Equation
from derive.numerics.evaluate import Evaluator

CLOSE = 1e-9
"""How far two values may be apart, relative to the larger one."""


def apart(equation: Equation, evaluators: list[Evaluator], read: Basic, meant: Basic) -> str | None:
    """Return how two expressions differ on the data of an equation, or None if they agree.

    Where both are 0 everywhere nothing was compared, and only the same expression would do.
    """
    largest = 0.0
    for evaluator in evaluators:
        for indices in points(equation.free, evaluator.trace.steps, evaluator.trace.sizes):
            try:
                with np.errstate(all="ignore"):
                    one, other = (np.asarray(evaluator.at(e, indices)) for e in (read, meant))
            except Exception as error:
                # A text may say anything, and what has no value is not what was checked.
                return f"it has no value: {error}"
            if one.shape != other.shape:
                return f"it has the shape {one.shape} instead of {other.shape}"
            if not (np.isfinite(one).all() and np.isfinite(other).all()):
                return "it is not finite everywhere, so that values don't tell"
            size = max(float(np.abs(one).max()), float(np.abs(other).max()))
            distance = float(np.abs(one - other).max())
            if size > VANISHED and distance > CLOSE * size:
                return f"its values differ by {distance / size:.3g} of the larger one"
            largest = max(largest, size)
    return None if largest > VANISHED else "both are 0 on all data, so that values don't tell"

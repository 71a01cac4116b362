"""The loss of one unit along its weight, computed a second time: with a loop of its own.

The derived gradient is compared with a quotient of differences.
"""

from __future__ import annotations

import numpy as np

from derive.arrays import Array
from derive.errors import CheckError
from derive.gradientflow import cliff as settings
from derive.gradientflow.cliff import Cliff

FINE = 401
"""How many weights between the neighbours of the steepest one of the curve are tried."""

NEAR = 1e-4
"""How far the steepest weight may be from the steepest of these."""

_STEP = 1e-6
_TOLERANCE = 1e-9
_SLOPES = 1e-4
"""Of a quotient of differences, relative to the slope."""


def loss_along(weights: Array | float) -> Array:
    """Return the loss for each recurrent weight: half the squared error of the last state."""
    w = np.asarray(weights, dtype=float)
    state = np.full_like(w, settings.START)
    for _ in range(settings.STEPS):
        state = np.tanh(w * state + settings.INPUT)
    return np.asarray((state - settings.TARGET) ** 2 / 2)


def slope_at(weight: float) -> float:
    """Return the quotient of differences of the loss at a weight."""
    return float((loss_along(weight + _STEP) - loss_along(weight - _STEP)) / (2 * _STEP))


def require_cliff(made: Cliff) -> None:
    """Raise a `CheckError` unless curve, slope and steps are those of the loss."""
    if not np.allclose(made.losses, loss_along(made.weights), rtol=0.0, atol=_TOLERANCE):
        raise _wrong("the curve is not the loss")
    start, step = made.steepest[0], np.diff(made.weights).max()
    rises = [abs(slope_at(weight)) for weight in made.weights]
    near = float(made.weights[int(np.argmax(rises))])
    fine = np.linspace(near - step, near + step, FINE)
    if abs(start - fine[int(np.argmax([abs(slope_at(weight)) for weight in fine]))]) > NEAR:
        raise _wrong(f"the loss is not steepest at {start:g}")
    if not np.isclose(made.slope, slope_at(start), rtol=_SLOPES):
        raise _wrong(f"the slope at {start:g} is {slope_at(start):g}, not {made.slope:g}")
    lowest = float(made.weights[int(np.argmin(made.losses))])
    if not min(start, made.plain[0]) < lowest < max(start, made.plain[0]):
        raise _wrong(f"the loss is smallest at {lowest:g}, which the plain step does not pass")
    cut = float(np.clip(made.slope, -settings.LIMIT, settings.LIMIT))
    meant = (start, start - settings.RATE * made.slope, start - settings.RATE * cut)
    for name, point, weight in zip(
        ("steepest", "plain", "clipped"), (made.steepest, made.plain, made.clipped), meant,
        strict=True,
    ):  # fmt: skip
        if not np.allclose(point, (weight, float(loss_along(weight))), rtol=0.0, atol=_TOLERANCE):
            raise _wrong(f"the {name} point is {point}")


def _wrong(problem: str) -> CheckError:
    return CheckError(
        f"the loss along a weight is not what it is said to be: {problem}. Nothing is written; "
        "correct what computes it"
    )

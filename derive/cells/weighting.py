"""Where the loss stands: at every step, at the last one, as a mean, or with a weight per step."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import KroneckerDelta

from derive.cells.cell import Assignment, define
from derive.errors import SpecError
from derive.expressions.quantities import Scalar, Series, T, t
from derive.suggest import suggestion

WEIGHT = Series("w", 1, 1)


@dataclass(frozen=True)
class Weighting:
    """The weight w_t of a step's loss in the total: none, given, or by an equation."""

    weight: Series | None
    equations: tuple[Assignment, ...] = ()


WEIGHTINGS: dict[str, Weighting] = {
    "every": Weighting(None),
    "last": Weighting(WEIGHT, (define(WEIGHT, Scalar(KroneckerDelta(t, T))),)),
    "mean": Weighting(WEIGHT, (define(WEIGHT, Scalar(1 / T)),)),
    "weighted": Weighting(WEIGHT),
}


def weighting(name: str) -> Weighting:
    """Return a weighting by name; an unknown one is a `SpecError`."""
    if name not in WEIGHTINGS:
        raise SpecError(f"unknown loss placement {name!r}: {suggestion(name, WEIGHTINGS)}")
    return WEIGHTINGS[name]

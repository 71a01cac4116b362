"""Where the loss stands: at every step, at the last one, as a mean, or with a weight per step."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from sympy import KroneckerDelta

from derive.cells.cell import Assignment, define
from derive.errors import SpecError
from derive.expressions.quantities import Scalar, Series, T, t
from derive.suggest import suggestion

NAMES = ("w", "omega", "weight")
"""What the weight is called: the first that nothing in a network is called, with an index or without."""

WEIGHT = Series(NAMES[0], 1, 1)


@dataclass(frozen=True)
class Weighting:
    """The weight w_t of a step's loss in the total: none, given, or by an equation."""

    weight: Series | None
    equations: tuple[Assignment, ...] = ()

    def called(self, name: str) -> Weighting:
        """Return the same with another name for the weight."""
        if self.weight is None:
            return self
        weight = Series(name, 1, 1)
        return Weighting(weight, tuple(define(weight, e.expr) for e in self.equations))


WEIGHTINGS: dict[str, Weighting] = {
    "every": Weighting(None),
    "last": Weighting(WEIGHT, (define(WEIGHT, Scalar(KroneckerDelta(t, T))),)),
    "mean": Weighting(WEIGHT, (define(WEIGHT, Scalar(1 / T)),)),
    "weighted": Weighting(WEIGHT),
}


def weighting(name: str, own: Container[str] = ()) -> Weighting:
    """Return a weighting by name, beside a network's own names; an unknown one is a `SpecError`.

    A weight w_t would print as a quantity w_1 does, so that a name counts without its index.
    """
    if name not in WEIGHTINGS:
        raise SpecError(f"unknown loss placement {name!r}: {suggestion(name, WEIGHTINGS)}")
    return WEIGHTINGS[name].called(next(free for free in NAMES if free not in own))

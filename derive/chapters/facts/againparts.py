"""Second ways of facts of functions and of parts of states: by slopes and by derivatives of losses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from derive.arrays import Array
from derive.calculus.activations import activation
from derive.chapters.facts.facts import AGAIN, CellFacts, Second, again, small
from derive.chapters.facts.functions import functions_in
from derive.expressions.derivatives import Gradient, Partial

BESIDE_ZERO = 1e-9
"""How far from zero a slope is taken to see whether it jumps there."""

JUMP = 1e-3
"""By how much a slope changes that has a kink, and one without it does not."""

ALONG = np.linspace(-3.0, 3.0, 13)
"""Where a slope is compared with what is said of it."""


@again
def _parts_of_parts(f: CellFacts) -> bool | None:
    """Tell whether a loss has another derivative by a part alone than by it as a part of the state."""
    if len(f.cell.states) == 1:
        return False
    last, state = f.steps, f.derivation.shared.state
    loss = f.cell.loss_series[last]
    for evaluator in f.evaluators:
        parts = [evaluator.at(Gradient(loss, s[last])).reshape(-1) for s in f.cell.states]
        whole = evaluator.at(Partial(loss, state[last])).reshape(-1)
        if not small(np.concatenate(parts) - whole):
            return True
    # What acts on no loss of its step may be made of other parts all the same.
    return None


@again
def _kinks(f: CellFacts) -> bool | None:
    """Tell whether a slope jumps at zero."""
    points = np.array([-BESIDE_ZERO, BESIDE_ZERO])
    with np.errstate(all="ignore"):
        jumps = [np.ptp(np.asarray(activation(name).slope(points))) for name in functions_in(f)]
    return True if any(jump > JUMP for jump in jumps) else None


def _slope_in_output(slope: Callable[[Array], Array]) -> Second:
    """Return whether a function of the cell has the slope that is said of it, in its own output."""

    def found(f: CellFacts) -> bool | None:
        with np.errstate(all="ignore"):
            # Some functions are defined above zero only.
            rows = [activation(name) for name in functions_in(f)]
            fits = any(small(row.slope(ALONG) - slope(row.value(ALONG))) for row in rows)
        return None if fits else False

    return found


AGAIN |= {
    "uses-tanh": _slope_in_output(lambda y: 1 - y * y),
    "uses-exp": _slope_in_output(lambda y: y),
    "uses-sigmoid": _slope_in_output(lambda y: y * (1 - y)),
}

"""Second ways of facts of functions and of parts of states: by slopes and by derivatives of losses."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from derive.arrays import Array
from derive.calculus.activations import activation
from derive.chapters.facts.facts import AGAIN, CellFacts, Second, again, small, surely
from derive.chapters.facts.functions import functions_in
from derive.checks.secondarithmetic import FUNCTIONS
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.named import named_in
from derive.numerics.trace import STEP
from derive.typesetting.printing import plain

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
    if f.cell.has_matrices:
        # Of matrices there is no column that they would be parts of.
        return None
    last, state = f.steps, f.derivation.shared.state
    loss = f.cell.loss_series[last]
    for evaluator in f.evaluators:
        parts = [evaluator.at(Gradient(loss, s[last])).reshape(-1) for s in f.cell.states]
        whole = evaluator.at(Partial(loss, state[last])).reshape(-1)
        if not small(np.concatenate(parts) - whole):
            return True
    # What acts on no loss of its step may be made of other parts all the same.
    return None


@surely
def _kinks(f: CellFacts) -> bool:
    """Tell whether a slope jumps at zero, or has no value, of what stands in the printed equations."""
    aside = (f.cell.loss_series, f.cell.weight)
    own = [e.expr for e in f.cell.equations if e.variable not in aside]
    text = " ".join(map(plain, [*own, *(node.expanded for node in named_in(own))]))
    return bool(_WITH_EXCEPTIONS.search(text)) or any(map(_jumps, re.findall(r"\w+(?=\()", text)))


_WITH_EXCEPTIONS = re.compile(r"\b(max|min)\(|\blog\b|⊘|/ ?[^\d ]|\^\{⊙ (-|\d+/)")
"""Operations that are no functions of one number: the larger of two, a quotient, a root as a power."""


def _jumps(name: str) -> bool:
    function = FUNCTIONS.get(name)
    points = np.array([[-BESIDE_ZERO], [BESIDE_ZERO]]) + 1j * STEP
    with np.errstate(all="ignore"):
        slopes = [] if function is None else [function(np.array([p])).imag / STEP for p in points]
    return bool(slopes) and not np.ptp(np.array(slopes)) <= JUMP


def _slope_in_output(slope: Callable[[Array], Array]) -> Second:
    """Return whether a function of the cell has the slope that is said of it, in its own output."""

    def found(f: CellFacts) -> bool | None:
        with np.errstate(all="ignore"):
            # Some functions are defined above zero only.
            rows = [activation(name) for name in functions_in(f)]
            apart = (row.slope(ALONG) - slope(row.value(ALONG)) for row in rows)
            fits = any(small(found[~np.isnan(found)]) for found in apart)
        return None if fits else False

    return found


AGAIN |= {
    "uses-tanh": _slope_in_output(lambda y: 1 - y * y),
    "uses-exp": _slope_in_output(lambda y: y),
    "uses-sigmoid": _slope_in_output(lambda y: y * (1 - y)),
    "uses-sqrt": _slope_in_output(lambda y: 1 / (2 * y)),
    "uses-softplus": _slope_in_output(lambda y: 1 - np.exp(-y)),
}

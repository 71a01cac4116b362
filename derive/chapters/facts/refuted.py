"""What numbers refute of the facts that say something of all data, for the networks of users too.

One way decides these facts there, and a sentence says of them "in any run": one run that is otherwise is
enough to refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.chapters.facts.facts import AGAIN, NEAR, REFUTED, CellFacts
from derive.chapters.facts.ranges import RANGES
from derive.checks.secondarithmetic import FUNCTIONS
from derive.expressions.derivatives import Partial
from derive.numerics.evaluate import Evaluator
from derive.numerics.stress import far_passes

STEPS = 3
"""So many steps of a pass are looked at."""

PLACES = np.linspace(-30, 30, 241)[:, None]
"""Where a function is looked at whose range is said."""


def _jacobians(f: CellFacts) -> Iterator[Array]:
    """Yield derivatives of the state by the one before, by complex steps: of samples, and far out."""
    s = f.cell.state
    with np.errstate(all="ignore"):
        for evaluator in (*f.evaluators, *map(Evaluator, far_passes(f.cell))):
            for n in range(1, min(evaluator.trace.steps, STEPS) + 1):
                found = evaluator.at(Partial(s[n], s[n - 1]))
                if np.isfinite(found).all():
                    yield found


def _spare(found: Array) -> float:
    return NEAR * max(1.0, float(np.abs(found).max()))


def _not_diagonal(f: CellFacts) -> bool:
    return any(float(np.abs(J - np.diag(np.diag(J))).max()) > _spare(J) for J in _jacobians(f))


def _not_shrinking(f: CellFacts) -> bool:
    """Tell whether an entry is below 0 or above 1, or a function is not in its range."""
    for name, (low, high) in RANGES.items():
        values = FUNCTIONS[name](PLACES)
        if values.min() < low or values.max() > high:
            return True
    return _not_diagonal(f) or any(
        J.min() < -_spare(J) or J.max() > 1 + _spare(J) for J in _jacobians(f)
    )


def _denied(name: str) -> Callable[..., bool]:
    """Return whether the second way of a fact finds numbers on which it is not so."""
    return lambda f, *about: AGAIN[name](f, *about) is False


_OF_NUMBERS: Mapping[str, Callable[..., Any]] = {
    "diagonal-jacobian": _not_diagonal,
    "shrinking-jacobian": _not_shrinking,
    **{name: _denied(name) for name in ("constant-factor", "fixed-states", "same-jacobian")},
}

REFUTED.update(_OF_NUMBERS)

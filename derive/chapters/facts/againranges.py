"""Second ways of facts of ranges: a step on many numbers, one component of the state moved at a time."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from derive.arrays import Array
from derive.chapters.facts.facts import NEAR, CellFacts, again
from derive.checks.probe import moved_states

SEEDS = 8
"""How often the numbers of a step are drawn, each time larger."""


@again
def _diagonal_jacobian(f: CellFacts) -> bool:
    """Tell whether a component of the state moves that component of the next one alone."""
    return _alone(f)


@again
def _shrinking_jacobian(f: CellFacts) -> bool:
    """Tell whether it does, by less than it was moved itself, and in the same direction."""
    # Of large numbers a factor between 0 and 1 is rounded to one of them.
    return _alone(f) and all(
        bool(np.all((own >= -NEAR) & (own <= 1 + NEAR))) for own in map(np.diag, _moved(f))
    )


def _alone(f: CellFacts) -> bool:
    return _single(f) and all(map(_is_diagonal, _moved(f)))


def _is_diagonal(moved: Array) -> bool:
    return bool(np.all(np.abs(moved - np.diag(np.diag(moved))) <= NEAR))


def _single(f: CellFacts) -> bool:
    return len(f.cell.states) == 1 and not f.cell.has_matrices


def _moved(f: CellFacts) -> Iterator[Array]:
    """Yield by what the next state changes, for each draw that has values."""
    for seed in range(SEEDS):
        moved = moved_states(f.cell, seed)
        if np.isfinite(moved).all():
            yield moved

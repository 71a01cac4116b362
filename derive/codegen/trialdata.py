"""The data of a trial, and whether anything could be compared on them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.numerics.trace import ForwardPass

DIGITS = 1e-10
"""Equations keep their digits where derived gradients and complex steps are as near, relatively."""

NUDGE = 2e-15
"""By what part numbers are moved to see how many digits are kept: some roundings of float64."""


@dataclass(frozen=True)
class TrialData:
    """What a module is run on: parameters, data (T, B, rows) and initial states (B, rows).

    ``near`` says that parameters are 0 or about 0.
    """

    parameters: dict[str, Array]
    data: dict[str, Array]
    initial: dict[str, Array]
    near: bool = False

    def passes(self, cell: Cell) -> list[ForwardPass]:
        """Return the forward pass of each sequence."""
        return [
            ForwardPass(
                cell,
                self.parameters,
                {name: rows[:, b] for name, rows in self.data.items()},
                {name[:-1]: rows[b] for name, rows in self.initial.items()},
            )
            for b in range(next(iter(self.data.values())).shape[1])
        ]


def is_conditioned(cell: Cell, data: TrialData) -> bool:
    """Tell whether quantities change no more than the numbers do, about: else no digits are kept.

    A sine of a large number, or a network that is chaotic, loses them, as does a difference of equal
    numbers that is divided by a small one.
    """
    parameters, series, initial = (
        {n: np.asarray(a * (1.0 + NUDGE)) for n, a in part.items()}
        for part in (data.parameters, data.data, data.initial)
    )
    beside = TrialData(parameters, series, initial)
    cell = cell.without_assumptions()
    with np.errstate(all="ignore"):
        passes, others = data.passes(cell), beside.passes(cell)
    for one, other in zip(passes, others, strict=True):
        for e in cell.equations:
            value, changed = (p.columns[e.variable][1 : p.steps + 1] for p in (one, other))
            finite = np.isfinite(value) & np.isfinite(changed)
            scale = float(np.max(np.abs(value[finite]), initial=1.0))
            if np.max(np.abs(value[finite] - changed[finite]), initial=0.0) > DIGITS * scale:
                return False
    return True


def is_defined(cell: Cell, data: TrialData) -> bool:
    """Tell whether the equations have values on some data: 0/0 is none that could be compared."""
    general = cell.without_assumptions()
    with np.errstate(all="ignore"):
        passes = data.passes(general)
    return not any(
        bool(np.isnan(one.columns[e.variable][1 : one.steps + 1]).any())
        for one in passes
        for e in general.equations
    )


def is_below(cell: Cell, data: TrialData, most: float) -> bool:
    """Tell whether no quantity of a step is larger, or none at all."""
    with np.errstate(all="ignore"):
        passes = data.passes(cell.without_assumptions())
    return all(
        bool(np.all(np.abs(one.columns[e.variable][1 : one.steps + 1]) <= most))
        for one in passes
        for e in cell.equations
    )

"""The seeded random data on which a claim is tested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derive.cell import Cell
from derive.cells import load
from derive.experiments import carry_out, experiment
from derive.sample import sample
from derive.scalar import scalar
from derive.trace import Trace

Array = NDArray[Any]

STARTS = ("zero", "random", "both")
TARGETS = ("sum-to-one", "any")


@dataclass(frozen=True)
class Data:
    """What a claim is about: a cell, a horizon, and how the numbers are drawn.

    ``start`` says what the initial states are.  ``scales`` multiplies random parameters and
    ``numbers`` replaces them (``s0`` is the initial state of s); ``scalar`` makes all sizes 1 but
    that of the output.  ``experiment`` takes a row of the table of experiments instead.
    """

    cell: str = "elman"
    options: Mapping[str, object] = field(default_factory=dict)
    T: int = 3
    start: str = "both"
    targets: str = "sum-to-one"
    scales: Mapping[str, float] = field(default_factory=dict)
    numbers: Mapping[str, Any] = field(default_factory=dict)
    experiment: str | None = None
    scalar: bool = False

    def build(self) -> Cell:
        """Yield the cell."""
        if self.experiment is not None:
            row = experiment(self.experiment)
            return load(row.cell, activation=row.activation)
        cell = load(self.cell, **self.options)
        return scalar(cell) if self.scalar else cell

    def traces(self, seeds: tuple[int, ...]) -> Iterator[tuple[str, Trace]]:
        """Yield a trace for each seed and initial state, with words that say which."""
        if self.experiment is not None:
            for seed in seeds:
                yield f"seed {seed}", carry_out(experiment(self.experiment), seed).trace
            return
        cell = self.build()
        starts = {"zero": (True,), "random": (False,), "both": (True, False)}[self.start]
        for seed in seeds:
            for zero in starts:
                trace = self._changed(cell, sample(cell, self.T, seed, zero).trace, seed)
                yield f"seed {seed}, initial state {'zero' if zero else 'random'}", trace

    def _changed(self, cell: Cell, trace: Trace, seed: int) -> Trace:
        if not self.scales and not self.numbers and self.targets == "sum-to-one":
            return trace
        parameters = {
            p.name: self._number(p.name, trace.parameter(p) * self.scales.get(p.name, 1.0))
            for p in cell.parameters
        }
        series = {
            s.name: np.array([trace.value(s, step)[:, 0] for step in range(1, self.T + 1)])
            for s in cell.given
        }
        if self.targets == "any":
            rng = np.random.default_rng([seed, 7])
            series[cell.target.name] = rng.uniform(0.1, 1.0, size=series[cell.target.name].shape)
        initial = {s.name: trace.value(s, 0)[:, 0] for s in cell.states}
        series = {name: self._number(name, value) for name, value in series.items()}
        initial = {name: self._number(f"{name}0", value) for name, value in initial.items()}
        return Trace(cell, parameters, series, initial)

    def _number(self, name: str, drawn: Array) -> Array:
        """Yield what the file gives for a quantity, in the cell's shape, else what was drawn."""
        if name not in self.numbers:
            return drawn
        return np.broadcast_to(np.array(self.numbers[name], dtype=float), drawn.shape)

"""Seeded random data for a cell: sizes all different, so that a transposed factor has no place."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from derive.cell import Cell
from derive.trace import Trace


@dataclass(frozen=True)
class Sample:
    """A trace on random data, with the seed that it came from."""

    trace: Trace
    seed: int
    zero_start: bool


def sample(cell: Cell, steps: int, seed: int, zero_start: bool) -> Sample:
    """Yield random float64 data: weights of order 1/√n, inputs of order 1, targets that sum to one."""
    rng = np.random.default_rng([seed, steps])
    sizes = {symbol: size for size, symbol in enumerate(cell.dimensions, 2)}
    # The order of the dimensions decides: d = 2, n = 3, m = 4 for the simple network.
    shape = {s: int(v) for s, v in sizes.items()}

    def size(symbol: object) -> int:
        return int(symbol.subs(shape))  # type: ignore[attr-defined]

    parameters = {}
    for p in cell.parameters:
        rows, columns = size(p.shape[0]), size(p.shape[1])
        parameters[p.name] = rng.normal(size=(rows, columns)) * (0.9 / np.sqrt(columns))
    series = {s.name: rng.normal(size=(steps, size(s.shape[0]))) for s in cell.inputs}
    series[cell.target.name] = rng.dirichlet(np.ones(size(cell.target.shape[0])), size=steps)
    if cell.weight in cell.given:
        series[cell.weight.name] = rng.uniform(0.5, 1.5, size=(steps, 1))
    initial = {
        s.name: np.zeros(size(s.shape[0])) if zero_start else rng.normal(size=size(s.shape[0])) / 2
        for s in cell.states
    }
    return Sample(Trace(cell, parameters, series, initial), seed, zero_start)


def samples(cell: Cell, steps: int, seed: int) -> list[Sample]:
    """Yield the two samples that every equation is checked on: s_0 = 0 and s_0 ≠ 0."""
    return [sample(cell, steps, seed, zero_start=True), sample(cell, steps, seed, zero_start=False)]

"""The seeded random data on which a claim is tested."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
from sympy import Expr

from derive.arrays import Array
from derive.bptt.scalar import scalar
from derive.cells.cell import Cell
from derive.checks.loaded import load
from derive.errors import SpecError, shown
from derive.gradcheck.archive import extent
from derive.gradcheck.confirm import require_finite
from derive.gradientflow.runs import carry_out, experiment
from derive.numerics.sample import sample
from derive.numerics.trace import ForwardPass
from derive.suggest import suggestion


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
    numbers: Mapping[str, Array] = field(default_factory=dict)
    experiment: str | None = None
    scalar: bool = False

    def build(self) -> Cell:
        """Return the cell."""
        if self.experiment is not None:
            row = experiment(self.experiment)
            return load(row.cell, activation=row.activation)
        cell = load(self.cell, **self.options)
        return scalar(cell) if self.scalar else cell

    def traces(self, seeds: tuple[int, ...]) -> Iterator[tuple[str, ForwardPass]]:
        """Yield a trace for each seed and initial state, with words that say which."""
        if self.experiment is not None:
            for seed in seeds:
                trace = carry_out(experiment(self.experiment), seed).trace
                require_finite(trace)
                yield f"seed {seed}", trace
            return
        cell = self.build()
        starts = {"zero": (True,), "random": (False,), "both": (True, False)}[self.start]
        for seed in seeds:
            for zero in starts:
                with np.errstate(all="ignore"):
                    trace = self._changed(cell, sample(cell, self.T, seed, zero).trace, seed)
                require_finite(trace)
                yield f"seed {seed}, initial state {'zero' if zero else 'random'}", trace

    def _changed(self, cell: Cell, trace: ForwardPass, seed: int) -> ForwardPass:
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
        series = {name: self._number(name, value, True) for name, value in series.items()}
        initial = {name: self._number(f"{name}0", value) for name, value in initial.items()}
        low, high = cell.loss.targets
        targets = series[cell.target.name]
        if ((targets < low) | (targets > high)).any():
            raise SpecError(
                f"numbers: {cell.target.name} reaches {targets.min():g} … {targets.max():g}: the "
                f"targets of a {cell.loss.layer} output are from {low:g} to {high:g}"
            )
        return ForwardPass(cell, parameters, series, initial)

    def _number(self, name: str, drawn: Array, repeated: bool = False) -> Array:
        """Return what the file gives for a quantity, in the cell's shape, else what was drawn."""
        if name not in self.numbers:
            return drawn
        return fitted(self.numbers[name], drawn.shape, name, repeated)

    def check(self) -> Cell:
        """Return the cell; a `SpecError` if the numbers are not of its quantities and shapes."""
        cell = self.build()
        sizes = {symbol: size for size, symbol in enumerate(cell.dimensions, 2)}

        def size(symbol: Expr) -> int:
            return int(symbol.subs(sizes))

        shapes: dict[str, tuple[int, ...]] = {
            p.name: (size(p.shape[0]), size(p.shape[1])) for p in cell.parameters
        }
        for name in self.scales:
            if name not in shapes:
                raise SpecError(
                    f"scales: {shown(name)!r} is no parameter: {suggestion(name, shapes)}"
                )
            if name in self.numbers:
                raise SpecError(f"scales: {name} has numbers as well: remove one of them")
        shapes |= {s.name: (self.T, size(s.shape[0])) for s in cell.given}
        shapes |= {f"{s.name}0": (size(s.shape[0]),) for s in cell.states}
        for name, value in self.numbers.items():
            if name not in shapes:
                raise SpecError(
                    f"numbers: {shown(name)!r} is no parameter, input, target or initial state: "
                    f"{suggestion(name, shapes)}"
                )
            fitted(value, shapes[name], name, name in {s.name for s in cell.given})
        return cell


def fitted(value: Array, shape: tuple[int, ...], name: str, repeated: bool = False) -> Array:
    """Return numbers in the shape of a quantity.

    One number stands for all entries, and a list for a column.  With ``repeated``, for a series,
    a list stands for the row of every step.
    """
    fits = [shape]
    if len(shape) == 2 and shape[1] == 1:
        fits.append(shape[:1])
    if repeated:
        fits.append(shape[1:])
    if value.shape != () and value.shape not in fits:
        raise SpecError(
            f"numbers: {shown(name)} is {extent(value.shape)}: expected one number for all "
            f"entries, or {' or '.join(extent(s) for s in fits)}"
        )
    return np.broadcast_to(value.reshape(shape) if value.size == math.prod(shape) else value, shape)

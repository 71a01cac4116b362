"""Runs of any cell on random data, its weights at several scales, for measuring gradient flow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sympy import MatrixExpr

from derive.bptt.derivation import Derivation
from derive.checks.seeded import require_run
from derive.gradientflow.confirmed import require_flow
from derive.gradientflow.drawn import require_given, require_weights
from derive.gradientflow.measure import Flow
from derive.gradientflow.stepwise import moved_states
from derive.gradientflow.weights import UNITS, begun, shape_of, weights
from derive.numerics.trace import ForwardPass

SCALES = (0.5, 1.0, 2.0)
"""By what the weights are multiplied: below, at and above the usual size at the start of training."""

STEPS = 100

LARGE = 1e100
"""A quantity that has grown beyond it is about to leave what floating-point numbers hold."""


@dataclass(frozen=True)
class OwnRun:
    """A cell on random data, its weights times a scale."""

    scale: float
    derivation: Derivation
    trace: ForwardPass
    seed: int

    @cached_property
    def flow(self) -> Flow:
        """Return the step Jacobians and their products, checked."""
        require_flow(self._measured)
        return self._measured

    @cached_property
    def _measured(self) -> Flow:
        return Flow(self.derivation, self.trace)

    @property
    def finite(self) -> bool:
        """Tell whether the forward pass and its step Jacobians stay within float64."""
        return stays_finite(self._measured)

    @property
    def outgrown(self) -> bool:
        """Tell whether something grew large before the first value that is none."""
        return self._end[1] > LARGE

    @property
    def ends_at(self) -> int:
        """Return the first step at which something has no value; the last one where all have."""
        return self._end[0]

    @cached_property
    def _end(self) -> tuple[int, float]:
        """Return that step, and the largest value until then."""
        largest = 0.0
        with np.errstate(all="ignore"):
            for step in range(1, self.trace.steps + 1):
                for equation in self.derivation.cell.equations:
                    value = self.trace.value(equation.variable, step)
                    known = np.isfinite(value)
                    largest = max(largest, float(np.abs(value[known]).max(initial=0.0)))
                    if not known.all():
                        return step, largest
        return self.trace.steps, largest


def stays_finite(flow: Flow) -> bool:
    """Tell whether a forward pass and its step Jacobians stay within float64."""
    trace, derivation = flow.trace, flow.derivation
    steps = np.arange(1, trace.steps + 1)
    with np.errstate(all="ignore"):
        values = [trace.value(e.variable, steps) for e in derivation.cell.equations]
        if not all(bool(np.isfinite(value).all()) for value in values):
            return False
        if not all(bool(np.isfinite(J).all()) for J in flow.jacobians):
            return False
        # A power or a root at 0 has a value, and may have no derivative.
        return bool(np.isfinite(moved_states(flow)[1]).all())


def run_at(derivation: Derivation, scale: float, seed: int) -> OwnRun:
    """Return the run with the weights times a scale, whether it stays finite or not."""
    return OwnRun(scale, derivation, _trace(derivation, seed, scale), seed)


def own_runs(derivation: Derivation, seed: int) -> Iterator[OwnRun]:
    """Yield the runs that stay finite: the same draw at each scale, what is added being 0.

    A `CheckError` for numbers that cannot have been drawn as is said.
    """
    yield from (made for made in _drawn(derivation, seed) if made.finite)


def left_out(derivation: Derivation, seed: int) -> list[OwnRun]:
    """Return the runs that do not stay finite, at the other scales."""
    return [made for made in _drawn(derivation, seed) if not made.finite]


def outgrown(derivation: Derivation, seed: int) -> bool:
    """Tell whether the runs that do not stay finite grow beyond float64: each of them."""
    return all(made.outgrown for made in left_out(derivation, seed))


def _drawn(derivation: Derivation, seed: int) -> Iterator[OwnRun]:
    for scale in SCALES:
        made = run_at(derivation, scale, seed)
        with np.errstate(all="ignore"):
            require_weights(made.trace, derivation.cell.parameters, scale)
            require_given(made.trace, 1.0)
            require_run(made.trace, seed, stream=UNITS, scale=scale)
        yield made


def units_of(trace: ForwardPass) -> int | None:
    """Return the number of units that a run had, of several; None where its states have other sizes."""
    sizes = {len(trace.value(s, 1)) for s in trace.cell.states}
    return sizes.pop() if len(sizes) == 1 and 1 not in sizes else None


def components_of(trace: ForwardPass) -> int:
    """Return how many numbers a run was given as inputs at each step."""
    return sum(len(trace.value(series, 1)) for series in trace.cell.inputs)


def _trace(derivation: Derivation, seed: int, scale: float) -> ForwardPass:
    cell, rng = derivation.cell, np.random.default_rng([seed, UNITS])
    parameters = weights(cell, rng, scale)

    def shape(quantity: MatrixExpr) -> tuple[int, int]:
        return shape_of(cell, quantity)

    series = {s.name: rng.normal(size=(STEPS, shape(s)[0])) for s in cell.inputs}
    classes = shape(cell.target)[0]
    series[cell.target.name] = np.eye(classes)[rng.integers(0, classes, size=STEPS)]
    if cell.weight is not None and cell.weight in cell.given:
        series[cell.weight.name] = np.ones((STEPS, 1))
    return ForwardPass(cell, parameters, series, begun(cell, rng))

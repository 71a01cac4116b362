"""Runs of any cell on random data, its weights at several scales, for measuring gradient flow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sympy import MatrixExpr

from derive.bptt.derivation import Derivation
from derive.cells.describe import parameter_role
from derive.checks.seeded import require_run
from derive.expressions.derivatives import Partial
from derive.gradientflow.confirmed import compared, require_flow
from derive.gradientflow.drawn import require_given, require_weights
from derive.gradientflow.measure import Flow
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

SCALES = (0.5, 1.0, 2.0)
"""By what the weights are multiplied: below, at and above the usual size at the start of training."""

STEPS = 100
INPUTS, UNITS, OUTPUTS = 3, 16, 4
"""Components of the input, of what else is given by a letter, and of the output."""


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
        steps = np.arange(1, self.trace.steps + 1)
        cell = self.derivation.cell
        with np.errstate(all="ignore"):
            values = [self.trace.value(e.variable, steps) for e in cell.equations]
            if not all(bool(np.isfinite(value).all()) for value in values):
                return False
            if not all(bool(np.isfinite(J).all()) for J in self._measured.jacobians):
                return False
            # A power or a root at 0 has a value, and may have no derivative.
            state, evaluator = self.derivation.shared.state, Evaluator(self.trace)
            found = (
                evaluator.at(Partial(state[n], state[n - 1])) for n in compared(self.trace.steps)
            )
            return all(bool(np.isfinite(slopes).all()) for slopes in found)


def own_runs(derivation: Derivation, seed: int) -> Iterator[OwnRun]:
    """Yield the runs that stay finite: the same draw at each scale, what is added being 0.

    A `CheckError` for numbers that cannot have been drawn as is said.
    """
    for scale in SCALES:
        made = OwnRun(scale, derivation, _trace(derivation, seed, scale), seed)
        require_weights(made.trace, derivation.cell.parameters, scale)
        require_given(made.trace, 1.0)
        require_run(made.trace, seed, stream=UNITS, scale=scale)
        if made.finite:
            yield made


def units_of(trace: ForwardPass) -> int:
    """Return the number of units that a run had: that of the first state where no letter gives it."""
    sizes = {len(trace.value(e.variable, 1)) for e in trace.cell.equations}
    return UNITS if UNITS in sizes else len(trace.value(trace.cell.states[0], 1))


def _trace(derivation: Derivation, seed: int, scale: float) -> ForwardPass:
    cell, rng = derivation.cell, np.random.default_rng([seed, UNITS])
    ends = {cell.inputs[0].shape[0]: INPUTS, cell.target.shape[0]: OUTPUTS}
    sizes = {s: ends.get(s, UNITS) for s in cell.dimensions}

    def shape(quantity: MatrixExpr) -> tuple[int, int]:
        rows, columns = (int(s.subs(sizes)) for s in quantity.shape)
        return rows, columns

    parameters = {}
    for p in cell.parameters:
        rows, columns = shape(p)
        drawn = scale * rng.normal(size=(rows, columns)) / np.sqrt(columns)
        parameters[p.name] = 0 * drawn if parameter_role(cell, p) == "bias" else drawn
    series = {s.name: rng.normal(size=(STEPS, shape(s)[0])) for s in cell.inputs}
    classes = shape(cell.target)[0]
    series[cell.target.name] = np.eye(classes)[rng.integers(0, classes, size=STEPS)]
    if cell.weight is not None and cell.weight in cell.given:
        series[cell.weight.name] = np.ones((STEPS, 1))
    initial = {s.name: np.zeros(shape(s)[0]) for s in cell.states}
    return ForwardPass(cell, parameters, series, initial)

"""Gradient flow through cells with gates, measured at the start of training."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from sympy import MatrixExpr

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.cells.describe import carried
from derive.expressions.functions import Apply
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.walk import series_in
from derive.gradientflow.confirmed import require_flow
from derive.gradientflow.measure import Flow
from derive.gradientflow.own import stays_finite
from derive.gradientflow.scaled import ScaledMatrix
from derive.gradientflow.weights import UNITS, begun, shape_of, weights
from derive.numerics.trace import ForwardPass

STEPS = 100
OPEN = 4.0
"""A bias that opens a gate: the sigmoid of 4 is 0.982."""


@dataclass(frozen=True)
class GatedRun:
    """A cell on random data, the gates that carry its state closed or opened by their bias."""

    derivation: Derivation
    trace: ForwardPass
    opened: bool

    @property
    def finite(self) -> bool:
        """Tell whether the forward pass and its step Jacobians stay within float64."""
        return stays_finite(self._measured)

    @cached_property
    def flow(self) -> Flow:
        """Return the step Jacobians and their products, checked."""
        require_flow(self._measured)
        return self._measured

    @cached_property
    def _measured(self) -> Flow:
        return Flow(self.derivation, self.trace)

    def log_block(self, rows: slice) -> Array:
        """Return log10 of the norm of a diagonal block of each product, by lag, (T + 1,)."""
        blocks = (
            ScaledMatrix(product.mantissa[rows, rows], product.exponent)
            for product in self.flow.products()
        )
        return np.array([block.log_norm() for block in blocks])

    def log_block_product(self, rows: slice) -> Array:
        """Return log10 of the norm of the product of the blocks, by lag; for diagonal blocks."""
        diagonals = np.array([np.diag(J[rows, rows]) for J in self.flow.jacobians])[::-1]
        with np.errstate(divide="ignore"):
            sums = np.cumsum(np.log10(np.abs(diagonals)), axis=0)
        return np.concatenate([[0.0], sums.max(axis=1)])


def gate_biases(cell: Cell) -> dict[Series, list[Parameter]]:
    """Return the biases of each gate that carries a state: large ones keep the gates open.

    None, where they do not open all of these gates alike: one has no bias, or shares it with another
    that has a different number of them.
    """
    found: dict[Series, list[Parameter]] = {}
    for _, factor in carried(cell):
        for gate in series_in(factor):
            if not cell.defines(gate.series):
                continue
            made = cell.definition(gate.series).expr
            # 1 − f carries where f is closed, which no bias here opens.
            if not (isinstance(made, Apply) and made.function == "sigmoid" and factor == gate):
                continue
            terms = _terms(cell, made.arg)
            found[gate.series] = [p for p in cell.parameters if p in terms]
    counts: dict[Parameter, set[int]] = {}
    for biases in found.values():
        for p in biases:
            counts.setdefault(p, set()).add(len(biases))
    alike = all(found.values()) and all(len(c) == 1 for c in counts.values())
    return found if alike else {}


def _terms(cell: Cell, argument: MatrixExpr) -> tuple[MatrixExpr, ...]:
    """Return the terms of a pre-activation, which is a quantity of its step, or is written in place."""
    named = isinstance(argument, At) and argument.indices == (t,) and cell.defines(argument.series)
    inner = cell.definition(argument.series).expr if named else argument
    return inner.args if getattr(inner, "is_MatAdd", False) else (inner,)


def run(cell: Cell, seed: int, *, opened: bool = False) -> GatedRun:
    """Return a run: weights as at the start of training, inputs normal, states at 0."""
    rng = np.random.default_rng([seed, UNITS])
    parameters = weights(cell, rng)

    def shape(quantity: MatrixExpr) -> tuple[int, int]:
        return shape_of(cell, quantity)

    if opened:
        for biases in gate_biases(cell).values():
            for p in biases:
                parameters[p.name] = np.full_like(parameters[p.name], OPEN / len(biases))
    series = {s.name: rng.normal(size=(STEPS, shape(s)[0])) for s in cell.inputs}
    classes = shape(cell.target)[0]
    series[cell.target.name] = np.eye(classes)[rng.integers(0, classes, size=STEPS)]
    if cell.weight is not None and cell.weight in cell.given:
        series[cell.weight.name] = np.ones((STEPS, 1))
    trace = ForwardPass(cell, parameters, series, begun(cell, rng))
    return GatedRun(_derivation(cell), trace, opened)


@lru_cache(maxsize=4)
def _derivation(cell: Cell) -> Derivation:
    """Return what the runs of a cell share."""
    return Derivation(cell, 1)


def rows_of(run: GatedRun, state: Series) -> slice:
    """Return the rows of a state in the stacked one."""
    start = 0
    for s in run.derivation.cell.states:
        size = len(run.trace.value(s, 0))
        if s == state:
            return slice(start, start + size)
        start += size
    raise ValueError(f"{state} is not a state of {run.derivation.cell.name} at step {t}")

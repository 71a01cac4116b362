"""The gradients of every L_t alone, by the derived recursion in which only that loss has a weight.

The recursion runs once for many losses together: they are a batch that differs in the weights w_t.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from sympy import MatAdd, MatMul, MatrixExpr, Symbol

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.expressions.algebra import mul
from derive.expressions.quantities import Parameter, Series
from derive.expressions.shapes import is_vector
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

WEIGHT = Series("weight of a loss", 1, 1)
"""Called as no quantity of a network can be."""

MOST_NUMBERS = 5_000_000
"""Adjoints that are held at a time: all steps, for as many losses as fit."""


def with_weights(cell: Cell) -> Cell:
    """Return the same cell with a weight per step that is given, whatever weight it has."""
    equations = tuple(e for e in cell.equations if e.variable != cell.weight)
    return replace(cell, equations=equations, weight=WEIGHT)


class _Weighted(ForwardPass):
    """A forward pass under a batch of totals: number i counts the loss of step ``first + i`` only.

    Values have an axis for the batch in front of rows and columns; it stops at the last of those
    losses, as the later steps have no part in them.
    """

    def __init__(self, base: ForwardPass, cell: Cell, first: int, last: int) -> None:
        self.cell, self.steps, self.sizes = cell, last, base.sizes
        self.parameters = base.parameters
        self.columns = {series: column[:, None] for series, column in base.columns.items()}
        weights = np.zeros((last + 2, last - first + 1, 1, 1))
        for i, step in enumerate(range(first, last + 1)):
            weights[step, i] = 1.0
        self.columns[WEIGHT] = weights


class EachLoss:
    """∇_p L_t for every t, over one trace of a derivation's cell."""

    def __init__(self, derivation: Derivation, trace: ForwardPass) -> None:
        self._trace = trace
        self._derivation = Derivation(with_weights(derivation.cell), derivation.steps)

    def gradients(self, parameters: tuple[Parameter, ...]) -> dict[Parameter, Array]:
        """Return the gradients of all losses, (T, rows, columns) for each parameter."""
        found: dict[Parameter, list[Array]] = {p: [] for p in parameters}
        for first, evaluator in self._evaluators():
            steps = np.arange(1, evaluator.trace.steps + 1)
            count = len(steps) - first + 1
            for p in parameters:
                node = self._derivation.recursion.gradient(p)
                total = _total(evaluator, node.body, node.index, steps)
                found[p].append(np.broadcast_to(total, (count, *total.shape[-2:])))
        return {p: np.concatenate(parts) for p, parts in found.items()}

    def initial(self) -> dict[str, Array]:
        """Return the gradients with respect to the initial states, for all losses, by their names."""
        found: dict[str, list[Array]] = {s.name: [] for s in self._derivation.cell.states}
        for first, evaluator in self._evaluators():
            for equation in self._derivation.recursion.of_given():
                at = equation.left.args[1]
                if at in [s[0] for s in self._derivation.cell.states]:
                    value = evaluator.at(equation.right)
                    value = value[..., 0] if is_vector(at) else value
                    shape = self._trace.plain(at.series, 0).shape
                    count = evaluator.trace.steps - first + 1
                    found[at.series.name].append(np.broadcast_to(value, (count, *shape)))
        shapes = {s.name: self._trace.plain(s, 0).shape for s in self._derivation.cell.states}
        # What no step reads of the step before has an initial value that nothing depends on.
        still = {name: np.zeros((self._trace.steps, *shape)) for name, shape in shapes.items()}
        return {
            name: np.concatenate(parts) if parts else still[name] for name, parts in found.items()
        }

    def _evaluators(self) -> Iterator[tuple[int, Evaluator]]:
        trace, derivation = self._trace, self._derivation
        rows = sum(trace.value(s, 0).size for s in trace.cell.states)
        together = max(1, MOST_NUMBERS // (trace.steps * rows))
        for first in range(1, trace.steps + 1, together):
            last = min(first + together - 1, trace.steps)
            weighted = _Weighted(trace, derivation.cell, first, last)
            yield first, Evaluator(weighted, derivation.definitions)


def _total(evaluator: Evaluator, body: MatrixExpr, index: Symbol, steps: NDArray[np.int_]) -> Array:
    """Return the sum of a body over steps; of column·row products, as one product of matrices.

    Σ_t a_t b_t is [a_1 a_2 …] times [b_1; b_2; …]: the single products, each as large as the
    parameter, are never made.
    """
    if isinstance(body, MatAdd):
        parts = [_total(evaluator, term, index, steps) for term in body.args]
        return np.sum(np.broadcast_arrays(*parts), axis=0)
    if not isinstance(body, MatMul) or body.args[-1].shape == (1, 1):
        terms = evaluator.at(body, {index: steps})
        return terms.sum(axis=0)
    left = evaluator.at(mul(*body.args[:-1]), {index: steps})
    right = evaluator.at(body.args[-1], {index: steps})
    if left.ndim < 4 or right.ndim < 4:
        return evaluator.at(body, {index: steps}).sum(axis=0)
    # (steps, batch, rows, q) to (batch, rows, steps·q), and the other likewise.
    wide = np.moveaxis(left, 0, 2)
    tall = np.moveaxis(right, 0, 1)
    wide = wide.reshape(*wide.shape[:2], -1)
    tall = tall.reshape(tall.shape[0], -1, tall.shape[-1])
    result: Array = _normal(wide) @ _normal(tall)
    return result


def _normal(values: Array) -> Array:
    """Return numbers with 0 for subnormal ones: these have lost their digits, and take very long."""
    return np.where(np.abs(values) < np.finfo(np.float64).tiny, 0.0, values)

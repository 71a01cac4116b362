"""The forward pass on numbers, and the same with some quantities perturbed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import copy
from weakref import proxy

import numpy as np
from sympy import MatrixExpr, Symbol

from derive.arrays import Array, StepNumbers, Steps
from derive.cells.cell import Cell
from derive.errors import DerivationError
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, t
from derive.expressions.shapes import is_vector
from derive.numerics.asked import STEP as STEP
from derive.numerics.asked import PassFamily
from derive.numerics.evaluate import Evaluator
from derive.numerics.kernels import stacked
from derive.numerics.program import Line, program
from derive.numerics.windows import Windows

COMPLEX = np.dtype(complex).itemsize

ROUNDING = 1e-15
"""What rounding may change in a number of order 1."""


class ForwardPass:
    """Values of every quantity of a cell over ``steps`` steps, float64.

    ``parameters`` maps names to arrays of the parameters' shapes; ``series`` maps names of inputs
    and targets to arrays (steps, rows); ``initial`` maps names of states to arrays (rows,), of a
    matrix (rows, columns).
    What is computed stands in ``columns``, (T + 2, rows, columns) for each series, of which all but
    matrices have one column, and what is given once
    in ``parameters``, by the parameters themselves.
    """

    def __init__(
        self,
        cell: Cell,
        parameters: Mapping[str, Array],
        series: Mapping[str, Array],
        initial: Mapping[str, Array],
    ) -> None:
        self.cell = cell
        self.steps = len(series[cell.target.name])
        self.sizes: dict[Symbol, int] = {}
        self.parameters: dict[Parameter, Array] = {}
        for p in cell.parameters:
            array = np.asarray(parameters[p.name], dtype=np.float64)
            self.parameters[p] = array.reshape(array.shape if array.ndim == 2 else (-1, 1))
        for constant, number in cell.constants.items():
            array = np.array(number, dtype=np.float64)
            self.parameters[constant] = array.reshape(array.shape if array.ndim == 2 else (-1, 1))
        # One array (T + 2, rows, columns) per series; what does not exist, at step 0 or T + 1, is NaN.
        self.columns: dict[Series, Array] = {}
        for s in cell.given:
            rows = np.asarray(series[s.name], dtype=np.float64).reshape(self.steps, -1, 1)
            self._column(s, rows.shape[1:])[1:-1] = rows
        for s in cell.states:
            if s not in cell.handed and s.name not in initial:
                # No step reads it of the step before.
                continue
            start = np.asarray(initial[s.name], dtype=np.float64)
            start = start.reshape(-1, 1) if is_vector(s) else start
            self._column(s, start.shape)[0] = start
        self._measure()
        evaluator = Evaluator(self)
        for step in range(1, self.steps + 1):
            for line in program(cell):
                value = evaluator.at(line.expr, {t: step})
                self._column(line.variable, value.shape[-2:])[step] = value

    def _column(self, series: Series, shape: tuple[int, ...]) -> Array:
        if series not in self.columns:
            self.columns[series] = np.full((self.steps + 2, *shape), np.nan)
        return self.columns[series]

    def begin(self) -> dict[str, Array]:
        """Return the initial states by name, each as it is given: (rows,), of a matrix whole."""
        return {s.name: self.plain(s, 0) for s in self.cell.states}

    def plain(self, series: Series, step: Steps) -> Array:
        """Return a quantity at a step, or at many, without the one column that a column has."""
        value = self.value(series, step)
        return value[..., 0] if is_vector(series) else value

    def _measure(self) -> None:
        for p, array in self.parameters.items():
            self.sizes.update(zip(p.shape, array.shape, strict=True))
        for s, column in self.columns.items():
            self.sizes.update(zip(s.shape, column.shape[1:], strict=True))
        self.sizes = {key: size for key, size in self.sizes.items() if isinstance(key, Symbol)}

    def value(self, series: Series, step: Steps) -> Array:
        """Return a quantity at a step, (rows, columns), or at many; NaN at a step that is none."""
        column = self.columns.get(series)
        if column is None:
            return stacked([self.value(s, step) for s in self._parts(series)])
        outside = self.steps + 1
        if isinstance(step, np.ndarray):
            step = np.where((step < 0) | (step > outside), outside, step)
        elif not 0 <= step <= outside:
            step = outside
        result: Array = column[step]
        return result

    def _parts(self, series: Series) -> tuple[Series, ...]:
        if len(self.cell.states) == 1 or series != self.cell.state:
            raise KeyError(f"{series.name} is no quantity of cell {self.cell.name}")
        return self.cell.states

    def parameter(self, parameter: Parameter) -> Array:
        """Return a parameter, or the total loss by its definition, the sum over the steps."""
        known = self.parameters.get(parameter)
        if known is None and parameter == self.cell.total:
            return sum(map(self._weighted_loss, range(1, self.steps + 1)))  # type: ignore[return-value]
        return self.parameters[parameter] if known is None else known

    def _weighted_loss(self, step: int) -> Array:
        loss = self.value(self.cell.loss_series, step)
        return loss if self.cell.weight is None else self.value(self.cell.weight, step) * loss

    def holds(self, series: Series, step: Steps) -> bool:
        """Tell whether a quantity is set rather than computed."""
        return False

    def rounded(self, seed: int) -> ForwardPass:
        """Return the trace with every quantity that it computed changed in its last digits."""
        other, rng = copy(self), np.random.default_rng(seed)
        other.columns = {
            s: column * (1 + ROUNDING * rng.normal(size=column.shape))
            if self.cell.defines(s) else column
            for s, column in self.columns.items()
        }  # fmt: skip
        return other

    def bytes_moved(self, dens: Iterable[MatrixExpr]) -> int:
        """Return how many bytes a pass keeps in which these are moved, all their entries each alone."""
        computed = [c for series, c in self.columns.items() if self.cell.defines(series)]
        entries = sum(int(np.prod(column.shape[1:])) for column in computed)
        steps = self.steps + 1 - min(map(_first, dens))
        moved = [self.whole(den).size for den in dens]
        # Each of the moved ones stands there once for every direction, its own and the others'.
        return COMPLEX * sum(moved) * (entries * (steps + 1) + sum(moved))

    def whole(self, den: MatrixExpr) -> Array:
        """Return a quantity at a step, a parameter or a copy of one as it stands in the trace."""
        if isinstance(den, At):
            return np.concatenate([self.value(*key) for key in _keys(self.cell, den)])
        return self.parameter(den.args[0] if isinstance(den, ParameterCopy) else den)

    def perturbed(self, dens: tuple[MatrixExpr, ...], held: tuple[At, ...]) -> Perturbed:
        """Return the trace in which each of ``dens`` carries complex steps, what is ``held`` fixed."""
        return Perturbed(self, dens, held)

    @property
    def begins_anywhere(self) -> bool:
        """Tell whether passes in which something moves may begin at many of its steps at once."""
        return type(self) is ForwardPass

    def windows(self, family: PassFamily, starts: StepNumbers) -> Windows:
        """Return the passes of a family that begin at some of its steps, side by side."""
        return Windows(self, family, starts)


class Perturbed(ForwardPass):
    """A trace in which quantities are perturbed, one component in each direction of a batch.

    Each of ``dens``, a parameter, a copy of one or a quantity at a step, has its own directions.
    What does not depend on them, and what is held, keeps its value.  ``batch`` is the number of all
    directions; a class below may give other ones by `block` and `unit_steps`.
    """

    def __init__(
        self, base: ForwardPass, dens: tuple[MatrixExpr, ...], held: tuple[At, ...]
    ) -> None:
        self.cell, self.steps, self.sizes = base.cell, base.steps, base.sizes
        self.base = base
        # Without a circle, a pass that nobody holds is given back at once, with all its batches.
        self._evaluator = Evaluator(proxy(self))
        self._held = {key for at in held for key in _keys(base.cell, at)}
        self._blocks: dict[MatrixExpr, slice] = {}
        self.batch = 0
        for den in dens:
            _require_quantity(base.cell, den)
            self._blocks[den] = self.block(den)
            self.batch = max(self.batch, self._blocks[den].stop)
        self._sets: dict[tuple[Series, int], tuple[slice, Array]] = {}
        self.parameters = {}
        self._shifted: dict[tuple[Parameter, int | None], MatrixExpr] = {}
        self._batches: dict[tuple[Parameter, int | None], Array] = {}
        self._moved: dict[tuple[Series, int], Array] = {}
        self._total: Array | None = None
        self._step = 0
        for den in dens:
            self._set(den)
        for key in self._sets:
            if not self.cell.defines(key[0]) or key[1] == 0:
                self._moved[key] = self._overwritten(key, base.value(*key))
        self._first = max(1, min(_first(den) for den in dens))
        self._begun = self._next = self._start()

    def _set(self, den: MatrixExpr) -> None:
        if not isinstance(den, At):
            step = int(den.args[1]) if isinstance(den, ParameterCopy) else None
            self._shifted[den.args[0] if isinstance(den, ParameterCopy) else den, step] = den
            return
        moved = self._directions(den)
        block, at = self._blocks[den], 0
        for key in _keys(self.cell, den):
            rows = self.base.value(*key).shape[0]
            self._sets[key] = (block, moved[block, at : at + rows])
            at += rows

    def _directions(self, den: MatrixExpr) -> Array:
        """Return a batch of copies of a quantity; in its own block, each has a step in one entry."""
        whole, block = self.base.whole(den), self._blocks[den]
        result: Array = np.broadcast_to(whole, (self.batch, *whole.shape)).astype(complex)
        result[block] = result[block] + 1j * STEP * self.unit_steps(den)
        return result

    def block(self, den: MatrixExpr) -> slice:
        """Return which directions are those of a quantity: one per entry, behind those before."""
        return slice(self.batch, self.batch + self.base.whole(den).size)

    def unit_steps(self, den: MatrixExpr) -> Array:
        """Return the directions of a quantity, each in its shape: one per entry."""
        whole = self.base.whole(den)
        result: Array = np.eye(whole.size).reshape(whole.size, *whole.shape)
        return result

    def _start(self) -> int:
        # Behind a step at which every state is frozen, nothing earlier is felt.
        states = self.cell.states
        walls = [s for _, s in self._held if all((state, s) in self._held for state in states)]
        return max([self._first, *(w + 1 for w in walls)])

    def _overwritten(self, key: tuple[Series, int], value: Array) -> Array:
        block, moved = self._sets[key]
        if block == slice(0, self.batch):
            return moved
        result: Array = np.broadcast_to(value, (self.batch, *value.shape[-2:])).astype(complex)
        result[block] = moved
        return result

    def holds(self, series: Series, step: Steps) -> bool:
        return (series, step) in self._sets or (series, step) in self._held

    def value(self, series: Series, step: Steps) -> Array:
        key = (series, int(step))
        if self._first <= key[1] < self._begun and self._computed(key):
            # It stands beside the frozen states, or before them: the direct paths are felt there.
            self._begun = self._next = self._first
        while self._next <= key[1] <= self.steps:
            self._next += 1
            self._advance(self._next - 1)
        found = self._moved.get(key)
        if found is not None:
            return found
        if series in self.base.columns:
            return self.base.value(series, step)
        return stacked([self.value(s, step) for s in self._parts(series)])

    def _computed(self, key: tuple[Series, int]) -> bool:
        return key not in self._held and self.cell.defines(key[0])

    def _advance(self, step: int) -> None:
        self._step = step
        for line in program(self.cell):
            key = (line.variable, step)
            if key in self._held:
                continue
            if self._touched(line):
                self._moved[key] = self._evaluator.at(line.expr, {t: step})
            if key in self._sets:
                self._moved[key] = self._overwritten(key, self.value(*key))

    def _touched(self, line: Line) -> bool:
        if any((series, self._step - lag) in self._moved for series, lag in line.reads):
            return True
        return any((p, s) in self._shifted for p in line.parameters for s in (None, self._step))

    def parameter(self, parameter: Parameter) -> Array:
        for step in (None, self._step):
            if (parameter, step) in self._shifted:
                return self._batch_of(parameter, step)
        known = self.base.parameters.get(parameter)
        if known is not None:
            return known
        if self._total is None:
            self._total = super().parameter(parameter)
        return self._total

    def _batch_of(self, parameter: Parameter, step: int | None) -> Array:
        """Return a parameter as it is moved, at all steps or at one.

        Of one step it is kept for that step alone: copies may be many, each as large as a batch.
        """
        found = self._batches.get((parameter, step))
        if found is None:
            for key in [key for key in self._batches if key[1] not in (None, step)]:
                del self._batches[key]
            found = self._directions(self._shifted[parameter, step])
            self._batches[parameter, step] = found
        return found

    def read_step(self, value: Array, den: MatrixExpr) -> Array:
        """Return the Jacobian with respect to ``den`` from a perturbed value (batch, rows, 1)."""
        block = self._blocks[den]
        if not np.iscomplexobj(value):
            # Nothing moved; but of what does not exist, there is no derivative either.
            # A batch that is real, such as relu' of what moves, is the same in every direction.
            still = value[0] if value.ndim > 2 else value
            return np.broadcast_to(0 * still, (still.shape[-2], block.stop - block.start))
        moved = value[block]
        # Of a matrix the components are its entries, row by row.
        result: Array = moved.reshape(len(moved), -1).imag.T / STEP
        return result


def _first(den: MatrixExpr) -> int:
    if isinstance(den, At):
        return int(den.indices[0])
    return int(den.args[1]) if isinstance(den, ParameterCopy) else 1


def _require_quantity(cell: Cell, den: MatrixExpr) -> None:
    """Raise a `DerivationError` for what the forward pass does not have, such as an adjoint."""
    if isinstance(den, At):
        series = {e.variable for e in cell.equations} | {*cell.given, *cell.states}
        known = {s for s, _ in _keys(cell, den)} <= series
    else:
        own = den.args[0] if isinstance(den, ParameterCopy) else den
        known = own in (*cell.parameters, *cell.constants)
    if not known:
        raise DerivationError(
            f"nothing is differentiated by {den}: it is no quantity of the forward pass"
        )


def _keys(cell: Cell, at: At) -> list[tuple[Series, int]]:
    step = int(at.indices[0])
    if isinstance(at.series, Introduced) and at.series.role is Role.STACK:
        return [(s, step) for s in cell.states]
    return [(at.series, step)]

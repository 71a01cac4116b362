"""One step of a cell on numbers of one's choice: whether it is linear, and what a parameter does."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from sympy import MatrixExpr, Transpose

from derive.arrays import Array, Steps
from derive.cells.cell import Cell
from derive.expressions.quantities import At, Parameter, Series, T, t
from derive.expressions.types import MatrixShape
from derive.expressions.walk import atoms_of, series_in
from derive.numerics.operations import compiled
from derive.numerics.tape import Environment

NOW = 2
"""The step at which all is evaluated, after which others come."""

DRAWS = 6
"""How often numbers are drawn, each time larger: a function may bend far from 0 only."""

NEAR = 1e-7
"""By how much what is linear may bend, beside its size."""

_SMALLEST = 5
"""The first of the sizes, all different, and more than what one parameter may multiply."""


class StepProbe:
    """Random numbers for what an equation reads; it answers what compiled expressions ask for."""

    def __init__(self, cell: Cell, seed: int, scale: float | None = None) -> None:
        self.cell = cell
        self._sizes = {s: n for n, s in enumerate(cell.dimensions, _SMALLEST)}
        self._rng = np.random.default_rng(seed)
        # Every second time positive numbers, of which there are roots and logarithms.
        self._positive, self._scale = seed % 2 == 1, 1.0 + seed if scale is None else scale
        self.values: dict[MatrixExpr, Array] = {
            **{p: self.drawn(p.shape) for p in cell.parameters},
            **{p: np.array(value, dtype=float).reshape(self.size(p.shape))
               for p, value in cell.constants.items()},
        }  # fmt: skip

    def size(self, shape: MatrixShape) -> tuple[int, int]:
        """Return a shape in numbers."""
        rows, columns = (int(n.subs(self._sizes)) for n in shape)
        return rows, columns

    def drawn(self, shape: MatrixShape) -> Array:
        """Return random numbers of a shape."""
        found: Array = self._scale * self._rng.normal(size=self.size(shape))
        return np.abs(found) if self._positive else found

    def quantity(self, series: Series, *indices: Steps) -> Array:
        """Return what was set or drawn of a quantity at a step."""
        (step,) = indices
        return self._known(series[step], series.shape)

    def parameter(self, parameter: Parameter) -> Array:
        """Return the numbers of a parameter."""
        return self._known(parameter, parameter.shape)

    def log_of(self, output: Series, index: Steps, complement: bool) -> Array | None:
        """Return None: a logarithm is taken of the numbers themselves."""
        return None

    def _known(self, quantity: MatrixExpr, shape: MatrixShape) -> Array:
        if quantity not in self.values:
            self.values[quantity] = self.drawn(shape)
        return self.values[quantity]

    def of(self, expr: MatrixExpr, given: Mapping[MatrixExpr, Array]) -> Array:
        """Return the value of an expression where some quantities have other numbers."""
        before = dict(self.values)
        self.values.update(given)
        try:
            with np.errstate(all="ignore"):
                place = Environment(self, {t: NOW, T: NOW + 1})  # type: ignore[arg-type]
                return np.array(compiled(expr).run(place))
        finally:
            self.values = before | {k: v for k, v in self.values.items() if k not in given}


def reads_linearly(cell: Cell, expr: MatrixExpr, read: At) -> bool:
    """Tell whether the value of an expression is linear in what it reads, all else held fixed."""
    key = read.series[NOW + int(read.indices[0] - t)]

    def bent(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        one, other = (probe.drawn(read.series.shape) for _ in range(2))
        ends = [probe.of(expr, {key: value}) for value in (one, other)]
        yield (ends[0] + ends[1]) / 2, probe.of(expr, {key: (one + other) / 2})

    return not any(_differ(bent(StepProbe(cell, seed))) for seed in range(DRAWS))


def hands_on_linearly(cell: Cell) -> bool:
    """Tell whether the states are linear in those of the step before, whatever the inputs."""

    def bent(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        reads = {at for e in cell.equations for at in series_in(e.expr) if at.indices[0] != t}
        keys = {at.series[NOW + int(at.indices[0] - t)]: at.series.shape for at in reads}
        one, other = ({k: probe.drawn(shape) for k, shape in keys.items()} for _ in range(2))
        middle = {k: (one[k] + other[k]) / 2 for k in keys}
        found = [_states(probe, given, cell.states) for given in (one, other, middle)]
        yield from (((a + b) / 2, c) for a, b, c in zip(*found, strict=True))

    return not any(_differ(bent(StepProbe(cell, seed))) for seed in range(DRAWS))


def moves_states(cell: Cell, parameter: Parameter, states: Sequence[Series] = ()) -> bool:
    """Tell whether the states of a step, or some of them, change with a parameter."""
    chosen = states or cell.states

    def moved(seed: int, scale: float | None = None) -> bool:
        probe = StepProbe(cell, seed, scale)
        other = probe.parameter(parameter) + probe.drawn(parameter.shape)
        before, after = (_states(probe, given, chosen) for given in ({}, {parameter: other}))
        # Both are computed alike: what the parameter does not move is the same to the last digit, and
        # what it moves may be as small as anything.
        return any(
            bool(np.any(np.abs(a - b) > NEAR * (np.abs(a) + np.abs(b))))
            for a, b in zip(before, after, strict=True)
        )

    # Large numbers saturate what products of them stand in: with smaller ones it moves.
    return any(map(moved, range(DRAWS))) or any(
        moved(n, 10.0 ** -(n // 2 + 1)) for n in range(DRAWS)
    )


def moves_output(cell: Cell, parameter: Parameter) -> bool:
    """Tell whether the output of a step changes with a parameter while the states of it are held."""

    def outputs(probe: StepProbe, given: Mapping[MatrixExpr, Array]) -> Array:
        found = dict(given)
        for equation in cell.equations:
            if equation.variable not in (*cell.states, cell.loss_series, cell.weight):
                found[equation.variable[NOW]] = probe.of(equation.expr, found)
        return probe.of(cell.output[NOW], found)

    def moved(n: int) -> bool:
        probe = StepProbe(cell, n, 10.0 ** (n // 2 - 2))
        held = {s[NOW]: probe.drawn(s.shape) for s in cell.states}
        other = probe.parameter(parameter) + probe.drawn(parameter.shape)
        before, after = outputs(probe, held), outputs(probe, {**held, parameter: other})
        return bool(np.any(np.abs(before - after) > NEAR * (np.abs(before) + np.abs(after))))

    return any(map(moved, range(DRAWS)))


def _states(
    probe: StepProbe, given: Mapping[MatrixExpr, Array], states: Sequence[Series]
) -> list[Array]:
    """Return states after one step, where some quantities have other numbers."""
    cell, found = probe.cell, dict(given)
    for equation in cell.equations:
        aside = equation.variable in (cell.output, cell.loss_series, cell.weight)
        if not aside or equation.variable in cell.states:
            found[equation.variable[NOW]] = probe.of(equation.expr, found)
    return [found[state[NOW]] for state in states]


def only_multiplies(
    cell: Cell, expr: MatrixExpr, parameter: Parameter, columns: Sequence[MatrixExpr]
) -> bool:
    """Tell whether a parameter acts on an expression by its products with these columns alone.

    Moved across all of them, it then changes nothing; transposed too, where it stands so, and behind.
    """
    turned = any(node.arg == parameter for node in atoms_of(expr, Transpose))

    def moved(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        across = probe.drawn(parameter.shape)
        held = np.hstack([probe.of(column, {}) for column in columns])
        height, width = across.shape
        # A number multiplies columns of any length, and a matrix none of another.
        fits = (len(held) == width, turned and len(held) == height)
        behind = held.shape[1] == (width if turned else height)
        if not any(fits) and behind and len(columns) == 1:
            # It stands behind what it is multiplied with: a column times its transpose.
            rest = np.eye(held.shape[1]) - np.linalg.pinv(held) @ held
            by = across @ rest if turned else rest @ across
            yield probe.of(expr, {}), probe.of(expr, {parameter: probe.parameter(parameter) + by})
            return
        if not any(fits) and across.shape != (1, 1):
            yield np.zeros(1), np.ones(1)
        if not any(fits) or held.shape[1] >= len(held):
            return
        along = held @ np.linalg.pinv(held)
        across = across - across @ along if fits[0] else across
        across = across - along @ across if fits[1] else across
        before = probe.parameter(parameter)
        yield probe.of(expr, {}), probe.of(expr, {parameter: before + across})

    return not any(_differ(moved(StepProbe(cell, seed))) for seed in range(2))


def scales_entries(cell: Cell, expr: MatrixExpr, parameter: Parameter, beside: MatrixExpr) -> bool:
    """Tell whether each entry of a parameter acts by its product with that of what is beside it.

    Moved where that is 0 it then changes nothing.
    """

    def moved(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        zeros: dict[MatrixExpr, Array] = {}
        for leaf in atoms_of(beside, (At, Parameter)):
            at = isinstance(leaf, At)
            key = leaf.series[NOW + int(leaf.indices[0] - t)] if at else leaf
            zeros[key] = probe.drawn(leaf.shape)
            zeros[key].flat[::2] = 0.0
        nothing = probe.of(beside, zeros) == 0
        if not nothing.any() or nothing.shape != probe.size(parameter.shape):
            yield np.zeros(1), np.ones(1)
            return
        other = probe.parameter(parameter) + np.where(nothing, probe.drawn(parameter.shape), 0.0)
        yield probe.of(expr, zeros), probe.of(expr, {**zeros, parameter: other})

    return not any(_differ(moved(StepProbe(cell, seed))) for seed in range(2))


def acts_by_entries(cell: Cell, expr: MatrixExpr, parameter: Parameter) -> bool:
    """Tell whether each entry of a matrix acts on its own entry alone, or on that across the diagonal.

    A column may act in any way.
    """

    def moved(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        before, value = probe.parameter(parameter), probe.of(expr, {})
        if before.shape[1] == 1:
            return
        if value.shape != before.shape:
            yield np.zeros(1), np.ones(1)
            return
        for at in np.ndindex(*before.shape):
            other, away = before.copy(), np.ones(value.shape, dtype=bool)
            other[at] += 1.0
            away[at] = False
            if before.shape[0] == before.shape[1]:
                away[at[::-1]] = False
            yield value[away], probe.of(expr, {parameter: other})[away]

    return not any(_differ(moved(StepProbe(cell, seed))) for seed in range(2))


def is_added(cell: Cell, expr: MatrixExpr, parameter: Parameter) -> bool:
    """Tell whether a parameter is a term of an expression, and nothing else in it."""

    def moved(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        by = probe.drawn(parameter.shape)
        before, value = probe.parameter(parameter), probe.of(expr, {})
        if value.shape != by.shape and by.shape != (1, 1):
            yield np.zeros(1), np.ones(1)
            return
        yield value + by, probe.of(expr, {parameter: before + by})

    return not any(_differ(moved(StepProbe(cell, seed))) for seed in range(2))


def _differ(pairs: Iterable[tuple[Array, Array]]) -> bool:
    """Tell whether numbers differ in any pair; what is beyond all numbers does not."""
    with np.errstate(all="ignore"):
        return any(
            bool(np.any(np.abs(a - b) > NEAR * (1.0 + np.abs(a) + np.abs(b)))) for a, b in pairs
        )


def acts_in(cell: Cell, parameter: Parameter) -> list[Series]:
    """Return the quantities whose equations have a parameter, in their order."""
    return [e.variable for e in cell.equations if parameter in set(atoms_of(e.expr, Parameter))]

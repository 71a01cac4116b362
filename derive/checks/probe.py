"""One step of a cell on numbers of one's choice: whether it is linear, and what a parameter does."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from sympy import MatAdd, MatMul, MatrixExpr, Transpose
from sympy.matrices.expressions import HadamardProduct

from derive.arrays import Array, Steps
from derive.cells.cell import Cell
from derive.expressions.algebra import Scaled, had
from derive.expressions.folding import refolded
from derive.expressions.quantities import At, Parameter, Series, T, t
from derive.expressions.rewrite import substituted
from derive.expressions.shapes import number
from derive.expressions.types import MatrixShape
from derive.expressions.walk import atoms_of, series_in
from derive.numerics.operations import compiled
from derive.numerics.tape import Environment

NOW = 2
"""The step at which all is evaluated, after which others come."""

DRAWS = 6
"""How often numbers are drawn, each time larger: a function may bend far from 0 only."""

PAIRS = 8
"""Between how many pairs of numbers it is looked for a bend: a number may lie beyond both kinks."""

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
        rows, columns = (number(n, self._sizes) for n in shape)
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
        for _ in range(PAIRS):
            one, other = (probe.drawn(read.series.shape) for _ in range(2))
            ends = [probe.of(expr, {key: value}) for value in (one, other)]
            yield (ends[0] + ends[1]) / 2, probe.of(expr, {key: (one + other) / 2})

    return not any(_differ(bent(probe)) for probe in _small_and_large(cell))


def hands_on_linearly(cell: Cell) -> bool:
    """Tell whether the states are linear in those of the step before, whatever the inputs."""

    def bent(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        reads = {at for e in cell.equations for at in series_in(e.expr) if at.indices[0] != t}
        keys = {at.series[NOW + int(at.indices[0] - t)]: at.series.shape for at in reads}
        for _ in range(PAIRS):
            one, other = ({k: probe.drawn(shape) for k, shape in keys.items()} for _ in range(2))
            middle = {k: (one[k] + other[k]) / 2 for k in keys}
            found = [_states(probe, given, cell.states) for given in (one, other, middle)]
            yield from (((a + b) / 2, c) for a, b, c in zip(*found, strict=True))

    return not any(_differ(bent(probe)) for probe in _small_and_large(cell))


def _small_and_large(cell: Cell) -> Iterator[StepProbe]:
    """Yield numbers, large ones first: those saturate what a product of small ones does not."""
    for seed in range(DRAWS):
        yield StepProbe(cell, seed)
    for seed in range(DRAWS):
        yield StepProbe(cell, seed, 10.0 ** -(seed // 2 + 1))


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


def moved_states(cell: Cell, seed: int) -> Array:
    """Return by what the first state changes in a step, in columns, where each component of it does."""
    probe, state = StepProbe(cell, seed), cell.states[0]
    key, before = state[NOW - 1], probe.of(state[NOW - 1], {})
    (stays,) = _states(probe, {}, (state,))
    moved = [
        _states(probe, {key: before + unit[:, None]}, (state,))[0] for unit in np.eye(len(before))
    ]
    return np.hstack(moved) - stays


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


_LINEAR = (MatAdd, MatMul, HadamardProduct, Scaled, Transpose)


class _NoValuesError(Exception):
    """What numbers were drawn for has no values at them."""


def _with_values(array: Array) -> Array:
    if not np.isfinite(array).all():
        raise _NoValuesError
    return array


@dataclass(frozen=True)
class UsePlace:
    """One place where a parameter stands: the expression with the placeholder ``held`` there alone.

    ``around`` is what stands around it, from the inside; elsewhere the parameter is held fixed.
    """

    cell: Cell
    parameter: Parameter
    held: Parameter
    expr: MatrixExpr
    around: tuple[MatrixExpr, ...]

    @property
    def within_function(self) -> bool:
        """Tell whether anything but sums and products stands around the parameter."""
        return not all(isinstance(node, _LINEAR) for node in self.around)

    def probe(self, seed: int) -> StepProbe:
        """Return numbers, of which the placeholder's are those of the parameter."""
        probe = StepProbe(self.cell, seed)
        probe.values[self.held] = probe.parameter(self.parameter)
        return probe

    def same(self, pairs: Callable[[StepProbe], Iterable[tuple[Array, Array]]]) -> bool:
        """Tell whether numbers are the same in all pairs, whatever is drawn.

        Two draws decide.  One for which there are no values, as of a root of what is below 0, is none:
        of the draws that follow some are positive.
        """
        decided = 0
        for seed in range(DRAWS):
            try:
                differs = _differ(pairs(self.probe(seed)))
            except _NoValuesError:
                continue
            decided += 1
            if differs or decided == 2:
                return not differs
        return decided > 0


def places(cell: Cell, expr: MatrixExpr, parameter: Parameter) -> list[UsePlace]:
    """Return where a parameter stands in an expression, each place by itself."""
    held = Parameter("…", *parameter.shape)

    def found(node: MatrixExpr) -> Iterator[tuple[MatrixExpr, ...]]:
        """Yield the node with the placeholder at one place, behind what stands around that in it."""
        if node == parameter:
            yield (held,)
            return
        for i, operand in enumerate(node.args):
            if hasattr(operand, "shape"):
                for within in found(operand):
                    operands = [*node.args[:i], within[-1], *node.args[i + 1 :]]
                    yield *within, refolded(node, operands)

    return [UsePlace(cell, parameter, held, each[-1], each[1:]) for each in found(expr)]


def only_multiplies(place: UsePlace, column: MatrixExpr, turned: bool = False) -> bool:
    """Tell whether a parameter, or its transpose, acts by its product with a column alone.

    Moved across it, it then changes nothing; it may also stand behind, a column times its transpose.
    """

    def moved(probe: StepProbe, behind: bool) -> Iterator[tuple[Array, Array]]:
        before, on = probe.parameter(place.held), _with_values(probe.of(column, {}))
        across = probe.drawn(place.held.shape)
        across = across.T if turned else across
        if behind and on.shape[1] == len(across):
            across = across - np.linalg.pinv(on) @ on @ across
        elif not behind and len(on) == across.shape[1]:
            across = across - across @ on @ np.linalg.pinv(on)
        elif across.shape == (1, 1):
            # A number multiplies columns of any length, and a matrix none of another.
            return
        else:
            yield np.zeros(1), np.ones(1)
            return
        by = across.T if turned else across
        yield probe.of(place.expr, {}), probe.of(place.expr, {place.held: before + by})

    return any(place.same(partial(moved, behind=behind)) for behind in (False, True))


def scales_entries(place: UsePlace, beside: MatrixExpr, turned: bool = False) -> bool:
    """Tell whether each entry of a parameter acts by its product with that of what is beside it.

    Where numbers of one's choice stand in the place of what is beside it, and are 0, the parameter then
    changes nothing when it is moved there.
    """
    product = next((node for node in place.around if isinstance(node, HadamardProduct)), None)
    if product is None:
        return False
    near: list[MatrixExpr] = []
    rest: list[MatrixExpr] = []
    for factor in product.args:
        (near if place.held in set(atoms_of(factor, Parameter)) else rest).append(factor)
    chosen = Parameter("‥", *product.shape)
    expr = substituted(place.expr, {product: had(*near, chosen)})

    def moved(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        yield probe.of(had(*rest), {}), probe.of(beside, {})
        numbers = probe.drawn(chosen.shape)
        numbers.flat[::2] = 0.0
        nothing = numbers.T == 0 if turned else numbers == 0
        before = probe.parameter(place.held)
        if nothing.shape != before.shape:
            yield np.zeros(1), np.ones(1)
            return
        other = before + np.where(nothing, probe.drawn(place.held.shape), 0.0)
        one, two = (probe.of(expr, {chosen: numbers, place.held: v}) for v in (before, other))
        yield one, two

    return place.same(moved)


def acts_by_entries(place: UsePlace) -> bool:
    """Tell whether what stands around a matrix is made of it entry by entry, each of its own alone.

    A column or a number may act in any way.
    """
    near = (*place.around, place.expr)[0]

    def moved(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        before, value = probe.parameter(place.held), probe.of(near, {})
        if before.shape[1] == 1:
            return
        if value.shape not in (before.shape, before.shape[::-1]):
            yield np.zeros(1), np.ones(1)
            return
        for at in np.ndindex(*before.shape):
            other, away = before.copy(), np.ones(value.shape, dtype=bool)
            other[at] += 1.0
            for own, shape in ((at, before.shape), (at[::-1], before.shape[::-1])):
                if shape == value.shape:
                    away[own] = False
            yield value[away], probe.of(near, {place.held: other})[away]

    return place.same(moved)


def is_term(place: UsePlace, turned: bool = False) -> bool:
    """Tell whether a parameter, or its transpose, is a term of an expression, and nothing else in it."""

    def moved(probe: StepProbe) -> Iterator[tuple[Array, Array]]:
        by = probe.drawn(place.held.shape)
        before, value = probe.parameter(place.held), probe.of(place.expr, {})
        term = by.T if turned else by
        if value.shape != term.shape and term.shape != (1, 1):
            yield np.zeros(1), np.ones(1)
            return
        yield value + term, probe.of(place.expr, {place.held: before + by})

    return place.same(moved)


def is_added(cell: Cell, expr: MatrixExpr, parameter: Parameter) -> bool:
    """Tell whether a parameter is a term of an expression, and stands nowhere else in it."""
    return is_term(UsePlace(cell, parameter, parameter, expr, ()))


def multiplies(cell: Cell, parameter: Parameter) -> bool:
    """Tell whether a column of parameters multiplies columns component by component, and no more.

    Where it is only added, or times a number, it is no factor of a column.
    """
    found = [cell.definition(series).expr for series in acts_in(cell, parameter)]
    if 1 not in parameter.shape or parameter.shape == (1, 1):
        return False
    if not all(expr.shape == parameter.shape for expr in found):
        return False
    probes = [StepProbe(cell, seed) for seed in range(2)]
    return all(_by_components(p, expr, parameter) for p in probes for expr in found)


def _by_components(probe: StepProbe, expr: MatrixExpr, parameter: Parameter) -> bool:
    at, by = probe.parameter(parameter), probe.drawn(parameter.shape)
    before = probe.of(expr, {})
    one, other = (probe.of(expr, {parameter: at + step}) - before for step in (1.0, by))
    return bool(np.ptp(one) > NEAR) and not _differ([(one * by, other)])


def _differ(pairs: Iterable[tuple[Array, Array]]) -> bool:
    """Tell whether numbers differ in any pair; what is beyond all numbers does not."""
    with np.errstate(all="ignore"):
        return any(
            bool(np.any(np.abs(a - b) > NEAR * (1.0 + np.abs(a) + np.abs(b)))) for a, b in pairs
        )


def acts_in(cell: Cell, parameter: Parameter) -> list[Series]:
    """Return the quantities whose equations have a parameter, in their order."""
    return [e.variable for e in cell.equations if parameter in set(atoms_of(e.expr, Parameter))]

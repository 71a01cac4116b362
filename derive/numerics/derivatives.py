"""Derivatives by complex steps through the forward pass, at one place or at many together."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from typing import cast

import numpy as np
from numpy.typing import NDArray
from sympy import MatrixExpr, Symbol

from derive.arrays import Array, StepNumbers, Steps
from derive.errors import CheckError
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import At, Parameter, Series, T
from derive.expressions.types import IndexValues
from derive.expressions.walk import atoms_of
from derive.numerics.asked import Begun, Evaluating, Moved, PassFamily, SideBySide
from derive.numerics.forms import DerivativeForm, form_of
from derive.numerics.passes import PassCache
from derive.numerics.places import placed, symbols_of
from derive.numerics.program import recurrent
from derive.numerics.tape import Environment, IndexFunction

KEPT = 192e6
"""Bytes of moved passes that are kept, of all evaluators together."""

TOGETHER = 24e6
"""Bytes of passes that go on side by side: a step takes as long for one as for many."""

NEAR = 1
"""What is at most so many steps after the start of a pass is computed from all starts together."""

FEW = 16
"""Up to so many steps, passes from all of them go on side by side."""


class Derivatives:
    """The derivatives over one forward pass, each computed once."""

    def __init__(
        self, values: Evaluating, trace: Begun, named: Container[Series], owner: int
    ) -> None:
        self._values, self._trace, self._named, self._owner = values, trace, named, owner
        self._one: dict[tuple[object, ...], Array] = {}
        self._forms: dict[MatrixExpr, DerivativeForm | None] = {}
        self._near: dict[tuple[object, ...], tuple[Array, NDArray[np.bool_]]] = {}
        # Which passes go on side by side: a number for each first step, and the steps of a number.
        self._numbers: dict[PassFamily, StepNumbers] = {}
        self._starts: dict[tuple[PassFamily, int], StepNumbers] = {}
        # The same object for equal ones, as keys are then compared by identity.
        self._known: dict[PassFamily, PassFamily] = {}
        self._chunked: dict[PassFamily, StepNumbers] = {}

    # -- what is asked for -------------------------------------------------------------------------

    def of(self, node: Partial | Gradient, env: Environment) -> Array:
        """Return a derivative, at arrays of steps with an axis for them in front.

        Rows are the components of what is differentiated, columns those of that by which, row by row;
        a gradient has the shape of the latter instead.
        """
        known = {s: env.indices[s] for s in symbols_of(node) if s in env.indices}
        if any(s in known for s in env.many):
            return self._many(node, known)
        key = (node, *known.values())
        if key not in self._one:
            found = self._near_one(node, known)
            if found is None:
                found = self._many(node, {**known, T: np.array([self._steps])})[0]
            self._one[key] = found
        return self._one[key]

    def expect(self, exprs: Iterable[MatrixExpr], places: Sequence[IndexValues]) -> None:
        """Prepare for the evaluation of expressions at many places.

        Of the quantities that move, passes from all these places go on side by side.
        """
        if not places or self._steps <= FEW:
            return
        indices: dict[Symbol, Steps] = {s: np.array([at[s] for at in places]) for s in places[0]}
        indices[T] = np.full(len(places), self._steps)
        for node in {n for e in exprs for n in atoms_of(e, (Partial, Gradient))}:
            form = self._form(node)
            if form is None or not all(_told(part, indices) for part in (node.den, *node.held)):
                continue
            starts, offsets, usual = self._begun(form, indices, len(places))
            if form.at is not None and _told(node.num, indices):
                usual &= np.asarray(form.at(indices)) - starts > NEAR
            for family, chosen in self._families(form, offsets, usual):
                self._together(family, starts[chosen])

    # -- at one place ------------------------------------------------------------------------------

    def _near_one(self, node: Partial | Gradient, known: Mapping[Symbol, Steps]) -> Array | None:
        """Return a derivative at one place by numbers alone, where that is near the start of its pass.

        It is what `_many` finds there, which takes NumPy many calls to ask where each place is.
        """
        form = self._form(node)
        if form is None or form.at is None or len(form.num) > 1:
            return None
        one = cast("Mapping[Symbol, int]", {T: self._steps, **known})
        at, by = int(form.at(one)), 1 if form.by is None else int(form.by(one))
        held = [int(index(one)) for _, index in form.held]
        first = max(1, by)
        start = max([first, *(int(wall(one)) + 1 for wall in form.walls)])
        if not start <= at <= min(start + NEAR, self._steps) or min([by, *held]) < 0:
            return None
        if max([start, by, *held]) > self._steps or (form.by is not None and start != first):
            return None
        own = [(series, by) for series in form.moving]
        if any((s, step) in own for (s, _), step in zip(form.held, held, strict=True)):
            return None
        offsets = ((by,) if form.by is not None else ()) + tuple(held)
        family = self._family(form, tuple(step - start for step in offsets))
        found = self._near_by(form.num[0], family, at - start, np.array([start]))
        found = _entries(found, form, {s: np.array([v]) for s, v in one.items()}, self._values)[0]
        return found.reshape(self._values.size(node.shape)) if isinstance(node, Gradient) else found

    # -- at many places ----------------------------------------------------------------------------

    @property
    def _steps(self) -> int:
        return self._trace.steps

    def _many(self, node: Partial | Gradient, known: Mapping[Symbol, Steps]) -> Array:
        count = max(len(v) for v in known.values() if isinstance(v, np.ndarray))
        form = self._form(node)
        usual = np.zeros(count, dtype=bool)
        found: Array | None = None
        if form is not None:
            starts, offsets, usual = self._begun(form, known, count)
            at = _spread(form.at(known), count) if form.at is not None else np.maximum(starts, 1)
            # Beside a wall there are other ways, and beyond the steps there is nothing.
            usual &= (at >= 0) & (at <= self._steps)
            by = 1 if form.by is None else form.by(known)
            usual &= (at >= starts) | (at < _spread(by, count))
            if usual.any():
                parts = [
                    (chosen, self._of_family(form, family, starts[chosen], at[chosen]))
                    for family, chosen in self._families(form, offsets, usual)
                ]
                found = parts[0][1]
                if len(found) < count:
                    found = np.full((count, *found.shape[1:]), np.nan)
                    for chosen, part in parts:
                        found[chosen] = part
                found = _entries(found, form, known, self._values)
                if isinstance(node, Gradient):
                    found = found.reshape(count, *self._values.size(node.shape))
        for place in np.flatnonzero(~usual).tolist():
            here = {s: int(v[place]) if isinstance(v, np.ndarray) else v for s, v in known.items()}
            value = self._alone(node, here)
            if found is None:
                found = np.empty((count, *value.shape), dtype=value.dtype)
            found[place] = value
        assert found is not None
        return found

    def _of_family(
        self, form: DerivativeForm, family: PassFamily, starts: StepNumbers, at: StepNumbers
    ) -> Array:
        """Return derivatives at places where the same moves and the same is held."""
        if form.at is None:
            return self._totals(family, starts)
        after = at - starts
        if 0 <= after[0] <= NEAR and (after == after[0]).all():
            own = [self._near_by(series, family, int(after[0]), starts) for series in form.num]
            return own[0] if len(own) == 1 else np.concatenate(own, axis=1)
        near, before = after <= NEAR, after < 0
        parts = []
        for series in form.num:
            entries = self._entries_of(series)
            made = np.empty((len(starts), entries, self._directions(form)))
            for lag in range(NEAR + 1):
                if (chosen := after == lag).any():
                    made[chosen] = self._near_by(series, family, lag, starts[chosen])
            if before.any():
                still = 0 * self._trace.value(series, at[before])
                made[before] = still.reshape(-1, entries, 1)
            if not near.all():
                made[~near] = self._far(series, family, starts[~near], after[~near])
            parts.append(made)
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    def _near_by(
        self, series: Series, family: PassFamily, after: int, starts: StepNumbers
    ) -> Array:
        """Return the derivatives from some starts, with those from all others beside them."""
        key = (series, family, after)
        if key not in self._near:
            shape = (self._steps + 2, self._entries_of(series), self._moving(family))
            self._near[key] = np.zeros(shape), np.zeros(shape[0], dtype=bool)
        table, have = self._near[key]
        if not have[starts].all():
            for number in np.unique(self._chunks(family)[starts[~have[starts]]]).tolist():
                every = np.flatnonzero(self._chunks(family) == number)
                windows = self._windows(family, (NEAR, number), every, NEAR + 1)
                reached = every[every + after <= self._steps]
                passes = np.arange(len(reached))
                table[reached] = windows.along(series, passes, np.full(len(reached), after))
                have[reached] = True
        return table[starts]

    def _totals(self, family: PassFamily, starts: StepNumbers) -> Array:
        """Return the derivatives of the total loss, each kept."""
        key = (None, family)
        if key not in self._near:
            shape = (self._steps + 2, 1, self._moving(family))
            self._near[key] = np.zeros(shape), np.zeros(shape[0], dtype=bool)
        table, have = self._near[key]
        if not have[starts].all():
            self._together(family, starts)
            for number in np.unique(self._numbers[family][starts[~have[starts]]]).tolist():
                every = self._starts[family, number]
                table[every] = self._windows(family, number, every, self._steps).total
                have[every] = True
        return table[starts]

    def _far(
        self, series: Series, family: PassFamily, starts: StepNumbers, after: StepNumbers
    ) -> Array:
        """Return the derivatives of a series so many steps after the starts."""
        self._together(family, starts)
        numbers = self._numbers[family][starts]
        found = np.empty((len(starts), self._entries_of(series), self._moving(family)))
        for number in np.unique(numbers).tolist():
            chosen = np.flatnonzero(numbers == number)
            every = self._starts[family, number]
            windows = self._windows(family, number, every, self._steps)
            passes = np.searchsorted(every, starts[chosen])
            found[chosen] = windows.along(series, passes, after[chosen])
        return found

    # -- which passes go on side by side -----------------------------------------------------------

    def _together(self, family: PassFamily, starts: StepNumbers) -> None:
        """Give numbers to the starts that have none, as many the same as fit into the bytes."""
        numbers = self._numbers.setdefault(family, np.full(self._steps + 2, -1))
        if self._steps <= FEW:
            # All that there are: nobody need say beforehand which of them will be asked for.
            starts = np.flatnonzero(self._chunks(family) >= 0)
        waiting = np.unique(starts[numbers[starts] < 0])
        while len(waiting):
            sizes = np.cumsum([self._bytes(family, self._steps + 1 - int(n)) for n in waiting])
            chunk = waiting[: max(1, int(np.searchsorted(sizes, TOGETHER, side="right")))]
            number = int(numbers.max()) + 1
            numbers[chunk] = number
            self._starts[family, number] = chunk
            waiting = waiting[len(chunk) :]

    def _chunks(self, family: PassFamily) -> StepNumbers:
        """Return a number for every step from which passes may begin, and -1 for the others."""
        if family in self._chunked:
            return self._chunked[family]
        every = np.arange(self._steps + 2)
        # What moves, or is held, must be there.
        beside = [family.beside, *(after for _, after in family.held)]
        there = (every >= 1) & (every <= self._steps)
        for after in beside:
            there &= (every + after >= 0) & (every + after <= self._steps)
        fitting = max(1, int(TOGETHER / self._bytes(family, NEAR + 1)))
        self._chunked[family] = np.where(there, every // fitting, -1)
        return self._chunked[family]

    def _windows(
        self, family: PassFamily, number: object, starts: StepNumbers, steps: int
    ) -> SideBySide:
        def make() -> tuple[SideBySide, int]:
            size = sum(self._bytes(family, min(steps, self._steps + 1 - int(n))) for n in starts)
            return self._trace.windows(family, starts), size

        return WINDOWS.get((self._owner, family, number), make)

    def _bytes(self, family: PassFamily, steps: int) -> int:
        """Return about how many bytes a pass of so many steps takes that begins at one of them."""
        trace = self._trace
        entries = sum(self._entries_of(line.variable) for line in recurrent(trace.cell))
        return 16 * self._moving(family) * entries * (steps + 1)

    # -- what a derivative is made of --------------------------------------------------------------

    def _entries_of(self, series: Series) -> int:
        rows, columns = self._values.size(series.shape)
        return rows * columns

    def _directions(self, form: DerivativeForm) -> int:
        if isinstance(form.den, Parameter):
            return self._trace.parameter(form.den).size
        return sum(map(self._entries_of, form.den))

    def _moving(self, family: PassFamily) -> int:
        if isinstance(family.moved, Parameter):
            return self._trace.parameter(family.moved).size
        return sum(map(self._entries_of, family.moved))

    def _first(
        self, form: DerivativeForm, known: Mapping[Symbol, Steps], count: int
    ) -> StepNumbers:
        by = 1 if form.by is None else form.by(known)
        return np.maximum(1, _spread(by, count))

    def _begun(
        self, form: DerivativeForm, known: Mapping[Symbol, Steps], count: int
    ) -> tuple[StepNumbers, list[StepNumbers], NDArray[np.bool_]]:
        """Return where passes begin, how far beside it what moves and is held stands, and where so."""
        first = self._first(form, known, count)
        walls = [_spread(wall(known), count) + 1 for wall in form.walls]
        starts = reduce(np.maximum, walls, first)
        usual = (starts >= 1) & (starts <= self._steps)
        offsets = []
        by = None
        if form.by is not None:
            by = _spread(form.by(known), count)
            usual &= (starts == first) & (by >= 0) & (by <= self._steps)
            offsets.append(by - starts)
        for series, index in form.held:
            step = _spread(index(known), count)
            usual &= (step >= 0) & (step <= self._steps)
            if by is not None and series in form.moving:
                # What is held does not move.
                usual &= step != by
            offsets.append(step - starts)
        return starts, offsets, usual

    def _families(
        self, form: DerivativeForm, offsets: list[StepNumbers], usual: NDArray[np.bool_]
    ) -> Iterator[tuple[PassFamily, StepNumbers]]:
        """Yield the families of the places that are as usual, each with its places."""
        places = np.flatnonzero(usual)
        if not len(places):
            return
        own = [offset[places] for offset in offsets]
        if all((offset == offset[0]).all() for offset in own):
            yield self._family(form, tuple(int(offset[0]) for offset in own)), places
            return
        rows = np.stack(own, axis=1)
        for row in np.unique(rows, axis=0).tolist():
            yield self._family(form, tuple(row)), places[(rows == row).all(axis=1)]

    def _family(self, form: DerivativeForm, offsets: tuple[int, ...]) -> PassFamily:
        """Return what moves and is held by this form, so far from where passes begin."""
        if offsets not in form.families:
            beside, rest = (offsets[0], offsets[1:]) if form.by is not None else (0, offsets)
            held = frozenset(zip((series for series, _ in form.held), rest, strict=True))
            copied = isinstance(form.den, Parameter) and form.by is not None
            made = PassFamily(form.den, copied, beside, held)
            form.families[offsets] = self._known.setdefault(made, made)
        return form.families[offsets]

    def _form(self, node: Partial | Gradient) -> DerivativeForm | None:
        """Return what a derivative is of and by, None where these are no quantities of the pass."""
        if node not in self._forms:
            self._forms[node] = form_of(node, self._trace, self._named)
        return self._forms[node]

    # -- of all else -------------------------------------------------------------------------------

    def _alone(self, node: Partial | Gradient, known: Mapping[Symbol, int]) -> Array:
        """Return a derivative at one place, whatever is differentiated."""
        known = {s: v for s, v in known.items() if s != T or T in symbols_of(node)}
        values = tuple((s, known[s]) for s in symbols_of(node) if s in known)
        key = (node, values)
        if key not in self._one:
            den, *held = (_placed(a, known) for a in (node.den, *node.held))
            whole = den.matrix if isinstance(den, Component) else den
            over, moved = self._pass(whole, tuple(held))
            # At its indices, not instantiated: one tape serves the numerators of all steps.
            value = moved.read_step(over.at(node.num, known), whole)
            if isinstance(den, Component):
                columns = self._values.size(whole.shape)[1]
                row, column = (*map(int, den.indices), 1)[:2]
                place = (row - 1) * columns + column - 1
                value = value[:, place : place + 1]
            shape = self._values.size(node.shape)
            self._one[key] = value.reshape(shape) if isinstance(node, Gradient) else value
        return self._one[key]

    def _pass(self, den: MatrixExpr, held: tuple[At, ...]) -> tuple[Evaluating, Moved]:
        def make() -> tuple[tuple[Evaluating, Moved], int]:
            moved = self._trace.perturbed((den,), held)
            return (self._values.over(moved), moved), self._trace.bytes_moved((den,))

        return PASSES.get((self._owner, den, held), make)


def _told(expr: MatrixExpr, indices: Mapping[Symbol, Steps]) -> bool:
    """Tell whether all its indices have values."""
    return all(s in indices for s in symbols_of(expr))


def _placed(expr: MatrixExpr, known: Mapping[Symbol, int]) -> MatrixExpr:
    return placed(expr, tuple((s, known[s]) for s in symbols_of(expr) if s in known))


def _spread(value: Steps, count: int) -> StepNumbers:
    return value if isinstance(value, np.ndarray) else np.full(count, value)


def _entries(
    found: Array, form: DerivativeForm, known: Mapping[Symbol, Steps], evaluator: Evaluating
) -> Array:
    """Return the entries that components ask for, of derivatives of whole quantities by whole ones."""
    count = len(found)
    if form.rows:
        width = evaluator.size(form.num[0].shape)[1] if form.num else 1
        place = _entry(form.rows, known, (found.shape[1] // width, width), count)
        found = np.take_along_axis(found, place[:, None, None], axis=1)
    if form.columns:
        den = form.den.shape if isinstance(form.den, Parameter) else form.den[0].shape
        width = evaluator.size(den)[1]
        place = _entry(form.columns, known, (found.shape[2] // width, width), count)
        found = np.take_along_axis(found, place[:, None, None], axis=2)
    return found


def _entry(
    places: tuple[IndexFunction, ...],
    known: Mapping[Symbol, Steps],
    shape: tuple[int, int],
    count: int,
) -> StepNumbers:
    row, column = (*(_spread(place(known), count) for place in places), np.ones(count, dtype=int))[
        :2
    ]
    if min(row.min(), column.min()) < 1 or row.max() > shape[0] or column.max() > shape[1]:
        raise CheckError(f"there is no such component; expected one of a shape {shape}")
    made: StepNumbers = (row - 1) * shape[1] + column - 1
    return made


PASSES: PassCache[tuple[Evaluating, Moved]] = PassCache(KEPT / 4)
"""The passes of all evaluators in which one quantity moves."""

WINDOWS: PassCache[SideBySide] = PassCache(KEPT)
"""The passes of all evaluators that go on side by side."""

"""Forward passes that begin at many steps at once, each with one quantity moved by complex steps.

All passes of a family look alike from the steps at which they begin: the same quantity moves there,
and the same ones are held.  So they go on side by side, row by row of one batch, whether two of them
are wanted over one step or a hundred over a thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TypeAlias
from weakref import proxy

import numpy as np
from numpy.typing import NDArray

from derive.arrays import Array, StepNumbers, Steps
from derive.expressions.quantities import Parameter, Series, t
from derive.numerics.asked import STEP, Offset, Pass, PassFamily
from derive.numerics.evaluate import Evaluator
from derive.numerics.kernels import stacked, times
from derive.numerics.program import Line, beside, recurrent

ROWS = 20_000
"""Rows of a batch in which what no later step reads is computed at many steps together."""

Stretch: TypeAlias = "tuple[int, StepNumbers | None]"
"""So many steps after the first ones, and which passes: None for all that have such a step."""


class Windows:
    """The passes of a family that begin at some steps, one row for each direction of each."""

    def __init__(self, base: Pass, family: PassFamily, starts: StepNumbers) -> None:
        self.cell, self.steps, self.sizes, self.base = base.cell, base.steps, base.sizes, base
        self.family, self.starts = family, starts
        # Without a circle, passes that nobody holds are given back at once.
        self._evaluator = Evaluator(proxy(self))
        self._moved: dict[Offset, Array] = {}
        self._known: dict[Series, tuple[Array, NDArray[np.bool_]]] = {}
        self._parameter: Array | None = None
        self._next = 0
        # What is computed now: of which passes, so many steps after their first ones, row by row.
        self._parts: list[Stretch] = []
        self._at: StepNumbers = starts
        self._now: dict[Series, Array] = {}
        self._begin()

    def _begin(self) -> None:
        """Move what moves: one entry in each row of a pass."""
        moved, starts = self.family.moved, self.starts
        if isinstance(moved, Parameter):
            whole = self.base.parameter(moved)[None]
        else:
            whole = stacked([self.base.value(s, starts + self.family.beside) for s in moved])
        shape = whole.shape[-2:]
        self.size = int(np.prod(shape))
        unit = np.eye(self.size).reshape(1, self.size, *shape)
        rows = (len(starts), self.size, *shape)
        stepped = np.broadcast_to(whole[:, None], rows) + 1j * STEP * unit
        stepped = stepped.reshape(-1, *shape)
        if isinstance(moved, Parameter):
            self._parameter = stepped
            return
        first = 0
        for series in moved:
            last = first + self.base.value(series, starts).shape[-2]
            self._moved[series, self.family.beside] = stepped[:, first:last]
            first = last

    @property
    def reached(self) -> int:
        """Return how many steps after the first ones everything is computed, -1 for none."""
        return self._next - 1

    def active(self, after: int) -> int:
        """Return how many passes have a step so long after their first ones."""
        return int(np.searchsorted(self.starts, self.steps - after, side="right"))

    # -- what expressions ask for ------------------------------------------------------------------

    def value(self, series: Series, step: Steps) -> Array:
        """Return a quantity at the steps that are computed now, or at those before them."""
        before = int(self._at[0] - np.ravel(step)[0])
        if before == 0 and series in self._now:
            return self._now[series]
        if (series, self._parts[0][0] - before) not in self._moved:
            return self.base.value(series, step)
        return self._joined([self._moved[series, after - before] for after, _ in self._parts])

    def parameter(self, parameter: Parameter) -> Array:
        """Return a parameter, moved where it is the one that moves."""
        if self._parameter is None or parameter != self.family.moved:
            return self.base.parameter(parameter)
        if self.family.copied and self._parts[0][0]:
            return self.base.parameter(parameter)
        return self._joined([self._parameter] * len(self._parts))

    def holds(self, series: Series, step: Steps) -> bool:
        """Tell whether a quantity is set rather than computed, where something is computed now."""
        return self._set((series, self._parts[0][0] - int(self._at[0] - np.ravel(step)[0])))

    def _set(self, place: Offset) -> bool:
        moved = self.family.moved
        own = not isinstance(moved, Parameter) and place[0] in moved
        return place in self.family.held or (own and place[1] == self.family.beside)

    def _joined(self, wholes: Sequence[Array]) -> Array:
        """Return the rows that are computed now, of arrays with all rows."""
        found = []
        for whole, (after, passes) in zip(wholes, self._parts, strict=True):
            if passes is None:
                found.append(whole[: self.active(after) * self.size])
            else:
                shape = whole.shape[-2:]
                found.append(whole.reshape(-1, self.size, *shape)[passes].reshape(-1, *shape))
        return found[0] if len(found) == 1 else np.concatenate(found)

    # -- one step after the other ------------------------------------------------------------------

    def go_to(self, after: int) -> None:
        """Compute what later steps need, up to so many steps after the first ones."""
        while self._next <= after and self.active(self._next):
            self._place([(self._next, None)])
            for line in recurrent(self.cell):
                if self._computes(line, self._next):
                    self._moved[line.variable, self._next] = self._computed(line)
            self._next += 1

    def _place(self, parts: list[Stretch]) -> None:
        self._parts, self._now = parts, {}
        starts = [
            (self.starts[: self.active(after)] if passes is None else self.starts[passes]) + after
            for after, passes in parts
        ]
        self._at = np.repeat(np.concatenate(starts), self.size)

    def _computed(self, line: Line) -> Array:
        value = self._evaluator.at(line.expr, {t: self._at})
        return np.broadcast_to(value, (len(self._at), *value.shape[-2:]))

    def _computes(self, line: Line, after: int) -> bool:
        """Tell whether an equation gives, so many steps after the first, what moves and is not set."""
        if self._set((line.variable, after)):
            return False
        if (after == 0 or not self.family.copied) and self.family.moved in line.parameters:
            return True
        return any(
            (series, after - lag) in self._moved or (lag == 0 and series in self._now)
            for series, lag in line.reads
        )

    def values(
        self, series: Series, parts: Sequence[Stretch]
    ) -> Iterator[tuple[list[Stretch], Array | None]]:
        """Yield the values of a series, those together that are computed in one batch of rows.

        ``parts`` are steps after the first ones, in order, each with the passes that are asked for, or
        None for all.  None is the value where nothing moves it.
        """
        self.go_to(max(after for after, _ in parts))
        for group in self._groups(parts):
            self._place(group)
            if (series, group[0][0]) in self._moved:
                yield group, self._joined([self._moved[series, after] for after, _ in group])
                continue
            for line in beside(self.cell, series):
                if self._computes(line, group[0][0]):
                    self._now[line.variable] = self._computed(line)
            yield group, self._now.get(series)

    def _groups(self, parts: Sequence[Stretch]) -> Iterator[list[Stretch]]:
        """Yield parts in which the same equations move, as many as fit into a batch."""
        group: list[Stretch] = []
        rows, like = 0, None
        for after, passes in parts:
            found = self._alike(after)
            more = self.size * (self.active(after) if passes is None else len(passes))
            if group and (found != like or rows + more > ROWS):
                yield group
                group, rows = [], 0
            group.append((after, passes))
            rows, like = rows + more, found
        yield group

    def _alike(self, after: int) -> tuple[object, ...]:
        """Return what tells which equations move there."""
        near = [
            (s, back) for s in self._every for back in (0, 1) if (s, after - back) in self._moved
        ]
        held = frozenset(s for s, a in self.family.held if a == after)
        return (after == 0, after == self.family.beside, tuple(near), held)

    @cached_property
    def _every(self) -> tuple[Series, ...]:
        """Return the series that are kept where they move."""
        own = () if isinstance(self.family.moved, Parameter) else self.family.moved
        return (*own, *(line.variable for line in recurrent(self.cell)))

    # -- derivatives -------------------------------------------------------------------------------

    def along(self, series: Series, passes: StepNumbers, after: StepNumbers) -> Array:
        """Return the derivatives of a series by what moves: (places, entries, directions).

        Of each place is told which of the passes it is of, and how many steps after its first.
        """
        found, have = self._room(series, int(after.max()))
        missing = ~have[after, passes]
        if missing.any():
            places = np.unique(after[missing] * len(self.starts) + passes[missing])
            asked = np.divmod(places, len(self.starts))
            steps, first = np.unique(asked[0], return_index=True)
            parts = list(zip(steps.tolist(), np.split(asked[1], first[1:]), strict=True))
            for group, value in self.values(series, parts):
                self._keep(found, group, value)
            have[asked[0], asked[1]] = True
        return found[after, passes]

    def _room(self, series: Series, after: int) -> tuple[Array, NDArray[np.bool_]]:
        """Return what is known of a series, (steps, passes, entries, directions), and where it is."""
        known = self._known.get(series)
        if known is None or len(known[1]) <= after:
            entries = int(np.prod(self.base.value(series, self.starts).shape[-2:]))
            # Steps are asked for one by one at times: each room is at least twice the one before.
            steps = after + 1 if known is None else max(after + 1, 2 * len(known[1]))
            made = np.zeros((steps, len(self.starts), entries, self.size))
            have = np.zeros(made.shape[:2], dtype=bool)
            if known is not None:
                made[: len(known[0])], have[: len(known[1])] = known
            self._known[series] = made, have
        return self._known[series]

    def _keep(self, found: Array, group: Sequence[Stretch], value: Array | None) -> None:
        if value is None:
            return
        moved = (value.imag / STEP).reshape(-1, self.size, found.shape[2]).swapaxes(1, 2)
        row = 0
        for after, passes in group:
            assert passes is not None
            found[after, passes] = moved[row : row + len(passes)]
            row += len(passes)

    @cached_property
    def total(self) -> Array:
        """Return the derivatives of the total loss: (passes, 1, directions)."""
        cell, weight = self.cell, self.cell.weight
        found = np.zeros(len(self.starts) * self.size)
        every: list[Stretch] = [
            (after, None) for after in range(int(self.steps - self.starts[0]) + 1)
        ]
        for group, loss in self.values(cell.loss_series, every):
            at, row = self._at, 0
            value = self.base.value(cell.loss_series, at) if loss is None else loss
            if weight is not None:
                own = next(self.values(weight, group))[1]
                value = times(self.base.value(weight, at) if own is None else own, value)
            for after, _ in group:
                rows = self.active(after) * self.size
                found[:rows] += value[row : row + rows, 0, 0].imag / STEP
                row += rows
        return found.reshape(len(self.starts), 1, self.size)

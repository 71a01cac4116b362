"""The user's own numbers for a cell: read from a file, and checked against the cell's shapes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Integer

from derive.cell import Cell
from derive.cells import load, options_of
from derive.errors import DeriveError, SpecError
from derive.reading import extent, kind, numbers, read
from derive.suggest import suggestion
from derive.trace import Trace

Array = NDArray[Any]

SUM_ROUNDING = 1e-14
"""Ten times 0.1 is not exactly 1, and still meant to be."""


@dataclass(frozen=True, eq=False)
class Values:
    """Numbers for every given quantity of a cell.

    ``parameters`` have the shapes in which they were given: a column is a list of numbers.
    ``series`` are (T, rows), ``initial`` (rows,), by the names of the cell's quantities.  ``short``
    is the cell with the short residual of its loss, which may not hold for these targets.
    """

    cell: Cell
    parameters: Mapping[str, Array]
    series: Mapping[str, Array]
    initial: Mapping[str, Array]
    short: Cell

    @property
    def general(self) -> bool:
        """Tell whether the cell has the general residual, as the targets do not sum to one."""
        return self.cell is not self.short

    @property
    def steps(self) -> int:
        """Yield T."""
        return len(self.series[self.cell.target.name])

    def trace(self) -> Trace:
        """Yield the forward pass on these numbers."""
        return Trace(self.cell, self.parameters, self.series, self.initial)


def values(path: Path, name: str, options: Mapping[str, object]) -> Values:
    """Yield the numbers of a file for the cell of that name.

    ``options`` of the network, and those under "options" in the file, which give way to them;
    whether there are biases is seen from the parameters.  A `SpecError` names the place of what
    does not fit.
    """
    file = _File(path, read(path))
    cell = file.cell(name, options)
    sizes: dict[Any, tuple[int, str]] = {}
    parameters = file.parameters(cell, sizes)
    series = file.series(cell, sizes)
    initial = file.initial(cell, sizes)
    sums = series[cell.target.name].sum(axis=1)
    off = bool((np.abs(sums - 1) > SUM_ROUNDING).any())
    general = off and "targets-sum-to-one" in cell.loss.assumes
    return Values(
        cell.without_assumptions() if general else cell, parameters, series, initial, cell
    )


class _File:
    """A file's tree, and where in it the parts of a cell stand."""

    def __init__(self, path: Path, tree: dict[str, Any]) -> None:
        self.path, self.tree = path, tree

    def place(self, name: str) -> str:
        return f"{self.path}: {name}"

    def table(self, name: str) -> dict[str, Any]:
        """Yield an object of the file; empty where it is not there."""
        found = self.tree.get(name, {})
        if not isinstance(found, dict):
            raise SpecError(f"{self.place(name)} is {kind(found)}: expected an object")
        return found

    def cell(self, name: str, flags: Mapping[str, object]) -> Cell:
        known = options_of(name)
        given = {option.replace("-", "_"): v for option, v in self.table("options").items()}
        chosen = {**given, **flags}
        if "loss" in known and "loss" not in chosen and "weights" in self.tree:
            chosen["loss"] = "weighted"
        choices = [chosen]
        if "bias" in known and "bias" not in chosen:
            choices = [{**chosen, "bias": bias} for bias in (known["bias"], not known["bias"])]
        try:
            cells = [load(name, **choice) for choice in choices]
        except DeriveError as error:
            where = f"{self.path}: options: " if given else ""
            raise (SpecError if given else type(error))(f"{where}{error}") from error
        there = self._given_parameters(cells[0]).keys()

        def misfit(cell: Cell) -> tuple[int, int]:
            # Where as much is missing as is too much, something was forgotten: the larger cell.
            return len({p.name for p in cell.parameters} ^ there), -len(cell.parameters)

        return min(cells, key=misfit)

    def _given_parameters(self, cell: Cell) -> dict[str, Any]:
        if "params" in self.tree:
            return self.table("params")
        # As numpy.savez("file.npz", U=U, W=W, …) has it.
        return {name: v for name, v in self.tree.items() if name not in _others(cell)}

    def parameters(self, cell: Cell, sizes: dict[Any, tuple[int, str]]) -> dict[str, Array]:
        given, wanted = self._given_parameters(cell), {p.name: p for p in cell.parameters}
        inside = "params." if "params" in self.tree else ""
        if inside:
            self._only(self.tree, {*_others(cell), "params"}, "")
        self._only(given, wanted, inside)
        found = {}
        for name, parameter in wanted.items():
            if name not in given:
                raise SpecError(
                    f"{self.path}: the parameter {inside}{name} is missing; cell {cell.name} has "
                    f"{', '.join(wanted)}"
                )
            place = self.place(f"{inside}{name}")
            found[name] = self._shaped(given[name], parameter.shape, place, sizes)
        return found

    def _only(self, given: Mapping[str, Any], known: Any, inside: str) -> None:
        for name in given:
            if name not in known:
                said = suggestion(name, known)
                raise SpecError(f"{self.path}: unknown key {inside + name!r}: {said}")

    def _shaped(
        self, value: Any, shape: tuple[Any, ...], place: str, sizes: dict[Any, tuple[int, str]]
    ) -> Array:
        """Yield an array of a symbolic shape; a size met for the first time is noted."""
        single = shape == (1, 1) and not isinstance(value, (list, np.ndarray))
        axes = 0 if single else 1 if shape[1] == 1 else 2
        array = numbers(value, axes, place)
        for length, size in zip(array.shape, shape, strict=False):
            if length == 0:
                raise SpecError(f"{place} is empty ({extent(array.shape)}): expected numbers")
            known = (int(size), "") if isinstance(size, Integer) else sizes.get(size)
            if known is None:
                sizes[size] = (length, place.partition(": ")[2])
            elif known[0] != length:
                why = f", as {size} = {known[0]} by {known[1]}" if known[1] else ""
                wanted = " × ".join(map(str, shape[: array.ndim]))
                raise SpecError(f"{place} is {extent(array.shape)}: expected {wanted}{why}")
        return array

    def series(self, cell: Cell, sizes: dict[Any, tuple[int, str]]) -> dict[str, Array]:
        found: dict[str, Array] = {}
        for series in cell.given:
            name = _key(cell, series)
            rows = self._rows(cell, series, name, sizes)
            first = next(iter(found.items()), None)
            if first is not None and len(rows) != len(first[1]):
                raise SpecError(
                    f"{self.place(name)} has {len(rows)} rows and {first[0]} has {len(first[1])}: "
                    "expected one row per step in both"
                )
            found[series.name] = rows
        self._check_targets(cell, found[cell.target.name])
        return found

    def _rows(self, cell: Cell, series: Any, name: str, sizes: dict[Any, tuple[int, str]]) -> Array:
        place = self.place(name)
        if name not in self.tree:
            raise SpecError(f"{self.path}: {name!r} is missing: expected one row per step")
        value = self.tree[name]
        if series == cell.weight:
            array = numbers(value, 1, place)[:, None]
        elif isinstance(value, (list, np.ndarray)) and len(value) == 0:
            array = np.zeros((0, 0))
        else:
            array = numbers(value, 2, place)
        if len(array) == 0:
            raise SpecError(f"{place} has no rows (T = 0): expected one per step, at least one")
        size, by = sizes.get(series.shape[0], (array.shape[1], ""))
        if array.shape[1] != size:
            raise SpecError(
                f"{place} has rows of {array.shape[1]}: expected {size}, as {series.shape[0]} = "
                f"{size} by {by}"
            )
        return array

    def _check_targets(self, cell: Cell, targets: Array) -> None:
        low, high = cell.loss.targets
        bad = np.argwhere((targets < low) | (targets > high))
        if len(bad):
            step, row = bad[0].tolist()
            expected = (
                "no negative number" if high == float("inf") else f"numbers in {low:g} … {high:g}"
            )
            raise SpecError(
                f"{self.place(f'target[{step}][{row}]')} is {targets[step, row]:g}: with a "
                f"{cell.loss.layer} output, expected {expected}"
            )

    def _together(self, cell: Cell) -> dict[str, Any]:
        """Yield the initial states that stand together, by the names of the states."""
        names = [s.name for s in cell.states]
        alone = TOGETHER in (f"{name}0" for name in names)
        if len(names) == 1 or (alone and not isinstance(self.tree.get(TOGETHER), dict)):
            return {}
        found = self.table(TOGETHER)
        for name in found:
            if name not in names:
                raise SpecError(f"{self.place(TOGETHER)}: {suggestion(name, names)}")
        return found

    def initial(self, cell: Cell, sizes: dict[Any, tuple[int, str]]) -> dict[str, Array]:
        found = {}
        together = self._together(cell)
        for state in cell.states:
            name = f"{state.name}0"
            if name in self.tree and not (name == TOGETHER and together):
                found[state.name] = self._shaped(
                    self.tree[name], state.shape, self.place(name), sizes
                )
            elif state.name in together:
                place = self.place(f"{TOGETHER}.{state.name}")
                found[state.name] = self._shaped(together[state.name], state.shape, place, sizes)
            elif cell.initial == "zero":
                found[state.name] = np.zeros(
                    int(state.shape[0].subs({s: v for s, (v, _) in sizes.items()}))
                )
            else:
                raise SpecError(
                    f"{self.path}: {name!r} is missing: the initial state is {cell.initial}"
                )
        return found


TOGETHER = "s0"
"""Several initial states may stand together: ``"s0": {"h": …, "c": …}``."""


def _key(cell: Cell, series: Any) -> str:
    names = {cell.target: "target", cell.weight: "weights"}
    return names.get(series, series.name)


def _others(cell: Cell) -> set[str]:
    """Yield the names in a file that are no parameters."""
    given = {_key(cell, s) for s in cell.given}
    together = {TOGETHER} if len(cell.states) > 1 else set()
    return {"options", *given, *(f"{s.name}0" for s in cell.states), *together}

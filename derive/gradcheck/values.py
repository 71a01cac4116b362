"""The user's own numbers for a cell: read from a file, and checked against the cell's shapes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from sympy import Expr, Integer

from derive.arrays import Array
from derive.budgets import within
from derive.catalogue import options_of
from derive.catalogue.faults import SeveralError
from derive.cells.cell import Cell
from derive.checks.loaded import load
from derive.errors import DeriveError, SpecError, shown
from derive.expressions.quantities import Parameter, Series
from derive.gradcheck.archive import Tree, extent
from derive.gradcheck.keys import TOGETHER, Key, declared, others
from derive.gradcheck.reading import column, kind, numbers, read
from derive.gradcheck.straight import require_taken
from derive.numerics.trace import ForwardPass
from derive.source import PlacedError
from derive.suggest import suggestion

SUM_ROUNDING = 1e-14
"""Ten times 0.1 is not exactly 1, and still meant to be."""


@dataclass(frozen=True, eq=False)
class Values:
    """Numbers for every given quantity of a cell.

    ``parameters`` have the shapes in which they were given: a column is a list of numbers.
    ``series`` are (T, rows), ``initial`` (rows,), of a matrix (rows, columns), by the names of the
    cell's quantities.  ``short``
    is the cell with the short residual of its loss, which may not hold for these targets.
    ``options`` are those of a network that was loaded.
    """

    cell: Cell
    parameters: Mapping[str, Array]
    series: Mapping[str, Array]
    initial: Mapping[str, Array]
    short: Cell
    options: Mapping[str, object] | None = None

    @property
    def general(self) -> bool:
        """Tell whether the cell has the general residual, as the targets do not sum to one."""
        return self.cell is not self.short

    @property
    def steps(self) -> int:
        """Return T."""
        return len(self.series[self.cell.target.name])

    def trace(self) -> ForwardPass:
        """Return the forward pass on these numbers."""
        return ForwardPass(self.cell, self.parameters, self.series, self.initial)


def values(path: Path, name: str, options: Mapping[str, object]) -> Values:
    """Return the numbers of a file for the cell of that name.

    ``options`` of the network, and those under "options" in the file, which give way to them;
    whether there are biases is seen from the parameters.  A `SpecError` names the place of what
    does not fit.
    """
    file = _File(path, read(path))
    cell, chosen = file.cell(name, options)
    found = file.quantities(cell)
    parameters = {p.name: found[p] for p in cell.parameters}
    series = {s.name: found[s] for s in cell.given}
    initial = {s.name: found[s] for s in cell.states}
    others_taken = {
        key.name: {**series, **initial}[key.quantity.name]
        for key in declared(cell)
        if key.quantity not in cell.parameters
    }
    require_taken(path, parameters, ("params",))
    require_taken(path, others_taken)
    sums = series[cell.target.name].sum(axis=1)
    off = bool((np.abs(sums - 1) > SUM_ROUNDING).any())
    general = off and "targets-sum-to-one" in cell.loss.assumes
    return Values(
        cell.without_assumptions() if general else cell, parameters, series, initial, cell, chosen
    )


class _File:
    """A file's tree, and where in it the parts of a cell stand."""

    def __init__(self, path: Path, tree: Tree) -> None:
        self.path, self.tree = shown(path), tree
        self.sizes: dict[Expr, tuple[int, str]] = {}
        self.steps: tuple[int, str] | None = None

    def place(self, name: str) -> str:
        return f"{self.path}: {name}"

    def table(self, name: str) -> Tree:
        """Return an object of the file; empty where it is not there."""
        found = self.tree.get(name, {})
        if not isinstance(found, dict):
            raise SpecError(f"{self.place(name)} is {kind(found)}: expected an object")
        return found

    # -- the cell --------------------------------------------------------------------------------

    def cell(self, name: str, flags: Mapping[str, object]) -> tuple[Cell, Mapping[str, object]]:
        """Return the cell with the options of the file, and these.

        Of those with and without biases, it is the one whose parameters are there.
        """
        known, given = options_of(name), self._options()
        chosen = {**given, **flags}
        if "loss" in known and "loss" not in chosen and "weights" in self.tree:
            chosen["loss"] = "weighted"
        choices = [chosen]
        if "bias" in known and "bias" not in chosen:
            choices = [{**chosen, "bias": bias} for bias in (known["bias"], not known["bias"])]
        try:
            cells = [load(name, **choice) for choice in choices]
        except DeriveError as error:
            # What is said of a place in the cell's own file is no matter of the options here.
            if not given or isinstance(error, PlacedError | SeveralError):
                raise
            raise SpecError(f"{self.path}: options: {error}") from error
        there = self._parameters(cells[0]).keys()

        def misfit(choice: tuple[Cell, Mapping[str, object]]) -> tuple[int, int]:
            cell, _ = choice
            # Where as much is missing as is too much, something was forgotten: the larger cell.
            return len({p.name for p in cell.parameters} ^ there), -len(cell.parameters)

        return min(zip(cells, choices, strict=True), key=misfit)

    def _options(self) -> dict[str, object]:
        given: dict[str, object] = {}
        for name, value in self.table("options").items():
            option = name.replace("-", "_")
            if option in given:
                raise SpecError(
                    f"{self.place('options')}: {shown(option)} stands there twice; remove one"
                )
            if not isinstance(value, (str, bool)):
                raise SpecError(
                    f"{self.place('options.' + shown(name))} is {kind(value)}: expected a name, or "
                    "true or false"
                )
            given[option] = value if isinstance(value, bool) else shown(value)
        return given

    def _parameters(self, cell: Cell) -> Tree:
        if "params" in self.tree:
            return self.table("params")
        # As numpy.savez("file.npz", U=U, W=W, …) has it.
        return {name: v for name, v in self.tree.items() if name not in others(cell)}

    # -- the numbers -----------------------------------------------------------------------------

    def quantities(self, cell: Cell) -> dict[Series | Parameter, Array]:
        """Return the numbers of every declared key by its quantity."""
        parameters, starts = self._parameters(cell), self._together(cell)
        inside = "params." if "params" in self.tree else ""
        if inside:
            self._only(self.tree, {*others(cell), "params"}, "")
        own = {p.name for p in cell.parameters}
        beside = others(cell) - own if inside else ()
        self._only(parameters, own, inside, beside)
        found = {}
        for key in declared(cell):
            where, place = self.tree, key.name
            if key.quantity in cell.parameters:
                where, place = parameters, inside + key.name
            elif key.quantity in starts:
                where, place = {key.name: starts[key.quantity]}, f"{TOGETHER}.{key.quantity.name}"
            found[key.quantity] = self._read(key, where, place)
        self._check_targets(cell, found[cell.target])
        return found

    def _read(self, key: Key, where: Tree, place: str) -> Array:
        if key.name in where:
            value = where[key.name]
            return (self._rows if key.rows else self._shaped)(value, key, place)
        if not key.needed:
            found = []
            for size in key.shape[:1] if key.shape[1] == 1 else key.shape:
                known = self._size(size)
                if known is None:
                    raise SpecError(
                        f"{self.path}: {key.name!r} is missing: no other quantity has its size, "
                        f"{size}; write it down, zeros included"
                    )
                found.append(known[0])
            return np.zeros(found)
        named = repr(key.name) if where is self.tree else f"the parameter {place}"
        raise SpecError(f"{self.path}: {named} is missing{key.needed}")

    def _only(
        self, given: Tree, known: set[str], inside: str, beside: Collection[str] = ()
    ) -> None:
        for name in given:
            if name in beside:
                raise SpecError(
                    f"{self.path}: unknown key '{inside}{name}': {name} is no parameter; expected it "
                    "at the top level, beside params"
                )
            if name not in known:
                said = suggestion(name, sorted(known))
                raise SpecError(f"{self.path}: unknown key '{shown(inside + name)}': {said}")

    def _size(self, size: Expr) -> tuple[int, str] | None:
        """Return a size as a number and what it is known by; None if it is not known."""
        if isinstance(size, Integer):
            return int(size), ""
        if size in self.sizes:
            return self.sizes[size]
        known = size.subs({s: number for s, (number, _) in self.sizes.items()})
        return (int(known), "its parts") if known.is_Integer else None

    def _fit(self, length: int, size: Expr, place: str, said: str) -> None:
        """Check a length; one met for the first time is noted. ``said`` begins the complaint."""
        known = self._size(size)
        if known is None:
            self.sizes[size] = (length, place)
        elif known[0] != length:
            why = f", as {size} = {known[0]} by {known[1]}" if known[1] else ""
            raise SpecError(f"{self.place(place)} {said}{why}")

    def _shaped(self, value: object, key: Key, place: str) -> Array:
        """Return an array of a symbolic shape."""
        shape = key.shape
        single = shape == (1, 1) and not isinstance(value, (list, np.ndarray))
        array: Array
        if shape[1] == 1 and not single:
            array = column(value, self.place(place))
        else:
            array = numbers(value, 0 if single else 2, self.place(place))
        wanted = " × ".join(map(str, shape[: array.ndim]))
        for length, size in zip(array.shape, shape, strict=False):
            if length == 0:
                raise SpecError(
                    f"{self.place(place)} is empty ({extent(array.shape)}): expected numbers"
                )
            self._fit(length, size, place, f"is {extent(array.shape)}: expected {wanted}")
        return array

    def _rows(self, value: object, key: Key, place: str) -> Array:
        """Return a series, a row per step."""
        where = self.place(place)
        if isinstance(value, (list, np.ndarray)) and len(value) == 0:
            raise SpecError(f"{where} has no rows (T = 0): expected one per step, at least one")
        if isinstance(value, (list, np.ndarray)):
            within("values-steps", len(value), f"{where} has {len(value):,} rows")
        array: Array = numbers(value, 1, where)[:, None] if key.single else numbers(value, 2, where)
        width, size = array.shape[1], key.shape[0]
        if width == 0:
            raise SpecError(f"{where} has rows without numbers: expected {size} in each")
        known = self._size(size)
        self._fit(
            width, size, place, f"has rows of {width}: expected {known[0] if known else size}"
        )
        if self.steps is None:
            self.steps = (len(array), place)
        elif len(array) != self.steps[0]:
            raise SpecError(
                f"{where} has {len(array)} rows and {self.steps[1]} has {self.steps[0]}: "
                "expected one row per step in both"
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

    def _together(self, cell: Cell) -> dict[Series, object]:
        """Return the initial states that stand together, by state."""
        states = {s.name: s for s in cell.states}
        alone = TOGETHER in (f"{name}0" for name in states)
        if len(states) == 1 or (alone and not isinstance(self.tree.get(TOGETHER), dict)):
            return {}
        found = self.table(TOGETHER)
        for name in found:
            if name not in states:
                raise SpecError(
                    f"{self.place(TOGETHER)}: unknown state '{shown(name)}': "
                    f"{suggestion(name, states)}"
                )
            if f"{name}0" in self.tree and f"{name}0" != TOGETHER:
                raise SpecError(
                    f"{self.path}: {name}0 and {TOGETHER}.{name} are the same; remove one"
                )
        return {states[name]: value for name, value in found.items()}

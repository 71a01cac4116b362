"""A user's file of numbers, looked at once more before a result is printed: whether it may be used so.

The reader refuses what is wrong with a file, and says where.  This knows nothing of it: it counts the
keys of each object, holds whole numbers against their digits, and knows which states must have a
start and what targets an output may have.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from derive.arrays import Array
from derive.errors import CheckError, shown
from derive.expressions.quantities import t
from derive.expressions.walk import series_in
from derive.gradcheck.straight import require_taken

if TYPE_CHECKING:
    from derive.cells.cell import Cell

TARGETS = {"Softmax": (0.0, np.inf), "sigmoid": (0.0, 1.0)}
"""The least and the largest target, by the function that makes an output of the logits."""


def require_usable(
    path: Path,
    cell: Cell,
    parameters: Mapping[str, Array],
    series: Mapping[str, Array],
    initial: Mapping[str, Array],
) -> None:
    """Raise a `CheckError` unless numbers are those of a file, and it has all and nothing twice.

    ``series`` and ``initial`` are by the names of the quantities of a cell.
    """
    keys = set(_keys(path))
    names = {cell.target.name: "target"}
    if cell.weight is not None:
        names[cell.weight.name] = "weights"
    require_taken(path, parameters, ("params",))
    require_taken(path, {names.get(name, name): array for name, array in series.items()})
    require_taken(path, {f"{name}0": array for name, array in initial.items()})
    owed = [*(names.get(name, name) for name in series), *parameters]
    # Without a choice of the user's, what is not there is 0.
    before = {
        at.series.name for e in cell.equations for at in series_in(e.expr) if at.indices[0] != t
    }
    owed += [f"{name}0" for name in initial if cell.initial != "zero" and name in before]
    for name in owed:
        there = {name, f"params.{name}", *([f"s0.{name[:-1]}"] if name.endswith("0") else ())}
        if keys.isdisjoint(there):
            raise _unusable(path, f"{name} is missing")
    for name, array in {**parameters, **series, **initial}.items():
        if not np.isfinite(array).all():
            raise _unusable(path, f"{name} has a number that is not finite")
    _require_range(path, cell, series[cell.target.name])


def _require_range(path: Path, cell: Cell, targets: Array) -> None:
    """Raise a `CheckError` for a target that the output of a cell can never be."""
    made = cell.definition(cell.output).expr
    low, high = TARGETS.get(getattr(made, "function", type(made).__name__), (-np.inf, np.inf))
    if not bool(((targets >= low) & (targets <= high)).all()):
        raise _unusable(path, f"a target is not between {low:g} and {high:g}")


def _keys(path: Path) -> Iterator[str]:
    """Yield the names in a file with those that they stand in; of none may there be two."""
    if path.read_bytes()[:2] == b"PK":
        with np.load(path, allow_pickle=False) as archive:
            names = [name.replace("/", ".") for name in archive.files]
            for name in names:
                if names.count(name) > 1:
                    raise _unusable(path, f"{shown(name)} stands there twice")
                if archive[name].dtype.kind in "iu":
                    _require_whole(path, archive[name].ravel().tolist())
            yield from names
        return

    def pairs(found: list[tuple[str, object]]) -> dict[str, object]:
        twice = [name for name, count in Counter(name for name, _ in found).items() if count > 1]
        if twice:
            raise _unusable(path, f"{shown(twice[0])} stands twice in one object")
        return dict(found)

    def whole(digits: str) -> int:
        _require_whole(path, [int(digits)])
        return 0

    tree = json.loads(path.read_bytes(), object_pairs_hook=pairs, parse_int=whole)
    waiting = [("", tree)]
    while waiting:
        inside, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{inside}.{key}" if inside else key, one) for key, one in value.items()]
        else:
            yield inside


def _require_whole(path: Path, numbers: list[int]) -> None:
    """Raise a `CheckError` for a whole number that a float is not equal to."""
    for number in numbers:
        try:
            same = float(number) == number
        except OverflowError:
            same = False
        if not same:
            raise _unusable(path, f"{shown(str(number), 40)} is no number of float64")


def _unusable(path: Path, why: str) -> CheckError:
    return CheckError(
        f"{shown(path)} was taken although {why}. Nothing is printed or written; this is a fault of "
        "the program, please report it"
    )

"""A user's numbers, read a second time straight from the file and compared with what was taken.

It shares nothing with the first reader, which knows what may stand there: this one only looks up
the names, by `json` and NumPy.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from derive.arrays import Array
from derive.errors import CheckError, shown


def require_taken(path: Path, taken: Mapping[str, Array], inside: tuple[str, ...] = ()) -> None:
    """Raise a `CheckError` unless arrays are those of a file; what is not there must be zero.

    ``taken`` are the arrays by their names in the file; they may also stand in one of the objects
    ``inside``, and initial states under "s0" by the names of the states.
    """
    found = _leaves(path)
    for name, array in taken.items():
        places = [*(f"{outer}.{name}" for outer in inside), name]
        if not inside and name.endswith("0"):
            places.append(f"s0.{name[:-1]}")
        there = [found[place] for place in places if place in found]
        right = np.asarray(there[0], dtype=float) if there else np.zeros(array.shape)
        # A number for each step may stand without brackets.
        if right.size != array.size or not np.array_equal(
            right if right.shape == array.shape else right.reshape(array.shape), array
        ):
            raise CheckError(
                f"{shown(path)}: {shown(name)} was not taken as it stands there; this is a fault of "
                "the program, not of the file"
            )


def _leaves(path: Path) -> dict[str, object]:
    """Return what stands in a file by the names on the way to it, with a dot between them."""
    if path.read_bytes()[:2] == b"PK":
        with np.load(path, allow_pickle=False) as archive:
            return {name.replace("/", "."): archive[name] for name in archive.files}
    found: dict[str, object] = {}
    waiting = [("", json.loads(path.read_bytes()))]
    while waiting:
        name, value = waiting.pop()
        if isinstance(value, dict):
            waiting += [(f"{name}.{key}" if name else key, part) for key, part in value.items()]
        else:
            found[name] = value
    return found


def rows(path: Path) -> int:
    """Return how many steps the targets in a file have."""
    return len(_leaves(path)["target"])  # type: ignore[arg-type]


def options(path: Path) -> dict[str, object]:
    """Return the options of the network that stand in a file, by their names."""
    inside = "options."
    found = {
        name.removeprefix(inside).replace("-", "_"): value
        for name, value in _leaves(path).items()
        if name.startswith(inside)
    }
    return {
        name: value.item() if isinstance(value, np.ndarray) else value
        for name, value in found.items()
    }

"""Archives of arrays, .npz: read so that none is larger than it says, and nothing in it is run."""

from __future__ import annotations

import io
import math
import zipfile
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from derive.budgets import within
from derive.errors import SpecError, shown

EXACT = 2**53
"""Up to here float64 holds every whole number."""

Tree: TypeAlias = dict[str, object]
"""What a file holds, by name: numbers, texts, lists, arrays and further trees."""

MOST_ARRAYS = 1_000
"""Of an archive: the largest cells have some fifty parameters."""

_ENTRY = b"PK\x01\x02"
"""What each entry of an archive's table of contents begins with."""


def arrays(path: Path, data: bytes) -> Tree:
    """Return the arrays of an .npz by name; a `SpecError` says which one cannot be used."""
    if data.count(_ENTRY) > MOST_ARRAYS:
        raise SpecError(f"{shown(path)} holds more than {MOST_ARRAYS} arrays: remove some")
    name = ""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            within("values-unpacked", unpacked, f"{shown(path)} unpacks to {unpacked:,} bytes")
            flat, numbers = [], 0
            for entry in archive.infolist():
                name = shown(entry.filename.removesuffix(".npy"), 40)
                array = _array(archive, entry, f"{shown(path)}: {name}")
                numbers += array.size
                # A narrow type of number takes eight times the memory once it is read.
                within("values-unpacked", 8 * numbers, f"{shown(path)} holds {numbers:,} numbers")
                flat.append((entry.filename, array))
            return _nested(flat, path)
    except SpecError:
        raise
    except Exception as error:
        # A damaged archive makes zipfile and NumPy raise all kinds of errors.
        where = f": {name} is damaged" if name else ""
        raise SpecError(
            f"{shown(path)} cannot be read as .npz{where}; expected what numpy.savez writes"
        ) from error


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, place: str) -> NDArray[Any]:
    with archive.open(entry) as member:
        version = np.lib.format.read_magic(member)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(member)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(member)
    # A single text or truth value is an option.
    if dtype.kind not in ("iufbU" if shape == () else "iuf"):
        what = "Python objects" if dtype.hasobject else f"an array of {dtype.name}, {extent(shape)}"
        if dtype.names is not None:
            what = "an array of records"
        raise SpecError(f"{place} is {what}: expected numbers")
    # The header could promise more than there is, and NumPy would make room for it.
    if math.prod(shape) * max(dtype.itemsize, 1) > entry.file_size:
        raise SpecError(f"{place}: the array {shape} is larger than its data")
    with archive.open(entry) as member:
        array: NDArray[Any] = np.lib.format.read_array(member, allow_pickle=False)
    if array.dtype.kind in "iu":
        large = array[(array > EXACT) | (array < -EXACT)] if array.itemsize == 8 else array[:0]
        lost = next((n for n in large.tolist() if not held(n)), None)
        if lost is not None:
            raise SpecError(
                f"{place} contains {lost}, which float64 cannot hold: it would become "
                f"{float(lost):.17g}; save the array as float64"
            )
    return array


def _nested(flat: list[tuple[str, NDArray[Any]]], path: Path) -> Tree:
    tree: Tree = {}
    for name, array in flat:
        *outer, last = name.removesuffix(".npy").replace("/", ".").split(".")
        inside = tree
        for part in outer:
            deeper = inside.setdefault(part, {})
            if not isinstance(deeper, dict):
                raise SpecError(
                    f"{shown(path)}: '{shown(part)}' is an array, and '{shown(name)}' stands "
                    "inside it"
                )
            inside = deeper
        if last in inside:
            raise SpecError(f"{shown(path)}: '{shown(name)}' stands there twice; remove one")
        # An array without axes is a single number, text or truth value.
        inside[last] = array.item() if array.ndim == 0 else array
    return tree


def extent(shape: tuple[int, ...]) -> str:
    """Return a shape in words: ``3 × 4``."""
    return " × ".join(map(str, shape)) if shape else "a single number"


def held(number: int) -> bool:
    """Tell whether float64 holds a whole number exactly."""
    return abs(number) <= EXACT or (abs(number) < 2**1023 and int(float(number)) == number)

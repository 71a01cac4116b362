"""Files of numbers, JSON or .npz, read so that nothing in them is taken for what it is not."""

from __future__ import annotations

import io
import json
import math
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from derive.errors import SpecError

MOST_BYTES = 200_000_000
"""Of a file, and of what an .npz unpacks to: about 8 million numbers as text."""


def read(path: Path) -> dict[str, Any]:
    """Yield what stands in a file by name: numbers, texts, lists, arrays and further names.

    Names of an .npz with a dot or a slash, ``params.U``, lie inside each other.  A `SpecError` that
    names the place for anything that is not such a file.
    """
    data = _bytes(path)
    # By what is in it, not by its name: an .npz is a zip file.
    if data.startswith(b"PK"):
        return _nested(_arrays(path, data), path)
    tree = _json(path, data)
    if not isinstance(tree, dict):
        raise SpecError(
            f"{path} holds {kind(tree)}: expected a JSON object with named values, "
            '{"params": …, "x": …}'
        )
    return tree


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except IsADirectoryError:
        raise SpecError(f"{path} is a folder: expected a file, JSON or .npz") from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SpecError(
            f"{path} cannot be read: {reason}; expected a file, JSON or .npz"
        ) from error
    if len(data) > MOST_BYTES:
        raise SpecError(f"{path} is larger than {MOST_BYTES // 10**6} MB: take fewer steps")
    if not data.strip():
        raise SpecError(f"{path} is empty: expected a JSON object or an .npz")
    return data


def _json(path: Path, data: bytes) -> Any:
    def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, value in pairs:
            if name in found:
                raise SpecError(
                    f"{path}: the key {name!r} stands twice in one object (of the keys "
                    f"{', '.join(dict(pairs))}); remove one"
                )
            found[name] = value
        return found

    try:
        # NaN and Infinity, which are not JSON, are let through: the reader of numbers names the
        # place.  Whole numbers are read as float: Python refuses to read very long ones.
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=unique,
            parse_int=float,
            parse_constant=float,
        )
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{path} is neither JSON in UTF-8 nor .npz: byte {error.start} cannot be read"
        ) from error
    except json.JSONDecodeError as error:
        raise SpecError(
            f"{path} is not JSON: {error.msg} in line {error.lineno}, column {error.colno}"
        ) from error
    except RecursionError:
        raise SpecError(f"{path} is nested too deep: expected lists of lists of numbers") from None


def _arrays(path: Path, data: bytes) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > MOST_BYTES:
                raise SpecError(f"{path} unpacks to more than {MOST_BYTES // 10**6} MB")
            return {entry.filename: _array(archive, entry) for entry in archive.infolist()}
    except SpecError:
        raise
    except Exception as error:
        # A damaged archive makes zipfile and NumPy raise all kinds of errors.
        raise SpecError(
            f"{path} cannot be read as .npz: {error or type(error).__name__}; "
            "expected what numpy.savez writes"
        ) from error


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Any:
    with archive.open(entry) as member:
        version = np.lib.format.read_magic(member)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(member)
        else:
            shape, _, dtype = np.lib.format.read_array_header_2_0(member)
    # The header could promise more than there is, and NumPy would make room for it.
    if math.prod(shape) * dtype.itemsize > entry.file_size:
        raise SpecError(f"{entry.filename}: the array {shape} is larger than its data")
    with archive.open(entry) as member:
        return np.lib.format.read_array(member, allow_pickle=False)


def _nested(flat: dict[str, Any], path: Path) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, array in flat.items():
        *outer, last = name.removesuffix(".npy").replace("/", ".").split(".")
        inside = tree
        for part in outer:
            inside = inside.setdefault(part, {})
            if not isinstance(inside, dict):
                raise SpecError(f"{path}: {part!r} is an array, and {name!r} stands inside it")
        if last in inside:
            raise SpecError(f"{path}: {name!r} stands there twice; remove one")
        # An array without axes is a single number, text or truth value.
        inside[last] = array.item() if array.ndim == 0 else array
    return tree


def kind(value: Any) -> str:
    """Yield what a value is, in words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"the text {value[:20]!r}"
    if isinstance(value, (int, float)):
        return f"the number {value:g}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype.name}, {extent(value.shape)}"
    return "a list"


def extent(shape: tuple[int, ...]) -> str:
    """Yield a shape in words: ``3 × 4``."""
    return " × ".join(map(str, shape)) if shape else "a single number"


def numbers(value: Any, axes: int, place: str) -> Any:
    """Yield an array of finite float64 numbers with that many axes.

    ``place`` names it in the `SpecError` for anything else: text, truth values, rows of unequal
    length, NaN.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "iuf":
            raise SpecError(f"{place} is {kind(value)}: expected numbers")
        if value.ndim != axes:
            raise SpecError(f"{place} is {kind(value)}: expected {_axes(axes)}")
        array = value.astype(np.float64)
    else:
        array = np.array(_listed(value, axes, place), dtype=np.float64)
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        at = tuple(bad[0].tolist())
        raise SpecError(f"{_inside(place, at)} is {array[at]}: expected a finite number")
    return array


def _listed(value: Any, axes: int, place: str) -> Any:
    if axes == 0:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise SpecError(f"{place} is {kind(value)}: expected a number")
        return float(value)
    if not isinstance(value, list):
        raise SpecError(f"{place} is {kind(value)}: expected {_axes(axes)}")
    rows = [_listed(inner, axes - 1, f"{place}[{i}]") for i, inner in enumerate(value)]
    if axes > 1:
        for i, row in enumerate(rows):
            if len(row) != len(rows[0]):
                raise SpecError(
                    f"{place}[{i}] has {len(row)} entries and the first row has {len(rows[0])}: "
                    "expected rows of one length"
                )
    return rows


def _inside(place: str, at: tuple[int, ...]) -> str:
    return place + "".join(f"[{i}]" for i in at)


def _axes(axes: int) -> str:
    return ("a number", "a list of numbers", "a list of rows of numbers")[axes]

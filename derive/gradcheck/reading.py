"""Files of numbers, JSON or .npz, read so that nothing in them is taken for what it is not."""

from __future__ import annotations

import gc
import json
import math
from datetime import date, time
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from derive.budgets import within
from derive.errors import SpecError, shown
from derive.gradcheck.archive import Tree, arrays, extent, held
from derive.inputs import contents

NestedNumbers: TypeAlias = "float | list[NestedNumbers]"
"""A number, or lists of them inside each other."""


class Unheld(float):
    """A number of a file that float64 cannot hold; the reader of numbers names the place."""

    text: str


def read(path: Path) -> Tree:
    """Return what stands in a file by name: numbers, texts, lists, arrays and further names.

    Names of an .npz with a dot or a slash, ``params.U``, lie inside each other.  A `SpecError` that
    names the place for anything that is not such a file, a `UsageError` if there is none.
    """
    data = contents(path, "values-bytes", "expected a file of numbers, JSON or .npz")
    # By what is in it, not by its name: an .npz is a zip file.
    if data.startswith(b"PK"):
        return arrays(path, data)
    within("values-text", len(data), f"{shown(path)} is JSON of {len(data):,} bytes")
    if not data.strip():
        raise SpecError(f"{shown(path)} is empty: expected a JSON object or an .npz")
    tree = _json(path, data)
    if not isinstance(tree, dict):
        raise SpecError(
            f"{shown(path)} holds {kind(tree)}: expected a JSON object with named values, "
            '{"params": …, "x": …}'
        )
    return tree


def _json(path: Path, data: bytes) -> object:
    def unique(pairs: list[tuple[str, object]]) -> Tree:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        names = [name for name, _ in pairs]
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise SpecError(
            f"{shown(path)}: the key {shown(twice)!r} stands twice in one object (of the keys "
            f"{shown(', '.join(found), 200)}); remove one"
        )

    # Many small lists make Python look for garbage again and again, and there is none.
    collecting = gc.isenabled()
    gc.disable()
    try:
        # NaN and Infinity, which are not JSON, are let through: the reader of numbers names the
        # place.
        return json.loads(
            data.decode("utf-8-sig"),
            object_pairs_hook=unique,
            parse_int=_whole,
            parse_float=_decimal,
            parse_constant=float,
        )
    except UnicodeDecodeError as error:
        raise SpecError(
            f"{shown(path)} is neither JSON in UTF-8 nor .npz: byte {error.start} cannot be read; "
            "save it again as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        words = next((ours for theirs, ours in _WORDS.items() if error.msg.startswith(theirs)), "")
        raise SpecError(
            f"{shown(path)} is not JSON: {words or 'something is wrong'} in line {error.lineno}, "
            f"column {error.colno}; correct it there"
        ) from error
    except RecursionError:
        raise SpecError(
            f"{shown(path)} is nested too deep: expected lists of lists of numbers"
        ) from None
    finally:
        if collecting:
            gc.enable()


_WORDS = {
    "Expecting value": "a value is missing",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing",
    "Expecting ':' delimiter": "a colon is missing",
    "Expecting property name": "a key in double quotes is missing",
    "Extra data": "something stands behind the end",
    "Unterminated string": "a text without closing quotes begins",
    "Invalid control character": "a character that must be escaped stands",
    "Invalid \\": "an escape that does not exist stands",
    "Illegal trailing comma": "a comma without anything after it stands",
}
"""What Python says of bad JSON, and what is meant."""


def _whole(text: str) -> float:
    """Return a whole number as float64; one that is not exactly that is marked."""
    value = float(text)
    if len(text) <= 15 or (math.isfinite(value) and held(int(text))):
        return value
    return _unheld(value, text)


def _decimal(text: str) -> float:
    """Return a decimal number as float64; one that is too large, or too small, is marked."""
    value = float(text)
    if math.isinf(value) or (value == 0 and _significant(text)):
        return _unheld(value, text)
    return value


def _significant(text: str) -> bool:
    return any(c in "123456789" for c in text.lower().partition("e")[0])


def _unheld(value: float, text: str) -> Unheld:
    found = Unheld(value)
    found.text = text
    return found


def kind(value: object) -> str:
    """Return what a value is, in words."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, str):
        return f"the text '{shown(value, 20)}'"
    if isinstance(value, Unheld):
        return f"the number {shown(value.text, 40)}"
    if isinstance(value, (int, float)):
        return f"the number {value:g}"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, (date, time)):
        return "a date or a time"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype.name}, {extent(value.shape)}"
    return "a list"


def numbers(value: object, axes: int, place: str) -> NDArray[np.float64]:
    """Return an array of finite float64 numbers with that many axes.

    ``place`` names it in the `SpecError` for anything else: text, truth values, rows of unequal
    length, NaN, numbers that float64 cannot hold.
    """
    if isinstance(value, np.ndarray):
        if value.dtype.kind not in "iuf":
            raise SpecError(f"{place} is {kind(value)}: expected numbers")
        if value.ndim != axes:
            raise SpecError(f"{place} is {kind(value)}: expected {_axes(axes)}")
        with np.errstate(over="ignore"):
            array = value.astype(np.float64)
    else:
        array = np.array(_listed(value, axes, place), dtype=np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        at = tuple(int(i) for i in np.unravel_index(int(finite.argmin()), finite.shape))
        raise SpecError(f"{_inside(place, at)} is {array[at]}: expected a finite number")
    return array


def column(value: object, place: str) -> NDArray[np.float64]:
    """Return the numbers of a column, which may stand one in a row: ``[[0.5], [-0.3]]``."""
    array = isinstance(value, np.ndarray) and value.ndim == 2 and value.shape[1] == 1
    rows = isinstance(value, list) and all(isinstance(r, list) and len(r) == 1 for r in value)
    return numbers(value, 2, place)[:, 0] if array or (rows and value) else numbers(value, 1, place)


def _listed(value: object, axes: int, place: str) -> NestedNumbers:
    if axes == 0:
        return _number(value, place)
    if not isinstance(value, list):
        raise SpecError(f"{place} is {kind(value)}: expected {_axes(axes)}")
    if axes == 1:
        if all(type(number) is float for number in value):
            return value
        return [_number(number, f"{place}[{i}]") for i, number in enumerate(value)]
    rows = [_listed(inner, axes - 1, f"{place}[{i}]") for i, inner in enumerate(value)]
    lengths = [len(row) for row in rows if isinstance(row, list)]
    for i, length in enumerate(lengths):
        if length != lengths[0]:
            raise SpecError(
                f"{place}[{i}] has {length} entries and the first row has {lengths[0]}: "
                "expected rows of one length"
            )
    return rows


def _number(value: object, place: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SpecError(f"{place} is {kind(value)}: expected a number")
    if isinstance(value, int) and not held(value):
        value = _unheld(float(value) if abs(value) < 2**1023 else math.inf, str(value))
    if isinstance(value, Unheld):
        text = shown(value.text, 40)
        as_it_is = "infinity" if math.isinf(value) else f"{float(value):.17g}"
        raise SpecError(
            f"{place} is {text}, which float64 cannot hold: it would become {as_it_is}; write it "
            "with fewer digits or a smaller exponent"
        )
    return float(value)


def _inside(place: str, at: tuple[int, ...]) -> str:
    return place + "".join(f"[{i}]" for i in at)


def _axes(axes: int) -> str:
    return ("a number", "a list of numbers", "a list of rows of numbers")[axes]

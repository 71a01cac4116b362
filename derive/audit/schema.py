"""What a file of claims may hold: every key with its type and bound, declared once."""

from __future__ import annotations

import math
import re
import unicodedata
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PlainValidator, ValidationError
from pydantic_core import ErrorDetails, PydanticCustomError

from derive.arrays import Array
from derive.errors import SpecError, shown
from derive.gradcheck.reading import kind, numbers
from derive.source import Places
from derive.suggest import suggestion


def _printable(text: str) -> str:
    for c in text:
        if c not in "\n\t" and unicodedata.category(c) in (
            "Cc",
            "Cf",
            "Cs",
            "Co",
            "Cn",
            "Zl",
            "Zp",
        ):
            raise _complaint(f" holds the invisible character U+{ord(c):04X}: remove it")
    return text


def _line(text: str) -> str:
    if not text.strip() or "\n" in text or "\t" in text:
        raise _complaint(" is empty or longer than a line: expected a few words")
    return text


_ADDRESS = re.compile(r"https://[\w.-]+(/[\w./~:+=?&-]*)?", re.ASCII)


def _address(text: str) -> str:
    # What a format would read as a sign of its own is not let in: it would have to be escaped.
    if not _ADDRESS.fullmatch(text):
        raise _complaint(
            " is no address that can be printed: expected https://… of letters, digits and ./-_~:+=?&"
        )
    return text


def _number(value: object) -> float:
    return float(_numbers(value, 0))


def _anything(value: object) -> Array:
    inner = value[0] if isinstance(value, list) and value else None
    return _numbers(
        value, 0 if not isinstance(value, list) else 2 if isinstance(inner, list) else 1
    )


def _numbers(value: object, axes: int) -> Array:
    try:
        found = numbers(value, axes, "")
    except SpecError as error:
        raise _complaint(str(error)) from None
    if not found.size:
        raise _complaint(" is empty: expected numbers")
    return found


def _complaint(text: str) -> PydanticCustomError:
    return PydanticCustomError("ours", "{text}", {"text": text})


PrintableText = Annotated[str, AfterValidator(_printable), Field(max_length=4_000)]
Name = Annotated[str, AfterValidator(_printable), AfterValidator(_line), Field(max_length=100)]
Place = Annotated[str, AfterValidator(_printable), Field(max_length=100)]
Ranges = Annotated[str, AfterValidator(_printable), Field(max_length=200)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, arbitrary_types_allowed=True)


class DataTable(_Table):
    """What a claim is about; see `derive.audit.data.Data`."""

    cell: Name = ""
    T: Annotated[int, Field(ge=1, le=10**9)] = 3
    start: Literal["zero", "random", "both"] = "both"
    targets: Literal["sum-to-one", "any"] = "sum-to-one"
    scales: dict[str, Annotated[float, PlainValidator(_number)]] = {}
    # In full: pydantic looks the type up here, and the alias names what only type checkers import.
    numbers: dict[str, Annotated[NDArray[np.inexact[Any]], PlainValidator(_anything)]] = {}
    experiment: Name = ""
    scalar: bool = False
    activation: Name = ""
    output_layer: Name = ""
    bias: bool = False
    loss: Name = ""


class ReadingTable(_Table):
    """One way to read a formula."""

    name: Name
    written: PrintableText
    words: PrintableText = ""


class ClaimTable(DataTable):
    """A claim."""

    id: Name
    place: Place = ""
    text: Name = ""
    kind: Literal["slip", "misconception", "control"] = "slip"
    quote: PrintableText = ""
    where: dict[str, PrintableText] = {}
    says: PrintableText = ""
    written: PrintableText = ""
    right: PrintableText = ""
    explanation: PrintableText = ""
    condition: PrintableText = ""
    indices: Annotated[Ranges, Field(alias="for")] = ""
    right_indices: Annotated[Ranges, Field(alias="right-for")] = ""
    right_here: Annotated[bool, Field(alias="right-here")] = False
    reading: list[ReadingTable] = []
    when: DataTable = DataTable()


class TextTable(_Table):
    """A text that makes claims: its title, who wrote it and where it appeared, and an address."""

    title: Name
    by: Name = ""
    link: Annotated[str, AfterValidator(_address)] = ""


class FileTable(_Table):
    """A file of claims."""

    source: Place = ""
    texts: dict[str, TextTable] = {}
    defaults: DataTable = DataTable()
    claim: Annotated[list[ClaimTable], Field(min_length=1)]


OPTIONS = ("activation", "output_layer", "bias", "loss")
DATA = tuple(DataTable.model_fields)

_TABLES: dict[str | int, type[_Table]] = {
    "defaults": DataTable, "when": DataTable, "claim": ClaimTable, "reading": ReadingTable,
    "texts": TextTable,
}  # fmt: skip

_KINDS = {
    "string": "text", "int": "a whole number", "bool": "true or false", "dict": "a table",
    "model": "a table", "list": "tables, each under its [[…]]",
}  # fmt: skip


def validated(tree: dict[str, Any], at: Places) -> dict[str, Any]:
    """Return a file as it is declared, what it leaves out left out; a `SpecError` with its place.

    Of several faults, the first in the file.
    """
    try:
        file = FileTable.model_validate(tree)
    except ValidationError as error:
        faults = [_fault(one, at) for one in error.errors(include_url=False)]
        raise min(faults, key=lambda fault: fault[:2])[2] from None
    return file.model_dump(exclude_unset=True, by_alias=True)


def _fault(error: ErrorDetails, at: Places) -> tuple[int, int, SpecError]:
    path = tuple(part if isinstance(part, int) else str(part) for part in error["loc"])
    origin = at.of(*path)
    tables = [part for part in path[:-1] if part in _TABLES]
    table = _TABLES[tables[-1]] if tables else FileTable
    known = [field.alias or name for name, field in table.model_fields.items()]
    said = _said(error, path, known)
    return origin.line, origin.column, origin.error(said)


def _said(error: ErrorDetails, path: tuple[str | int, ...], known: list[str]) -> str:
    key = shown(next((part for part in reversed(path) if isinstance(part, str)), ""))
    value, sort, context = error["input"], error["type"], error.get("ctx", {})
    if path[-3:-1] and path[-2] in ("numbers", "scales"):
        key = f"{path[-2]}.{key}"
    if sort == "ours":
        return f"{key}{context['text']}"
    if sort == "extra_forbidden":
        return f"unknown key {key!r}: {suggestion(key, known)}"
    if sort == "missing":
        if key == "claim":
            return "no claims; write each as a table that begins with [[claim]]"
        named = {"id": "a claim", "name": "a reading", "written": "a reading", "title": "a text"}[
            key
        ]
        return f'{named} without {key}; write {key} = "…"'
    if sort == "literal_error":
        choices = {
            "start": "zero, random, both", "targets": "sum-to-one, any",
            "kind": "slip, misconception, control",
        }[key]  # fmt: skip
        seen = f"unknown {key} '{shown(value)}'" if isinstance(value, str) else f"{key} is wrong"
        return f"{seen}: expected one of {choices}"
    if sort in ("greater_than_equal", "less_than_equal"):
        return f"{key} is {shown(value)}: expected a whole number from 1 on"
    if sort in ("string_too_long", "too_long"):
        return f"{key} has {len(value)} characters: expected at most {context['max_length']}"
    if sort == "too_short":
        return "no claims; write each as a table that begins with [[claim]]"
    wanted = _KINDS.get(sort.partition("_")[0], "something else")
    return f"{key} is {_kind(value)}: expected {wanted}"


def _kind(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"the number {shown(value)}" if abs(value) < 10**20 else "a very long number"
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return kind(value)

"""Claims as data: read from a TOML file, each formula parsed with its place in the file."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from derive.audit.data import STARTS, TARGETS, Data
from derive.audit.locate import Places, places
from derive.errors import SpecError, UsageError
from derive.formula import Origin, Scope, of_cell, parse_range
from derive.resources import templates_root
from derive.suggest import suggestion

LARGEST = 1_000_000
"""Bytes of a file of claims."""

_DATA = {
    "cell": str, "T": int, "start": str, "targets": str, "scales": dict, "numbers": dict,
    "experiment": str, "scalar": bool, "activation": str, "output_layer": str, "bias": bool,
    "loss": str,
}  # fmt: skip
_OPTIONS = ("activation", "output_layer", "bias", "loss")
_WORDS = ("says", "explanation", "condition")
_CLAIM = {"id": str, "place": str, "written": str, "right": str, "for": str, "when": dict,
          "reading": list, "right-for": str} | dict.fromkeys(_WORDS, str) | _DATA  # fmt: skip
_READING = {"name": str, "written": str, "words": str}
_FILE = {"source": str, "defaults": dict, "claim": list}


@dataclass(frozen=True)
class Formula:
    """A relation as text, its indices as text, and where both stand."""

    text: str
    origin: Origin
    ranges: str = ""
    ranges_origin: Origin = field(default_factory=Origin)

    def indices(self, scope: Scope) -> tuple[Any, ...]:
        """Yield the free indices with their bounds."""
        if not self.ranges:
            return ()
        return parse_range(self.ranges, scope, origin=self.ranges_origin)


@dataclass(frozen=True)
class Reading:
    """One way to read an ambiguous formula; ``words`` is None where the language file has them."""

    name: str
    formula: Formula
    words: str | None = None


@dataclass(frozen=True)
class Claim:
    """What a text claims (``written``, or several readings of it) and what is right.

    ``when`` are the data of the condition under which the literal formula happens to hold.
    ``words`` are the sentences of the file: says, explanation, condition.
    """

    id: str
    place: str
    written: Formula | None
    readings: tuple[Reading, ...]
    right: Formula | None
    data: Data
    when: Data | None
    words: Mapping[str, str]
    origin: Origin

    @property
    def scope(self) -> Scope:
        """Yield the names of the claim's cell."""
        return of_cell(self.data.build())


@dataclass(frozen=True)
class Claims:
    """The claims of one file; ``source`` is the title of the text that makes them."""

    name: str
    source: str | None
    claims: tuple[Claim, ...]


@cache
def shipped() -> tuple[Claims, ...]:
    """Yield the claims that ship, file by file."""
    folder = templates_root() / "claims"
    return tuple(read(path.read_text("utf-8"), path.stem) for path in sorted(folder.glob("*.toml")))


def user_claims(path: Path) -> Claims:
    """Yield the claims of a user's file; a `SpecError` says what is wrong, with line and column."""
    try:
        if path.stat().st_size > LARGEST:
            raise UsageError(f"{path} is larger than {LARGEST} bytes: expected a file of claims")
        text = path.read_text("utf-8")
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"cannot read the claims in {path}: {reason}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"{path}: not UTF-8: {error}; save the file as UTF-8") from error
    return read(text, str(path))


def read(text: str, name: str) -> Claims:
    """Yield the claims in the text of a TOML file."""
    try:
        file = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{name}: not TOML: {error}") from error
    at = places(text, name)
    _expect(file, _FILE, at, ())
    defaults = _table(file.get("defaults", {}), _DATA, at, ("defaults",))
    rows = file.get("claim", [])
    if not rows or not all(isinstance(row, dict) for row in rows):
        raise SpecError(f"{name}: no claims; write each as a table that begins with [[claim]]")
    found = tuple(_claim(row, defaults, at, ("claim", n)) for n, row in enumerate(rows))
    seen: set[str] = set()
    for claim in found:
        if claim.id in seen:
            raise _wrong(claim.origin, f"a second claim has the id {claim.id!r}; ids must differ")
        seen.add(claim.id)
    return Claims(name, file.get("source"), found)


def _claim(
    row: dict[str, Any], defaults: dict[str, Any], at: Places, path: tuple[Any, ...]
) -> Claim:
    _expect(row, _CLAIM, at, path)
    here = at.of(*path)
    if "id" not in row:
        raise _wrong(here, 'a claim without id; write id = "…"')
    readings = tuple(
        _reading(r, row, at, (*path, "reading", n)) for n, r in enumerate(row.get("reading", []))
    )
    if ("written" in row) == bool(readings):
        raise _wrong(
            here,
            f"claim {row['id']!r} needs either `written` or [[claim.reading]] tables, not both",
        )
    own = {**defaults, **{key: row[key] for key in _DATA if key in row}}
    when = row.get("when")
    if when is not None:
        _table(when, _DATA, at, (*path, "when"))
        when = _data({**own, **when}, at, (*path, "when"))
    formula = _formula(row, "written", "for", at, path)
    right = _formula(row, "right", "right-for" if "right-for" in row else "for", at, path)
    words = {key: row[key] for key in _WORDS if key in row}
    data = _data(own, at, path)
    return Claim(row["id"], row.get("place", ""), formula, readings, right, data, when, words, here)


def _reading(r: Any, row: dict[str, Any], at: Places, path: tuple[Any, ...]) -> Reading:
    if not isinstance(r, dict) or not {"name", "written"} <= r.keys():
        raise _wrong(at.of(*path), "a reading needs a name and a formula, `written`")
    _expect(r, _READING, at, path)
    formula = _formula({**row, **r}, "written", "for", at, path)
    assert formula is not None
    return Reading(r["name"], formula, r.get("words"))


def _formula(
    row: dict[str, Any], key: str, ranges: str, at: Places, path: tuple[Any, ...]
) -> Formula | None:
    if key not in row:
        return None
    # The range of a reading stands with its claim.
    claim = path[:2] if "reading" in path else path
    return Formula(row[key], at.of(*path, key), row.get(ranges, ""), at.of(*claim, ranges))


def _data(row: dict[str, Any], at: Places, path: tuple[Any, ...]) -> Data:
    for key, known in (("start", STARTS), ("targets", TARGETS)):
        if key in row and row[key] not in known:
            what = f"unknown {key} {row[key]!r}: expected one of {', '.join(known)}"
            raise _wrong(at.of(*path, key), what)
    if not 1 <= row.get("T", 3) <= 1000:
        raise _wrong(at.of(*path, "T"), f"T is {row['T']}: expected a whole number from 1 to 1000")
    options = {key: row[key] for key in _OPTIONS if key in row}
    rest = {key: value for key, value in row.items() if key not in _OPTIONS}
    data = Data(options=options, **rest)
    try:
        data.build()
    except (UsageError, SpecError) as error:
        raise _wrong(at.of(*path, "cell"), str(error)) from error
    return data


def _table(
    value: Any, known: Mapping[str, Any], at: Places, path: tuple[Any, ...]
) -> dict[str, Any]:
    _expect(value, known, at, path)
    return dict(value)


def _expect(
    row: Mapping[str, Any], known: Mapping[str, Any], at: Places, path: tuple[Any, ...]
) -> None:
    for key, value in row.items():
        here = at.of(*path, key)
        if key not in known:
            raise _wrong(here, f"unknown key {key!r}: {suggestion(key, known)}")
        if not isinstance(value, known[key]) or (known[key] is int and isinstance(value, bool)):
            kind = {str: "text", int: "a whole number", bool: "true or false", dict: "a table"}
            raise _wrong(here, f"{key} is {value!r}: expected {kind.get(known[key], 'tables')}")


def _wrong(origin: Origin, problem: str) -> SpecError:
    return SpecError(f"{origin.name}, line {origin.line}, column {origin.column}: {problem}")

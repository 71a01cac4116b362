"""Claims as data: read from a TOML file, each formula parsed with its place in the file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from sympy import Expr, MatrixExpr, Symbol

from derive.audit.data import Data
from derive.audit.schema import DATA, OPTIONS, validated
from derive.audit.scope import Shorthand, of_cell, with_shorthands
from derive.budgets import within
from derive.cells.cell import Cell
from derive.errors import DeriveError, shown
from derive.formula import Scope, parse_range
from derive.inputs import text as contents
from derive.inputs import toml
from derive.resources import templates_root
from derive.source import Origin, Places, places
from derive.suggest import suggestion

_WORDS = ("says", "explanation", "condition")


@dataclass(frozen=True)
class Formula:
    """A relation as text, its indices as text, and where both stand."""

    text: str
    origin: Origin
    ranges: str = ""
    ranges_origin: Origin = field(default_factory=Origin)
    where: Mapping[str, Shorthand] = field(default_factory=dict)

    def scope(self, cell: Cell) -> Scope:
        """Return what the names in it stand for: the quantities of a cell, and its shorthands."""
        return with_shorthands(of_cell(cell), self.where)

    def same_as(self, other: Formula) -> bool:
        """Tell whether another formula says the same, but for spaces."""
        mine, theirs = ("".join((f.text + "\0" + f.ranges).split()) for f in (self, other))
        return mine == theirs

    def indices(self, scope: Scope) -> tuple[tuple[Symbol, Expr, Expr], ...]:
        """Return the free indices with their bounds."""
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
class SourceText:
    """A text that makes claims: its title, who wrote it and where it appeared, and its address."""

    title: str
    by: str = ""
    link: str = ""


@dataclass(frozen=True)
class Claim:
    """What a text claims (``written``, or several readings of it) and what is right.

    ``when`` are the data of the condition under which the literal formula happens to hold.
    ``words`` are the sentences of the file: says, explanation, condition.  ``kind`` is slip,
    misconception or control, or empty where the file does not tell; ``quote`` is the formula in the
    signs of the text, and ``where`` what further names in the formulas stand for.  ``right_here`` says
    that ``right`` holds on these data, and not of every network.
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
    text: SourceText | None = None
    kind: str = ""
    quote: str = ""
    where: Mapping[str, Shorthand] = field(default_factory=dict)
    right_here: bool = False

    @property
    def meanings(self) -> Mapping[str, MatrixExpr]:
        """Return what the names under ``where`` stand for."""
        return with_shorthands(of_cell(self.data.build()), self.where).shorthands


@dataclass(frozen=True)
class Claims:
    """The claims of one file, with its text; ``source`` is the title of what makes them."""

    name: str
    source: str | None
    claims: tuple[Claim, ...]
    content: str


@cache
def shipped() -> tuple[Claims, ...]:
    """Return the claims that ship, file by file."""
    folder = templates_root() / "claims"
    return tuple(read(path.read_text("utf-8"), path.stem) for path in sorted(folder.glob("*.toml")))


def user_claims(path: Path) -> Claims:
    """Return the claims of a user's file; a `SpecError` says what is wrong, with line and column."""
    content = contents(path, "claims-bytes", "`derive audit --example` prints one to begin with")
    found = read(content, str(path))
    # Without a source, it would be taken for one that ships, whose words are in the language file.
    return found if found.source else replace(found, source=shown(path.name))


def read(text: str, name: str) -> Claims:
    """Return the claims in the text of a TOML file."""
    at = places(text, name)
    file = validated(toml(text, name), at)
    defaults = _own(file.get("defaults", {}), {}, at, ("defaults",))
    texts = {id: SourceText(**row) for id, row in file.get("texts", {}).items()}
    found = tuple(
        _claim(row, defaults, texts, at, ("claim", n)) for n, row in enumerate(file["claim"])
    )
    seen: set[str] = set()
    for claim in found:
        if claim.id in seen:
            raise claim.origin.error(f"a second claim has the id {claim.id!r}; ids must differ")
        seen.add(claim.id)
    return Claims(name, file.get("source"), found, text)


def _claim(
    row: dict[str, Any], defaults: dict[str, Any], texts: Mapping[str, SourceText], at: Places,
    path: tuple[str | int, ...],
) -> Claim:  # fmt: skip
    here, id = at.of(*path), row["id"]
    if "text" in row and row["text"] not in texts:
        raise at.of(*path, "text").error(
            f"no text {shown(row['text'])!r}: {suggestion(row['text'], texts)}"
        )
    rows = row.get("reading", [])
    readings = tuple(_reading(r, row, at, (*path, "reading", n)) for n, r in enumerate(rows))
    if ("written" in row) == bool(readings):
        raise here.error(
            f"claim {id!r} needs either `written` or [[claim.reading]] tables, not both"
        )
    for key, needed in (("when", "written"), ("right-for", "right"), ("right-here", "right")):
        if key in row and needed not in row:
            raise at.of(*path, key).error(f"{key} says nothing without {needed}: remove it")
    names = [reading.name for reading in readings]
    if len(set(names)) < len(names):
        raise here.error(f"two readings of claim {id!r} have one name; names must differ")
    own = _own({key: row[key] for key in DATA if key in row}, defaults, at, path)
    data, when = _data(own, at, path), None
    where = _where(row, at, path)
    with_shorthands(of_cell(data.build()), where)
    if "when" in row:
        changed = _own(row["when"], own, at, (*path, "when"))
        if not row["when"]:
            raise at.of(*path, "when").error("when is empty: expected the data of the condition")
        when = _data(changed, at, (*path, "when"))
    formula = _formula(row, "written", "for", at, path)
    right = _formula(row, "right", "right-for" if "right-for" in row else "for", at, path)
    if formula and right and formula.same_as(right):
        raise right.origin.error(f"the correction of claim {id!r} is what is written: remove one")
    words = {key: row[key] for key in _WORDS if key in row}
    return Claim(
        id, row.get("place", ""), formula, readings, right, data, when, words, here,
        texts.get(row.get("text", "")), row.get("kind", ""), row.get("quote", ""),
        where, row.get("right-here", False),
    )  # fmt: skip


def _own(
    table: dict[str, Any], outer: dict[str, Any], at: Places, path: tuple[str | int, ...]
) -> dict[str, Any]:
    """Return the data of a table and of those round it.

    An experiment says everything: what stands beside it, or further inside, would not be looked at.
    """
    if "experiment" in table or "experiment" in outer:
        for key in table:
            if key != "experiment":
                raise at.of(*path, key).error(
                    f"{key} says nothing, as an experiment has its own data: remove it",
                )
    return {**outer, **table}


def _reading(
    r: dict[str, Any], row: dict[str, Any], at: Places, path: tuple[str | int, ...]
) -> Reading:
    formula = _formula({**row, **r}, "written", "for", at, path)
    assert formula is not None
    return Reading(r["name"], formula, r.get("words"))


def _formula(
    row: dict[str, Any], key: str, ranges: str, at: Places, path: tuple[str | int, ...]
) -> Formula | None:
    if key not in row:
        return None
    # The range of a reading stands with its claim.
    claim = path[:2] if "reading" in path else path
    where = _where(row, at, claim)
    return Formula(row[key], at.of(*path, key), row.get(ranges, ""), at.of(*claim, ranges), where)


def _where(row: dict[str, Any], at: Places, path: tuple[str | int, ...]) -> dict[str, Shorthand]:
    return {n: (text, at.of(*path, "where", n)) for n, text in row.get("where", {}).items()}


def _data(row: dict[str, Any], at: Places, path: tuple[str | int, ...]) -> Data:
    options = {key: row[key] for key in OPTIONS if key in row}
    rest = {key: value for key, value in row.items() if key not in OPTIONS}
    data = Data(options=options, **rest)
    try:
        within("claim-steps", data.T, f"T is {data.T}")
        data.check()
    except DeriveError as error:
        said = str(error)
        first = said.partition(":")[0]
        named = (k for k in row if re.search(rf"\b{k.replace('_', ' ')}\b", first))
        key = first if first in row else next(named, "cell")
        raise at.of(*path, key).error(said) from error
    return data

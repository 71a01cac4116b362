"""Where a key stands in a TOML file: what the parser of the standard library does not tell."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field

from derive.errors import SpecError, shown

_HEADER = re.compile(r"\s*(\[\[?)\s*([\w.-]+)\s*\]\]?\s*(#.*)?$")
_INNER = re.compile(r"""[{,]\s*([\w-]+)\s*=\s*(?:"(?:[^"\\]|\\.)*"|'[^']*'|(?=[^"',{}]))""")
_KEY = re.compile(r"\s*([\w-]+)\s*=\s*(\"\"\"|'''|\"|'|)")


@dataclass(frozen=True)
class Origin:
    """Where a formula stands: the name of the file, and line and column of its first character."""

    name: str = "formula"
    line: int = 1
    column: int = 1

    @property
    def where(self) -> str:
        """Return the place as messages begin with it."""
        return f"{shown(self.name, 200)}, line {self.line}, column {self.column}"

    def error(self, problem: str, row: str = "") -> PlacedError:
        """Return the error that something is wrong at this place, which is marked in its ``row``."""
        mark = f"\n{marked(row, self.column - 1)}" if row.strip() else ""
        return PlacedError(f"{self.where}: {problem}{mark}", self)


class PlacedError(SpecError):
    """A file that does not make sense at a place."""

    def __init__(self, message: str, origin: Origin) -> None:
        self.origin = origin
        super().__init__(message)


def marked(row: str, at: int) -> str:
    """Return a line of a file with a mark below the character at an offset."""
    part, at = _window(row, at)
    # What is escaped is longer than it was, and the mark moves with it.
    mark = len(shown(part[:at], len(row) + 1))
    return f"  {shown(part, len(row) + 2)}\n  {' ' * mark}^"


def _window(row: str, at: int) -> tuple[str, int]:
    """Return the part of a line round a place, so that the mark under it is seen."""
    row = row.replace("\t", " ")
    if len(row) <= 100:
        return row, at
    left = max(0, at - 50)
    return f"…{row[left : left + 98]}…", at - left + 1


@dataclass
class Places:
    """The lines and columns of the keys of one file.

    A key is named by the path of its table, with the number of each ``[[claim]]`` and of each
    ``[[claim.reading]]`` within it: ``("claim", 2, "reading", 0, "written")``.
    """

    name: str
    found: dict[tuple[str | int, ...], Origin] = field(default_factory=dict)

    def of(self, *path: str | int) -> Origin:
        """Return the place of a key's value, or of the nearest table round it that is known."""
        while path and path not in self.found:
            path = path[:-1]
        return self.found.get(path, Origin(self.name))


def places(text: str, name: str) -> Places:
    """Return the places of the keys of a TOML text; of a string, that of its first character."""
    result = Places(name)
    counts: Counter[tuple[str | int, ...]] = Counter()
    table: tuple[str | int, ...] = ()
    closing: str | None = None
    for number, line in enumerate(text.split("\n"), 1):
        if closing is not None:
            closing = None if closing in line else closing
            continue
        header = _HEADER.match(line)
        if header is not None:
            table = _table(header[2].split("."), header[1] == "[[", counts)
            result.found[table] = Origin(name, number, line.index("[") + 1)
            continue
        key = _KEY.match(line)
        if key is None:
            continue
        quotes, column, at = key[2], key.end() + 1, number
        if len(quotes) == 3:
            if quotes not in line[key.end() :]:
                closing = quotes
            if not line[key.end() :].strip():
                # A line end right after the quotes does not belong to the string.
                at, column = number + 1, 1
        result.found[(*table, key[1])] = Origin(name, at, column)
        if line[key.end() :].startswith("{"):
            for inner in _INNER.finditer(line, key.end()):
                start = inner.end(1) + re.match(r"\s*=\s*[\"']?", line[inner.end(1) :]).end()  # type: ignore[union-attr]
                result.found[(*table, key[1], inner[1])] = Origin(name, number, start + 1)
    return result


def _table(
    names: list[str], listed: bool, counts: Counter[tuple[str | int, ...]]
) -> tuple[str | int, ...]:
    path: tuple[str | int, ...] = ()
    for depth, name in enumerate(names):
        path = (*path, name)
        last = depth == len(names) - 1
        if listed and last:
            counts[path] += 1
            path = (*path, counts[path] - 1)
        elif counts[path]:
            # A table inside the last element of a list.
            path = (*path, counts[path] - 1)
    return path

"""A cell from a TOML file of plain equations.  Formulas are parsed, never run.

The keys are described in ``templates/cells/new.toml``, which ``derive new-cell`` copies.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from derive import inputs
from derive.catalogue.faults import Faults
from derive.errors import CheckError, shown
from derive.source import Origin, PlacedError

if TYPE_CHECKING:
    from derive.catalogue.cellfile import CellFile

SUFFIX = ".toml"


@dataclass(frozen=True)
class Row:
    """A line of the equations: its left side, the rest, and where the rest stands in the file."""

    name: str
    formula: str
    line: int
    column: int


@dataclass(frozen=True)
class File:
    """A file that has been read: what the schema let through, and the text for places."""

    path: Path
    text: str
    values: CellFile

    def error(
        self, problem: str, word: str = "", line: int | None = None, column: int | None = None
    ) -> PlacedError:
        """Return an error that says in which line of the file it is, and marks the place."""
        at = place_of(self.text, word) if line is None else (line, _indent(self.text, line))
        if line is None:
            _require_there(self.text, word, at)
        return _error(self.path, self.text, at if column is None else (at[0], column), problem)

    @property
    def first_equation(self) -> int:
        """Return the line on which the text of the equations begins."""
        return first_equation(self.text)

    def before_equation(self, line: int) -> int:
        """Return how many characters of a line stand before the text of its equation."""
        opening = _OPENING.search(self.text)
        if opening is None or opening[2] or line != self.first_equation:
            return 0
        return opening.end() - (self.text.rfind("\n", 0, opening.end()) + 1)

    @property
    def name(self) -> str:
        """Return what the cell is called."""
        return self.values.name or self.path.stem


def place_of(text: str, word: str) -> tuple[int, int]:
    """Return line and column where a key or name is declared: (1, 1) without one.

    Neither comments nor the equations declare anything; a key, before an equals sign, goes first.
    """
    if not word:
        return 1, 1
    whole = rf"(?<![\w]){re.escape(word)}(?![\w])"
    key = re.compile(rf"{whole}(?=[\w\s,]*[\"']?\s*(=|\.))")
    first, last = first_equation(text), last_equation(text)
    found = None
    for number, row in enumerate(text.split("\n"), 1):
        if first <= number <= last and word != "equations":
            continue
        bare = row.split("#")[0]
        match = key.search(bare)
        if match is not None:
            return number, match.start() + 1
        match = re.search(whole, bare)
        if match is not None and found is None:
            found = number, match.start() + 1
    return found or (1, 1)


def _require_there(text: str, word: str, at: tuple[int, int]) -> None:
    """Raise a `CheckError` unless a word stands at a place, or nowhere, where the place is the file."""
    rest = text.split("\n")[at[0] - 1][at[1] - 1 :]
    if at != (1, 1) and not rest.startswith(word):
        raise CheckError(
            f"an error in a file would be marked where {shown(word)} does not stand, in line {at[0]}, "
            f"column {at[1]}; please report it"
        )


_OPENING = re.compile(r"^[ \t]*[\"']?equations[\"']?[ \t]*=[ \t]*(\"\"\"|'''|\"|')(\n?)", re.M)


def first_equation(text: str) -> int:
    """Return the line on which the text of the equations begins."""
    opening = _OPENING.search(text)
    return 1 if opening is None else text[: opening.end()].count("\n") + 1


def last_equation(text: str) -> int:
    """Return the line on which the text of the equations ends; 0 without one."""
    opening = _OPENING.search(text)
    if opening is None:
        return 0
    end = text.find(opening[1], opening.end())
    return text[: end if end >= 0 else len(text)].count("\n") + 1


def _indent(text: str, line: int) -> int:
    rows = text.split("\n")
    row = rows[line - 1] if 0 < line <= len(rows) else ""
    return len(row) - len(row.lstrip()) + 1


def _error(path: Path, text: str, at: tuple[int, int], problem: str) -> PlacedError:
    # Without a place of its own an error is about the file, and marks nothing in it.
    row = "" if at == (1, 1) else text.split("\n")[at[0] - 1]
    return Origin(str(path), *at).error(shown(problem, 1000), row)


def read(path: Path) -> File:
    """Return a file; a `UsageError` if there is none, a `SpecError` if it is not what it should be."""
    text = inputs.text(path, "cell-bytes", "`derive new-cell NAME` writes one to begin with")
    values = inputs.toml(text, str(path))
    from derive.catalogue.cellfile import MisfitsError, validated

    try:
        made = validated(values)
    except MisfitsError as error:
        faults = Faults()
        for problem, *keys in error.found:
            faults.note(_error(path, text, _place_of(text, tuple(keys)), problem))
        faults.settle()
    file = File(path, text, made)
    if made.name is None and not NAME.fullmatch(file.name):
        raise file.error(
            f"the file is called {shown(path.stem, 60)}, which cannot be the name of a cell; give "
            'one by name = "…", of letters, digits, _ and - with a letter first'
        )
    return file


NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")


def _place_of(text: str, path: tuple[str, ...]) -> tuple[int, int]:
    """Return where a key stands: of one in a table, the first place from that table on."""
    if len(path) < 2:
        return place_of(text, *(path or ("",)))
    line, _ = place_of(text, path[0])
    rest = "\n".join(text.split("\n")[line - 1 :])
    below, column = place_of(rest, path[1])
    return line + below - 1, column


def rows(file: File, faults: Faults) -> tuple[list[Row], set[str]]:
    """Return the equations, and the names with which lines begin that are none.

    One a line, or more where a parenthesis is open or a sign begins a line.
    """
    first = file.first_equation
    found: list[Row] = []
    held: list[str] = []
    start = 0
    broken: set[str] = set()

    def end() -> None:
        text = "\n".join(held)
        before = len(faults)
        with faults.noting():
            found.append(_row(file, text, start))
        if len(faults) > before:
            broken.update(re.findall(r"^\W*(\w+)", text))

    for number, raw in enumerate(file.values.equations.split("\n"), first):
        line = raw.split("#")[0].rstrip()
        if not line.strip():
            continue
        if held and not _goes_on(held, line):
            end()
            held = []
        start = start if held else number
        held.append(line)
    if held:
        end()
    if not found and not faults:
        raise file.error("there are no equations", "equations")
    return found, broken


def _goes_on(held: list[str], line: str) -> bool:
    """Tell whether a line belongs to the equation before it."""
    whole = "\n".join(held)
    if line.lstrip().startswith(("+", "-", "*", ".*", "/", ")", "]", ";", "⊙")):
        return True
    return whole.count("(") > whole.count(")") and not re.match(r"\s*\w+\s*\[\s*t\s*\]\s*=", line)


def _row(file: File, text: str, line: int) -> Row:
    left, sign, right = text.partition("=")
    match = re.fullmatch(r"\s*([^\W\d]\w*)\s*\[\s*t\s*\]\s*", left)
    bare = re.fullmatch(r"\s*([^\W\d]\w*?)(?:_t)?\s*", left)
    if sign and bare is not None and "=" not in right:
        raise file.error(
            f"'{shown(text.strip())}' is not an equation: {bare[0].strip()} has no step, and a quantity "
            f"is defined for the step t; write {bare[1]}[t] = …, and {bare[1]}[t] where it is read",
            line=line,
        )
    if not sign or match is None:
        raise file.error(
            f"'{shown(text.strip())}' is not an equation; expected, for example, "
            "s[t] = tanh(U*x[t] + W*s[t-1])",
            line=line,
        )
    column = len(left) + 2 + len(right) - len(right.lstrip()) + file.before_equation(line)
    return Row(match[1], right.strip(), line, column)

"""A cell from a TOML file of plain equations.  Formulas are parsed, never run.

The keys are described in ``templates/cells/new.toml``, which ``derive new-cell`` copies.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from derive.cell import Cell
from derive.errors import SpecError, UsageError
from derive.suggest import suggestion

SUFFIX = ".toml"
MOST = 200_000
"""Characters of a file: a longer one is not a cell."""

KEYS = {
    "name": str, "title": str, "inputs": dict, "states": dict, "equations": str, "output": str,
    "loss": str, "initial": str, "parameters": dict, "constants": dict,
}  # fmt: skip
NEEDED = ("inputs", "states", "equations", "parameters")


@dataclass(frozen=True)
class Row:
    """A line of the equations: its left side, the rest, and where the rest stands in the file."""

    name: str
    formula: str
    line: int
    column: int


@dataclass(frozen=True)
class File:
    """A file that has been read: TOML values, and the text for the places of errors."""

    path: Path
    text: str
    values: dict[str, Any] = field(default_factory=dict)

    def line_of(self, word: str) -> int:
        """Yield the first line on which a key or name is declared: 1 without one.

        Neither comments nor the equations declare anything.
        """
        found = re.compile(rf"(?<!\w){re.escape(word)}(?!\w)")
        first = self.first_equation
        equations = range(first, first + self.values.get("equations", "").count("\n") + 1)
        for number, row in enumerate(self.text.split("\n"), 1):
            if found.search(row.split("#")[0]) and (number not in equations or word == "equations"):
                return number
        return 1

    @property
    def first_equation(self) -> int:
        """Yield the line on which the text of the equations begins."""
        opening = re.search(r"^[ \t]*equations[ \t]*=[ \t]*(\"\"\"|'''|\"|')(\n?)", self.text, re.M)
        if opening is None:
            return 1
        return self.text[: opening.end()].count("\n") + 1

    def error(self, problem: str, word: str = "", line: int | None = None) -> SpecError:
        """Yield an error that says in which line of the file it is."""
        return SpecError(f"{self.path}, line {line or self.line_of(word)}: {problem}")


def read(path: Path) -> File:
    """Yield a file; a `UsageError` if there is none, a `SpecError` if it is not what it should be."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(
            f"there is no file {path}; `derive new-cell NAME` writes one to begin with"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read {path}: {error}") from error
    if len(text) > MOST:
        raise SpecError(f"{path} has {len(text)} characters; a cell has at most {MOST}")
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path}: not TOML: {error}") from error
    file = File(path, text, values)
    for key, value in values.items():
        if key not in KEYS:
            raise file.error(f"unknown key {key!r}: {suggestion(key, KEYS)}", key)
        if not isinstance(value, KEYS[key]):
            kind = {str: "a text", dict: "a table"}[KEYS[key]]
            raise file.error(f"{key} is {value!r}; expected {kind}", key)
    for key in NEEDED:
        if key not in values:
            raise file.error(f"the key {key!r} is missing; a cell needs {', '.join(NEEDED)}")
    return file


def builder(path: Path) -> Callable[..., Cell]:
    """Yield the function that builds the cell of a file; its options begin with those of the file."""
    file = read(path)

    def chosen(key: str, default: str) -> str:
        return str(file.values.get(key, default))

    from derive.declared import build

    return partial(
        build,
        file,
        output_layer=chosen("output", "softmax"),
        loss=chosen("loss", "every"),
        initial=chosen("initial", "zero"),
    )


def rows(file: File) -> list[Row]:
    """Yield the equations: one a line, or more where a parenthesis is open or a sign begins a line."""
    first = file.first_equation
    found: list[Row] = []
    held: list[str] = []
    start = 0
    for number, raw in enumerate(file.values["equations"].split("\n"), first):
        line = raw.split("#")[0].rstrip()
        if not line.strip():
            continue
        if held and not _goes_on(held, line):
            found.append(_row(file, "\n".join(held), start))
            held = []
        start = start if held else number
        held.append(line)
    if held:
        found.append(_row(file, "\n".join(held), start))
    if not found:
        raise file.error("there are no equations", "equations")
    return found


def _goes_on(held: list[str], line: str) -> bool:
    """Tell whether a line belongs to the equation before it."""
    whole = "\n".join(held)
    if line.lstrip().startswith(("+", "-", "*", ".*", "/", ")", "]", ";", "⊙")):
        return True
    return whole.count("(") > whole.count(")") and not re.match(r"\s*\w+\s*\[\s*t\s*\]\s*=", line)


def _row(file: File, text: str, line: int) -> Row:
    left, sign, right = text.partition("=")
    match = re.fullmatch(r"\s*([^\W\d]\w*)\s*\[\s*t\s*\]\s*", left)
    if not sign or match is None:
        raise file.error(
            f"{text.strip()!r} is not an equation; expected, for example, "
            "s[t] = tanh(U*x[t] + W*s[t-1])",
            line=line,
        )
    if right.count("(") > right.count(")"):
        raise file.error("a parenthesis is not closed", line=line)
    column = len(left) + 2 + len(right) - len(right.lstrip())
    return Row(match[1], right.strip(), line, column)

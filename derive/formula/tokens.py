"""The words of a formula, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from derive.errors import SpecError

MOST = 20_000
"""Characters of a formula: a longer one is not a formula."""


@dataclass(frozen=True)
class Origin:
    """Where a formula stands: the name of the file, and line and column of its first character."""

    name: str = "formula"
    line: int = 1
    column: int = 1


@dataclass(frozen=True)
class Token:
    """One word: its kind (number, name, sign or end), its text, and its offset in the formula."""

    kind: str
    text: str
    start: int


class FormulaError(SpecError):
    """A formula that cannot be read: the message begins with file, line and column."""

    def __init__(self, problem: str, source: str, start: int, origin: Origin) -> None:
        before = source[:start]
        self.line = origin.line + before.count("\n")
        inside = len(before) - (before.rfind("\n") + 1)
        self.column = inside + (origin.column if self.line == origin.line else 1)
        self.problem = problem
        row = source.split("\n")[before.count("\n")]
        shown, at = _window(row, inside)
        super().__init__(
            f"{origin.name}, line {self.line}, column {self.column}: {problem}\n"
            f"  {shown}\n  {' ' * at}^"
        )


def _window(row: str, at: int) -> tuple[str, int]:
    """Yield the part of a line round a place, so that the mark under it is seen."""
    row = row.replace("\t", " ")
    if len(row) <= 100:
        return row, at
    left = max(0, at - 50)
    return f"…{row[left : left + 98]}…", at - left + 1


class ShapeError(FormulaError):
    """A formula that can be read, but whose shapes do not fit."""


# Aliases of signs, so that the parser knows one of each.
_SAME = {"@": "*", "⊙": ".*", "·": "*", "ᵀ": "'", ".T": "'", "≤": "<=", "≥": ">=", "≠": "!=",
         "−": "-", "∥": "|"}  # fmt: skip

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>\d+(?:\.(?!\.)\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\.T\b|\.\.|\.\*|<=|>=|!=|[-+*/^@⊙·ᵀ'()\[\],;=|<>≤≥≠−])"
)


def tokens(source: str, origin: Origin) -> list[Token]:
    """Yield the words of a formula, and an end; a `FormulaError` at a character without meaning."""
    if len(source) > MOST:
        raise FormulaError(
            f"the formula has {len(source)} characters; expected at most {MOST}", source, 0, origin
        )
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            raise FormulaError(f"{source[at]!r} has no meaning in a formula", source, at, origin)
        kind = match.lastgroup or ""
        if kind != "space":
            found.append(Token(kind, _SAME.get(match[0], match[0]), at))
        at = match.end()
    return [*found, Token("end", "", len(source))]

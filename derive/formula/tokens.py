"""The words of a formula, each with its place."""

from __future__ import annotations

import re
from dataclasses import dataclass

from derive import budgets
from derive.errors import SpecError, shown
from derive.source import Origin, PlacedError, marked


@dataclass(frozen=True)
class Token:
    """One word: its kind (number, name, sign or end), its text, and its offset in the formula."""

    kind: str
    text: str
    start: int


class FormulaError(PlacedError):
    """A formula that cannot be read: the message begins with file, line and column."""

    def __init__(self, problem: str, source: str, start: int, origin: Origin) -> None:
        before = source[:start]
        line = origin.line + before.count("\n")
        inside = len(before) - (before.rfind("\n") + 1)
        column = inside + (origin.column if line == origin.line else 1)
        self.problem, self.line, self.column = problem, line, column
        row = source.split("\n")[before.count("\n")]
        place = Origin(origin.name, line, column)
        super().__init__(f"{place.where}: {problem}\n{marked(row, inside)}", place)


class ShapeError(FormulaError):
    """A formula that can be read, but whose shapes do not fit."""


# Aliases of signs, so that the parser knows one of each.
_SAME = {"@": "*", "⊙": ".*", "·": "*", "ᵀ": "'", ".T": "'", "≤": "<=", "≥": ">=", "≠": "!=",
         "−": "-", "∥": "|"}  # fmt: skip

_TOKEN = re.compile(
    r"(?P<space>\s+)"
    r"|(?P<number>\d+(?:\.(?!\.)\d+)?(?:[eE][+-]?\d+)?)"
    r"|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\.T\b|\.\.|\.\*|<=|>=|!=|[-+*/^@⊙·ᵀ'()\[\],;:=|<>≤≥≠−])"
)


_DOTTED = {
    "./": "write /, which divides element by element",
    ".^": "write ^, which raises each element of a column",
}
"""Signs of other languages, and what to write."""


def check_number(text: str) -> None:
    """Check that a number is of a length and a magnitude that can be worked with; a `SpecError`."""
    digits, _, exponent = text.lower().partition("e")
    count = sum(c.isdigit() for c in digits)
    budgets.within("digits", count, f"the number {shown(text, 30)} has {count} digits")
    if exponent:
        size = exponent.lstrip("+-").lstrip("0")
        # Python refuses to read very long ones.
        power = int(size[:9] or "0")
        budgets.within("exponent", power, f"the number {shown(text, 30)} is out of range")


def check_name(text: str) -> None:
    """Check that a name has a length that can be printed."""
    said = f"the name {shown(text, 30)} has {len(text)} characters"
    budgets.within("name-characters", len(text), said)


_CHECKED = {"number": check_number, "name": check_name}


def tokens(source: str, origin: Origin) -> list[Token]:
    """Return the words of a formula, and an end; a `FormulaError` at a character without meaning."""
    if len(source) > budgets.most("formula-characters"):
        said = f"the formula has {len(source)} characters"
        raise FormulaError(budgets.exceeded("formula-characters", said), source, 0, origin)
    found: list[Token] = []
    at = 0
    while at < len(source):
        match = _TOKEN.match(source, at)
        if match is None:
            word = _DOTTED.get(source[at : at + 2])
            said = f": {word}" if word else ""
            sign = source[at : at + 2] if word else shown(source[at])
            raise FormulaError(f"'{sign}' has no meaning in a formula{said}", source, at, origin)
        kind = match.lastgroup or ""
        if kind in _CHECKED:
            try:
                _CHECKED[kind](match[0])
            except SpecError as error:
                raise FormulaError(str(error), source, at, origin) from None
        if kind != "space":
            found.append(Token(kind, _SAME.get(match[0], match[0]), at))
        at = match.end()
    return [*found, Token("end", "", len(source))]

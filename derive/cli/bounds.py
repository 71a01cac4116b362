"""How much may be asked for, and what may be named, from a table of its own (``limits.txt``).

What an error says was expected is held against it; a test holds it against what the program takes.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

TABLE = Path(__file__).with_name("limits.txt")


@cache
def _rows() -> tuple[str, ...]:
    """Return the rows of the table, each on one line."""
    text = TABLE.read_text(encoding="utf-8").replace("\n  ", " ")
    return tuple(row for row in text.split("\n") if row and not row.startswith("#"))


@cache
def limits() -> dict[str, int]:
    """Return the limits by their names, and that of the number of steps as "steps"."""
    rows = [row.split() for row in _rows() if row.startswith("limit ")]
    return {name: int(number) for _, name, number in rows}


@cache
def known() -> dict[str, frozenset[str]]:
    """Return all names that there are, by what is named."""
    rows = [row.partition(": ") for row in _rows() if not row.startswith("limit ")]
    return {what: frozenset(names.split()) for what, _, names in rows}

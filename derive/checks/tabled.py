"""The table of checks that a notebook shows, read back."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Protocol

from derive.errors import CheckError
from derive.expressions.equation import Kind


class CheckedEquation(Protocol):
    """What stands in a row: a check."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> Kind: ...
    @property
    def method(self) -> str: ...
    @property
    def error(self) -> float: ...
    @property
    def tolerance(self) -> float: ...
    @property
    def passed(self) -> bool: ...
    @property
    def where(self) -> str: ...


_HEAD = ["equation", "kind", "method", "error", "tolerance", "where", ""]
_FORMS = ("text/markdown", "text/plain")


def require_table(made: Mapping[str, str], checks: Sequence[CheckedEquation]) -> dict[str, str]:
    """Return a table in its two forms if its rows are these checks; a `CheckError` if not."""
    if sorted(made) != [*_FORMS]:
        raise _failed(f"its forms are {', '.join(made)}")
    head, _, *rows = ([*map(str.strip, line[1:-1].split("|"))] for line in _lines(made[_FORMS[0]]))
    plain_head, *plain_rows = (re.split(" {2,}", line) for line in _lines(made[_FORMS[1]]))
    if (head, plain_head) != (_HEAD, _HEAD[:-1]) or len(rows) != len(plain_rows):
        raise _failed(f"its columns are {head} and {plain_head}")
    for form in ([[_bare(cell) for cell in row] for row in rows], plain_rows):
        if len(form) != len(checks):
            raise _failed(f"it has {len(form)} rows, {len(checks)} are meant")
        for row, check in zip(form, checks, strict=True):
            if not _says(row, check):
                raise _failed(f"a row says {' '.join(row)}, {check.id} is meant")
    return dict(made)


def _says(row: Sequence[str], check: CheckedEquation) -> bool:
    # Of an error that is no number, and of one that is not finite, the text is what float reads.
    error, tolerance = row[3:5] if len(row) == len(_HEAD) else ("", "")
    words = [*row[:3], *row[5:]]
    # A kind is called as its name in the program says, which is not what is printed of it.
    result = "passed" if check.passed else "failed"
    return words == [check.id, check.kind.name.lower(), check.method, check.where, result] and (
        _rounded(error, check.error, 2) and _rounded(tolerance, check.tolerance, 1)
    )


def _rounded(text: str, value: float, digits: int) -> bool:
    """Tell whether a text is a number with so many digits, the nearest of them."""
    read = float(text)
    return not abs(read - value) > 0.5001 * 10.0 ** (1 - digits) * max(abs(read), abs(value))


def _bare(cell: str) -> str:
    return cell.strip("`*")


def _lines(text: str) -> list[str]:
    return text.split("\n")


def _failed(problem: str) -> CheckError:
    return CheckError(
        f"the table of checks does not say what they found: {problem}. Nothing is shown; please "
        "report it"
    )

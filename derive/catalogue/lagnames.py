"""The names of states that only hand on, told a second time: by how many stand one behind another."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from derive.cells.cell import Cell
from derive.errors import CheckError
from derive.expressions.quantities import At, Series


def require_lag_names(made: Iterable[Series], cell: Cell) -> None:
    """Raise a `CheckError` unless states that were made say in their names how far back they read."""
    lags = {*made}
    for state in lags:
        steps, read = 0, state
        while read in lags and steps <= len(lags):
            expr = cell.definition(read).expr
            if not isinstance(expr, At):
                raise _failed(cell, state, "which computes something")
            steps, read = steps + 1, expr.series
        between = "" if "_" in read.name else "_"
        count = "" if steps == 1 else _in_words(steps)
        # Where the name was taken, letters follow.
        if not re.fullmatch(rf"{re.escape(read.name)}{between}lag{count}x*", state.name):
            raise _failed(cell, state, f"which is {read.name} {steps} steps before")


def _in_words(number: int) -> str:
    return "".join(unicodedata.name(digit).split()[-1].lower() for digit in str(number))


def _failed(cell: Cell, state: Series, what: str) -> CheckError:
    return CheckError(
        f"the state {state.name} of {cell.name}, {what}, is called otherwise than it is. Nothing is "
        "printed or written; please report it"
    )

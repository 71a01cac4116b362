"""The columns of a table in LaTeX: three ways to set them, of which each must show all that is there."""

from __future__ import annotations

import re
from collections.abc import Iterator

_EDGES = "@{}"
_COLUMN = re.compile(
    r">\{\\(?P<way>raggedright|centering|raggedleft)\\arraybackslash\}p\{(?P<share>0?\.\d+|1\.0*)\\tableshare\}"
    r"|(?P<hidden>>\{\\setbox0=\\hbox\\bgroup\}l<\{\\egroup\})|(?P<align>[lcr])"
)
_WAYS = {"raggedright": "l", "centering": "c", "raggedleft": "r"}

LEAST = 0.01
"""Of the room that some columns share, each has at least so much."""


def misaligned(natural: str, fixed: str, breaking: str) -> Iterator[str]:
    """Yield what is wrong with columns that are set in another way than their natural one.

    Those that never break are as they are. The others share the room that is left, and are only left
    out to measure it.
    """
    measured, set_so = [*_columns(fixed)], [*_columns(breaking)]
    shares = [float(column["share"]) for column in set_so if column["share"]]
    ways = [column["align"] or _WAYS.get(column["way"] or "", "") for column in set_so]
    if ways != [*natural]:
        yield f"its columns are {''.join(ways)} where they break, {natural} where not"
    if shares and (sum(shares) > 1.001 or min(shares) < LEAST):
        yield f"its columns share the room as {shares}"
    if [bool(column["hidden"]) for column in measured] != [bool(c["share"]) for c in set_so]:
        yield "other columns are measured than share the room"


def _columns(text: str) -> Iterator[re.Match[str]]:
    inner = text.removeprefix(_EDGES).removesuffix(_EDGES)
    at = 0
    while found := _COLUMN.match(inner, at):
        yield found
        at = found.end()
    # What cannot be read is no column of the table: so many are none that fit.
    if at < len(inner):
        yield from _COLUMN.finditer("lcr")

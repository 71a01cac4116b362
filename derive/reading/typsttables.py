"""How a table is set in Typst, as follows from what stands in its cells."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derive.reading.typstcalls import TypstCall, TypstContent, TypstTuple

MAY_BREAK = 22
"""Words of more characters than these may stand on several lines."""


def misset(call: TypstCall, text: str, rows: Sequence[TypstTuple]) -> Iterator[str]:
    """Yield what is wrong with the way in which a table is set, whose ``rows`` are without its head.

    Beside words on several lines other cells begin at the first. A table whose cells are all formulas,
    which don't break, is made as narrow as the page, unless it may run over several.
    """
    contents = [cell for row in rows for cell in row.values if isinstance(cell, TypstContent)]
    cells = [text[cell.at : cell.end] for cell in contents]
    words = [cell for cell in cells if not cell.startswith("#m(")]
    if call.flag("lines") != any(len(cell) > MAY_BREAK for cell in words):
        yield "its cells begin at the first line where they should not, or the other way round"
    if call.flag("rigid") and (call.flag("long") or any(words)):
        yield "it is made narrower, though its words can be broken"

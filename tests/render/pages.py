"""The lines of a finished page, with where they stand, and what is wrong with how pages end."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from pypdf import PdfReader

HEAD, FOOT = 790.0, 50.0
"""Where the head of a page begins and its foot ends, in points above its lower edge."""

TOP = 775.0
"""The upper edge of the text."""


@dataclass(frozen=True)
class Setting:
    """How pages are set: sizes and places in points.

    Indices are smaller than ``small``, tables than ``text``, and headings larger than ``large``.
    Paragraphs and items of lists begin left of ``left``, displays right of it; two lines of one
    paragraph are at most ``leading`` apart.
    """

    small: float
    text: float
    large: float
    left: float
    leading: float


TEX = Setting(small=8.5, text=9.5, large=11.5, left=104.0, leading=14.2)
"""Lines of 15 cm in Palatino of 10 points."""

TYPST = Setting(small=8.7, text=10.4, large=11.5, left=90.0, leading=16.5)
"""Lines of 16 cm in Computer Modern of 11 points; code within them has 8.8."""

LEFT = TEX.left

SAME = 3.0
"""Points by which the parts of a line may be apart in height: indices stand lower."""

EMPTY = 0.25
"""The share of a page that may be empty before the last one."""

ENDS = (".", ":", "!", "?", ")", "”")
"""What a paragraph may end in."""


@dataclass(frozen=True)
class Line:
    """A line of a page: its height above the foot, its left end, its words, its largest size."""

    y: float
    x: float
    text: str
    size: float
    bold: bool


def lines(page: Any) -> list[Line]:
    """Return the lines of a page from top to bottom, without those of its head and foot."""
    found: list[Line] = []

    def visit(text: str, cm: Any, tm: Any, font: Any, size: float) -> None:
        if not text.strip() or font is None:
            return
        # Both matrices scale, and the first places what is drawn within a figure.
        x, y = tm[4] * cm[0] + cm[4], tm[5] * cm[3] + cm[5]
        name = str(font.get("/BaseFont", "")).lower()
        found.append(Line(y, x, text.strip("\n"), abs(size * tm[3] * cm[3]), "bold" in name))

    page.extract_text(visitor_text=visit)
    found = [part for part in found if FOOT < part.y < HEAD]
    rows: list[list[Line]] = []
    for part in sorted(found, key=lambda part: -part.y):
        if rows and abs(rows[-1][0].y - part.y) < SAME:
            rows[-1].append(part)
        else:
            rows.append([part])
    return [_joined(row) for row in rows]


def _joined(row: list[Line]) -> Line:
    row = sorted(row, key=lambda part: part.x)
    size = max(part.size for part in row)
    text = " ".join(part.text.strip() for part in row)
    return Line(row[0].y, row[0].x, text, size, row[0].bold)


def faults(path: Path, setting: Setting = TEX) -> Iterator[str]:
    """Yield what is wrong with how the pages of a document begin and end."""
    pages = [lines(page) for page in PdfReader(path).pages]
    yield from faults_of(pages, setting)


def faults_of(pages: Sequence[Sequence[Line]], setting: Setting = TEX) -> Iterator[str]:
    """Yield what is wrong with how pages begin and end, given their lines."""
    foot = min(line.y for page in pages for line in page)
    for number, page in enumerate(pages[:-1], 1):
        empty = (page[-1].y - foot) / (TOP - foot)
        if empty > EMPTY:
            yield f"page {number} is empty to {empty:.0%} of it"
    whole = [[line for line in page if line.size > setting.small] for page in pages]
    for number, (page, after) in enumerate(pairwise(whole), 1):
        last, first = page[-1], after[0]
        if last.bold and last.size > setting.large:
            yield f"page {number} ends in the heading {last.text!r}"
        if not (_prose(last, setting) and _prose(first, setting)) or last.text.endswith(ENDS):
            continue
        if _begins(page[-2], last, setting):
            yield f"page {number} ends in the first line of a paragraph, {last.text!r}"
        if len(after) > 1 and _begins(first, after[1], setting):
            yield f"page {number + 1} begins with the last line of a paragraph, {first.text!r}"


def _prose(line: Line, setting: Setting) -> bool:
    # Tables are set smaller than text.
    return line.x < setting.left and setting.text < line.size < setting.large


def _begins(before: Line, line: Line, setting: Setting) -> bool:
    """Tell whether a line begins something new behind another line."""
    apart = before.y - line.y > setting.leading
    prose = _prose(before, setting) and _prose(line, setting)
    return apart or not prose or line.text.startswith("•")

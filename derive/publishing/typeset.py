"""A PDF as a typesetter left it, held against the document: all of its pages, and settled."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from derive.document.blocks import Document, Heading
from derive.document.language import load
from derive.document.text import Text
from derive.publishing.wording import Wording, alike
from derive.reading.pdf import PdfError, PdfFile

_A4 = (0.0, 0.0, 210 / 25.4 * 72, 297 / 25.4 * 72)
_INCH, _ROUNDED = 72.0, 0.01
"""In points: where TeX has its origin, from the left and from above, and how far sizes are rounded."""

_DATED = "D:20000101000000"
"""The date that each PDF by TeX bears, so that the same document gives the same bytes."""

_WRITTEN = re.compile(r"^Output written on main\.xdv \((\d+) pages?,", re.MULTILINE)
_UNSETTLED = re.compile(
    r"^.*(?:on page \S+ undefined|undefined references|may have changed|Rerun to get|has changed\. "
    r"Rerun|multiply defined|multiply-defined).*$",
    re.MULTILINE,
)


def unlike_asked(document: Document, content: bytes, wording: Wording) -> Iterator[str]:
    """Yield what a PDF is otherwise than the document says, whichever typesetter made it."""
    try:
        yield from _unlike(document, PdfFile(content), wording)
    except PdfError as error:
        yield f"it can't be read back: {error}"


def _flat(title: str) -> str:
    """Return a title without what sets an index apart: a bookmark has letters only, b_o as bo.

    Of a letter with two forms it has the one that is a letter of Greek: φ, where ϕ is set.
    """
    return re.sub(r"[_^{}]", "", unicodedata.normalize("NFKC", title))


def _unlike(document: Document, pdf: PdfFile, wording: Wording) -> Iterator[str]:
    for number, page in enumerate(pdf.pages(), start=1):
        size = len(page.box) == len(_A4)
        size = size and all(abs(a - b) < _ROUNDED for a, b in zip(page.box, _A4, strict=True))
        if not size or page.turned:
            yield f"page {number} is {page.box}, turned by {page.turned}, where A4 is meant: {_A4}"
    wanted = {
        "Title": wording.plain_value(document.title) or document.id,
        "Author": wording.plain_value(document.author or ""),
        "Subject": load(document.language).entries["ui.subject"],
        "Keywords": document.id,
    }
    said = {name: pdf.said(name) or "" for name in wanted} | {"Lang": pdf.language or ""}
    for name, meant in {**wanted, "Lang": document.language}.items():
        if not alike(said[name], meant):
            yield f"its {name} is {said[name]!r}, where {meant!r} is meant"
    headings = [block for block in document.blocks if isinstance(block, Heading)]
    titles = [
        f"{wording.labels[block.id].number} {wording.plain_value(Text(block.key, block.values))}"
        for block in headings
    ]
    found = pdf.bookmarks()
    for number, title in enumerate(titles):
        if number >= len(found) or not alike(_flat(found[number]), _flat(title)):
            there = repr(found[number]) if number < len(found) else "missing"
            yield f"the bookmark of {title!r} is {there}"
    if len(found) > len(titles):
        yield f"its bookmark {found[len(titles)]!r} is of no heading"


def unlike_tex(content: bytes, log: str) -> Iterator[str]:
    """Yield what a PDF is otherwise than TeX says of its last pass, or what had not settled there."""
    unsettled = _UNSETTLED.search(log)
    if unsettled is not None:
        yield f"TeX had not settled: {unsettled[0]}"
    written = _WRITTEN.findall(log)
    try:
        pdf = PdfFile(content)
        pages, dated = pdf.pages(), pdf.said("CreationDate") or ""
    except PdfError as error:
        yield f"it can't be read back: {error}"
        return
    if written != [str(len(pages))]:
        yield f"it has {len(pages)} pages, where TeX has set {' and '.join(written) or 'none'}"
    if not dated.startswith(_DATED):
        yield f"it is dated {dated}, where {_DATED} is meant in each"
    moved = (1.0, 0.0, 0.0, 1.0, _INCH, _A4[3] - _INCH)
    for number, page in enumerate(pages, start=1):
        there = len(page.moved) == len(moved)
        if not there or any(abs(a - b) > _ROUNDED for a, b in zip(page.moved, moved, strict=True)):
            yield f"page {number} is moved or scaled by {page.moved}, where {moved} is meant"


def unlike_typst(content: bytes) -> Iterator[str]:
    """Yield what a PDF by Typst lacks that is promised of each: to be accessible, and without a date."""
    try:
        pdf = PdfFile(content)
        accessible, dated = pdf.accessible, pdf.said("CreationDate")
    except PdfError as error:
        yield f"it can't be read back: {error}"
        return
    if accessible != 1:
        yield "it does not say to be accessible by ISO 14289-1, PDF/UA-1"
    if dated is not None:
        yield f"it is dated {dated}, so that the next one has other bytes"

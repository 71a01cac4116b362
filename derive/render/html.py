"""HTML: one page that opens from disk, with its mathematics, letters and pictures in it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from derive.render.engine import AUTO

if TYPE_CHECKING:
    from derive.document.beside import Beside
    from derive.document.blocks import Document
    from derive.progress import Progress
    from derive.render import Inspect, PrinterFor

NAME = "html"
SUFFIX = ".html"
DIALECT = "markdown"
"""TeX as KaTeX reads it, with its colours in full: in the page it is KaTeX that sets it."""


def write(
    document: Document,
    printer_for: PrinterFor,
    base: Path,
    progress: Progress | None = None,
    inspect: Inspect | None = None,
    engine: str = AUTO,
    beside: Beside | None = None,
) -> list[Path]:
    """Write ``base.html``, with what stands ``beside`` the document; its path."""
    path = base.with_name(base.name + SUFFIX)
    text = (beside and beside.page) or _page(document, printer_for, beside)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    if inspect is not None:
        inspect([path])
    return [path]


def fitted(document: Document, printer_for: PrinterFor, beside: Beside) -> Beside:
    """Return what stands beside a document on a page that is not too long, with that page.

    A `SpecError` that names the limit if it would be too long with nothing for other numbers of steps.
    """
    from derive.budgets import most, within

    while True:
        page = _page(document, printer_for, beside)
        size = len(page.encode("utf-8"))
        if size <= most("page-bytes"):
            return replace(beside, page=page)
        if not beside.horizons:
            within("page-bytes", size, f"the page of {document.id} has {size} bytes")
        beside = beside.without_largest()


def _page(document: Document, printer_for: PrinterFor, beside: Beside | None) -> str:
    from derive.render.web.mathematics import WebPrinter
    from derive.render.web.source import source

    return source(document, WebPrinter(printer_for(DIALECT), printer_for("plain")), beside)

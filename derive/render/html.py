"""HTML: one page that opens from disk, with its mathematics, letters and pictures in it."""

from __future__ import annotations

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
    from derive.render.web.mathematics import WebPrinter
    from derive.render.web.source import source

    path = base.with_name(base.name + SUFFIX)
    printer = WebPrinter(printer_for(DIALECT), printer_for("plain"))
    text = source(document, printer, beside)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    if inspect is not None:
        inspect([path])
    return [path]

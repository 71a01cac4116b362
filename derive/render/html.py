"""HTML: one page that opens from disk, with its mathematics, letters and pictures in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from derive.render.engine import AUTO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from derive.document.blocks import Document
    from derive.document.text import Text
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
    checks: Mapping[str, Text] | None = None,
) -> list[Path]:
    """Write ``base.html``, in which the ``checks`` unfold; its path."""
    from derive.render.web.source import source

    path = base.with_name(base.name + SUFFIX)
    text = source(document, printer_for(DIALECT), checks)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")
    if inspect is not None:
        inspect([path])
    return [path]

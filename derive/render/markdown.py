"""Markdown that every common renderer reads, with drawings as SVG in a folder beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from derive.render.engine import AUTO

if TYPE_CHECKING:
    from derive.document.beside import Beside
    from derive.document.blocks import Document
    from derive.progress import Progress
    from derive.render import Inspect, PrinterFor
    from derive.render.page.words import FormulaPrinter

NAME = "markdown"
SUFFIX = ".md"
DIALECT = "markdown"


def write(
    document: Document,
    printer_for: PrinterFor,
    base: Path,
    progress: Progress | None = None,
    inspect: Inspect | None = None,
    engine: str = AUTO,
    beside: Beside | None = None,
) -> list[Path]:
    """Write ``base.md`` and, if there are figures, ``base-figures/``; the paths of the files."""
    made = write_markdown(document, printer_for(DIALECT), base.with_name(base.name + SUFFIX))
    if inspect is not None:
        inspect(made)
    return made


def write_markdown(document: Document, printer: FormulaPrinter, path: Path) -> list[Path]:
    """Write ``path`` and its figures beside it; their paths."""
    from derive.document.blocks import FigureBlock
    from derive.render.drawing.svg import svg
    from derive.render.text.source import lettering, plain, source

    figures = f"{path.stem}-figures"
    letter, say = lettering(document, printer).say, plain(document, printer).say
    texts = {path: source(document, printer, figures)}
    for block in document.blocks:
        if isinstance(block, FigureBlock):
            drawing = svg(block.figure, letter, title=say(block.caption))
            texts[path.parent / figures / f"{block.figure.id}.svg"] = drawing
    for place, text in texts.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)

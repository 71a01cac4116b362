"""The files that the embedded typesetter reads: the source, and each drawing as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from derive.document.blocks import FigureBlock
from derive.render.drawing.svg import svg
from derive.render.text.source import lettering, plain
from derive.render.typst.source import FIGURES, TypstPrinters, source

if TYPE_CHECKING:
    from derive.document.blocks import Document
    from derive.render import PrinterFor


def write_typst(document: Document, printer_for: PrinterFor, folder: Path) -> list[Path]:
    """Write ``main.typ`` and ``figures/`` into ``folder``; the paths of the files."""
    drawn = printer_for("markdown")
    letter, say = lettering(document, drawn).say, plain(document, drawn).say
    texts = {"main.typ": source(document, TypstPrinters(printer_for("typst"), printer_for("bare")))}
    for block in document.blocks:
        if isinstance(block, FigureBlock):
            drawing = svg(block.figure, letter, title=say(block.caption))
            texts[f"{FIGURES}/{block.figure.id}.svg"] = drawing
    for name, text in texts.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in texts]

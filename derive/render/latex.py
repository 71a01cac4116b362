"""LaTeX: a folder with ``main.tex`` and its drawings; ``xelatex main.tex`` compiles it anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from derive.render.engine import AUTO

if TYPE_CHECKING:
    from collections.abc import Mapping

    from derive.document.beside import Beside
    from derive.document.blocks import Document
    from derive.progress import Progress
    from derive.render import Inspect, PrinterFor
    from derive.render.page.words import FormulaPrinter

NAME = "latex"
SUFFIX = "-tex"
DIALECT = "latex"


def write(
    document: Document,
    printer_for: PrinterFor,
    base: Path,
    progress: Progress | None = None,
    inspect: Inspect | None = None,
    engine: str = AUTO,
    beside: Beside | None = None,
) -> list[Path]:
    """Write the folder ``base-tex``; the paths of its files."""
    made = write_latex(document, printer_for(DIALECT), base.with_name(base.name + SUFFIX))
    if inspect is not None:
        inspect(made)
    return made


def write_latex(document: Document, printer: FormulaPrinter, folder: Path) -> list[Path]:
    """Write ``main.tex`` and ``figures/`` into ``folder``; the paths of the files."""
    from derive.render.tex.source import source

    made = drawings(document, printer)
    files = {f"{name}.tex": text for name, text in sorted(made.items())}
    files["main.tex"] = source(document, printer, made)
    for name, text in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")
    return [folder / name for name in files]


def drawings(document: Document, printer: FormulaPrinter) -> Mapping[str, str]:
    """Return the figures as TikZ, by the names of their files without an ending."""
    from derive.document.blocks import FigureBlock
    from derive.render.drawing.tikz import tikz
    from derive.render.tex.source import latex_speaker

    speaker = latex_speaker(document, printer)
    return {
        f"figures/{block.figure.id}": tikz(block.figure, speaker.say)
        for block in document.blocks
        if isinstance(block, FigureBlock)
    }

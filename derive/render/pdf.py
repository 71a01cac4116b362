"""PDF: the LaTeX folder, compiled out of the way; only a whole file comes out."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from derive.errors import RenderError
from derive.record import digest_of
from derive.render.page.numbering import number

if TYPE_CHECKING:
    from derive.document.blocks import Document
    from derive.progress import Progress
    from derive.render import Inspect, PrinterFor
    from derive.render.page.words import FormulaPrinter

NAME = "pdf"
SUFFIX = ".pdf"
DIALECT = "latex"


def write(
    document: Document,
    printer_for: PrinterFor,
    base: Path,
    progress: Progress | None = None,
    inspect: Inspect | None = None,
) -> list[Path]:
    """Write ``base.pdf``; its path."""
    path = base.with_name(base.name + SUFFIX)
    return [write_pdf(document, printer_for(DIALECT), path, progress=progress, inspect=inspect)]


def write_pdf(
    document: Document,
    printer: FormulaPrinter,
    path: Path,
    *,
    seconds: float | None = None,
    strict: bool = True,
    progress: Progress | None = None,
    inspect: Inspect | None = None,
) -> Path:
    """Write ``path``, the same bytes each time, within ``seconds``.

    RenderError if TeX is missing or fails, or, if ``strict``, for pages that are not fit to read
    (text in the margin, characters without a glyph); ``path`` is then as it was before.
    """
    from derive.render.latex import write_latex
    from derive.render.tex.run import SECONDS, compile_folder

    # TeX is given a folder of its own, and leaves much in it. It is made here, where what is left
    # of a run that was killed is found.
    with tempfile.TemporaryDirectory(prefix=".tex-", dir=path.parent) as scratch:
        folder = Path(scratch)
        texts = write_latex(document, printer, folder)
        if inspect is not None:
            inspect(texts)
        meant = [digest_of(path) for path in texts]
        made = compile_folder(folder, seconds=seconds or SECONDS, strict=strict, progress=progress)
        if [digest_of(path) for path in texts] != meant:
            raise RenderError(
                "TeX was given another text than the one that was read back. Nothing is written; "
                "please report it"
            )
        _require_counted(document, (folder / "main.aux").read_text(encoding="utf-8"))
        os.replace(made, path)
    return path


_LABEL = re.compile(r"\\newlabel\{(?P<anchor>[^{}]*)\}\{\{(?P<number>[^{}]*)\}")


def _require_counted(document: Document, noted: str) -> None:
    """Raise a RenderError unless TeX has counted as we do, by what it noted of its labels."""
    counted = {label["anchor"]: label["number"] for label in _LABEL.finditer(noted)}
    for label in number(document).labels.values():
        if counted.get(label.anchor) != label.number:
            raise RenderError(
                f"TeX gave {label.anchor} the number {counted.get(label.anchor)}, where {label.number} "
                f"is meant in {document.id}. Nothing is written; correct what counts"
            )

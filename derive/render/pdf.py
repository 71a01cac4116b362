"""PDF: the source, typeset out of the way by TeX or by Typst; only a whole file comes out."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from derive.errors import RenderError
from derive.record import digest_of
from derive.render.engine import AUTO, TYPST, chosen
from derive.render.page.numbering import number

if TYPE_CHECKING:
    from derive.document.beside import Beside
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
    engine: str = AUTO,
    beside: Beside | None = None,
) -> list[Path]:
    """Write ``base.pdf`` by the typesetter of that name; its path."""
    path = base.with_name(base.name + SUFFIX)
    if chosen(engine) == TYPST:
        return [write_by_typst(document, printer_for, path, progress=progress, inspect=inspect)]
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
    """Write ``path`` by TeX, the same bytes each time, within ``seconds``.

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
        with _unchanged(texts, "TeX"):
            made = compile_folder(
                folder, seconds=seconds or SECONDS, strict=strict, progress=progress
            )
        _require_counted(document, (folder / "main.aux").read_text(encoding="utf-8"))
        if inspect is not None:
            inspect([made])
        os.replace(made, path)
    return path


def write_by_typst(
    document: Document,
    printer_for: PrinterFor,
    path: Path,
    *,
    progress: Progress | None = None,
    inspect: Inspect | None = None,
) -> Path:
    """Write ``path`` by the embedded typesetter, the same bytes each time.

    RenderError if it is missing or refuses, as it does for characters without a glyph; ``path`` is
    then as it was before.
    """
    from derive.render.typst.files import write_typst
    from derive.render.typst.run import compile_folder

    with tempfile.TemporaryDirectory(prefix=".typst-", dir=path.parent) as scratch:
        folder = Path(scratch)
        texts = write_typst(document, printer_for, folder)
        if inspect is not None:
            inspect(texts)
        if progress is not None:
            progress("Typst")
        with _unchanged(texts, "Typst"):
            made = compile_folder(folder)
        if inspect is not None:
            inspect([made])
        os.replace(made, path)
    return path


@contextmanager
def _unchanged(texts: list[Path], engine: str) -> Iterator[None]:
    """Raise a RenderError if a typesetter was given other texts than those that were read back."""
    meant = [digest_of(path) for path in texts]
    yield
    if [digest_of(path) for path in texts] != meant:
        raise RenderError(
            f"{engine} was given another text than the one that was read back. Nothing is written; "
            "please report it"
        )


_LABEL = re.compile(r"\\newlabel\{(?P<anchor>[^{}]*)\}\{\{(?P<number>[^{}]*)\}")


def _require_counted(document: Document, noted: str) -> None:
    """Raise a RenderError unless TeX has counted as we do, by what it noted of its labels."""
    counted = {label["anchor"]: label["number"] for label in _LABEL.finditer(noted)}
    numbering = number(document)
    for spot in numbering.spots.values():
        if spot not in counted:
            raise RenderError(
                f"TeX has noted no page for {spot} in {document.id}. Nothing is written; correct what "
                "writes lists"
            )
    for label in numbering.labels.values():
        found = counted.get(label.anchor)
        if found != label.number:
            raise RenderError(
                f"TeX gave {label.anchor} the number {found}, where {label.number} is meant in "
                f"{document.id}. Nothing is written; correct what counts"
            )

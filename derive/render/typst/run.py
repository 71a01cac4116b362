"""Runs the typesetter that is embedded, on one folder, with its own fonts and nothing else."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from derive.errors import RenderError

STANDARD: Final = "ua-1"
"""The PDF is accessible by ISO 14289: tagged, with a language, and words for all that is drawn."""

SPARE: Final = (2, 4, 6, 8)
"""By how many millimetres pages are made higher, in turns, until the last is gone or not bare."""

BARE: Final = 0.2
"""Down to this part of its height a last page holds its head and a few lines."""

_MISSING = re.compile(r"the text `\"(?P<text>.*)\"` could not be displayed", re.DOTALL)


@cache
def is_there() -> bool:
    """Tell whether the typesetter is installed."""
    return find_spec("typst") is not None


def compile_folder(folder: Path) -> Path:
    """Return the PDF of ``folder/main.typ``, made within ``folder``, the same bytes each time.

    Reads nothing outside of the folder.  RenderError if the typesetter is missing or refuses, as it
    does for characters without a glyph and for what is not accessible.
    """
    if not is_there():
        raise RenderError(
            "no PDF can be made: the package typst is not installed; "
            "`derive doctor` says how to get it (Markdown needs none)"
        )
    content, ends = _compiled(folder, 0)
    for spare in SPARE:
        if ends is None or not ends.is_bare:
            break
        other, its = _compiled(folder, spare)
        # Where all leave it bare, it is at least not a page more than need be.
        if its is not None and (not its.is_bare or its.page < ends.page):
            content, ends = other, its
    made = folder / "main.pdf"
    made.write_bytes(content)
    return made


@dataclass(frozen=True)
class _TextEnd:
    """Where a text ends: on which page, and how far down."""

    page: int
    down: float

    @property
    def is_bare(self) -> bool:
        """Whether the last page holds a few lines alone."""
        return self.page > 1 and self.down < BARE


def _compiled(folder: Path, spare: int) -> tuple[bytes, _TextEnd | None]:
    """Return a PDF whose pages are higher by ``spare`` millimetres, and where its text ends."""
    import typst

    compiler = typst.Compiler(
        folder / "main.typ",
        root=folder,
        ignore_system_fonts=True,
        sys_inputs={"spare": str(spare)},
    )
    try:
        content, warnings = compiler.compile_with_warnings(format="pdf", pdf_standards=STANDARD)
        found = json.loads(compiler.query("<end-of-text>", field="value"))
    except typst.TypstError as error:
        raise RenderError(_said(error)) from error
    if warnings:
        said = "\n".join(dict.fromkeys(warning.message for warning in warnings))
        raise RenderError(f"the pages would not be fit to read:\n{said}")
    if not isinstance(content, bytes):
        raise RenderError("Typst gave no PDF, and does not say why")
    return content, _TextEnd(**found[0]) if found else None


def _said(error: Exception) -> str:
    """Return what the typesetter says in a few lines, a character without a glyph by its name."""
    message = str(getattr(error, "message", error))
    missing = _MISSING.search(message)
    if missing is None:
        return f"Typst failed: {getattr(error, 'diagnostic', message) or message}"
    character = missing["text"]
    code = " ".join(f"U+{ord(part):04X}" for part in character)
    return (
        f"the fonts have no {character} ({code}); leave it out of the title or the name it stands "
        "in, or write a page (--format html) or Markdown, or a PDF by TeX (--engine tex)"
    )

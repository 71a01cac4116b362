"""Documents as files, one module for each format.

Takes a document and a printer; gives files.  What formats share is in packages: `page`, `tex`, `text`
and `drawing`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from derive.errors import UsageError
from derive.render.engine import AUTO

if TYPE_CHECKING:
    from derive.document.beside import Beside
    from derive.document.blocks import Document
    from derive.progress import Progress
    from derive.render.page.words import FormulaPrinter

    PrinterFor = Callable[[str], FormulaPrinter]
    """A printer for a dialect: "latex", "markdown" or "bare" of TeX, "typst", or "plain" for words."""

    Inspect = Callable[[list[Path]], None]
    """What looks at texts as soon as they are whole, and raises an error if they must not go out."""


class Format(Protocol):
    """What a format's module has.  It imports nothing heavy before ``write`` is called."""

    NAME: str
    SUFFIX: str

    def write(
        self,
        document: Document,
        printer_for: PrinterFor,
        base: Path,
        progress: Progress | None = None,
        inspect: Inspect | None = None,
        engine: str = AUTO,
        beside: Beside | None = None,
    ) -> list[Path]:
        """Write files that begin with ``base``, for the caller to place; their paths.

        ``inspect`` is given the texts before anything is made of them; ``engine`` is the typesetter
        of formats that are set; ``beside`` is what a format may unfold beside the document.
        """


@cache
def formats() -> dict[str, Format]:
    """Return the formats by name: every module of this package."""
    found: dict[str, Format] = {}
    for module in pkgutil.iter_modules(__path__):
        if not module.ispkg:
            candidate = importlib.import_module(f"{__name__}.{module.name}")
            found[candidate.NAME] = candidate
    return dict(sorted(found.items()))


def format_named(name: str) -> Format:
    """Return the format of that name, or of that ending (``md``); UsageError if there is none."""
    for known, candidate in formats().items():
        if name in (known, candidate.SUFFIX.lstrip(".-")):
            return candidate
    raise UsageError(f"no format {name!r}; there are: {', '.join(formats())}")

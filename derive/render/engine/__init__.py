"""Which typesetter makes a PDF: TeX, by way of the LaTeX source, or the one that is embedded.

TeX is first where it is installed.  Everywhere else Typst, which comes with the Python packages, makes
the PDF from layouts of its own.
"""

from __future__ import annotations

import shutil

from derive.errors import UsageError
from derive.suggest import suggestion

AUTO, TEX, TYPST = "auto", "tex", "typst"

ENGINES = (AUTO, TEX, TYPST)
"""What may be asked for."""

TEX_PROGRAMS = ("xelatex", "xdvipdfmx")
"""What TeX makes a PDF with."""


def require_engine(name: str) -> None:
    """Raise a `UsageError` unless a typesetter, or the choice between them, has that name."""
    if name not in ENGINES:
        raise UsageError(f"no engine {name!r}: {suggestion(name, ENGINES)}")


def chosen(name: str = AUTO) -> str:
    """Return the typesetter of that name, of ``auto`` TeX where its programs are installed.

    UsageError for another name.
    """
    require_engine(name)
    if name != AUTO:
        return name
    return TEX if all(map(shutil.which, TEX_PROGRAMS)) else TYPST

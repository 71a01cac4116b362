"""Files that come with the package but are not code."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def templates_root() -> Path:
    """Return the folder with layouts, languages and notations.

    It lies inside the package in an installed wheel, and beside it in a checkout, where writers
    look for it.
    """
    for folder in (_PACKAGE / "templates", _PACKAGE.parent / "templates"):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(
        f"no templates in {_PACKAGE} or beside it: the installation is not whole; install again"
    )


def equation_ids() -> Path:
    """Return the file with the ids of all equations of the networks that ship, for three steps."""
    return _PACKAGE / "cli" / "ids.txt"


def stylesheet() -> Path:
    """Return the style sheet for pages with derivations, alone in its folder."""
    return templates_root() / "static" / "derive.css"


def tex_table() -> Path:
    """Return the list of what the PDF needs from TeX, one requirement per line."""
    return _PACKAGE / "tex.txt"


def require_extra(module: str, extra: str) -> None:
    """Raise a `ModuleNotFoundError` that says what to install, unless there is a module of an extra."""
    if find_spec(module) is None:
        raise ModuleNotFoundError(
            f"derive.{extra} needs {module}, which is not installed here: "
            f"pip install 'derive[{extra}]'",
            name=module,
        )


def version() -> str:
    """Return the version of the installed package, or "unknown" where it is not installed."""
    # It loads the reader of mails, for which nothing else should wait.
    from importlib import metadata

    try:
        return metadata.version("derive")
    except metadata.PackageNotFoundError:
        return "unknown"

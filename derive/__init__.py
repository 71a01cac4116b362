"""Derivations of back-propagation through time, each equation checked on numbers.

For example::

    import derive

    d = derive.derivation("elman", steps=3)
    e = d["elman-grad-W-terms-3"]
    e.left, e.right  # SymPy expressions
    derive.latex(e)
    derive.check(d, e)

The names are loaded when they are first asked for, as SymPy takes a while.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derive.api import check, check_all, derivation, latex, markdown, plain, svg
    from derive.bptt.derivation import Derivation
    from derive.cells.cell import Cell
    from derive.checks.verify import Check
    from derive.errors import DeriveError
    from derive.expressions.equation import Equation

    __version__: str

from derive.expressions.display import DisplayHook, fill

__all__ = [
    "Cell",
    "Check",
    "Derivation",
    "DeriveError",
    "Equation",
    "check",
    "check_all",
    "derivation",
    "latex",
    "markdown",
    "plain",
    "svg",
]

_HOMES = {
    "Cell": "derive.cells.cell",
    "Check": "derive.checks.verify",
    "Derivation": "derive.bptt.derivation",
    "DeriveError": "derive.errors",
    "Equation": "derive.expressions.equation",
    "check": "derive.api",
    "check_all": "derive.api",
    "derivation": "derive.api",
    "latex": "derive.api",
    "markdown": "derive.api",
    "plain": "derive.api",
    "svg": "derive.api",
}


def load_ipython_extension(shell: object) -> None:
    """Give a notebook the commands ``%bptt`` and ``%%bptt``: what ``%load_ext derive`` calls."""
    importlib.import_module("derive.jupyter.magics").load(shell)


def _printers() -> DisplayHook:
    return importlib.import_module("derive.publishing.notebook")


fill(_printers)


# Hidden from type checkers, which would take every name for one of the package.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name == "__version__":
            from derive.resources import version

            return version()
        if name not in _HOMES:
            raise AttributeError(f"module 'derive' has no attribute {name!r}")
        return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})

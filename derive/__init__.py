"""Derivations of back-propagation through time, each equation checked on numbers.

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
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from derive.bptt import Derivation
    from derive.cell import Cell
    from derive.equation import Equation
    from derive.errors import DeriveError
    from derive.library import check, check_all, derivation, latex, markdown, plain, svg
    from derive.verify import Check

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
    "Cell": "derive.cell",
    "Check": "derive.verify",
    "Derivation": "derive.bptt",
    "DeriveError": "derive.errors",
    "Equation": "derive.equation",
    "check": "derive.library",
    "check_all": "derive.library",
    "derivation": "derive.library",
    "latex": "derive.library",
    "markdown": "derive.library",
    "plain": "derive.library",
    "svg": "derive.library",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from derive.resources import version

        return version()
    if name not in _HOMES:
        raise AttributeError(f"module 'derive' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, "__version__"})

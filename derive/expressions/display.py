"""How expressions show themselves in a terminal, in SymPy's printers and in notebooks.

Text is the work of `derive.typesetting`, which stands above: the package fills this hook with it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # SymPy takes a while to load, and whoever imports derive loads this
    from sympy import Basic


class DisplayHook(Protocol):
    """What is asked of the printers."""

    def plain(self, value: Basic) -> str: ...
    def tex(self, value: Basic) -> str: ...
    def bundle(self, head: str | None, equations: Iterable[object]) -> dict[str, str]: ...


_find: Callable[[], DisplayHook] | None = None


def fill(find: Callable[[], DisplayHook]) -> None:
    """Say where the printers are; they are looked up when something is first shown."""
    global _find
    _find = find


def display() -> DisplayHook:
    """Return the printers."""
    assert _find is not None, "the package fills the hook before any module of it is imported"
    return _find()

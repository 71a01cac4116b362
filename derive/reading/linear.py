"""A formula on one line of bare text, as alternative texts and bookmarks have it: ``s_{t-1}``, ``ŷ``."""

from __future__ import annotations

import re
import unicodedata

from derive.reading.setting import (
    SetAccent,
    SetFraction,
    SetGroup,
    SetPart,
    SetRoot,
    SetRow,
    SetScripts,
    SetSign,
)

_ONE = re.compile(r"\w+|\([^()]*\)|\W")
"""What needs no braces below or above a letter."""

_ALIKE = str.maketrans(
    {"-": "−", "'": "′", "·": "⋅", "Σ": "∑", "Π": "∏", "…": "⋯", "\u0305": "\u0304"}
)


def linear(row: SetRow) -> str:
    """Return what is seen of a formula, from the left to the right."""
    return "".join(map(_linear, row.parts))


def canonical(text: str) -> str:
    """Return text without spaces, and of signs that look alike always the same one."""
    return unicodedata.normalize("NFD", "".join(text.split())).translate(_ALIKE)


def _linear(part: SetPart) -> str:
    if isinstance(part, SetSign):
        return part.signs[0]
    if isinstance(part, SetGroup):
        return linear(part.row)
    if isinstance(part, SetAccent):
        return linear(part.base) + part.mark.signs[0]
    if isinstance(part, SetFraction):
        return f"{_kept(linear(part.above))}/{_kept(linear(part.below))}"
    if isinstance(part, SetRoot):
        return f"sqrt({linear(part.inner)})"
    if isinstance(part, SetScripts):
        below = "" if part.below is None else f"_{_braced(linear(part.below))}"
        above = "" if part.above is None else f"^{_braced(linear(part.above))}"
        return _linear(part.base) + (below + above).replace("^⊤", "ᵀ")
    return part.text


def _braced(text: str) -> str:
    return text if _ONE.fullmatch(text) else f"{{{text}}}"


def _kept(text: str) -> str:
    """Return a part of a fraction, in parentheses where it is a sum."""
    return f"({text})" if re.search(r"[+−](?!\})", text) else text

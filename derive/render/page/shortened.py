"""A title at the head of a page, where it may be too long."""

from __future__ import annotations

import unicodedata

from derive.render.page.escaping import clean, isolated


def shorten(text: str, room: int) -> str:
    """Return ``text``, cut at a word where it would not fit into the ``room`` of a page's head.

    A longer title would meet the page number; a wide character counts twice.
    """
    width = 0
    for at, character in enumerate(text):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > room:
            kept = text[:at]
            word = kept.rfind(" ")
            cut = (kept[:word] if word > room // 2 else kept).rstrip(" ,;:.") + "…"
            return isolated(clean(cut))
    return text

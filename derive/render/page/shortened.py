"""A title at the head of a page, where it may be too long."""

from __future__ import annotations

import unicodedata

# A running title longer than this would meet the page number.
_HEADER_WIDTH = 72


def shorten(text: str) -> str:
    """Return ``text``, cut at a word where it would not fit into the head of a page."""
    width = 0
    for at, character in enumerate(text):
        width += 2 if unicodedata.east_asian_width(character) in "WF" else 1
        if width > _HEADER_WIDTH:
            kept = text[:at]
            word = kept.rfind(" ")
            return (kept[:word] if word > _HEADER_WIDTH // 2 else kept).rstrip(" ,;:.") + "…"
    return text

"""How far words reach in a picture, by their outlines or, where TeX sets them, by their letters."""

from __future__ import annotations

import re
from functools import lru_cache

from derive.reading.elements import DrawnEdges, DrawnGlyph, DrawnWords

_CM = 72 / 2.54
"""Points in a centimetre."""

_EM = 100.0
"""The size of letters, in units of the outlines."""

_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_TOKEN = re.compile(r"\\([A-Za-z]+|.)|[_^{}$]|\s+|.", re.DOTALL)
_SCRIPT = re.compile(r"[_^](?:\{(?P<inner>[^{}]*)\}|\\[A-Za-z]+|.)")

WORDS = frozenset("cdots dots ldots log tanh sum prod max min diag exp".split())
"""Commands that print more than a letter."""

NARROW, MIDDLE, CAPITAL, WIDE = 0.2, 0.4, 0.5, 0.6
"""The least part of their size that letters take up, in any font for text."""


def extents(words: DrawnWords) -> DrawnEdges:
    """Return left, bottom, right and top of words, at least as far as they surely reach, in cm.

    Nothing above or below the middle of small letters is counted, where TeX sets them.
    """
    left, bottom, right, top = _outlined(words) if words.glyphs else _set(words)
    x, y = words.place
    if words.upright:
        left, bottom, right, top = -top, left, -bottom, right
    return x + left / _CM, y + bottom / _CM, x + right / _CM, y + top / _CM


def _outlined(words: DrawnWords) -> DrawnEdges:
    boxes = [*map(reach, words.glyphs), *words.bars]
    lefts, bottoms, rights, tops = zip(*boxes, strict=True)
    return min(lefts), min(bottoms), max(rights), max(tops)


def reach(glyph: DrawnGlyph) -> DrawnEdges:
    """Return left, bottom, right and top of what is drawn of a letter, in points."""
    if glyph.letter:
        return glyph.x, glyph.y, glyph.x + NARROW * glyph.size, glyph.y + NARROW * glyph.size
    scale = glyph.size / _EM
    left, bottom, right, top = _reach(glyph.outline)
    return (
        glyph.x + scale * left, glyph.y + scale * bottom,
        glyph.x + scale * right, glyph.y + scale * top,
    )  # fmt: skip


@lru_cache(maxsize=4096)
def _reach(outline: str) -> DrawnEdges:
    """Return how far an outline reaches; a letter stands in many words."""
    numbers = [*map(float, _NUMBER.findall(outline))]
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)


def _set(words: DrawnWords) -> DrawnEdges:
    long = words.size * least_width(words.text)
    left = {"left": 0.0, "center": -long / 2, "right": -long}[words.anchor or "center"]
    return left, 0.0, left + long, 0.4 * words.size


def least_width(text: str) -> float:
    """Return how long a label in LaTeX is at least, in parts of the size of its letters."""
    # An index may stand below another: of both, only the first surely adds to the length.
    scripts = "".join(m["inner"] or "" for m in _SCRIPT.finditer(text))
    base = _SCRIPT.sub("", text)
    return _length(base) + 0.3 * _length(scripts)


def _length(text: str) -> float:
    found = 0.0
    for match in _TOKEN.finditer(text):
        token, command = match[0], match[1]
        if command is not None:
            found += MIDDLE if command in WORDS or not command.islower() else 0.0
        elif token in "_^{}$":
            continue
        elif token.isspace() or token in "fijlrt.,;:'()[]|!":
            found += NARROW
        else:
            found += WIDE if token in "mwMW" else CAPITAL if token.isupper() else MIDDLE
    return found

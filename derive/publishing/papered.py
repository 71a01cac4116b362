"""The frame of a picture of an equation: its name and size, and pieces one behind another."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from derive.reading.elements import DrawnWords
from derive.reading.passage import Passage, ReadingError

_ROOT = re.compile(
    r"<svg [^>]*\bwidth=\"(?P<width>[\d.]+)\" height=\"(?P<height>[\d.]+)\" "
    r"viewBox=\"0 0 (?P<across>[\d.]+) (?P<down>[\d.]+)\"[^>]* aria-labelledby=\"(?P<name>[^\"]*)\""
)
_TITLED = re.compile(r"<(?:title|desc)\b(?: id=\"(?P<name>[^\"]*)\")?")
_CM = 72 / 2.54
"""Points per centimetre: places are in centimetres, what stands there in points."""
_CLOSE = 0.02
"""By how much a picture may be drawn wider than high: both are rounded."""


def require_frame(words: Sequence[DrawnWords], id: str, picture: Passage) -> None:
    """Raise a `ReadingError` unless a picture bears the name of its equation and shows all of it."""
    root, name = _ROOT.search(picture.inner), f"{id}-title"
    if root is None:
        raise ReadingError("its frame can't be read", picture, picture.start)
    titles = [found["name"] for found in _TITLED.finditer(picture.inner)]
    if root["name"] != name or titles != [name]:
        problem = f"it is called {root['name']} and titled {titles}, {name} is meant"
        raise ReadingError(problem, picture, picture.start)
    width, height, across, down = map(float, root.group("width", "height", "across", "down"))
    if abs(width * down / (height * across) - 1) > _CLOSE:
        raise ReadingError("it is not as wide as it is high on its paper", picture, picture.start)
    for one in words:
        x, y = _place(one)
        if not (0 <= x <= _end(one) <= across and -down <= y <= 0):
            raise ReadingError(f"{one.text} stands outside", picture, picture.start)
    for before, behind in pairwise(words):
        (_, y), (x, line) = _place(before), _place(behind)
        if y == line and x < _end(before):
            raise ReadingError(f"{behind.text} stands on {before.text}", picture, picture.start)


def _place(words: DrawnWords) -> tuple[float, float]:
    return words.place[0] * _CM, words.place[1] * _CM


def _end(words: DrawnWords) -> float:
    """Return where the last letter or bar of some words begins or ends."""
    ends = [glyph.x for glyph in words.glyphs] + [bar[2] for bar in words.bars]
    return _place(words)[0] + max(ends, default=0.0)

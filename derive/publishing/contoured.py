"""The contour lines of a map in a finished picture, beside the numbers that it shows."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise
from math import floor, hypot, isfinite

from derive.document.plot import Heat, Numbers
from derive.publishing.framed import DrawnPanel, Scale
from derive.reading.elements import DrawnPath, DrawnPoint
from derive.reading.extents import extents
from derive.typesetting.palette import INK

CLOSE = 0.3
"""How far the number of a contour line may stand from it, in cm."""

NEAR = 0.02
"""Centimetres from a contour line to where the values of a map pass its level."""

OFF = 0.02
"""By which part of the difference of neighbours a line may miss its level: places are rounded."""

_NUMBER = re.compile(r"[−-]?\d+(?:\.\d+)?")


def miscontoured(heat: Heat, drawn: DrawnPanel, x: Scale, y: Scale) -> Iterator[str]:
    """Yield a contour line that is missing, goes elsewhere, or bears the number of another."""
    box = drawn.box
    left, bottom, right, top = box.edges
    by_level: dict[float, list[DrawnPoint]] = {level: [] for level in heat.contours}
    for path in box.inside:
        if path.fill is not None or path.stroke != INK:
            continue
        level = next((level for level in heat.contours if _follows(heat, path, level, x, y)), None)
        if level is None:
            yield "a contour line goes where its values are not the same"
            return
        by_level[level] += path.points
    for level, points in by_level.items():
        crossed = [
            p for p in _crossings(heat, level, x, y)
            if left < p[0] < right and bottom < p[1] < top
        ]  # fmt: skip
        if any(not any(_apart(p, q) <= NEAR for q in points) for p in crossed):
            yield f"no contour line passes where the values are {level:g}"
            return
    for words in drawn.words:
        edges = extents(words)
        place = (edges[0] + edges[2]) / 2, (edges[1] + edges[3]) / 2
        if not (left < place[0] < right and bottom < place[1] < top):
            continue
        if _NUMBER.fullmatch(words.text):
            points = by_level.get(float(words.text.replace("−", "-")), [])
            if not any(_apart(place, q) <= CLOSE for q in points):
                yield f"no contour line of {words.text} passes where this is written"
                return


def _follows(heat: Heat, path: DrawnPath, level: float, x: Scale, y: Scale) -> bool:
    return all(_is_level(heat, x.value(a), y.value(b), level) for a, b in path.points)


def _is_level(heat: Heat, across: float, up: float, level: float) -> bool:
    """Tell whether a map has a value at a place, between its numbers."""
    j, along = _share(heat.x, across)
    i, above = _share(heat.y, up)
    corners = [heat.values[i + m][j + n] for m in (0, 1) for n in (0, 1)]
    if not all(map(isfinite, corners)):
        return True
    low, high = (corners[k] + along * (corners[k + 1] - corners[k]) for k in (0, 2))
    spread = max(corners) - min(corners)
    return abs(low + above * (high - low) - level) <= OFF * spread + 1e-9


def _share(centres: Numbers, value: float) -> tuple[int, float]:
    """Return between which two numbers, evenly or not, another lies, and at which part of the way."""
    up = centres[0] < centres[-1]
    below = sum((c <= value) == up for c in centres) - 1
    n = min(max(floor(below), 0), len(centres) - 2)
    return n, (value - centres[n]) / (centres[n + 1] - centres[n])


def _crossings(heat: Heat, level: float, x: Scale, y: Scale) -> Iterator[DrawnPoint]:
    """Yield where the values of a map pass a level, along its rows and columns."""
    for up, row in zip(heat.y, heat.values, strict=True):
        for at in _passes(heat.x, row, level):
            yield x.place(at), y.place(up)
    for n, across in enumerate(heat.x):
        for at in _passes(heat.y, tuple(row[n] for row in heat.values), level):
            yield x.place(across), y.place(at)


def _passes(places: Numbers, values: Numbers, level: float) -> Iterator[float]:
    for (a, low), (b, high) in pairwise(zip(places, values, strict=True)):
        if isfinite(low) and isfinite(high) and (low - level) * (high - level) < 0:
            yield a + (b - a) * (level - low) / (high - low)


def _apart(one: DrawnPoint, other: DrawnPoint) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])

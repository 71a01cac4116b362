"""Heat maps in a finished picture: each cell by its colour, which means what the colour bar says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import isfinite

from derive.document.plot import Heat
from derive.reading.elements import (
    DrawnBox,
    DrawnEdges,
    DrawnElement,
    DrawnPath,
    DrawnPoint,
    DrawnWords,
)

BANDS = 1.5
"""By how many colours of the bar a cell may be off: values are rounded to them."""

_NUMBER = re.compile(r"[−-]?\d+(?:\.\d+)?")


def misdrawn(
    heat: Heat,
    box: DrawnBox,
    over: tuple[DrawnElement, ...],
    place: Callable[[float, float], DrawnPoint],
) -> Iterator[str]:
    """Yield what is wrong with a map; ``place`` tells where a point of it lies on the axes."""
    bands = _bands(box, over)
    scale = _scale(box, over)
    if len(bands) < 2 or scale is None:
        yield "the colour bar has no scale"
        return
    start, low, per = scale
    bottom, top = box.edges[1], box.edges[3]
    ends = tuple(low + (at - start) * per for at in (bottom, top))
    allowed = BANDS * (ends[1] - ends[0]) / len(bands)
    means = {colour: low + (at - start) * per for colour, at in bands.items()}
    cells = [(p.fill, _edges(p)) for p in box.inside if p.fill is not None and p.stroke is None]
    for height, row in zip(heat.y, heat.values, strict=True):
        for across, value in zip(heat.x, row, strict=True):
            x, y = place(across, height)
            colour = next((fill for fill, edges in reversed(cells) if _holds(edges, x, y)), None)
            if not isfinite(value):
                continue
            wanted = min(max(value, ends[0]), ends[1])
            if colour not in means or abs(means[colour] - wanted) > allowed:
                yield f"the cell at {across:g}, {height:g} has not the colour of {value:.3g}"
                return


def _bands(box: DrawnBox, over: tuple[DrawnElement, ...]) -> dict[str, float]:
    """Return the colours of the bar beside the axes, each with the middle of what is seen of it."""
    right, bottom = box.edges[2], box.edges[1]
    filled = [p for p in over if isinstance(p, DrawnPath) and p.fill is not None]
    bar = [(_edges(p)[3], p.fill or "") for p in filled if _edges(p)[0] > right]
    tops = sorted(bar)
    seen = zip([bottom, *(at for at, _ in tops)], tops, strict=False)
    return {colour: (below + at) / 2 for below, (at, colour) in seen}


def _scale(box: DrawnBox, over: tuple[DrawnElement, ...]) -> tuple[float, float, float] | None:
    """Return a place of the bar, its value, and by how much values rise along it; None without two."""
    found = []
    for mark, words in pairwise(over):
        if isinstance(mark, DrawnPath) and isinstance(words, DrawnWords):
            level = len({round(y, 2) for _, y in mark.points}) == 1
            if level and mark.points[0][0] > box.edges[2] and _NUMBER.fullmatch(words.text):
                found.append((mark.points[0][1], float(words.text.replace("−", "-"))))
    if len(found) < 2 or found[0][0] == found[-1][0]:
        return None
    (a, low), (b, high) = found[0], found[-1]
    return a, low, (high - low) / (b - a)


def _edges(path: DrawnPath) -> DrawnEdges:
    xs, ys = zip(*path.points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _holds(edges: DrawnEdges, x: float, y: float) -> bool:
    return edges[0] <= x <= edges[2] and edges[1] <= y <= edges[3]

"""Heat maps in a finished picture: each cell by its colour, which means what the colour bar says."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise
from math import isfinite

from derive.document.diagram import Typeset
from derive.document.plot import Heat
from derive.publishing.framed import DrawnPanel
from derive.reading.elements import (
    DrawnBox,
    DrawnEdges,
    DrawnElement,
    DrawnPath,
    DrawnPoint,
    DrawnWords,
)
from derive.reading.extents import extents

BANDS = 1.5
"""By how many colours of the bar a cell may be off: values are rounded to them."""

WHITE = "FFFFFF"
"""What stands where a map has no value."""

ROUNDED = 0.012
"""Centimetres by which what stands at one place may be apart, as both formats round."""

GAP = (0.1, 0.5)
"""How far to the right of its map a colour bar begins, in cm."""

BESIDE, LEVEL, ABOVE = 0.3, 0.1, 0.6
"""How far what is written at a bar stands behind it, aside of its mark, and above it, in cm."""

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
                if colour not in (None, WHITE):
                    yield f"the cell at {across:g}, {height:g} has a colour, and no value"
                    return
                continue
            wanted = min(max(value, ends[0]), ends[1])
            if colour not in means or abs(means[colour] - wanted) > allowed:
                yield f"the cell at {across:g}, {height:g} has not the colour of {value:.3g}"
                return
    lightest = max(means, key=lambda colour: sum(bytes.fromhex(colour)))
    if heat.diverging and abs(means[lightest]) > allowed:
        yield f"the lightest colour stands for {means[lightest]:.3g}, and not for 0"


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


def misplaced(heat: Heat, drawn: DrawnPanel, typeset: Typeset) -> Iterator[str]:
    """Yield what is wrong with a colour bar: its place, the marks along it, and what it is called."""
    box, paths = drawn.box, [e for e in drawn.over if isinstance(e, DrawnPath)]
    bar = [p.edges for p in paths if p.fill is not None and p.edges[0] > box.edges[2]]
    if not bar:
        yield "the colour bar does not stand beside its map"
        return
    left, _, right, _ = bar[0]
    frames = [p for p in paths if p.fill is None and len(p.points) == 4 and p.edges[0] >= left]
    whole = (left, box.edges[1], right, box.edges[3])
    if (
        not GAP[0] <= left - box.edges[2] <= GAP[1]
        or any((edges[0], edges[2]) != (left, right) for edges in bar)
        or not any(_same(frame.edges, whole) for frame in frames)
        or not _same((left, min(e[1] for e in bar), right, max(e[3] for e in bar)), whole)
    ):
        yield "the colour bar does not stand beside its map, as high as this"
        return
    scale = _scale(box, drawn.over)
    if scale is None:
        return
    for mark, words in pairwise(drawn.over):
        if (
            isinstance(mark, DrawnPath)
            and isinstance(words, DrawnWords)
            and mark.edges[0] >= right - ROUNDED
        ):
            yield from _marked(mark, words, right, scale)
    text = "" if heat.label is None else typeset(heat.label)
    if text and not any(w.text == text and _heads(w, whole) for w in drawn.words):
        yield f"the label {text} does not stand above the colour bar"


def _marked(
    mark: DrawnPath, words: DrawnWords, right: float, scale: tuple[float, float, float]
) -> Iterator[str]:
    """Yield that a number of a bar stands elsewhere than its mark, or than its colour."""
    if not _NUMBER.fullmatch(words.text) or len(mark.points) != 2:
        return
    start, low, per = scale
    at, value = mark.points[0][1], float(words.text.replace("−", "-"))
    left, bottom, _, top = extents(words)
    if (
        abs(start + (value - low) / per - at) > LEVEL / 2
        or abs(mark.edges[0] - right) > ROUNDED
        or abs((bottom + top) / 2 - at) > LEVEL
        or not 0 < left - right < BESIDE
    ):
        yield f"{words.text} does not stand at its place of the colour bar"


def _heads(words: DrawnWords, bar: DrawnEdges) -> bool:
    left, bottom, right, _ = extents(words)
    return left <= bar[2] and right >= bar[0] and 0 < bottom - bar[3] < ABOVE


def _same(one: DrawnEdges, other: DrawnEdges) -> bool:
    return all(abs(a - b) <= ROUNDED for a, b in zip(one, other, strict=True))


def _edges(path: DrawnPath) -> DrawnEdges:
    xs, ys = zip(*path.points, strict=True)
    return min(xs), min(ys), max(xs), max(ys)


def _holds(edges: DrawnEdges, x: float, y: float) -> bool:
    return edges[0] <= x <= edges[2] and edges[1] <= y <= edges[3]

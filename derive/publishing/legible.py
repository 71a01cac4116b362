"""Whether all of a finished picture can be seen: large enough, on the paper, nothing over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import comb

from derive.reading.elements import (
    DrawnBox,
    DrawnEdges,
    DrawnElement,
    DrawnPaper,
    DrawnPath,
    DrawnPoint,
    DrawnWords,
)
from derive.reading.extents import extents

LETTERS, LINES = (5.5, 11.0), (0.4, 2.0)
"""How large letters may be, and how thick lines, in points."""

SEEN, THROUGH = 0.1, 0.5
"""From which opacity on something is seen, and up to which other things are seen through it."""

WIDEST, MARGIN = 16.0, 2.5
"""The width of a page's text, and how much of the paper may be left empty at a side, in cm."""

OVER = 0.06
"""By how much what is drawn may stand over an edge, or words into each other, in cm."""

HIDDEN = 0.3
"""Which part of a line or a word may lie under what was drawn later."""

BORDER = 0.03
"""How far from its border a fill surely hides a line, in cm."""

APART = 0.05
"""How far apart points of a line are looked at, in cm."""


def illegible(elements: list[DrawnElement], paper: DrawnPaper) -> Iterator[str]:
    """Yield what can't be seen as it should in a picture."""
    pieces = list(_pieces(elements))
    yield from _scaled(paper)
    yield from _sizes(pieces)
    yield from _on_paper(pieces, paper)
    yield from _overprinted(pieces)
    yield from _crossed(pieces)
    yield from _hidden(pieces)


@dataclass(frozen=True)
class _Piece:
    """A path or words, and where it ends: at the edges of axes, or nowhere."""

    element: DrawnPath | DrawnWords
    box: DrawnEdges | None

    def __str__(self) -> str:
        if isinstance(self.element, DrawnWords):
            return self.element.text
        colour = self.element.stroke or self.element.fill
        x, y = self.element.points[0]
        return f"what is drawn in {colour} from {x:.2f}, {y:.2f}"

    @property
    def edges(self) -> DrawnEdges:
        found = (
            extents(self.element) if isinstance(self.element, DrawnWords) else self.element.edges
        )
        if self.box is None:
            return found
        left, bottom, right, top = self.box
        return (
            min(max(found[0], left), right), min(max(found[1], bottom), top),
            max(min(found[2], right), left), max(min(found[3], top), bottom),
        )  # fmt: skip


def _pieces(elements: list[DrawnElement]) -> Iterator[_Piece]:
    for element in elements:
        if isinstance(element, DrawnBox):
            yield from (_Piece(path, element.edges) for path in element.inside)
        else:
            yield _Piece(element, None)


def _scaled(paper: DrawnPaper) -> Iterator[str]:
    across, up = paper.scale
    if abs(across - up) > 0.01 * up or not 1.0 <= across <= 2.0:
        yield f"it is shown {across:.3g} times as wide and {up:.3g} times as high as it is drawn"
    left, bottom, right, top = paper.edges
    if not (0 < right - left <= WIDEST and top - bottom > 0):
        yield f"it is {right - left:.3g} cm wide and {top - bottom:.3g} cm high"


def _sizes(pieces: list[_Piece]) -> Iterator[str]:
    for piece in pieces:
        one = piece.element
        if isinstance(one, DrawnWords):
            if one.size and not LETTERS[0] <= one.size <= LETTERS[1]:
                yield f"{piece} is set at {one.size:g} points"
            continue
        if one.stroke is not None and not LINES[0] <= one.width <= LINES[1]:
            yield f"{piece} has a line of {one.width:g} points"
        if one.opacity < SEEN or (one.stroke is None and one.fill is None):
            yield f"{piece} can't be seen"
        if one.stroke is not None and one.opacity < 1:
            yield f"{piece} has a line that is seen through"


def _on_paper(pieces: list[_Piece], paper: DrawnPaper) -> Iterator[str]:
    found = [(piece, piece.edges) for piece in pieces]
    left, bottom, right, top = paper.edges
    for piece, edges in found:
        if (
            edges[0] < left - OVER or edges[1] < bottom - OVER
            or edges[2] > right + OVER or edges[3] > top + OVER
        ):  # fmt: skip
            yield f"{piece} is cut off at the edge of the picture"
            return
    reached = [
        min(e[0] for _, e in found) - left, min(e[1] for _, e in found) - bottom,
        right - max(e[2] for _, e in found), top - max(e[3] for _, e in found),
    ]  # fmt: skip
    if max(reached) > MARGIN:
        yield f"{max(reached):.3g} cm at a side of the picture are empty"


def _overprinted(pieces: list[_Piece]) -> Iterator[str]:
    words = [(piece, piece.edges) for piece in pieces if isinstance(piece.element, DrawnWords)]
    for n, (one, a) in enumerate(words):
        for other, b in words[:n]:
            across = min(a[2], b[2]) - max(a[0], b[0])
            up = min(a[3], b[3]) - max(a[1], b[1])
            if across > OVER and up > OVER:
                yield f"{one} is printed over {other}"
                return


def _crossed(pieces: list[_Piece]) -> Iterator[str]:
    """Yield words that a line runs through; a halo keeps lines away that were drawn before."""
    lines = [(n, p) for n, p in enumerate(pieces) if getattr(p.element, "stroke", None)]
    for n, piece in enumerate(pieces):
        if not isinstance(piece.element, DrawnWords):
            continue
        left, bottom, right, top = piece.edges
        inner = left + OVER / 2, bottom + OVER / 2, right - OVER / 2, top - OVER / 2
        for m, line in lines:
            near = _bent(line.element) or _meet(inner, line.edges)
            if not near or (m < n and piece.element.halo):
                continue
            if any(_meet(inner, (*point, *point)) for point in _looked_at(line)):
                yield f"{piece} is crossed by a line: {line}"
                return


def _hidden(pieces: list[_Piece]) -> Iterator[str]:
    """Yield a line, words or a small sign that lies under what was drawn later."""
    covers = [
        (n, cover, piece.box) for n, piece in enumerate(pieces) if (cover := _cover(piece.element))
    ]
    for n, piece in enumerate(pieces):
        points = _looked_at(piece)
        later = [c for m, c, box in covers if m > n and _may_hide(c, box, piece)]
        under = sum(any(c.holds(point) for c in later) for point in points)
        if later and under > HIDDEN * len(points):
            yield f"{piece} is hidden by what is drawn over it"
            return


def _may_hide(cover: _Cover, box: DrawnEdges | None, piece: _Piece) -> bool:
    """Tell whether a fill hides what lies under it, and is not meant to lie there.

    Between axes it lies on the lines of the grid, and a cell of a map on others; a colour bar is of
    fills as wide as each other; words stand on what is filled.
    """
    if box is not None and piece.box != box:
        return False
    one, (left, _, right, _) = piece.element, piece.edges
    if isinstance(one, DrawnPath) and one.stroke == cover.colour:
        # A curve and its own dots.
        return False
    as_wide = (left, right) == (cover.edges[0], cover.edges[2])
    filled = isinstance(one, DrawnPath) and one.stroke is None
    lies = filled and (box is not None or cover.halo or as_wide)
    return not lies and _meet(cover.edges, piece.edges)


@dataclass(frozen=True)
class _Cover:
    corners: tuple[DrawnPoint, ...]
    edges: DrawnEdges
    colour: str | None = None
    halo: bool = False

    def holds(self, point: DrawnPoint) -> bool:
        """Tell whether a point lies within, and not at the border."""
        x, y = point
        return all(self._within(x, y + aside) for aside in (-BORDER, BORDER))

    def _within(self, x: float, y: float) -> bool:
        """Tell whether a point lies within, by how often a line from it crosses the border."""
        inside = False
        for (a, b), (c, d) in pairwise((*self.corners, self.corners[0])):
            if (b > y) != (d > y) and x < a + (y - b) * (c - a) / (d - b):
                inside = not inside
        return inside


def _cover(element: DrawnPath | DrawnWords) -> _Cover | None:
    """Return what something hides."""
    if isinstance(element, DrawnPath):
        if element.fill is None or element.opacity <= THROUGH or len(element.points) < 3:
            return None
        return _Cover(element.points, element.edges, element.fill)
    if element.halo is None:
        return None
    left, bottom, right, top = extents(element)
    corners = ((left, bottom), (right, bottom), (right, top), (left, top))
    return _Cover(corners, (left, bottom, right, top), halo=True)


def _looked_at(piece: _Piece) -> list[DrawnPoint]:
    """Return points of a piece, those of a line evenly along it, where they are on the paper."""
    one = piece.element
    left, bottom, right, top = piece.edges
    if isinstance(one, DrawnWords):
        across = [left + (right - left) * share for share in (0.1, 0.3, 0.5, 0.7, 0.9)]
        return [(x, bottom + (top - bottom) * share) for x in across for share in (0.3, 0.6)]
    if one.stroke is None:
        return [((left + right) / 2, (bottom + top) / 2)]
    found: list[DrawnPoint] = []
    if _bent(one):
        return _along(one.points[0], *one.controls, one.points[1])
    for (a, b), (c, d) in pairwise(one.points):
        steps = max(1, round((abs(c - a) + abs(d - b)) / APART))
        found += [(a + (c - a) * n / steps, b + (d - b) * n / steps) for n in range(steps)]
    return [p for p in found if left <= p[0] <= right and bottom <= p[1] <= top] or [one.points[0]]


def _bent(one: DrawnElement) -> bool:
    """Tell whether this is one arrow that is bent: it leads where its chord does not."""
    return isinstance(one, DrawnPath) and len(one.points) == len(one.controls) == 2


def _along(*corners: DrawnPoint) -> list[DrawnPoint]:
    """Return points along a curve, given by its ends and the two points that it bends towards."""
    long = sum(abs(c - a) + abs(d - b) for (a, b), (c, d) in pairwise(corners))
    steps = max(1, round(long / APART))
    found = []
    for share in (n / steps for n in range(steps + 1)):
        weights = [comb(3, n) * share**n * (1 - share) ** (3 - n) for n in range(4)]
        x, y = (sum(w * c[n] for w, c in zip(weights, corners, strict=True)) for n in (0, 1))
        found.append((x, y))
    return found


def _meet(one: DrawnEdges, other: DrawnEdges) -> bool:
    return one[0] <= other[2] and other[0] <= one[2] and one[1] <= other[3] and other[1] <= one[3]

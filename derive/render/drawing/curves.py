"""Curves, bars, reference lines and marked points inside a frame."""

from __future__ import annotations

from collections.abc import Iterator

from derive.document.diagram import Typeset
from derive.document.plot import Bars, Curve, Mark, Reference
from derive.render.drawing.frame import Frame, spacing
from derive.render.drawing.geometry import circle, cut_line, cut_polygon, polyline, rectangle
from derive.render.drawing.legend import DASHES, SIZE
from derive.render.drawing.scene import CM, Item, Point, Shape, Words
from derive.typesetting.palette import QUIET

_LEADING = 0.4  # between labels at the ends of curves, cm
_SMALL = 8.5


def draw_series(series: Curve, frame: Frame) -> Iterator[Shape]:
    """Yield band, line and dots; a point that has no place breaks the line."""
    if series.band is not None:
        pairs = [
            (frame.place(x, low), frame.place(x, high))
            for x, low, high in zip(series.x, *series.band, strict=True)
        ]
        there = [(low, high) for low, high in pairs if low and high]
        outline = [low for low, _ in there] + [high for _, high in reversed(there)]
        for axis, (low, high) in enumerate(_reach(frame)):
            outline = cut_polygon(outline, axis, low, high)
        if len(outline) > 2:
            yield Shape(polyline(outline, closed=True), fill=series.colour, opacity=0.16)
    width = 0.8 if series.thin else 1.4
    for piece in _pieces(series, frame):
        if len(piece) > 1:
            yield Shape(polyline(piece), series.colour, width, DASHES[series.style])
        if series.marker or len(piece) == 1:
            for x, y in piece:
                yield Shape(circle(x, y, 0.06), fill=series.colour)


def _pieces(series: Curve, frame: Frame) -> list[list[Point]]:
    pieces: list[list[Point]] = [[]]
    for x, y in zip(series.x, series.y, strict=True):
        place = frame.place(x, y)
        if place is not None:
            pieces[-1].append(place)
        elif pieces[-1]:
            pieces.append([])
    for axis, (low, high) in enumerate(_reach(frame)):
        pieces = [part for piece in pieces for part in cut_line(piece, axis, low, high)]
    return pieces


def _reach(frame: Frame) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the range of x and of y in which lines are drawn: TeX has no lengths above 5 m.

    A little wider than the frame, so that no end of a line shows at the clip box.
    """
    return (frame.left - 0.5, frame.right + 0.5), (frame.bottom - 0.5, frame.top + 0.5)


def draw_bars(bars: Bars, frame: Frame, typeset: Typeset) -> tuple[list[Shape], list[Words]]:
    """Return the bars from zero and the labels at their ends."""
    shapes: list[Shape] = []
    words: list[Words] = []
    half = 0.35 * spacing(bars)
    colours = bars.colours * (len(bars.x) if len(bars.colours) == 1 else 1)
    for n, (x, height, colour) in enumerate(zip(bars.x, bars.heights, colours, strict=True)):
        foot, head = frame.place(x - half, 0.0), frame.place(x + half, height)
        if foot is None or head is None:
            continue
        low, high = (
            min(max(y, frame.bottom - 0.5), frame.top + 0.5) for y in sorted((foot[1], head[1]))
        )
        shapes.append(Shape(rectangle(foot[0], low, head[0], high), fill=colour))
        if bars.labels:
            y = head[1] + 0.13 if height >= 0 else head[1] - 0.1 - 0.7 * _SMALL / CM
            middle = (foot[0] + head[0]) / 2
            words.append(
                Words(middle, y, typeset(bars.labels[n]), _SMALL, colour=colour, halo=True)
            )
    return shapes, words


def draw_reference(line: Reference, frame: Frame, typeset: Typeset) -> Iterator[Item]:
    """Yield the line if it lies in the frame, and its label at its upper or right end."""
    place = frame.place(
        line.value if line.axis == "x" else frame.x[0],
        line.value if line.axis == "y" else frame.y[0],
    )
    if place is None:
        return
    x, y = place
    text = typeset(line.label) if line.label is not None else ""
    if line.axis == "y" and frame.bottom <= y <= frame.top:
        yield Shape(polyline([(frame.left, y), (frame.right, y)]), QUIET, 0.8, DASHES[line.style])
        if text:
            yield Words(frame.right - 0.1, y + 0.13, text, _SMALL, "right", QUIET, halo=True)
    elif line.axis == "x" and frame.left <= x <= frame.right:
        yield Shape(polyline([(x, frame.bottom), (x, frame.top)]), QUIET, 0.8, DASHES[line.style])
        if text:
            yield Words(x + 0.1, frame.top - 0.3, text, _SMALL, "left", QUIET, halo=True)


def draw_mark(mark: Mark, frame: Frame, typeset: Typeset) -> Iterator[Item]:
    """Yield a dot with a white rim and its label on the side asked for."""
    place = frame.place(mark.x, mark.y)
    if place is None:
        return
    x, y = place
    yield Shape(circle(x, y, 0.085), "FFFFFF", 0.8, fill=mark.colour)
    middle = y - 0.25 * SIZE / CM
    at = {
        "right": (x + 0.2, middle, "left"),
        "left": (x - 0.2, middle, "right"),
        "above": (x, y + 0.2, "center"),
        "below": (x, y - 0.25 - 0.6 * SIZE / CM, "center"),
    }[mark.align]
    yield Words(at[0], at[1], typeset(mark.label), SIZE, at[2], mark.colour, halo=True)


def end_labels(series: list[Curve], frame: Frame, typeset: Typeset) -> Iterator[Item]:
    """Yield the labels at the right ends of curves, pushed apart where they would meet.

    The label of a curve that leaves the frame before its right end stands where it leaves.
    """
    ends: list[tuple[float, float, Curve]] = []
    for curve in series:
        inside = [
            point
            for piece in _pieces(curve, frame)
            for part in cut_line(piece, 1, frame.bottom, frame.top)
            for visible in cut_line(part, 0, frame.left, frame.right)
            for point in visible[-1:]
        ]
        if not inside:
            continue
        x, y = inside[-1]
        if x < frame.right - 0.3:
            yield _label(
                curve, x + 0.3, min(max(y, frame.bottom + 0.25), frame.top - 0.25), typeset
            )
        else:
            ends.append((x, y, curve))
    ends.sort(key=lambda end: end[1])
    heights = _apart([y for _, y, _ in ends])
    for (x, y, curve), height in zip(ends, heights, strict=True):
        start = frame.right + 0.15
        if abs(height - y) > 0.1:
            start += 0.3
            yield Shape(polyline([(x + 0.06, y), (start - 0.06, height)]), curve.colour, 0.6)
        yield _label(curve, start, height, typeset)


def _label(curve: Curve, left: float, middle: float, typeset: Typeset) -> Words:
    text = typeset(curve.label) if curve.label is not None else ""
    return Words(left, middle - 0.25 * SIZE / CM, text, SIZE, "left", curve.colour, halo=True)


def _apart(wanted: list[float]) -> list[float]:
    """Return heights at least a line apart, in the same order and moved as little as possible.

    Neighbours that would meet form a block round the mean of what they want (isotonic regression).
    """
    blocks: list[list[float]] = []
    for n, height in enumerate(wanted):
        blocks.append([height - n * _LEADING])
        while len(blocks) > 1 and _mean(blocks[-2]) > _mean(blocks[-1]):
            blocks[-2:] = [blocks[-2] + blocks[-1]]
    level = [_mean(block) for block in blocks for _ in block]
    return [height + n * _LEADING for n, height in enumerate(level)]


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)

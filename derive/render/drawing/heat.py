"""Heat maps: cells merged into runs of one colour, contour lines, a colour bar."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite
from typing import Any

from derive.document.plot import Heat
from derive.render.drawing.frame import TICK_SIZE, Frame, Tick, edges, number, ticks
from derive.render.drawing.geometry import polyline, rectangle
from derive.render.drawing.scene import CM, Item, Shape, Words
from derive.render.drawing.ticks import written
from derive.typesetting.palette import INK, QUIET, diverging_colour, sequential_colour

_LEVELS = 48  # colours; more are not told apart, and fewer make fewer runs
BAR = 0.32  # width of the colour bar in cm


def heat_limits(heat: Heat) -> tuple[float, float]:
    """Return the values at both ends of the colours."""
    found = [v for row in heat.values for v in row if isfinite(v)]
    low, high = heat.limits or (min(found, default=0.0), max(found, default=1.0))
    if heat.diverging:
        high = max(abs(low), abs(high))
        low = -high
    return (low, high) if low < high else (low - 0.5, high + 0.5)


def draw_heat(heat: Heat, frame: Frame) -> tuple[list[Shape], list[Words]]:
    """Return cells and contour lines (to be clipped to the frame) and the numbers of the lines."""
    shapes = list(_cells(heat, frame))
    words: list[Words] = []
    for level, text in zip(heat.contours, written(list(heat.contours)), strict=True):
        lines = _contour(heat, level)
        placed = [[frame.place(x, y) for x, y in line] for line in lines]
        found = [[point for point in line if point] for line in placed]
        shapes += [Shape(polyline(line), INK, 0.7) for line in found if len(line) > 1]
        longest = max(found, key=len, default=[])
        inside = [p for p in longest if _well_inside(p, frame)]
        if inside:
            x, y = inside[len(inside) // 2]
            words.append(Words(x, y - 0.24 * 8.0 / CM, text, 8.0, halo=True))
    return shapes, words


def _well_inside(point: tuple[float, float], frame: Frame) -> bool:
    x, y = point
    return frame.left + 0.5 < x < frame.right - 0.5 and frame.bottom + 0.35 < y < frame.top - 0.35


def _cells(heat: Heat, frame: Frame) -> Iterator[Shape]:
    """Yield the runs; each reaches to the right end and the bottom, the next one covers it.

    Cells that only touched would show white hairlines between them in most viewers.
    """
    low, high = heat_limits(heat)
    x_edges, y_edges = edges(heat.x), edges(heat.y)
    upward = heat.y[0] < heat.y[-1]
    end = frame.place(x_edges[-1], y_edges[0 if upward else -1])
    rows = range(len(heat.y))
    for i in reversed(rows) if upward else rows:
        before: int | None = None
        for j, value in enumerate(heat.values[i]):
            level = _level(value, low, high)
            corner = frame.place(x_edges[j], y_edges[i + 1 if upward else i])
            if (j and level == before) or corner is None or end is None:
                continue
            before = level
            yield Shape(
                rectangle(corner[0], end[1], end[0], corner[1]),
                fill=_colour(level, heat.diverging),
                crisp=True,
            )


def _level(value: float, low: float, high: float) -> int:
    if not isfinite(value):
        return -1
    return round(min(max((value - low) / (high - low), 0.0), 1.0) * _LEVELS)


def _colour(level: int, diverging: bool) -> str:
    if level < 0:
        return "FFFFFF"
    return (diverging_colour if diverging else sequential_colour)(level / _LEVELS)


def _contour(heat: Heat, level: float) -> list[list[tuple[float, float]]]:
    from contourpy import contour_generator
    from numpy import ma

    values = ma.masked_invalid(heat.values)
    lines: list[Any] = list(contour_generator(heat.x, heat.y, values).lines(level))
    return [[(float(x), float(y)) for x, y in line] for line in lines]


def bar_ticks(heat: Heat, height: float) -> list[Tick]:
    """Return the ticks of a colour bar ``height`` cm high."""
    return ticks(heat_limits(heat), height, 0.6, log=False, whole=False)


def draw_bar(heat: Heat, left: float, frame: Frame, text: str) -> list[Item]:
    """Return the colour bar with its numbers, and its label above it."""
    low, high = heat_limits(heat)
    tall = frame.top - frame.bottom
    items: list[Item] = []
    for level in range(_LEVELS, -1, -1):
        top = frame.bottom + tall * (level + 1) / (_LEVELS + 1)
        box = rectangle(left, frame.bottom, left + BAR, top)
        items.append(Shape(box, fill=_colour(level, heat.diverging), crisp=True))
    items.append(Shape(rectangle(left, frame.bottom, left + BAR, frame.top), QUIET, 0.6))
    for tick in bar_ticks(heat, tall):
        y = frame.bottom + tall * (tick.value - low) / (high - low)
        items.append(Shape(polyline([(left + BAR, y), (left + BAR + 0.07, y)]), QUIET, 0.6))
        items += number(tick, left + BAR + 0.14, y - 0.24 * TICK_SIZE / CM, "left")
    if text:
        items.append(Words(left + BAR, frame.top + 0.25, text, TICK_SIZE, colour=INK))
    return items

"""Lines, circles and arrow heads as paths."""

from __future__ import annotations

from collections.abc import Iterable
from math import atan2, cos, hypot, pi, sin

from derive.render.drawing.scene import Path, Point

# Control points at this share of the radius make four cubic curves a circle (error 0.03 %).
_KAPPA = 0.5522847498

RIGHT_ANGLE = pi / 2


def polyline(points: Iterable[Point], closed: bool = False) -> Path:
    """Return straight lines through the points."""
    path: Path = tuple(("L" if n else "M", (point,)) for n, point in enumerate(points))
    return (*path, ("Z", ())) if closed else path


def rectangle(left: float, bottom: float, right: float, top: float) -> Path:
    """Return a closed rectangle."""
    return polyline([(left, bottom), (right, bottom), (right, top), (left, top)], closed=True)


def rounded(x: float, y: float, half_width: float, half_height: float, radius: float) -> Path:
    """Return a rectangle round (x, y) with round corners; a circle where all three are equal."""
    left, right = x - half_width, x + half_width
    low, high = y - half_height, y + half_height
    k = radius * (1 - _KAPPA)
    return (
        ("M", ((left + radius, low),)),
        ("L", ((right - radius, low),)),
        ("C", ((right - k, low), (right, low + k), (right, low + radius))),
        ("L", ((right, high - radius),)),
        ("C", ((right, high - k), (right - k, high), (right - radius, high))),
        ("L", ((left + radius, high),)),
        ("C", ((left + k, high), (left, high - k), (left, high - radius))),
        ("L", ((left, low + radius),)),
        ("C", ((left, low + k), (left + k, low), (left + radius, low))),
        ("Z", ()),
    )


def circle(x: float, y: float, radius: float) -> Path:
    """Return a circle."""
    return rounded(x, y, radius, radius, radius)


def arrow_head(tip: Point, angle: float, length: float) -> Path:
    """Return a filled head whose tip is at ``tip`` and which points along ``angle`` (radians)."""
    half = 0.36 * length

    def place(back: float, aside: float) -> Point:
        return (
            tip[0] - back * cos(angle) - aside * sin(angle),
            tip[1] - back * sin(angle) + aside * cos(angle),
        )

    notch = 0.72 * length
    return polyline(
        [tip, place(length, half), place(notch, 0.0), place(length, -half)], closed=True
    )


def direction(start: Point, end: Point) -> float:
    """Return the angle of the line from ``start`` to ``end`` in radians."""
    return atan2(end[1] - start[1], end[0] - start[0])


def distance(start: Point, end: Point) -> float:
    """Return the distance of two points."""
    return hypot(end[0] - start[0], end[1] - start[1])


def step(start: Point, angle: float, length: float) -> Point:
    """Return the point ``length`` away from ``start`` along ``angle``."""
    return start[0] + length * cos(angle), start[1] + length * sin(angle)


def bezier(controls: tuple[Point, Point, Point, Point], t: float) -> Point:
    """Return the point of a cubic curve at ``t``."""
    a, b, c, d = ((1 - t) ** 3, 3 * (1 - t) ** 2 * t, 3 * (1 - t) * t**2, t**3)
    p, q, r, s = controls
    return (
        a * p[0] + b * q[0] + c * r[0] + d * s[0],
        a * p[1] + b * q[1] + c * r[1] + d * s[1],
    )


def cut_line(points: list[Point], axis: int, low: float, high: float) -> list[list[Point]]:
    """Return the pieces of a polyline whose coordinate ``axis`` lies in the range."""
    pieces: list[list[Point]] = []
    current: list[Point] = []
    for n, end in enumerate(points):
        inside = low <= end[axis] <= high
        if n:
            start = points[n - 1]
            crossings = sorted(
                (
                    _crossing(start, end, axis, level)
                    for level in (low, high)
                    if (start[axis] - level) * (end[axis] - level) < 0
                ),
                key=lambda point: abs(point[axis] - start[axis]),
            )
            for crossing in crossings:
                current.append(crossing)
                if len(current) > 1:
                    pieces.append(current)
                    current = []
        if inside:
            current.append(end)
    if current:
        pieces.append(current)
    return pieces


def cut_polygon(points: list[Point], axis: int, low: float, high: float) -> list[Point]:
    """Return the part of a polygon in the range (Sutherland and Hodgman, 1974, two half-planes)."""
    for level, sign in ((low, 1.0), (high, -1.0)):
        kept: list[Point] = []
        for n, end in enumerate(points):
            start = points[n - 1]
            if (start[axis] - level) * (end[axis] - level) < 0:
                kept.append(_crossing(start, end, axis, level))
            if sign * (end[axis] - level) >= 0:
                kept.append(end)
        points = kept
    return points


def _crossing(start: Point, end: Point, axis: int, level: float) -> Point:
    share = (level - start[axis]) / (end[axis] - start[axis])
    other = start[1 - axis] + share * (end[1 - axis] - start[1 - axis])
    return (level, other) if axis == 0 else (other, level)

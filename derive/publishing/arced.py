"""The way of an arrow in a finished picture: straight or bent, and its head along it."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from math import hypot, radians, sin

from derive.document.diagram import Edge
from derive.reading.elements import DrawnEdges, DrawnPath, DrawnPoint

ASIDE = 0.02
"""Centimetres by which a straight line may stand aside of where it is meant."""

BOW = 0.3
"""How far a bent arrow goes aside, as a part of the way, for the sine of its angle."""

NEAR = 0.25
"""By which part of that it may be off: it is cut at the borders of its nodes."""

ALONG = 0.97
"""The least cosine of the angle between a line's end and its head."""

HEAD = (0.12, 0.3)
"""How long a head may be, in cm."""

BORDER = 0.17
"""Centimetres from the outline of a node within which an arrow begins and ends; corners are round."""

_PLACES = 20


def astray(edge: Edge, line: DrawnPath, start: DrawnPoint, end: DrawnPoint) -> Iterator[str]:
    """Yield how an arrow between two nodes goes another way than is meant."""
    long = hypot(end[0] - start[0], end[1] - start[1])
    across = (end[0] - start[0]) / long, (end[1] - start[1]) / long
    if bool(line.controls) != bool(edge.bend):
        yield "is bent" if line.controls else "is not bent"
        return
    if len(line.points) != 2 or len(line.controls) not in (0, 2):
        yield "is no single line"
        return
    way = [_on_axis(point, start, across) for point in _points(line)]
    if any(b[0] <= a[0] for a, b in pairwise(way)) or not 0 < way[0][0] < way[-1][0] < long:
        yield "goes back and forth"
        return
    aside = [side - edge.offset for _, side in way]
    if not edge.bend:
        if max(map(abs, aside)) > ASIDE:
            yield f"runs {max(aside, key=abs):.2f} cm aside"
        return
    bow = BOW * long * sin(radians(edge.bend))
    most = max(aside, key=abs)
    rising = [b >= a if bow > 0 else b <= a for a, b in pairwise(aside)]
    # One arc: it goes away from the straight line, and then back to it.
    if abs(most - bow) > NEAR * abs(bow) or rising != sorted(rising, reverse=True):
        yield f"is bent by {most:.2f} cm to the left of the straight line, {bow:.2f} are meant"


def _points(line: DrawnPath) -> Iterator[DrawnPoint]:
    """Yield points along a line."""
    start, end = line.points
    corners = (start, *line.controls, end)
    for n in range(_PLACES + 1):
        yield on_curve(corners, n / _PLACES)


def on_curve(corners: tuple[DrawnPoint, ...], share: float) -> DrawnPoint:
    """Return a point of a curve, from its corners: between each two, then between these points."""
    while len(corners) > 1:
        corners = tuple(
            (a + share * (c - a), b + share * (d - b)) for (a, b), (c, d) in pairwise(corners)
        )
    return corners[0]


def _on_axis(point: DrawnPoint, start: DrawnPoint, across: DrawnPoint) -> DrawnPoint:
    """Return how far along the way a point lies, and how far to its left."""
    x, y = point[0] - start[0], point[1] - start[1]
    return x * across[0] + y * across[1], y * across[0] - x * across[1]


def misheaded(head: DrawnPath, line: DrawnPath) -> str | None:
    """Return how a head does not go on in the direction of its line; its first corner is the tip."""
    tip, *back = head.points[:4]
    behind = sum(x for x, _ in back) / len(back), sum(y for _, y in back) / len(back)
    before = line.controls[-1] if line.controls else line.points[0]
    end = line.points[-1]
    points, comes = (
        (tip[0] - behind[0], tip[1] - behind[1]),
        (end[0] - before[0], end[1] - before[1]),
    )
    both = hypot(*points) * hypot(*comes)
    if not both or (points[0] * comes[0] + points[1] * comes[1]) / both < ALONG:
        return "has a head that points aside"
    long = max(hypot(tip[0] - x, tip[1] - y) for x, y in back)
    if not HEAD[0] <= long <= HEAD[1] or hypot(tip[0] - end[0], tip[1] - end[1]) > long:
        return f"has a head of {long:.2f} cm, which does not lie at its end"
    return None


def apart(point: DrawnPoint, outline: DrawnEdges) -> float:
    """Return how far a point is from the rectangle round an outline, inside or outside."""
    left, bottom, right, top = outline
    right_of = max(left - point[0], point[0] - right)
    above = max(bottom - point[1], point[1] - top)
    return hypot(max(right_of, 0.0), max(above, 0.0)) or -max(right_of, above)

"""Where words have room among arrows that come from the step before."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from math import hypot
from typing import TypeAlias

Spot: TypeAlias = tuple[float, float]
Segment: TypeAlias = tuple[Spot, Spot]

HALF = (0.3, 0.2)
"""Half of the width and of the height of such words with some room around them, in cm."""

NODE = 0.45
"""Half of what a state is wide and high, in cm."""

_STEP = 0.05
_POINTS = 60
"""Of a segment, that are looked at."""


def clear_spot(first: Spot, arrow: Segment, others: Sequence[Segment], left: float) -> Spot | None:
    """Return a place near an arrow where no arrow runs through words; None if there is none.

    That is the first one, if it is clear, and else the nearest to the arrow between ``left`` and the
    sign at its end.
    """
    segments = [arrow, *others]
    if _clear(first, segments):
        return first
    spots = [spot for spot in _grid(arrow, left) if _clear(spot, segments)]
    return min(spots, key=lambda spot: (_from(spot, arrow), spot), default=None)


def outline(middle: Spot) -> list[Segment]:
    """Return the sides of the square round a state."""
    x, y = middle
    corners = [
        (x - NODE, y - NODE),
        (x + NODE, y - NODE),
        (x + NODE, y + NODE),
        (x - NODE, y + NODE),
    ]
    return list(pairwise([*corners, corners[0]]))


def _grid(arrow: Segment, left: float) -> Iterator[Spot]:
    (_, high), (right, low) = arrow
    low, high = sorted((low, high))
    x = left + HALF[0]
    while x <= right - 2 * HALF[0]:
        y = low
        while y <= high:
            yield x, y
            y += _STEP
        x += _STEP


def _points(segment: Segment) -> Iterator[Spot]:
    (a, b), (c, d) = segment
    for n in range(_POINTS + 1):
        yield a + (c - a) * n / _POINTS, b + (d - b) * n / _POINTS


def _clear(spot: Spot, segments: Sequence[Segment]) -> bool:
    return not any(
        abs(x - spot[0]) < HALF[0] and abs(y - spot[1]) < HALF[1]
        for segment in segments
        for x, y in _points(segment)
    )


def _from(spot: Spot, arrow: Segment) -> float:
    return round(min(hypot(x - spot[0], y - spot[1]) for x, y in _points(arrow)), 6)

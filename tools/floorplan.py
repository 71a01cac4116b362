"""Where the boxes of a picture stand, floor by floor, so that few of its lines cross.

The method of Sugiyama, Tagawa and Toda (1981): a line that passes a floor has a lane there, boxes
and lanes are ordered by the middle of what they are joined to, and moved towards it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WIDE, LANE, GAP = 232, 10, 20
SWEEPS = 40
HEAVY = 4


@dataclass(frozen=True)
class Edge:
    """A line between two boxes; ``lanes`` are its places on the floors that it passes."""

    above: str
    below: str
    lanes: tuple[float, ...]


@dataclass(frozen=True)
class Plan:
    """The middle of each box from the left, its floor from the top, and the lines."""

    x: dict[str, float]
    floor: dict[str, int]
    edges: tuple[Edge, ...]
    width: int
    wide: int = WIDE


def plan(
    floors: Sequence[Sequence[str]],
    edges: Iterable[tuple[str, str]],
    heavy: Collection[tuple[str, str]] = (),
) -> Plan:
    """Return a plan of boxes on floors, given from the top, and of lines that all go down.

    Lines that are ``heavy`` count several times, and so are straighter and less often crossed.
    """
    floor = {part: n for n, parts in enumerate(floors) for part in parts}
    ways = {edge: _way(edge, floor) for edge in sorted(edges)}
    links = [
        link
        for edge, way in ways.items()
        for link in pairwise(way)
        for _ in range(HEAVY if edge in heavy else 1)
    ]
    rows = [list(parts) for parts in floors]
    for way in ways.values():
        for n, lane in enumerate(way[1:-1], floor[way[0]] + 1):
            rows[n].append(lane)
    rows = _ordered(rows, links)
    x = _placed(rows, links, set(floor))
    left = min(x[part] - _width(part, floor) / 2 for part in x)
    x = {part: round(at - left, 1) for part, at in x.items()}
    right = max(at + _width(part, floor) / 2 for part, at in x.items())
    lines = tuple(
        Edge(way[0], way[-1], tuple(x[lane] for lane in way[1:-1])) for way in ways.values()
    )
    return Plan({part: x[part] for part in floor}, floor, lines, round(right))


def _way(edge: tuple[str, str], floor: dict[str, int]) -> list[str]:
    above, below = edge
    lanes = [f"{above}>{below}@{n}" for n in range(floor[above] + 1, floor[below])]
    return [above, *lanes, below]


def _width(part: str, boxes: Iterable[str]) -> int:
    return WIDE if part in boxes else LANE


def _neighbours(links: list[tuple[str, str]], up: bool) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for above, below in links:
        found.setdefault(below if up else above, []).append(above if up else below)
    return found


def _ordered(rows: list[list[str]], links: list[tuple[str, str]]) -> list[list[str]]:
    """Return the rows in the order with the fewest crossings that the sweeps came by."""
    best = rows = [list(row) for row in rows]
    for sweep in range(SWEEPS):
        up = sweep % 2 == 0
        joined = _neighbours(links, up)
        order = range(1, len(rows)) if up else range(len(rows) - 2, -1, -1)
        for n in order:
            others = {part: (i + 0.5) / len(row) for row in rows for i, part in enumerate(row)}
            rows[n] = sorted(rows[n], key=lambda part: _mean(part, joined, others))
        if _crossings(rows, links) < _crossings(best, links):
            best = [list(row) for row in rows]
    return best


def _mean(part: str, joined: dict[str, list[str]], place: dict[str, float]) -> float:
    others = joined.get(part, [part])
    return sum(place[other] for other in others) / len(others)


def _crossings(rows: list[list[str]], links: list[tuple[str, str]]) -> int:
    row = {part: n for n, parts in enumerate(rows) for part in parts}
    place = {part: i for parts in rows for i, part in enumerate(parts)}
    return sum(
        row[a] == row[c] and (place[a] - place[c]) * (place[b] - place[d]) < 0
        for n, (a, b) in enumerate(links)
        for c, d in links[:n]
    )


def _placed(
    rows: list[list[str]], links: list[tuple[str, str]], boxes: set[str]
) -> dict[str, float]:
    """Return the middles: each near the mean of what it is joined to, none over another."""
    x = {part: 0.0 for row in rows for part in row}
    for row in rows:
        x |= dict(zip(row, _apart([0.0] * len(row), row, boxes), strict=True))
    for sweep in range(SWEEPS):
        joined = _neighbours(links, up=sweep % 2 == 0)
        for row in rows if sweep % 2 == 0 else reversed(rows):
            wanted = [_mean(part, joined, x) for part in row]
            x |= dict(zip(row, _apart(wanted, row, boxes), strict=True))
    return x


def _apart(wanted: list[float], row: list[str], boxes: set[str]) -> list[float]:
    """Return the places nearest to the wanted ones, by least squares, at which nothing overlaps."""
    offsets = [0.0]
    for left, right in pairwise(row):
        offsets.append(offsets[-1] + (_width(left, boxes) + _width(right, boxes)) / 2 + GAP)
    # Places less their offsets must not fall: pool neighbours that do, each pool at its mean.
    pools: list[list[float]] = []
    for place, offset in zip(wanted, offsets, strict=True):
        pools.append([place - offset])
        while len(pools) > 1 and _middle(pools[-2]) > _middle(pools[-1]):
            last = pools.pop()
            pools[-1] += last
    level = [_middle(pool) for pool in pools for _ in pool]
    return [at + offset for at, offset in zip(level, offsets, strict=True)]


def _middle(pool: list[float]) -> float:
    return sum(pool) / len(pool)

"""The names of curves in a finished plot: in a legend, or at the end of the curve."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import hypot

from derive.document.diagram import Typeset
from derive.document.plot import Bars, Curve, Panel
from derive.publishing.framed import DrawnPanel, Scale
from derive.publishing.legends import sampled
from derive.reading.elements import DrawnEdges, DrawnPath, DrawnPoint, DrawnWords
from derive.reading.extents import extents

THIN, THICK = 0.8, 1.4
"""About how wide lines are in points, of which one is thin beside the other."""

BESIDE, LEVEL, LEADER = 0.6, 0.15, 0.12
"""How far from its curve a name begins, how much higher it stands, how near a line leads; in cm."""


@dataclass(frozen=True)
class _End:
    """The right end of what is seen of a curve, and its name; ``at_edge`` where the axes end."""

    curve: Curve
    place: DrawnPoint
    words: DrawnWords
    at_edge: bool


def misnamed(
    drawn: DrawnPanel, panel: Panel, x: Scale, y: Scale, typeset: Typeset
) -> Iterator[str]:
    """Yield that a curve or bars are not called by their name, in their look."""
    ends: list[_End] = []
    for item in panel.items:
        if isinstance(item, Bars) and item.label is not None:
            text = typeset(item.label)
            if not sampled(drawn.over, text, item.colours[0], "solid", block=True):
                yield f"the legend does not say {text} of the colour {item.colours[0]}"
        if not isinstance(item, Curve) or item.label is None:
            continue
        text = typeset(item.label)
        if not item.direct:
            width = THIN if item.thin else THICK
            look = item.style.value
            if not sampled(drawn.over, text, item.colour, look, marker=item.marker, width=width):
                yield f"the legend does not say {text} of a {look} line of the colour {item.colour}"
            continue
        place = _end(item, drawn.box.edges, x, y)
        found = [w for w in drawn.words if w.text == text and w.colour == item.colour]
        if place is not None and not found:
            yield f"the label {text} has not the colour {item.colour} of its curve"
        elif place is not None:
            ends.append(_End(item, place, found[0], place[0] >= drawn.box.edges[2] - 0.3))
    yield from _misplaced(ends, drawn)


def _end(curve: Curve, box: DrawnEdges, x: Scale, y: Scale) -> DrawnPoint | None:
    """Return where the last of a curve is seen; None where nothing is."""
    places = [(x.place(a), y.place(b)) for a, b in zip(curve.x, curve.y, strict=True)]
    left, bottom, right, top = box

    def seen(point: DrawnPoint) -> bool:
        return left - 1e-9 <= point[0] <= right + 1e-9 and bottom <= point[1] <= top

    for n in reversed(range(len(places))):
        if seen(places[n]):
            (a, b), (c, d) = places[n], places[n + 1] if n + 1 < len(places) else places[n]
            on = [(a + (c - a) * k / 50, b + (d - b) * k / 50) for k in range(51)]
            return [point for point in on if seen(point)][-1] if abs(d) < 1e9 else (a, b)
    return None


def _misplaced(ends: Sequence[_End], drawn: DrawnPanel) -> Iterator[str]:
    right = drawn.box.edges[2]
    at_edge = sorted((end for end in ends if end.at_edge), key=lambda end: end.place[1])
    if any(a.words.place[1] >= b.words.place[1] for a, b in pairwise(at_edge)):
        yield "the names of curves do not stand in the order of their ends"
    for end in ends:
        left, low, _, high = extents(end.words)
        height = (low + high) / 2
        if end.at_edge:
            led = abs(height - end.place[1]) <= LEVEL or _led(end, (left, height), drawn)
            if not (0 < left - right < BESIDE) or not led:
                yield f"{end.words.text} does not stand at the end of its curve"
        elif not (0 < left - end.place[0] < BESIDE and abs(height - end.place[1]) < 3 * LEVEL):
            yield f"{end.words.text} does not stand where its curve ends"


def _led(end: _End, words: DrawnPoint, drawn: DrawnPanel) -> bool:
    """Tell whether a line in the colour of a curve leads from its end to its name."""
    lines = (
        e for e in drawn.over
        if isinstance(e, DrawnPath) and e.stroke == end.curve.colour and len(e.points) == 2
    )  # fmt: skip
    return any(
        hypot(line.points[0][0] - end.place[0], line.points[0][1] - end.place[1]) <= LEADER
        and abs(line.points[1][0] - words[0]) <= LEADER + 0.05
        and abs(line.points[1][1] - words[1]) <= LEVEL
        for line in lines
    )

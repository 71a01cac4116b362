"""The axes of a finished plot: their lines, their numbers, the grid, and what they are called."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, takewhile

from derive.document.diagram import Typeset
from derive.document.plot import Heat, Panel
from derive.reading.elements import DrawnBox, DrawnElement, DrawnPath, DrawnPoint, DrawnWords
from derive.reading.extents import extents

NEAR = 0.006
"""Centimetres: both formats write hundredths of a point or thousandths of a centimetre."""

BY_TICK, BEHIND = 0.13, 0.45
"""How far a number may stand aside of its tick, and behind it, in cm."""

MIDDLE = 0.25
"""How far what an axis is called may stand aside of its middle, in cm."""

_TICK = re.compile(r"[−-]?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class Scale:
    """Places on paper and what they mean: ``value = low + (place − start) · per``."""

    start: float
    low: float
    per: float
    ticks: tuple[float, ...]

    def place(self, value: float) -> float:
        """Return where a value lies."""
        return self.start + (value - self.low) / self.per

    def value(self, place: float) -> float:
        """Return what a place means."""
        return self.low + (place - self.start) * self.per


@dataclass(frozen=True)
class DrawnPanel:
    """Axes, the lines just before them, and what is drawn over them, up to the next."""

    box: DrawnBox
    under: tuple[DrawnPath, ...]
    over: tuple[DrawnElement, ...]

    @property
    def words(self) -> list[DrawnWords]:
        """Return what is written over them."""
        return [element for element in self.over if isinstance(element, DrawnWords)]


def panels(elements: list[DrawnElement]) -> Iterator[DrawnPanel]:
    """Yield the axes of a picture."""
    at = [n for n, element in enumerate(elements) if isinstance(element, DrawnBox)]
    before = 0
    for first, after in zip(at, [*at[1:], len(elements)], strict=True):
        box = elements[first]
        assert isinstance(box, DrawnBox)
        back = reversed(elements[before:first])
        under = (e for e in takewhile(lambda e: isinstance(e, DrawnPath), back))
        yield DrawnPanel(box, tuple(under), tuple(elements[first + 1 : after]))  # type: ignore[arg-type]
        before = first + 1


def misframed(drawn: DrawnPanel, panel: Panel, typeset: Typeset) -> Iterator[str]:
    """Yield what is wrong with the lines of axes, and with what is written at them."""
    left, bottom, right, top = drawn.box.edges
    heat = any(isinstance(item, Heat) for item in panel.items)
    corners = [(left, top), (left, bottom), (right, bottom)]
    around = [(left, bottom), (right, bottom), (right, top), (left, top)]
    lines = [e for e in drawn.over if isinstance(e, DrawnPath) and e.fill is None]
    if not any(_through(line, around if heat else corners) for line in lines):
        yield "no line stands at the edges of the axes"
    for mark, words in pairwise((drawn.box, *drawn.over)):
        if not isinstance(words, DrawnWords) or not _TICK.fullmatch(words.text):
            continue
        within = heat and left < words.place[0] < right and bottom < words.place[1] < top
        if not isinstance(mark, DrawnPath) and not within:
            yield f"{words.text} stands at no mark"
    middle = (left + right) / 2, (bottom + top) / 2
    for label, side in ((panel.x_label, "below"), (panel.y_label, "left"), (panel.title, "above")):
        text = "" if label is None else typeset(label)
        if text and not any(
            words.text == text and _stands(words, drawn.box, middle, side) for words in drawn.words
        ):
            name = {"below": "at the x axis", "left": "at the y axis", "above": "above"}[side]
            yield f"the label {text} does not stand {name}"


def _through(line: DrawnPath, corners: list[DrawnPoint]) -> bool:
    return len(line.points) == len(corners) and all(
        abs(p[0] - q[0]) <= 2 * NEAR and abs(p[1] - q[1]) <= 2 * NEAR
        for p, q in zip(line.points, corners, strict=True)
    )


def _stands(words: DrawnWords, box: DrawnBox, middle: DrawnPoint, side: str) -> bool:
    """Tell whether words stand on a side of the axes, at its middle and in its direction."""
    left, bottom, right, top = extents(words)
    x, y = (left + right) / 2, (bottom + top) / 2
    if words.upright != (side == "left"):
        return False
    if side == "left":
        return right < box.edges[0] - 0.3 and abs(y - middle[1]) < MIDDLE
    beyond = top < box.edges[1] - 0.5 if side == "below" else bottom > box.edges[3]
    return beyond and abs(x - middle[0]) < MIDDLE


def scale(drawn: DrawnPanel, side: int) -> Scale | str:
    """Return the scale of an axis, by its ticks and their numbers; else what is wrong with it."""
    edge = drawn.box.edges[1 - side]
    other = drawn.box.edges[side]
    found: list[tuple[float, float]] = []
    name = "xy"[side]
    for mark, words in pairwise(drawn.over):
        if not isinstance(mark, DrawnPath) or not isinstance(words, DrawnWords):
            continue
        ends = sorted(point[1 - side] for point in mark.points)
        across = {round(point[side], 2) for point in mark.points}
        tick = len(ends) == 2 and len(across) == 1 and abs(ends[1] - edge) < NEAR
        if tick and ends[0] < edge and _TICK.fullmatch(words.text):
            found.append((mark.points[0][side], float(words.text.replace("−", "-"))))
            if not _at_tick(words, mark.points[0][side], ends[0], side):
                return f"{words.text} does not stand at its place of the {name} axis"
    if not found:
        return f"the {name} axis has no scale"
    if len(found) == 1:
        # Nothing but that number can stand on it: all others are far off the paper.
        return Scale(*found[0], per=1e-9, ticks=(found[0][0],))
    (a, low), (b, high) = found[0], found[-1]
    if a == b or low == high:
        return f"the {name} axis has one number in two places"
    made = Scale(a, low, (high - low) / (b - a), tuple(place for place, _ in found))
    if any(abs(made.place(value) - place) > 4 * NEAR for place, value in found):
        return f"the numbers of the {name} axis are not evenly spaced"
    return made if made.per > 0 and other < b else f"the {name} axis runs backwards"


def _at_tick(words: DrawnWords, tick: float, end: float, side: int) -> bool:
    """Tell whether a number stands at its tick, just beyond its end."""
    edges = extents(words)
    middle = (edges[side] + edges[2 + side]) / 2
    gap = end - edges[3 - side]
    return not words.upright and abs(middle - tick) <= BY_TICK and -NEAR <= gap <= BEHIND


def misgridded(drawn: DrawnPanel, y: Scale) -> Iterator[str]:
    """Yield that the lines behind the curves are not those of the numbers beside them."""
    left, _, right, _ = drawn.box.edges
    for line in drawn.under:
        ends = sorted(point[0] for point in line.points)
        heights = [point[1] for point in line.points]
        if (
            len(ends) != 2 or abs(ends[0] - left) > 2 * NEAR or abs(ends[1] - right) > 2 * NEAR
            or not any(all(abs(at - h) <= 2 * NEAR for h in heights) for at in y.ticks)
        ):  # fmt: skip
            yield "a line of the grid stands at no number"
            return

"""Curves and bars in a finished picture, read off its axes, beside the numbers that they are to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite

from derive.document.diagram import Typeset
from derive.document.plot import Bars, Curve, Panel, Plot
from derive.reading.drawings import DrawnBox, DrawnElement, DrawnPath, DrawnPoint, DrawnWords

NEAR = 0.006
"""Centimetres: both formats write hundredths of a point or thousandths of a centimetre."""

_TICK = re.compile(r"[−-]?\d+(?:\.\d+)?")


@dataclass(frozen=True)
class _Axis:
    """Places on paper and what they mean: ``value = low + (place − start) · per``."""

    start: float
    low: float
    per: float

    def place(self, value: float) -> float:
        return self.start + (value - self.low) / self.per


@dataclass(frozen=True)
class _DrawnPanel:
    box: DrawnBox
    over: tuple[DrawnElement, ...]


def misdrawn(plot: Plot, elements: list[DrawnElement], typeset: Typeset) -> Iterator[str]:
    """Yield how a picture differs from the plot that it is to show."""
    found = list(_panels(elements))
    if len(found) != len(plot.panels):
        yield f"{len(found)} panels are drawn, {len(plot.panels)} are meant"
        return
    for number, (drawn, panel) in enumerate(zip(found, plot.panels, strict=True), 1):
        for problem in (*_labels(drawn, panel, typeset), *_contents(drawn, panel, typeset)):
            yield f"panel {number}: {problem}"


def _panels(elements: list[DrawnElement]) -> Iterator[_DrawnPanel]:
    """Yield the axes with what is drawn over each, up to the next."""
    at = [n for n, element in enumerate(elements) if isinstance(element, DrawnBox)]
    for first, after in zip(at, [*at[1:], len(elements)], strict=True):
        box = elements[first]
        assert isinstance(box, DrawnBox)
        yield _DrawnPanel(box, tuple(elements[first + 1 : after]))


def _labels(drawn: _DrawnPanel, panel: Panel, typeset: Typeset) -> Iterator[str]:
    """Yield labels of axes that stand on the wrong side."""
    left, bottom, right, _ = drawn.box.edges
    below = [
        w.text for w in _words(drawn) if w.place[1] < bottom - 0.6 and left < w.place[0] < right
    ]
    beside = [w.text for w in _words(drawn) if w.place[0] < left - 0.3]
    for label, there, name in ((panel.x_label, below, "x"), (panel.y_label, beside, "y")):
        text = typeset(label)
        if text and text not in there:
            yield f"the label {text} does not stand at the {name} axis"


def _contents(drawn: _DrawnPanel, panel: Panel, typeset: Typeset) -> Iterator[str]:
    if panel.x_log or panel.y_log:
        return
    x, y = (_axis(drawn, side) for side in (0, 1))
    if isinstance(x, str) or isinstance(y, str):
        yield x if isinstance(x, str) else str(y)
        return
    for item in panel.items:
        if isinstance(item, Curve) and item.x:
            wanted = [(x.place(a), y.place(b)) if isfinite(b) else None
                      for a, b in zip(item.x, item.y, strict=True)]  # fmt: skip
            yield from _curve(drawn.box, item, wanted)
        if isinstance(item, Curve) and item.label is not None:
            yield from _named(drawn, item, typeset(item.label))
        elif isinstance(item, Bars):
            yield from _bars(drawn.box, item, x, y)


def _axis(drawn: _DrawnPanel, side: int) -> _Axis | str:
    """Return the scale of an axis, by its ticks and their numbers; else what is wrong with it."""
    edge = drawn.box.edges[1 - side]
    other = drawn.box.edges[side]
    found: list[tuple[float, float]] = []
    for mark, words in pairwise(drawn.over):
        if not isinstance(mark, DrawnPath) or not isinstance(words, DrawnWords):
            continue
        ends = sorted(point[1 - side] for point in mark.points)
        across = {round(point[side], 2) for point in mark.points}
        tick = len(ends) == 2 and len(across) == 1 and abs(ends[1] - edge) < NEAR
        if tick and ends[0] < edge and _TICK.fullmatch(words.text):
            found.append((mark.points[0][side], float(words.text.replace("−", "-"))))
    name = "xy"[side]
    if len(found) < 2:
        return f"the {name} axis has no scale"
    (a, low), (b, high) = found[0], found[-1]
    if a == b or low == high:
        return f"the {name} axis has one number in two places"
    scale = _Axis(a, low, (high - low) / (b - a))
    if any(abs(scale.place(value) - place) > 4 * NEAR for place, value in found):
        return f"the numbers of the {name} axis are not evenly spaced"
    return scale if scale.per > 0 and other < b else f"the {name} axis runs backwards"


def _curve(box: DrawnBox, curve: Curve, wanted: list[DrawnPoint | None]) -> Iterator[str]:
    """Yield what is wrong with a curve: it must go through its points, in order, and no others."""
    left, bottom, right, top = box.edges
    lines = [p for p in box.inside if curve.colour in (p.stroke, p.fill)]
    corners = [q for p in lines for q in p.points]

    def within(point: DrawnPoint) -> bool:
        return left < point[0] < right and bottom < point[1] < top

    for point in wanted:
        if point is not None and within(point) and not any(
            _near(point, q) for q in corners
        ) and not any(_centre(point, p) for p in lines):  # fmt: skip
            yield f"no curve in the colour {curve.colour} goes through one of its points"
            return


def _near(a: DrawnPoint, b: DrawnPoint) -> bool:
    return abs(a[0] - b[0]) <= 2 * NEAR and abs(a[1] - b[1]) <= 2 * NEAR


def _centre(point: DrawnPoint, path: DrawnPath) -> bool:
    """Tell whether a path is a dot round a point."""
    if path.fill is None or len(path.points) < 4:
        return False
    xs, ys = [p[0] for p in path.points], [p[1] for p in path.points]
    return _near(point, ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))


def _named(drawn: _DrawnPanel, curve: Curve, text: str) -> Iterator[str]:
    """Yield that the name of a curve does not stand in, or behind a line of, its colour."""
    before: DrawnElement | None = None
    for element in drawn.over:
        if isinstance(element, DrawnWords) and element.text == text:
            colour = element.colour
            if not curve.direct and isinstance(before, DrawnPath):
                colour = before.stroke or before.fill or ""
            if colour == curve.colour:
                return
        before = element
    if curve.x or not curve.direct:
        yield f"the label {text} has not the colour {curve.colour} of its curve"


def _bars(box: DrawnBox, bars: Bars, x: _Axis, y: _Axis) -> Iterator[str]:
    colours = bars.colours * (len(bars.x) if len(bars.colours) == 1 else 1)
    shapes = [p for p in box.inside if p.fill is not None and p.stroke is None]
    for at, height, colour in zip(bars.x, bars.heights, colours, strict=True):
        if not isfinite(height) or not box.edges[1] < y.place(height) < box.edges[3]:
            continue
        end = (x.place(at), y.place(height))
        fits = [p for p in shapes if p.fill == colour and _ends(p, end)]
        if not fits:
            yield f"no bar in the colour {colour} ends at {height:.3g}"
            return


def _ends(path: DrawnPath, end: DrawnPoint) -> bool:
    xs, ys = [p[0] for p in path.points], [p[1] for p in path.points]
    return abs((min(xs) + max(xs)) / 2 - end[0]) <= 2 * NEAR and (
        min(abs(max(ys) - end[1]), abs(min(ys) - end[1])) <= 2 * NEAR
    )


def _words(drawn: _DrawnPanel) -> list[DrawnWords]:
    return [element for element in drawn.over if isinstance(element, DrawnWords)]

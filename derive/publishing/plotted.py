"""Curves and bars in a finished picture, read off its axes, beside the numbers that they are to show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from math import isfinite

from derive.document.diagram import Style, Typeset
from derive.document.plot import Bars, Curve, Heat, Mark, Numbers, Panel, Plot, Reference
from derive.publishing import heated
from derive.reading.elements import DrawnBox, DrawnElement, DrawnPath, DrawnPoint, DrawnWords
from derive.typesetting.palette import QUIET

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
            yield from _curve(drawn.box, item, _placed(x, y, item.x, item.y))
        if isinstance(item, Curve) and item.label is not None:
            yield from _named(drawn, item, typeset(item.label))
        elif isinstance(item, Heat):
            place = partial(_on_paper, x, y)
            yield from heated.misdrawn(item, drawn.box, drawn.over, place)
        elif isinstance(item, Bars):
            yield from _bars(drawn.box, item, x, y)
        elif isinstance(item, Reference):
            yield from _reference(drawn, item, (x, y))
        elif isinstance(item, Mark):
            yield from _mark(drawn, item, (x.place(item.x), y.place(item.y)), typeset)
    yield from _strays(drawn.box, panel, x, y)


def _on_paper(x: _Axis, y: _Axis, across: float, up: float) -> DrawnPoint:
    return x.place(across), y.place(up)


def _placed(x: _Axis, y: _Axis, xs: Numbers, ys: Numbers) -> list[DrawnPoint | None]:
    """Return where points lie, None for those that have no place."""
    pairs = zip(xs, ys, strict=True)
    return [(x.place(a), y.place(b)) if isfinite(b) else None for a, b in pairs]


def _strays(box: DrawnBox, panel: Panel, x: _Axis, y: _Axis) -> Iterator[str]:
    """Yield a line that is no part of any curve of its colour: its corners are theirs, in order.

    Its dashes too, by which curves of one colour are told apart.
    """
    meant: dict[str, list[tuple[list[DrawnPoint | None], bool]]] = {}
    for item in panel.items:
        if isinstance(item, Curve) and item.x:
            dashed = item.style is not Style.SOLID
            meant.setdefault(item.colour, []).append((_placed(x, y, item.x, item.y), dashed))
    for path in box.inside:
        if path.fill is None and path.stroke in meant and not any(
            path.dashed == dashed and _follows(box, path, curve)
            for curve, dashed in meant[path.stroke or ""]
        ):  # fmt: skip
            yield (
                f"a line in the colour {path.stroke} has corners that are no points of its curve, "
                "or other dashes"
            )
            return


def _follows(box: DrawnBox, path: DrawnPath, curve: list[DrawnPoint | None]) -> bool:
    """Tell whether the corners of a line within the axes are points of a curve, one after the other."""
    inner = [point for point in path.points if _within(box, point)]
    if not inner:
        return True
    starts = (n for n, q in enumerate(curve) if q is not None and _near(inner[0], q))
    return any(
        all(q is not None and _near(p, q) for p, q in zip(inner, curve[n:], strict=False))
        and len(curve) - n >= len(inner)
        for n in starts
    )


def _within(box: DrawnBox, point: DrawnPoint) -> bool:
    left, bottom, right, top = box.edges
    return left < point[0] < right and bottom < point[1] < top


def _reference(drawn: _DrawnPanel, line: Reference, axes: tuple[_Axis, _Axis]) -> Iterator[str]:
    """Yield that a line across the axes is missing; one at another place is none."""
    side = 0 if line.axis == "x" else 1
    left, bottom, right, top = drawn.box.edges
    low, high = ((left, right), (bottom, top))[side]
    ends = ((bottom, top), (left, right))[side]
    at = axes[side].place(line.value)
    if not low <= at <= high:
        return
    paths = [*drawn.box.inside, *(e for e in drawn.over if isinstance(e, DrawnPath))]
    for path in paths:
        along = sorted(point[1 - side] for point in path.points)
        if path.fill is None and len(path.points) == 2 and path.stroke == QUIET and (
            all(abs(point[side] - at) <= 2 * NEAR for point in path.points)
            and abs(along[0] - ends[0]) <= 2 * NEAR and abs(along[1] - ends[1]) <= 2 * NEAR
        ):  # fmt: skip
            return
    yield f"no line stands at {line.value:g} of the {line.axis} axis"


def _mark(drawn: _DrawnPanel, mark: Mark, at: DrawnPoint, typeset: Typeset) -> Iterator[str]:
    """Yield that a point is not marked, or that its words stand elsewhere."""
    paths = [*drawn.box.inside, *(e for e in drawn.over if isinstance(e, DrawnPath))]
    if not any(path.fill == mark.colour and _centre(at, path) for path in paths):
        yield f"no dot in the colour {mark.colour} marks the point {mark.x:g}, {mark.y:g}"
        return
    text = typeset(mark.label)
    if text and not any(w.text == text and _side(w.place, at, mark.align) for w in _words(drawn)):
        yield f"{text} does not stand {mark.align} of its point"


def _side(words: DrawnPoint, at: DrawnPoint, align: str) -> bool:
    """Tell whether words stand on that side of a point, near it."""
    across, up = words[0] - at[0], words[1] - at[1]
    along = {"right": across, "left": -across, "above": up, "below": -up}[align]
    other = up if align in ("left", "right") else across
    return 0 < along < 0.7 and abs(other) < 0.3


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
    lines = [p for p in box.inside if curve.colour in (p.stroke, p.fill)]
    corners = [q for p in lines for q in p.points]

    for point in wanted:
        if point is not None and _within(box, point) and not any(
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

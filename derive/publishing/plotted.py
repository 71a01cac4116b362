"""Curves and bars in a finished picture, read off its axes, beside the numbers that they are to show."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import pairwise
from math import inf, isfinite

from derive.document.diagram import Typeset
from derive.document.plot import Bars, Curve, Heat, Mark, Numbers, Panel, Plot, Reference
from derive.publishing import heated
from derive.publishing.contoured import miscontoured
from derive.publishing.filled import misfilled
from derive.publishing.framed import NEAR, DrawnPanel, Scale, misframed, misgridded, panels, scale
from derive.publishing.legends import THIN as THICK
from derive.publishing.named import misnamed
from derive.reading.elements import DrawnBox, DrawnElement, DrawnPath, DrawnPoint, DrawnWords
from derive.reading.extents import extents
from derive.typesetting.palette import INK, QUIET

BESIDE = 0.4
"""How far from a line across the axes its words may stand, in cm."""


def misdrawn(plot: Plot, elements: list[DrawnElement], typeset: Typeset) -> Iterator[str]:
    """Yield how a picture differs from the plot that it is to show."""
    found = list(panels(elements))
    if len(found) != len(plot.panels):
        yield f"{len(found)} panels are drawn, {len(plot.panels)} are meant"
        return
    for number, (drawn, panel) in enumerate(zip(found, plot.panels, strict=True), 1):
        for problem in (*misframed(drawn, panel, typeset), *_contents(drawn, panel, typeset)):
            yield f"panel {number}: {problem}"


def _contents(drawn: DrawnPanel, panel: Panel, typeset: Typeset) -> Iterator[str]:
    if panel.x_log or panel.y_log:
        yield "a logarithmic axis can't be read"
        return
    x, y = (scale(drawn, side) for side in (0, 1))
    if isinstance(x, str) or isinstance(y, str):
        yield x if isinstance(x, str) else str(y)
        return
    for item in panel.items:
        if isinstance(item, Curve) and item.x:
            yield from _curve(drawn.box, item, _placed(x, y, item.x, item.y))
        elif isinstance(item, Heat):
            place = partial(_on_paper, x, y)
            yield from heated.misdrawn(item, drawn.box, drawn.over, place)
            yield from heated.misplaced(item, drawn, typeset)
            yield from miscontoured(item, drawn, x, y)
        elif isinstance(item, Bars):
            yield from _bars(drawn.box, item, x, y)
        elif isinstance(item, Reference):
            yield from _reference(drawn, item, (x, y), typeset)
        elif isinstance(item, Mark):
            yield from _mark(drawn, item, (x.place(item.x), y.place(item.y)), typeset)
    yield from misgridded(drawn, y)
    yield from misnamed(drawn, panel, x, y, typeset)
    yield from misfilled(drawn.box, panel, x, y)
    yield from _strays(drawn.box, panel, x, y)


def _on_paper(x: Scale, y: Scale, across: float, up: float) -> DrawnPoint:
    return x.place(across), y.place(up)


def _placed(x: Scale, y: Scale, xs: Numbers, ys: Numbers) -> list[DrawnPoint | None]:
    """Return where points lie, None for those that have no place."""
    pairs = zip(xs, ys, strict=True)
    return [(x.place(a), y.place(b)) if isfinite(b) else None for a, b in pairs]


def _strays(box: DrawnBox, panel: Panel, x: Scale, y: Scale) -> Iterator[str]:
    """Yield a line that is no part of any curve of its colour: its corners are theirs, in order.

    Its dashes and width too, by which curves of one colour are told apart.
    """
    meant: dict[str, list[tuple[list[DrawnPoint | None], str, bool]]] = {}
    for item in panel.items:
        if isinstance(item, Curve) and item.x:
            curve = _placed(x, y, item.x, item.y), item.style.value, item.thin
            meant.setdefault(item.colour, []).append(curve)
    others = {INK} if any(isinstance(item, Heat) for item in panel.items) else set()
    others |= {QUIET} if any(isinstance(item, Reference) for item in panel.items) else set()
    for path in box.inside:
        if path.stroke is None or (path.stroke in others and path.stroke not in meant):
            continue
        if path.fill is not None or not any(
            (path.style, path.width < THICK) == (style, thin) and _follows(box, path, curve)
            for curve, style, thin in meant.get(path.stroke, ())
        ):
            yield (
                f"a line in the colour {path.stroke} has corners that are no points of its curve, "
                "or other dashes, or another width"
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


def _reference(
    drawn: DrawnPanel, line: Reference, axes: tuple[Scale, Scale], typeset: Typeset
) -> Iterator[str]:
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
        if (path.fill, path.stroke, path.style) == (None, QUIET, line.style.value) and (
            len(path.points) == 2 and
            all(abs(point[side] - at) <= 2 * NEAR for point in path.points)
            and abs(along[0] - ends[0]) <= 2 * NEAR and abs(along[1] - ends[1]) <= 2 * NEAR
        ):  # fmt: skip
            break
    else:
        yield f"no line stands at {line.value:g} of the {line.axis} axis"
        return
    text = "" if line.label is None else typeset(line.label)
    if text and not any(w.text == text and _along(w, at, side, drawn) for w in drawn.words):
        yield f"{text} does not stand at the end of its line"


def _along(words: DrawnWords, at: float, side: int, drawn: DrawnPanel) -> bool:
    """Tell whether words stand within the axes, beside a line across them, at its upper or right end."""
    left, bottom, right, top = extents(words)
    edges = drawn.box.edges
    if side == 1:
        return 0 < bottom - at < BESIDE and 0 < edges[2] - right < BESIDE
    return 0 < left - at < BESIDE and 0 < edges[3] - top < BESIDE


def _mark(drawn: DrawnPanel, mark: Mark, at: DrawnPoint, typeset: Typeset) -> Iterator[str]:
    """Yield that a point is not marked, or that its words stand elsewhere."""
    paths = [*drawn.box.inside, *(e for e in drawn.over if isinstance(e, DrawnPath))]
    if not any(path.fill == mark.colour and _centre(at, path) for path in paths):
        yield f"no dot in the colour {mark.colour} marks the point {mark.x:g}, {mark.y:g}"
        return
    text = typeset(mark.label)
    if text and not any(w.text == text and _side(w.place, at, mark.align) for w in drawn.words):
        yield f"{text} does not stand {mark.align} of its point"


def _side(words: DrawnPoint, at: DrawnPoint, align: str) -> bool:
    """Tell whether words stand on that side of a point, near it."""
    across, up = words[0] - at[0], words[1] - at[1]
    along = {"right": across, "left": -across, "above": up, "below": -up}[align]
    other = up if align in ("left", "right") else across
    return 0 < along < 0.7 and abs(other) < 0.3


def _curve(box: DrawnBox, curve: Curve, wanted: list[DrawnPoint | None]) -> Iterator[str]:
    """Yield what is wrong with a curve: it must go through its points, in order, and no others."""
    lines = [p for p in box.inside if curve.colour in (p.stroke, p.fill)]
    corners = sorted(q for p in lines for q in p.points)

    for point in wanted:
        if point is not None and _within(box, point) and not any(
            _near(point, q) for q in _beside(point, corners)
        ) and not any(_centre(point, p) for p in lines):  # fmt: skip
            yield f"no curve in the colour {curve.colour} goes through one of its points"
            return


def _beside(point: DrawnPoint, corners: Sequence[DrawnPoint]) -> Sequence[DrawnPoint]:
    """Return those of some points, sorted, that may be near another: no further across."""
    # A little more than near: what is as far as that is left to the comparison itself.
    most = 3 * NEAR
    first = bisect_left(corners, (point[0] - most, -inf))
    return corners[first : bisect_left(corners, (point[0] + most, inf), first)]


def _near(a: DrawnPoint, b: DrawnPoint) -> bool:
    return abs(a[0] - b[0]) <= 2 * NEAR and abs(a[1] - b[1]) <= 2 * NEAR


def _centre(point: DrawnPoint, path: DrawnPath) -> bool:
    """Tell whether a path is a dot round a point."""
    if path.fill is None or len(path.points) < 4:
        return False
    xs, ys = [p[0] for p in path.points], [p[1] for p in path.points]
    return _near(point, ((min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2))


def _bars(box: DrawnBox, bars: Bars, x: Scale, y: Scale) -> Iterator[str]:
    colours = bars.colours * (len(bars.x) if len(bars.colours) == 1 else 1)
    shapes = [p for p in box.inside if p.fill is not None and p.stroke is None]
    seen: list[tuple[float, ...]] = []
    for at, height, colour in zip(bars.x, bars.heights, colours, strict=True):
        if not isfinite(height) or not box.edges[1] < y.place(height) < box.edges[3]:
            continue
        end = (x.place(at), y.place(height))
        fits = [p for p in shapes if p.fill == colour and _ends(p, end)]
        if not fits:
            yield f"no bar in the colour {colour} ends at {height:.3g}"
            return
        seen.append(fits[0].edges)
        if not _begins(fits[0], y.place(0.0), box):
            yield f"the bar of {height:.3g} does not begin at 0"
    for left, right in pairwise(sorted(seen)):
        if right[0] < left[2] - NEAR:
            yield "a bar covers a part of the one beside it"
            return


def _begins(path: DrawnPath, foot: float, box: DrawnBox) -> bool:
    """Tell whether a bar has an end at a height, or that height lies outside of the axes."""
    low, high = path.edges[1], path.edges[3]
    within = box.edges[1] <= foot <= box.edges[3]
    return not within or min(abs(low - foot), abs(high - foot)) <= 2 * NEAR


def _ends(path: DrawnPath, end: DrawnPoint) -> bool:
    xs, ys = [p[0] for p in path.points], [p[1] for p in path.points]
    return abs((min(xs) + max(xs)) / 2 - end[0]) <= 2 * NEAR and (
        min(abs(max(ys) - end[1]), abs(min(ys) - end[1])) <= 2 * NEAR
    )

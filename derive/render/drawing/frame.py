"""A pair of axes: from data to centimetres, with ticks, grid and the words at the edges."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from math import isfinite, log10

from derive.document.diagram import Typeset
from derive.document.plot import Bars, Curve, Heat, Panel, Reference
from derive.render.drawing.geometry import polyline, rectangle
from derive.render.drawing.scene import CM, Item, Point, Shape, Words, text_width
from derive.render.drawing.ticks import decade_ticks, linear_ticks, written
from derive.typesetting.palette import INK, QUIET

LABEL_SIZE, TICK_SIZE = 9.5, 8.5
GRID = "E5E7EB"
_TICK = 0.09


@dataclass(frozen=True)
class Tick:
    """A place on an axis (in data) and its number; ``power`` is an exponent of ten above."""

    value: float
    text: str
    power: str = ""

    def width(self) -> float:
        """Return the room in cm that the number takes."""
        return text_width(self.text, TICK_SIZE) + text_width(self.power, 0.7 * TICK_SIZE)


@dataclass(frozen=True)
class Frame:
    """The box of the axes in cm and what its edges mean in data."""

    left: float
    bottom: float
    right: float
    top: float
    x: tuple[float, float]
    y: tuple[float, float]
    x_log: bool = False
    y_log: bool = False

    def place(self, x: float, y: float) -> Point | None:
        """Return where a point lies, None where it is not finite or has no logarithm."""
        across = _share(x, self.x, self.x_log)
        up = _share(y, self.y, self.y_log)
        if across is None or up is None:
            return None
        return (
            self.left + across * (self.right - self.left),
            self.bottom + up * (self.top - self.bottom),
        )

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, bottom, right and top."""
        return self.left, self.bottom, self.right, self.top


def _share(value: float, limits: tuple[float, float], log: bool) -> float | None:
    low, high = limits
    if log:
        if value <= 0 or not isfinite(value):
            return None
        value, low, high = log10(value), log10(low), log10(high)
    if not isfinite(value):
        return None
    return (value - low) / (high - low)


def limits(panel: Panel) -> tuple[tuple[float, float], tuple[float, float]]:
    """Return the limits of both axes: the panel's own, or the data with a little room."""
    xs: list[float] = []
    ys: list[float] = []
    tight = dots = False
    for item in panel.items:
        if isinstance(item, Curve):
            xs += item.x
            ys += item.y
            for curve in item.band or ():
                ys += curve
            dots = dots or item.marker
        elif isinstance(item, Bars):
            xs += [
                side for x in item.x for side in (x - 0.6 * spacing(item), x + 0.6 * spacing(item))
            ]
            ys += [0.0, *item.heights]
        elif isinstance(item, Heat):
            xs += edges(item.x)
            ys += edges(item.y)
            tight = True
        elif isinstance(item, Reference):
            (xs if item.axis == "x" else ys).append(item.value)
        else:
            xs.append(item.x)
            ys.append(item.y)
    x = panel.x_limits or _range(xs, panel.x_log, 0.03 if dots and not tight else 0.0)
    y = panel.y_limits or _range(ys, panel.y_log, 0.0 if tight else 0.05)
    return x, y


def _range(values: Iterable[float], log: bool, room: float) -> tuple[float, float]:
    found = [v for v in values if isfinite(v) and (v > 0 or not log)]
    low, high = (min(found), max(found)) if found else (1.0, 10.0)
    if log:
        if low == high:
            return low / 10, high * 10
        more = (high / low) ** room
        return low / more, high * more
    if low == high:
        return low - 0.5, high + 0.5
    return low - room * (high - low), high + room * (high - low)


def spacing(bars: Bars) -> float:
    """Return the smallest distance between bars in data units."""
    ordered = sorted(set(bars.x))
    return min((b - a for a, b in pairwise(ordered)), default=1.0)


def edges(centres: tuple[float, ...]) -> list[float]:
    """Return the borders of cells round their centres, one more than there are cells."""
    inner = [(a + b) / 2 for a, b in pairwise(centres)]
    return [2 * centres[0] - inner[0], *inner, 2 * centres[-1] - inner[-1]]


def ticks(
    span: tuple[float, float], length: float, every: float, log: bool, whole: bool
) -> list[Tick]:
    """Return the ticks of an axis ``length`` cm long, about one for each ``every`` cm."""
    most = max(2, int(length / every))
    if log:
        powers = decade_ticks(*span, most)
        if len(powers) > 1:
            signs = (str(n).replace("-", "\N{MINUS SIGN}") for n in powers)
            return [Tick(10.0**n, "10", sign) for n, sign in zip(powers, signs, strict=True)]
    values = linear_ticks(*span, most, whole)
    if log:
        values = [value for value in values if value > 0]
    return [Tick(v, text) for v, text in zip(values, written(values), strict=True)]


def draw_axes(
    frame: Frame, x_ticks: list[Tick], y_ticks: list[Tick], panel: Panel, typeset: Typeset
) -> tuple[list[Item], list[Item]]:
    """Return what lies under the curves (the grid) and what lies over them."""
    under: list[Item] = []
    over: list[Item] = []
    heat = any(isinstance(item, Heat) for item in panel.items)
    middle_x, middle_y = (frame.left + frame.right) / 2, (frame.bottom + frame.top) / 2
    for tick in y_ticks:
        place = frame.place(frame.x[0], tick.value)
        if place is None:
            continue
        y = place[1]
        if not heat:
            under.append(Shape(polyline([(frame.left, y), (frame.right, y)]), GRID, 0.5))
        over.append(Shape(polyline([(frame.left - _TICK, y), (frame.left, y)]), QUIET, 0.6))
        over += number(tick, frame.left - _TICK - 0.07, y - 0.24 * TICK_SIZE / CM, "right")
    for tick in x_ticks:
        place = frame.place(tick.value, frame.y[0])
        if place is None:
            continue
        x = place[0]
        over.append(Shape(polyline([(x, frame.bottom), (x, frame.bottom - _TICK)]), QUIET, 0.6))
        over += number(tick, x, frame.bottom - _TICK - 0.34, "center")
    corner = [(frame.left, frame.top), (frame.left, frame.bottom), (frame.right, frame.bottom)]
    outline = rectangle(*frame.box) if heat else polyline(corner)
    over.append(Shape(outline, QUIET, 0.6))
    widest = max((tick.width() for tick in y_ticks), default=0.0)
    x_text, y_text = typeset(panel.x_label), typeset(panel.y_label)
    if x_text:
        over.append(Words(middle_x, frame.bottom - 0.93, x_text, LABEL_SIZE, colour=INK))
    if y_text:
        x = frame.left - _TICK - widest - 0.3
        over.append(Words(x, middle_y, y_text, LABEL_SIZE, upright=True, colour=INK))
    if panel.title is not None:
        title = typeset(panel.title)
        over.append(Words(middle_x, frame.top + 0.25, title, LABEL_SIZE + 0.5, colour=INK))
    return under, over


def number(tick: Tick, x: float, y: float, align: str) -> Iterator[Words]:
    """Yield a tick's number with its end, middle or begin at x; the exponent stands higher."""
    if not tick.power:
        yield Words(x, y, tick.text, TICK_SIZE, align, QUIET)
        return
    raised = 0.7 * TICK_SIZE
    # Digits are half an em wide in both fonts, so the two parts meet without measuring.
    wide = text_width(tick.power, raised)
    joint = x - wide if align == "right" else x + (1.0 * TICK_SIZE / CM - wide) / 2
    if align == "left":
        joint = x + 1.0 * TICK_SIZE / CM
    yield Words(joint, y, tick.text, TICK_SIZE, "right", QUIET)
    yield Words(joint + 0.02, y + 0.33 * TICK_SIZE / CM, tick.power, raised, "left", QUIET)

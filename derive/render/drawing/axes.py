"""Plot → scene: where the panels stand, and what belongs to each."""

from __future__ import annotations

from derive.document.diagram import Style, Typeset
from derive.document.plot import Bars, Curve, Heat, Mark, Panel, Plot, Reference
from derive.render.drawing.curves import (
    draw_bars,
    draw_mark,
    draw_reference,
    draw_series,
    end_labels,
)
from derive.render.drawing.frame import TICK_SIZE, Frame, draw_axes, limits, ticks
from derive.render.drawing.geometry import rectangle
from derive.render.drawing.heat import BAR, bar_ticks, draw_bar, draw_heat
from derive.render.drawing.legend import SIZE, LegendItem, column_size, legend_column, legend_rows
from derive.render.drawing.scene import Clipped, Item, Scene, Shape, text_width

_BETWEEN = 0.5  # cm between panels


def plot_scene(plot: Plot, typeset: Typeset) -> Scene:
    """Return the drawing of a plot, ``plot.width`` cm wide."""
    items: list[Item] = []
    columns = min(plot.columns, len(plot.panels))
    wide = (plot.width - _BETWEEN * (columns - 1)) / columns
    top = 0.0
    for first in range(0, len(plot.panels), columns):
        row = plot.panels[first : first + columns]
        # What one panel has above or below it, its neighbours leave room for: the axes line up.
        head = max(0.65 if _has_head(panel, typeset) else 0.15 for panel in row)
        ends = [
            _draw_panel(panel, n * (wide + _BETWEEN), top - head, wide, plot.height, typeset, items)
            for n, panel in enumerate(row)
        ]
        top = min(ends) - 0.35
    return Scene(0.0, top + 0.35, plot.width, 0.0, tuple(items))


def _has_head(panel: Panel, typeset: Typeset) -> bool:
    bars = [item.label for item in panel.items if isinstance(item, Heat) and item.label is not None]
    return panel.title is not None or bool(bars)


def _draw_panel(
    panel: Panel,
    left: float,
    top: float,
    wide: float,
    height: float,
    typeset: Typeset,
    items: list[Item],
) -> float:
    """Add a panel whose axes begin at ``top``; yield where it ends below."""
    x_span, y_span = limits(panel)
    y_ticks = ticks(y_span, height, 0.9, panel.y_log, panel.y_whole)
    numbers = max((tick.width() for tick in y_ticks), default=0.0)
    before = 0.16 + numbers + (0.65 if typeset(panel.y_label) else 0.1)
    after = _room_right(panel, height, y_span, typeset)
    frame = Frame(
        left + before,
        top - height,
        left + wide - after,
        top,
        x_span,
        y_span,
        panel.x_log,
        panel.y_log,
    )
    x_ticks = ticks(x_span, frame.right - frame.left, 1.2, panel.x_log, panel.x_whole)
    under, over = draw_axes(frame, x_ticks, y_ticks, panel, typeset)
    items += under
    inside, words = _contents(panel, frame, typeset)
    items.append(Clipped(frame.box, tuple(inside)))
    items += over
    items += words
    direct = [s for s in panel.items if isinstance(s, Curve) and s.direct and s.label is not None]
    items += end_labels(direct, frame, typeset)
    for heat in (item for item in panel.items if isinstance(item, Heat)):
        text = typeset(heat.label) if heat.label is not None else ""
        items += draw_bar(heat, frame.right + 0.25, frame, text)
    bottom = frame.bottom - (1.1 if typeset(panel.x_label) else 0.55)
    entries = _entries(panel, typeset)
    if panel.legend == "below":
        middle = (frame.left + frame.right) / 2
        rows, bottom = legend_rows(entries, middle, bottom - 0.1, wide, left + wide)
        items += rows
    elif panel.legend and entries:
        items += _corner(panel.legend, entries, frame)
    return bottom


def _room_right(
    panel: Panel, height: float, y_span: tuple[float, float], typeset: Typeset
) -> float:
    """Return the cm between the axes and the end of the panel: labels of curves, a colour bar."""
    room = 0.3
    for item in panel.items:
        if isinstance(item, Curve) and item.direct and item.label is not None:
            # The label of a curve that ends outside the limits stands inside the axes.
            if not item.y or not y_span[0] <= item.y[-1] <= y_span[1]:
                continue
            room = max(room, 0.55 + text_width(typeset(item.label), SIZE))
        elif isinstance(item, Heat):
            numbers = max((tick.width() for tick in bar_ticks(item, height)), default=0.0)
            label = (
                text_width(typeset(item.label), TICK_SIZE) / 2 if item.label is not None else 0.0
            )
            room = max(room, 0.25 + BAR + max(0.2 + numbers, label))
    return room


def _contents(panel: Panel, frame: Frame, typeset: Typeset) -> tuple[list[Shape], list[Item]]:
    """Return the shapes that end at the frame, and words and marks, which lie over all curves."""
    shapes: list[Shape] = []
    words: list[Item] = []
    for item in panel.items:
        if isinstance(item, Curve):
            shapes += draw_series(item, frame)
        elif isinstance(item, Heat):
            cells, levels = draw_heat(item, frame)
            shapes += cells
            words += levels
        elif isinstance(item, Bars):
            bars, labels = draw_bars(item, frame, typeset)
            shapes += bars
            words += labels
        elif isinstance(item, Reference):
            for part in draw_reference(item, frame, typeset):
                if isinstance(part, Shape):
                    shapes.append(part)
                else:
                    words.append(part)
        elif isinstance(item, Mark):
            words += draw_mark(item, frame, typeset)
    return shapes, words


def _entries(panel: Panel, typeset: Typeset) -> list[LegendItem]:
    entries: list[LegendItem] = []
    for item in panel.items:
        if isinstance(item, Curve) and item.label is not None and not item.direct:
            width = 0.8 if item.thin else 1.4
            text = typeset(item.label)
            entries.append(LegendItem(text, item.colour, item.style, width, marker=item.marker))
        elif isinstance(item, Bars) and item.label is not None:
            text = typeset(item.label)
            entries.append(LegendItem(text, item.colours[0], Style.SOLID, block=True))
    return entries


def _corner(place: str, entries: list[LegendItem], frame: Frame) -> list[Item]:
    wide, tall = column_size(entries)
    vertical, horizontal = place.split()
    left = frame.left + 0.25 if horizontal == "left" else frame.right - 0.2 - wide
    top = frame.top - 0.1 if vertical == "top" else frame.bottom + 0.15 + tall
    card = rectangle(left - 0.1, top - tall, left + wide + 0.1, top)
    return [Shape(card, fill="FFFFFF", opacity=0.85), *legend_column(entries, left, top)]

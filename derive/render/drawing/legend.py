"""Line samples with their words, in centred rows."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf

from derive.document.diagram import Style
from derive.render.drawing.geometry import circle, polyline, rectangle
from derive.render.drawing.scene import CM, Item, Shape, Words, text_width

SIZE = 9.0
_SAMPLE, _GAP, _BETWEEN, _LEADING = 0.75, 0.15, 0.6, 0.5
DASHES: dict[Style, tuple[float, ...]] = {
    Style.SOLID: (),
    Style.DASHED: (4.0, 1.6),
    Style.DOTTED: (0.9, 1.6),
}


@dataclass(frozen=True)
class LegendItem:
    """A typeset label with the look of what it names."""

    text: str
    colour: str
    style: Style = Style.SOLID
    width: float = 1.05
    marker: bool = False
    block: bool = False  # a bar instead of a line

    @property
    def length(self) -> float:
        """Sample, gap and words, in cm."""
        return _SAMPLE + _GAP + text_width(self.text, SIZE)


def legend_rows(
    entries: list[LegendItem], middle: float, top: float, width: float, right: float = inf
) -> tuple[list[Item], float]:
    """Return the legend below ``top``, broken into rows of at most ``width``, and its lower end.

    A row is centred at ``middle``, unless it would then reach beyond ``right``.
    """
    rows: list[list[LegendItem]] = []
    for entry in entries:
        if rows and sum(e.length + _BETWEEN for e in rows[-1]) + entry.length <= width:
            rows[-1].append(entry)
        else:
            rows.append([entry])
    items: list[Item] = []
    for n, row in enumerate(rows):
        y = top - _LEADING * (n + 0.5)
        long = sum(e.length for e in row) + _BETWEEN * (len(row) - 1)
        x = min(middle - long / 2, right - long)
        for entry in row:
            items += draw_entry(entry, x, y)
            x += entry.length + _BETWEEN
    return items, top - _LEADING * len(rows)


def legend_column(entries: list[LegendItem], left: float, top: float) -> list[Item]:
    """Return the legend as a column whose upper left corner is given."""
    items: list[Item] = []
    for n, entry in enumerate(entries):
        items += draw_entry(entry, left, top - _LEADING * (n + 0.5))
    return items


def column_size(entries: list[LegendItem]) -> tuple[float, float]:
    """Return width and height of the column in cm."""
    return max((entry.length for entry in entries), default=0.0), _LEADING * len(entries)


def draw_entry(entry: LegendItem, left: float, middle: float) -> list[Item]:
    """Return one sample with its words to the right."""
    items: list[Item] = []
    if entry.block:
        box = rectangle(left + 0.2, middle - 0.12, left + _SAMPLE - 0.05, middle + 0.12)
        items.append(Shape(box, fill=entry.colour))
    else:
        line = polyline([(left, middle), (left + _SAMPLE, middle)])
        items.append(Shape(line, entry.colour, entry.width, DASHES[entry.style]))
    if entry.marker:
        items.append(Shape(circle(left + _SAMPLE / 2, middle, 0.06), fill=entry.colour))
    baseline = middle - 0.25 * SIZE / CM
    items.append(Words(left + _SAMPLE + _GAP, baseline, entry.text, SIZE, "left"))
    return items

"""Facts of a handout told by the numbers that stand in its tables and the curves of its figures."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Protocol

import numpy as np

from derive.chapters.facts import CellFacts
from derive.document.blocks import Algorithm, FigureBlock, TableBlock
from derive.document.figures import Curve, Plot
from derive.document.text import Number, Text, Value, numeric


class Showing(Protocol):
    """A handout: its cell, and its figures and tables by their ids."""

    facts: CellFacts

    @property
    def figures(self) -> Mapping[str, FigureBlock | TableBlock | Algorithm]: ...


MUCH = 90
"""Percent of all norms that the latest contributions hold where the rest is little."""


def rows(o: Showing, id: str) -> Sequence[tuple[Value, ...]]:
    """Return the rows of a table; none where it does not stand."""
    table = o.figures.get(id)
    return table.rows if isinstance(table, TableBlock) else ()


def _ends(id: str) -> Callable[[Showing], bool]:
    """Return whether a curve with a name ends in a figure before another one does."""

    def found(o: Showing) -> bool:
        block = o.figures.get(id)
        if not isinstance(block, FigureBlock) or not isinstance(block.figure, Plot):
            return False
        items = (item for panel in block.figure.panels for item in panel.items)
        curves = [item for item in items if isinstance(item, Curve) and item.x and item.label]
        lengths = [int(np.isfinite(np.array(curve.y, dtype=float)).sum()) for curve in curves]
        return min(lengths, default=0) < max((len(curve.x) for curve in curves), default=0)

    return found


def _latest_hold_little(o: Showing) -> bool:
    shares = [numeric(row[1]) for row in rows(o, "flow-shares")]
    return bool(shares) and shares[-1] < MUCH


def told_apart(o: Showing) -> Iterator[tuple[float, float]]:
    """Yield norms of blocks at the longest lag, with gates open, and of products that differ from them.

    Of numbers that are rounded to zero it can't be told which is larger.
    """
    opened = [
        (row[0].key, row[-1])
        for row in rows(o, "memory-runs")
        if isinstance(row[0], Text)
        and row[0].values.get("run") == Text("label.memory.opened")
        and isinstance(row[-1], Number)
    ]
    blocks, products = (
        [last.value for key, last in opened if key == f"label.memory.{kind}"]
        for kind in ("block", "product")
    )
    for block, product in zip(blocks, products, strict=True):
        if block and product and block != product:
            yield block, product


OF_NUMBERS: Mapping[str, Callable[[Showing], bool]] = {
    "some-flow-curve-ends": _ends("flow-norms"),
    "some-memory-curve-ends": _ends("memory-norms"),
    "latest-hold-little": _latest_hold_little,
}

"""Which capital letters the scalar case keeps, told from the names of a cell alone."""

from __future__ import annotations

from collections import Counter

from derive.cells.cell import Cell
from derive.expressions.quantities import T, j, k, t


def kept_capitals(cell: Cell, single: Cell) -> list[object]:
    """Return the parameters of the scalar case of a cell whose small letter means something else.

    Something else is a quantity of the cell, or what a name with an index begins with, an index, a size,
    or another parameter in small letters.
    """
    ours = {p.name for p in cell.parameters}
    means = {name for name in cell.names if name not in ours}
    means |= {name.split("_", 1)[0] for name in means}
    means |= {str(symbol) for symbol in (t, T, k, j, *cell.dimensions)}
    small = {name: name.split("_", 1)[0].lower() for name in ours}
    whole = Counter(small[name] + name[len(small[name]) :] for name in ours)
    return [
        one
        for p, one in zip(cell.parameters, single.parameters, strict=True)
        if small[p.name] != p.name.split("_", 1)[0]
        and (small[p.name] in means or whole[small[p.name] + p.name[len(small[p.name]) :]] > 1)
    ]

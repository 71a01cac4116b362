"""What the names in the formulas of a text stand for: the quantities of the claim's cell."""

from __future__ import annotations

from derive.cells.cell import Cell
from derive.formula import Scope


def of_cell(cell: Cell) -> Scope:
    """Return the names of a cell."""
    computed = [e.variable for e in cell.equations]
    series = {s.name: s for s in (*cell.given, *cell.states, *computed)}
    parameters = {p.name: p for p in (*cell.parameters, *cell.constants, cell.total)}
    sizes = {str(symbol): symbol for symbol in cell.dimensions}
    return Scope(series, parameters, cell.states, sizes)

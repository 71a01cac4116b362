"""The equations of a step in the order in which they are computed, and what each of them reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from sympy import MatrixExpr

from derive.cells.cell import Cell
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.walk import atoms_of, series_in


@dataclass(frozen=True)
class Line:
    """An equation of a step: what it sets, the expression, and what that reads at which lag."""

    variable: Series
    expr: MatrixExpr
    reads: tuple[tuple[Series, int], ...]
    parameters: frozenset[Parameter]


@lru_cache(maxsize=64)
def program(cell: Cell) -> tuple[Line, ...]:
    """Return the equations of a step in order; every trace of the cell shares them."""
    lines = []
    for equation in cell.equations:
        reads = tuple((at.series, int(t - at.indices[0])) for at in series_in(equation.expr))
        parameters = frozenset(atoms_of(equation.expr, Parameter))
        lines.append(Line(equation.variable, equation.expr, reads, parameters))
    return tuple(lines)

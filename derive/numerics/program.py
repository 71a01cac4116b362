"""The equations of a step in the order in which they are computed, and what each of them reads."""

from __future__ import annotations

from collections.abc import Sequence
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


@lru_cache(maxsize=64)
def recurrent(cell: Cell) -> tuple[Line, ...]:
    """Return the equations of a step that the next one needs, in their order."""
    lines = program(cell)
    needed = {series for line in lines for series, lag in line.reads if lag}
    return _closed(lines, needed)


@lru_cache(maxsize=512)
def beside(cell: Cell, series: Series) -> tuple[Line, ...]:
    """Return the equations that a quantity needs beside those that the next step needs."""
    lines, also = program(cell), {line.variable for line in recurrent(cell)}
    return tuple(line for line in _closed(lines, {series}) if line.variable not in also)


def _closed(lines: Sequence[Line], needed: set[Series]) -> tuple[Line, ...]:
    found = []
    for line in reversed(lines):
        if line.variable in needed:
            found.append(line)
            needed = needed | {series for series, lag in line.reads if not lag}
    return tuple(reversed(found))

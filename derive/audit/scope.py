"""What the names in the formulas of a text stand for: the quantities of the claim's cell."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from sympy import MatrixExpr

from derive.cells.cell import Cell
from derive.formula import Scope, parse
from derive.formula.scope import INDICES
from derive.source import Origin

Shorthand: TypeAlias = tuple[str, Origin]
"""An expression as text, and where it stands."""


def of_cell(cell: Cell) -> Scope:
    """Return the names of a cell."""
    computed = [e.variable for e in cell.equations]
    series = {s.name: s for s in (*cell.given, *cell.states, *computed)}
    parameters = {p.name: p for p in (*cell.parameters, *cell.constants, cell.total)}
    sizes = {str(symbol): symbol for symbol in cell.dimensions}
    return Scope(series, parameters, cell.states, sizes)


def with_shorthands(scope: Scope, where: Mapping[str, Shorthand]) -> Scope:
    """Return a scope that knows further names; each may use those before it."""
    for name, (text, origin) in where.items():
        taken = {*scope.names(), *scope.sizes, *scope.functions, *scope.own, *INDICES, "I", "d"}
        if not (name.isidentifier() and name not in taken):
            raise origin.error(
                f"where: {name!r} means something already, or is no name: take another one, of "
                "letters, digits and _"
            )
        made: MatrixExpr = parse(text, scope, origin=origin)
        scope = replace(scope, shorthands={**scope.shorthands, name: made})
    return scope

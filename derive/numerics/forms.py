"""What a derivative is of and by, where both are quantities of the forward pass."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass, field

from sympy import MatrixExpr

from derive.cells.cell import Cell
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series
from derive.numerics.asked import Begun, PassFamily
from derive.numerics.tape import IndexFunction, index_of


@dataclass(frozen=True)
class DerivativeForm:
    """A derivative of a quantity of the forward pass by another: which, and where they stand.

    ``num`` has no series for the total loss; ``rows`` and ``columns`` are the places of a component
    of what is differentiated, and of that by which.
    """

    num: tuple[Series, ...]
    at: IndexFunction | None
    rows: tuple[IndexFunction, ...]
    den: Parameter | tuple[Series, ...]
    by: IndexFunction | None
    columns: tuple[IndexFunction, ...]
    held: tuple[tuple[Series, IndexFunction], ...]
    walls: tuple[IndexFunction, ...]
    families: dict[tuple[int, ...], PassFamily] = field(default_factory=dict)

    @property
    def moving(self) -> tuple[Series, ...]:
        """Return the series that move, none where a parameter does."""
        return () if isinstance(self.den, Parameter) else self.den


def form_of(
    node: Partial | Gradient, trace: Begun, named: Container[Series]
) -> DerivativeForm | None:
    """Return what a derivative is of and by, None where these are no quantities of the pass."""
    if not trace.begins_anywhere:
        return None
    num, rows = _component(node.num)
    den, columns = _component(node.den)
    own = _parts(trace.cell, named, num) if isinstance(num, At) else ()
    if not own and num != trace.cell.total:
        return None
    by: IndexFunction | None = None
    moved: Parameter | tuple[Series, ...]
    if isinstance(den, At):
        moved, by = _parts(trace.cell, named, den), index_of(den.indices[0])
    elif isinstance(den, ParameterCopy):
        moved, by = den.args[0], index_of(den.args[1])
    else:
        moved = den
    if not moved or (isinstance(moved, Parameter) and moved not in _given(trace.cell)):
        return None
    held = [(s, at.indices[0]) for at in node.held for s in _parts(trace.cell, named, at)]
    if any(not _parts(trace.cell, named, at) for at in node.held):
        return None
    steps = dict.fromkeys(step for _, step in held)
    walls = [s for s in steps if all((state, s) in held for state in trace.cell.states)]
    if held and by is None and not walls:
        return None
    return DerivativeForm(
        own, index_of(num.indices[0]) if isinstance(num, At) else None, rows,
        moved, by, columns,
        tuple((s, index_of(step)) for s, step in held), tuple(map(index_of, walls)),
    )  # fmt: skip


def _parts(cell: Cell, named: Container[Series], at: MatrixExpr) -> tuple[Series, ...]:
    """Return the series of a quantity of the forward pass, none where it is no such quantity."""
    if not isinstance(at, At) or len(at.indices) != 1 or at.series in named:
        return ()
    if isinstance(at.series, Introduced) and at.series.role is Role.STACK:
        return cell.states
    known = {*cell.given, *cell.states, *(e.variable for e in cell.equations)}
    return (at.series,) if at.series in known else ()


def _component(expr: MatrixExpr) -> tuple[MatrixExpr, tuple[IndexFunction, ...]]:
    if isinstance(expr, Component):
        return expr.matrix, tuple(map(index_of, expr.indices))
    return expr, ()


def _given(cell: Cell) -> tuple[Parameter, ...]:
    return (*cell.parameters, *cell.constants)

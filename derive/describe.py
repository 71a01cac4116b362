"""What each quantity of a cell is for, read off its equations."""

from __future__ import annotations

from typing import Any

from derive.algebra import Parameter, Series, t
from derive.cell import Cell
from derive.nodes import atoms_of, series_in
from derive.rules import depends


def parameter_role(cell: Cell, parameter: Parameter) -> str:
    """Yield input, recurrent, output or bias: by what the parameter is multiplied with."""
    for equation in cell.equations:
        for term in _terms(equation.expr):
            if not depends(term, parameter):
                continue
            read = next(iter(series_in(term)), None)
            if read is None:
                return "bias"
            if read.series in cell.inputs:
                return "input"
            return "recurrent" if read.indices[0] != t else "output"
    return "parameter"


def series_role(cell: Cell, series: Series) -> str:
    """Yield input, target, state, output, logits, loss, pre-activation or quantity."""
    roles = [
        ("input", cell.inputs), ("target", (cell.target,)), ("loss", (cell.loss_series,)),
        ("output", (cell.output,)), ("state", cell.states), ("logits", (cell.logits,)),
    ]  # fmt: skip
    for role, members in roles:
        if series in members:
            return role
    if any(
        e.expr.args and e.expr.args[-1] == series[t] and not e.expr.is_MatAdd
        for e in cell.equations
    ):
        return "pre_activation"
    return "quantity"


def _terms(expr: Any) -> tuple[Any, ...]:
    sums = [e for e in atoms_of(expr, object) if getattr(e, "is_MatAdd", False)]
    return tuple(a for s in sums for a in s.args) or (expr,)

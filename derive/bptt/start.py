"""What is 0 at the first step because the initial state is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Integer, ZeroMatrix

from derive.bptt.shared import SharedDefinitions
from derive.calculus.activations import activation
from derive.cells.cell import Cell
from derive.expressions.algebra import Diag, is_zero
from derive.expressions.blocks import Blocks
from derive.expressions.folding import refolded
from derive.expressions.functions import Apply
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.rewrite import substituted


def vanishes_at_start(shared: SharedDefinitions, parameter: Parameter) -> bool:
    """Tell whether the contribution of step 1 is 0 because the initial state is.

    It is if each use has a factor that is: what the parameter is multiplied by, or the path from
    there to the state.
    """
    return shared.cell.initial == "zero" and _vanishes(shared, parameter, shared.cell.states)


def parts_at_start(shared: SharedDefinitions, parameter: Parameter) -> list[Series]:
    """Return the states of which the initial values make that contribution 0, and no fewer do."""
    parts = [*shared.cell.states]
    for state in shared.cell.states:
        rest = [part for part in parts if part != state]
        if _vanishes(shared, parameter, rest):
            parts = rest
    return parts


def _vanishes(shared: SharedDefinitions, parameter: Parameter, parts: Sequence[Series]) -> bool:
    uses = shared.recurrent_uses(parameter)
    start = _zeros(shared.cell, parts)
    factors = [
        (u.pullback.left, u.pullback.right, shared.path_into_state(u.entry, t)) for u in uses
    ]
    return bool(uses) and all(
        any(f is not None and _is_zero(f, start) for f in use) for use in factors
    )


def _zeros(cell: Cell, parts: Sequence[Series]) -> dict[Any, Any]:
    """Return what is 0 at the first step: these states before it, and what is computed of them alone."""
    found = {s[t - 1]: ZeroMatrix(*s.shape) for s in parts}
    for equation in cell.equations:
        if _is_zero(equation.expr, found):
            found[equation.left] = ZeroMatrix(*equation.left.shape)
    return found


def _is_zero(expr: Any, start: dict[Any, Any]) -> bool:
    found = substituted(expr, start, _rebuilt)
    return is_zero(found) or (isinstance(found, Blocks) and all(map(is_zero, found.args[1:])))


def _rebuilt(node: Any, operands: list[Any]) -> Any:
    """Return a node over other operands, folded; a function of 0 that is 0 there is 0 as well."""
    if isinstance(node, Diag) and is_zero(operands[0]):
        return ZeroMatrix(*node.shape)
    if isinstance(node, Apply) and is_zero(operands[-1]):
        at_zero = activation(node.function).scalar(Integer(0))
        return operands[-1] if at_zero == 0 else refolded(node, operands)
    return refolded(node, operands)

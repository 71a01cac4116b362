"""How many steps it takes until a state acts on itself through others, by what equations read."""

from __future__ import annotations

from collections.abc import Mapping

from derive.cells.cell import Cell
from derive.expressions.quantities import At, Series, t
from derive.expressions.walk import series_in


def reads_of_step(cell: Cell) -> Mapping[object, set[At]]:
    """Return all that each quantity of a step is computed from, in that step and from the one before."""
    reads: dict[object, set[At]] = {}
    for equation in cell.equations:
        direct = set(series_in(equation.expr))
        reads[equation.left] = direct.union(*(reads.get(at, set()) for at in direct))
    return reads


def steps_to_return(cell: Cell, state: Series) -> int:
    """Return after how many steps a state first reads itself by way of others, 0 for never."""
    reads, others = reads_of_step(cell), [s for s in cell.states if s != state]
    reached = {s for s in others if state[t - 1] in reads[s[t]]}
    for steps in range(2, len(cell.states) + 1):
        if any(s[t - 1] in reads[state[t]] for s in reached):
            return steps
        reached = {s for s in others if any(r[t - 1] in reads[s[t]] for r in reached)}
    return 0

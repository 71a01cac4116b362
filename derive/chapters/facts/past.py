"""Facts of inputs that act on the output of their step past its states."""

from __future__ import annotations

from derive.chapters.facts.facts import CellFacts, fact
from derive.expressions.quantities import At, Series, k, t
from derive.expressions.walk import series_in


@fact
def _past_states(f: CellFacts, given: At) -> bool:
    """Tell whether a path leads from an input to the output of its step, and through no state."""
    reached: set[Series] = {given.series}
    for equation in f.cell.equations:
        read = {at.series for at in series_in(equation.expr) if at.indices[0] == t}
        if read & reached and equation.variable not in f.cell.states:
            reached.add(equation.variable)
    return given.indices == (k,) and f.cell.output in reached

"""A derivative within a step by all that an equation reads: the first line towards a sum over paths."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Any

from derive.bptt.shared import SharedDefinitions
from derive.expressions.algebra import add, is_zero, mul
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import At, Series, j, t
from derive.expressions.sums import instantiate


def of_blocks(shared: SharedDefinitions) -> Iterator[tuple[str, tuple[Any, ...]]]:
    """Yield the sides of each derivative of a state by one before that has several terms, and a name.

    They are the derivative, the sum by what the equation of the state reads, that with the pieces of
    the step put in, and what it is called.
    """
    states = shared.cell.states
    for row, read in product(states, states):
        before = read[t - 1]
        found = terms(shared, row, before)
        if not found:
            continue
        others = [s[t - 1] for s in states if s != read]
        named = shared.jacobians.parts.get((row, before), shared.J)
        written = (Partial(row[t], before, *others), add(*found))
        sides = (
            *(instantiate(side, {t: j}) for side in written),
            instantiate(shared.expression_of(named), {t: j}),
            named[j],
        )
        yield f"block-{row.name}-{read.name}" if len(states) > 1 else "step-jacobian", sides


def terms(shared: SharedDefinitions, row: Series, den: At) -> list[Any]:
    """Return a term for each of several quantities that a state reads and that depend on another.

    Nothing where they are not several, or where one acts through a path that has a name.
    """
    jacobians = shared.jacobians
    equation, passed = shared.cell.definition(row), jacobians.passed(row)
    # What is differentiated by within the step is no part of the state before.
    before = shared.cell.states if den.indices[0] != t else ()
    others = [s[t - 1] for s in before if s != den.series]
    found, direct = [], 0
    for read in jacobians.reads(equation):
        if read == den:
            found.append(jacobians.local(equation, read))
            direct += 1
        elif read.indices[0] == t and depends(shared, read.series, den):
            if read.series not in passed and _depends_on_any(shared, read.series, passed):
                # It acts through another state of the step as well, whose piece has a name.
                return []
            factor = jacobians.local(equation, read)
            if read.series in passed:
                factor = jacobians.parts[row, read][t]
            # The plus sign says that all other parts are held; where none acts, it says nothing.
            held = others if any(depends(shared, read.series, s) for s in others) else []
            found.append(mul(factor, Partial(read, den, *held)))
    return [] if len(found) < 2 or len(found) == direct else found


def depends(shared: SharedDefinitions, variable: Series, at: At) -> bool:
    """Tell whether a quantity of a step depends on another, of that step or of the one before."""
    return not is_zero(shared.jacobians.derivative(variable, at))


def _depends_on_any(shared: SharedDefinitions, variable: Series, states: Iterable[Series]) -> bool:
    return any(depends(shared, variable, s[t]) for s in states)

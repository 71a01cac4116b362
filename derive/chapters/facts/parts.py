"""Whether parts of a state are made of others, in two ways, and which act through others alone."""

from __future__ import annotations

import numpy as np

from derive.chapters.facts.facts import CellFacts, again, fact, small
from derive.document.text import Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import At, t
from derive.expressions.walk import series_in


def made_of_parts(f: CellFacts) -> set[At]:
    """Return the parts of the state that the same step computes from others."""
    states = {s[t] for s in f.cell.states}
    reads: dict[At, set[At]] = {}
    for equation in f.cell.equations:
        own = [at for at in series_in(equation.expr) if at.indices == (t,)]
        known = ({at} & states | reads.get(at, set()) for at in own)
        reads[equation.left] = set().union(*known)
    return {part for part in states if reads.get(part, set()) - {part}}


@fact
def _parts_of_parts(f: CellFacts) -> bool:
    """Tell whether a part of the state is computed from another part of the same step."""
    return bool(made_of_parts(f))


@again
def _parts_of_parts(f: CellFacts) -> bool | None:  # type: ignore[no-redef]
    """Tell whether a loss has another derivative by a part alone than by it as a part of the state."""
    if len(f.cell.states) == 1:
        return False
    last, state = f.steps, f.derivation.shared.state
    loss = f.cell.loss_series[last]
    for evaluator in f.evaluators:
        parts = [evaluator.at(Gradient(loss, s[last])).reshape(-1) for s in f.cell.states]
        whole = evaluator.at(Partial(loss, state[last])).reshape(-1)
        if not small(np.concatenate(parts) - whole):
            return True
    # What acts on no loss of its step may be made of other parts all the same.
    return None


def silent_parts(f: CellFacts) -> list[Value]:
    """Return the parts that act on the loss of their step, though only through other parts."""
    last, state = f.steps, f.derivation.shared.state
    loss, found = f.cell.loss_series[last], []
    at = 0
    for part in f.cell.states:
        rows = slice(at, at := at + len(f.evaluators[0].at(part[last])))
        whole = [e.at(Partial(loss, state[last])).reshape(-1)[rows] for e in f.evaluators]
        alone = [e.at(Gradient(loss, part[last])) for e in f.evaluators]
        if all(map(small, whole)) and not all(map(small, alone)):
            found.append(part[t])
    return found

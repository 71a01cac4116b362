"""Whether parts of a state are made of others, and which act through others alone."""

from __future__ import annotations

import numpy as np

from derive.arrays import Array
from derive.chapters.facts.facts import CellFacts, fact, small
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


def parts_through_others(f: CellFacts) -> list[At]:
    """Return the parts that act on the loss of their step through other parts of it, too."""
    return [part for part, (inside, alone) in _slopes(f).items() if not small(inside - alone)]


def silent_parts(f: CellFacts) -> list[At]:
    """Return the parts that act on the loss of their step, though only through other parts."""
    found = _slopes(f).items()
    return [part for part, (inside, alone) in found if small(inside) and not small(alone)]


def kept_parts(f: CellFacts) -> list[At]:
    """Return the parts that do not act on the loss of their step at all, kept for later ones."""
    found = _slopes(f).items()
    return [part for part, (inside, alone) in found if small(inside) and small(alone)]


def _slopes(f: CellFacts) -> dict[At, tuple[Array, Array]]:
    """Return of each part the derivative of the last loss by it: within the whole state, and alone."""
    last, state = f.steps, f.derivation.shared.state
    loss, at = f.cell.loss_series[last], 0
    found = {}
    for part in f.cell.states:
        rows = slice(at, at := at + len(f.evaluators[0].at(part[last])))
        whole = [e.at(Partial(loss, state[last])).reshape(-1)[rows] for e in f.evaluators]
        alone = [e.at(Gradient(loss, part[last])).reshape(-1) for e in f.evaluators]
        found[part[t]] = np.array(whole), np.array(alone)
    return found

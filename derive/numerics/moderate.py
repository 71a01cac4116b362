"""Whether a forward pass is moderate: nothing in it is so saturated that a check loses its digits."""

from __future__ import annotations

import numpy as np

from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import At, Series, t
from derive.expressions.walk import atoms_of
from derive.numerics.trace import ForwardPass

MODERATE = 10.0
"""The largest logit: a network whose states grow beyond is drawn anew."""

STEEP = 7.0
"""The largest argument of a tanh: beyond, its slope 1 − tanh² has less than nine correct digits, as have
those of a softmax whose arguments are twice as far from each other."""


def is_moderate(trace: ForwardPass) -> bool:
    """Tell whether no output is saturated: there 1 − o is lost in rounding, on both sides alike.

    Nor any tanh, or softmax within a step, for the same reason.
    """
    steps = np.arange(1, trace.steps + 1)

    def below(series: Series, most: float) -> bool:
        return bool(np.abs(trace.value(series, steps)).max() < most)

    def close(series: Series) -> bool:
        values = trace.value(series, steps)
        return bool((values.max(axis=1) - values.min(axis=1)).max() < 2 * STEEP)

    chosen = {
        f.arg.series
        for e in trace.cell.equations
        if e.variable != trace.cell.output
        for f in atoms_of(e.expr, Softmax)
        if isinstance(f.arg, At) and f.arg.indices[0] == t
    }
    if not all(map(close, chosen)):
        return False
    arguments = {
        f.arg.series
        for e in trace.cell.equations
        for f in atoms_of(e.expr, Apply)
        if f.function == "tanh" and isinstance(f.arg, At) and f.arg.indices[0] == t
    }
    return below(trace.cell.logits, MODERATE) and all(below(a, STEEP) for a in arguments)

"""Wrong derivatives of a cross entropy by the logits, from the outputs and targets alone."""

from __future__ import annotations

import numpy as np

from derive.arrays import Array
from derive.expressions.functions import Softmax
from derive.gradcheck.wordings import residuals
from derive.numerics.trace import ForwardPass


def wrong_residuals(trace: ForwardPass) -> list[tuple[str, list[Array]]]:
    """Return the derivative of each loss by its logits, by the name of the mistake in it.

    Only of a softmax: elsewhere there is none.
    """
    cell = trace.cell
    if not isinstance(cell.definition(cell.output).expr, Softmax):
        return []
    rows = []
    for n in range(1, trace.steps + 1):
        o, y = trace.value(cell.output, n)[:, 0], trace.value(cell.target, n)[:, 0]
        by_output, through = -y / o, np.diag(o) - np.outer(o, o)
        rows.append((by_output, through @ (o - y), o * (1 - o) * by_output, o * by_output, o - y))
    return [(name, [row[i] for row in rows]) for i, name in enumerate(residuals("softmax"))]

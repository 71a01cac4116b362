"""The gradients of a batch, checked before anything is trained with them."""

from __future__ import annotations

import numpy as np

from derive.bptt.derivation import Derivation
from derive.checks.verify import TOLERANCE
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import identifier
from derive.gradientflow.training import Batch
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample
from derive.numerics.trace import ForwardPass


def require_gradients(derivation: Derivation, steps: int = 3, seed: int = 0) -> None:
    """Check the gradients of a batch against the forward passes of its sequences, one by one.

    A `CheckError` names the gradient that differs.
    """
    data = [sample(derivation.cell, steps, seed + i, zero_start=True).trace for i in range(2)]
    cell, count = derivation.cell, len(data)
    parameters = {p.name: data[0].parameter(p) for p in cell.parameters}
    rows = {
        s.name: np.array([[d.value(s, n)[:, 0] for d in data] for n in range(1, steps + 1)])
        for s in cell.given
    }
    batch = Batch(derivation, steps)
    columns = {name: values.swapaxes(1, 2) for name, values in rows.items()}
    batch.forward(parameters, columns, count)
    found = batch.gradients()
    initial = {s.name: np.zeros(len(data[0].value(s, 0))) for s in cell.states}
    each = [
        Evaluator(
            ForwardPass(cell, parameters, {n: v[:, i] for n, v in rows.items()}, initial),
            derivation.definitions,
        )
        for i in range(count)
    ]
    for p in cell.parameters:
        wanted = sum(one.value(Gradient(cell.total, p)) for one in each)
        error = float(np.abs(found[p.name] - wanted).max() / np.abs(wanted).max())
        if not error <= TOLERANCE:
            raise CheckError(
                f"equation {identifier(cell.name, 'grad', p.name)} does not hold for a batch: the "
                f"gradients differ by {error:.3g} of the largest entry from those of the forward "
                f"passes, allowed {TOLERANCE:.0e}. Nothing is trained; please report it"
            )

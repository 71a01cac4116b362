"""The simple network, of which some chapters tell in the handout of another: its equations and letters."""

from __future__ import annotations

from collections.abc import Iterator

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.chapters.context import Context
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Prose
from derive.document.text import Value
from derive.expressions.quantities import j, k, t
from derive.gradientflow.measure import recurrent_weights
from derive.gradientflow.runs import derivation_of, of_regimes
from derive.numerics.sample import samples

STEPS = 3
"""Steps of the data on which these equations are checked."""


def opening(c: Context) -> Iterator[Block]:
    """Yield once which network the chapters on request tell of, where it is not that of the handout."""
    if c.opened or (of_regimes(c.cell) and not c.cell.has_matrices):
        return
    c.opened = True
    cell = derivation_of("elman", "tanh").cell.renamed("simple-network")
    d = Derivation(cell, STEPS)
    verifier = Verifier(d, samples(cell, STEPS, c.seed))
    values: dict[str, Value] = {
        "input": cell.inputs[0][t], "state": cell.state[t], "target": cell.target[t],
        "weights": recurrent_weights(d),
    }  # fmt: skip
    yield Prose("prose.simple.intro", values)
    yield from c.show(*unroll.forward(cell), *unroll.loss(cell), verifier=verifier)
    (slope,) = d.shared.jacobians.diagonals.values()
    ((host, delta),) = d.shared.lagged.items()
    values = {
        "slope": slope[t], "J": d.shared.J[j], "state": cell.state[j], "before": cell.state[j - 1],
        "adjoint": delta[t, k], "loss": cell.loss_series[t], "host": host[k],
    }  # fmt: skip
    yield Prose("prose.simple.names", values)
    derived = (*d.substitution.diagonals(), d.substitution.step_jacobian())
    yield from c.show(*derived, *d.substitution.lagged_adjoints(), verifier=verifier)

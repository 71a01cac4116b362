"""The simple network, of which chapters tell in the handout of another: equations and letters."""

from __future__ import annotations

from collections.abc import Iterator

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.chapters.context import Context
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Prose
from derive.document.text import Value
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import k, t
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


def adjoint(c: Context) -> Iterator[Block]:
    """Yield what the letter of an adjoint of the simple network means, in the handout of another."""
    if not c.opened:
        return
    d = derivation_of("elman", "tanh")
    ((host, delta),) = d.shared.lagged.items()
    loss = d.cell.loss_series[t]
    values = {"adjoint": delta[t, k], "host": host[k], "loss": loss}
    yield Prose("prose.simple.names", values | {"gradient": Gradient(loss, host[k])})

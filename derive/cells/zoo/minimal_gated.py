"""The minimal gated unit (Zhou et al. 2016): one gate f both resets and updates."""

from __future__ import annotations

from derive.cells.cell import Cell, define, dimensions
from derive.cells.gates import Gate, parameters
from derive.cells.readout import with_read_out
from derive.expressions.algebra import had
from derive.expressions.quantities import Series, t


def build(
    output_layer: str = "cross_entropy",
    bias: bool = True,
    loss: str = "every",
    initial: str = "zero",
) -> Cell:
    """Return the cell; for the gate and the candidate U (n, d), W (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    x, s = Series("x", d, 1), Series("s", n, 1)
    f = Gate("f", d, n, bias=bias)
    h = Gate("h", d, n, bias=bias, function="tanh", value="htilde")
    return with_read_out(
        "minimal_gated",
        (d, n, m),
        parameters((f, h)),
        (x,),
        (s,),
        (
            *f.equations(x[t], s[t - 1]),
            *h.equations(x[t], had(f[t], s[t - 1])),
            define(s, had(1 - f[t], s[t - 1]) + had(f[t], h[t])),
        ),
        hidden=s,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="b_o" if bias else None,
    )

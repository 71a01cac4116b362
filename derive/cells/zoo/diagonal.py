"""A diagonal linear recurrence, as in state-space models (Gu et al. 2022): s_t = λ⊙s_{t-1} + U x_t."""

from __future__ import annotations

from derive.cells.cell import Cell, define, dimensions
from derive.cells.readout import with_read_out
from derive.expressions.algebra import had
from derive.expressions.quantities import Parameter, Series, t


def build(
    output_layer: str = "cross_entropy",
    bias: bool = False,
    loss: str = "every",
    initial: str = "zero",
) -> Cell:
    """Return the cell; λ (n,), U (n, d), V (m, n), with ``bias`` also c (m,)."""
    d, n, m = dimensions("d n m")
    lam, U = Parameter("lambda", n, 1), Parameter("U", n, d)
    x, s = Series("x", d, 1), Series("s", n, 1)
    return with_read_out(
        "diagonal",
        (d, n, m),
        (lam, U),
        (x,),
        (s,),
        (define(s, had(lam, s[t - 1]) + U * x[t]),),
        hidden=s,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="c" if bias else None,
    )

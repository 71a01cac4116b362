"""The GRU of Cho et al. (2014): the reset gate acts BEFORE the recurrent weights, W_h (r_t⊙s_{t-1}).

s_t = (1 − u_t)⊙h̃_t + u_t⊙s_{t-1}: the update gate u keeps (in some papers it replaces).
"""

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
    """Return the cell; for each gate U (n, d), W (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    x, s = Series("x", d, 1), Series("s", n, 1)
    r, u = (Gate(name, d, n, bias=bias) for name in "ru")
    h = Gate("h", d, n, bias=bias, function="tanh", value="htilde")
    return with_read_out(
        "gru_before",
        (d, n, m),
        parameters((r, u, h)),
        (x,),
        (s,),
        (
            *r.equations(x[t], s[t - 1]),
            *u.equations(x[t], s[t - 1]),
            *h.equations(x[t], had(r[t], s[t - 1])),
            define(s, had(1 - u[t], h[t]) + had(u[t], s[t - 1])),
        ),
        hidden=s,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="b_o" if bias else None,
    )

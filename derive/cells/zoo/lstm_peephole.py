"""The LSTM with peepholes (Gers and Schmidhuber 2000): the gates see the cell state.

The input and forget gates read p⊙c_{t-1}, the output gate q reads p_q⊙c_t.
"""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.cell import Cell, define, dimensions
from derive.cells.gates import Gate, parameters
from derive.cells.readout import with_read_out
from derive.expressions.algebra import had
from derive.expressions.quantities import Parameter, Series, t


def build(
    output_layer: str = "cross_entropy",
    bias: bool = True,
    loss: str = "every",
    initial: str = "zero",
) -> Cell:
    """Return the cell; for each gate U (n, d), W (n, n), b (n,), and the peepholes p (n,)."""
    d, n, m = dimensions("d n m")
    x, h, c = Series("x", d, 1), Series("h", n, 1), Series("c", n, 1)
    i, f, q = (Gate(name, d, n, bias=bias) for name in "ifq")
    g = Gate("g", d, n, bias=bias, function="tanh")
    p_i, p_f, p_q = (Parameter(f"p_{name}", n, 1) for name in "ifq")
    return with_read_out(
        "lstm_peephole",
        (d, n, m),
        (*parameters((i, f, g, q)), p_i, p_f, p_q),
        (x,),
        (h, c),
        (
            *i.equations(x[t], h[t - 1], had(p_i, c[t - 1])),
            *f.equations(x[t], h[t - 1], had(p_f, c[t - 1])),
            *g.equations(x[t], h[t - 1]),
            define(c, had(f[t], c[t - 1]) + had(i[t], g[t])),
            *q.equations(x[t], h[t - 1], had(p_q, c[t])),
            define(h, had(q[t], apply("tanh", c[t]))),
        ),
        hidden=h,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="b_o" if bias else None,
    )

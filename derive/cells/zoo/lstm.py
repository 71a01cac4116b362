"""The LSTM with a forget gate (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000).

c_t = f_t⊙c_{t-1} + i_t⊙g_t and h_t = q_t⊙tanh(c_t); the output gate is q, as o is the output.
"""

from __future__ import annotations

from derive.calculus.activations import apply
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
    x, h, c = Series("x", d, 1), Series("h", n, 1), Series("c", n, 1)
    i, f, q = (Gate(name, d, n, bias=bias) for name in "ifq")
    g = Gate("g", d, n, bias=bias, function="tanh")
    return with_read_out(
        "lstm",
        (d, n, m),
        parameters((i, f, g, q)),
        (x,),
        (h, c),
        (
            *i.equations(x[t], h[t - 1]),
            *f.equations(x[t], h[t - 1]),
            *g.equations(x[t], h[t - 1]),
            define(c, had(f[t], c[t - 1]) + had(i[t], g[t])),
            *q.equations(x[t], h[t - 1]),
            define(h, had(q[t], apply("tanh", c[t]))),
        ),
        hidden=h,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="b_o" if bias else None,
    )

"""The LSTM with peepholes (Gers and Schmidhuber 2000): the gates see the cell state.

The input and forget gates read p⊙c_{t-1}, the output gate q reads p_q⊙c_t.
"""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had
from derive.expressions.quantities import t

OPTIONS = BiasOptions(bias=True)


def build(options: BiasOptions) -> Cell:
    """Return the cell; for each gate U (n, d), W (n, n), b (n,), and the peepholes p (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("lstm_peephole", (d, n, m), options)
    x, h, c = cell.input("x", d), cell.state("h", n), cell.state("c", n)
    i, f = cell.gate("i", x, h, kind="input"), cell.gate("f", x, h, kind="forget")
    g, q = cell.gate("g", x, h, "tanh"), cell.gate("q", x, h, kind="output")
    p_i, p_f, p_q = (cell.parameter(f"p_{gate}", n) for gate in "ifq")
    return cell.equations(
        *i.equations(x[t], h[t - 1], had(p_i, c[t - 1])),
        *f.equations(x[t], h[t - 1], had(p_f, c[t - 1])),
        *g.equations(x[t], h[t - 1]),
        define(c, had(f[t], c[t - 1]) + had(i[t], g[t])),
        *q.equations(x[t], h[t - 1], had(p_q, c[t])),
        define(h, had(q[t], apply("tanh", c[t]))),
    ).read_out(h, bias="b_o")

"""The LSTM with a forget gate (Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000).

c_t = f_t⊙c_{t-1} + i_t⊙g_t and h_t = q_t⊙tanh(c_t); the output gate is q, as o is the output.
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
    """Return the cell; for each gate U (n, d), W (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("lstm", (d, n, m), options)
    x, h, c = cell.input("x", d), cell.state("h", n), cell.state("c", n)
    i, f = cell.gate("i", x, h, kind="input"), cell.gate("f", x, h, kind="forget")
    g, q = cell.gate("g", x, h, "tanh"), cell.gate("q", x, h, kind="output")
    return cell.equations(
        *i.equations(x[t], h[t - 1]),
        *f.equations(x[t], h[t - 1]),
        *g.equations(x[t], h[t - 1]),
        define(c, had(f[t], c[t - 1]) + had(i[t], g[t])),
        *q.equations(x[t], h[t - 1]),
        define(h, had(q[t], apply("tanh", c[t]))),
    ).read_out(h, bias="b_o")

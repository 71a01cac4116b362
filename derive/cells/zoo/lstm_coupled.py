"""The LSTM with coupled gates (Greff et al. 2017): what is forgotten makes room, i_t = 1 − f_t."""

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
    cell = CellBuilder("lstm_coupled", (d, n, m), options)
    x, h, c = cell.input("x", d), cell.state("h", n), cell.state("c", n)
    f, g = cell.gate("f", x, h, kind="forget"), cell.gate("g", x, h, "tanh")
    q = cell.gate("q", x, h, kind="output")
    return cell.equations(
        *f.equations(x[t], h[t - 1]),
        *g.equations(x[t], h[t - 1]),
        define(c, had(f[t], c[t - 1]) + had(1 - f[t], g[t])),
        *q.equations(x[t], h[t - 1]),
        define(h, had(q[t], apply("tanh", c[t]))),
    ).read_out(h, bias="b_o")

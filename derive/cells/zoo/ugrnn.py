"""The update gate network of Collins, Sohl-Dickstein and Sussillo (2017): a GRU without a reset gate.

s_t = g_t⊙s_{t-1} + (1 − g_t)⊙h̃_t.
"""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had
from derive.expressions.quantities import t

OPTIONS = BiasOptions(bias=True)


def build(options: BiasOptions) -> Cell:
    """Return the cell; for gate and candidate U (n, d), W (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("ugrnn", (d, n, m), options)
    x, s = cell.input("x", d), cell.state("s", n)
    g, h = cell.gate("g", x, s, kind="update"), cell.gate("h", x, s, "tanh", value="htilde")
    return cell.equations(
        *g.equations(x[t], s[t - 1]),
        *h.equations(x[t], s[t - 1]),
        define(s, had(g[t], s[t - 1]) + had(1 - g[t], h[t])),
    ).read_out(s, bias="b_o")

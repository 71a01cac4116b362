"""The GRU of Cho et al. (2014): the reset gate acts BEFORE the recurrent weights, W_h (r_t⊙s_{t-1}).

s_t = (1 − u_t)⊙h̃_t + u_t⊙s_{t-1}: the update gate u keeps (in some papers it replaces).
"""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had
from derive.expressions.quantities import t

OPTIONS = BiasOptions(bias=True)


def build(options: BiasOptions) -> Cell:
    """Return the cell; for each gate U (n, d), W (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("gru_before", (d, n, m), options)
    x, s = cell.input("x", d), cell.state("s", n)
    r, u = cell.gate("r", x, s, kind="reset"), cell.gate("u", x, s, kind="update")
    h = cell.gate("h", x, s, "tanh", value="htilde")
    return cell.equations(
        *r.equations(x[t], s[t - 1]),
        *u.equations(x[t], s[t - 1]),
        *h.equations(x[t], had(r[t], s[t - 1])),
        define(s, had(1 - u[t], h[t]) + had(u[t], s[t - 1])),
    ).read_out(s, bias="b_o")

"""The minimal gated unit (Zhou et al. 2016): one gate f both resets and updates."""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had
from derive.expressions.quantities import t

OPTIONS = BiasOptions(bias=True)


def build(options: BiasOptions) -> Cell:
    """Return the cell; for the gate and the candidate U (n, d), W (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("minimal_gated", (d, n, m), options)
    x, s = cell.input("x", d), cell.state("s", n)
    f, h = cell.gate("f", x, s, kind="forget"), cell.gate("h", x, s, "tanh", value="htilde")
    return cell.equations(
        *f.equations(x[t], s[t - 1]),
        *h.equations(x[t], had(f[t], s[t - 1])),
        define(s, had(1 - f[t], s[t - 1]) + had(f[t], h[t])),
    ).read_out(s, bias="b_o")

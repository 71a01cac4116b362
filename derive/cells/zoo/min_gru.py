"""The minimal GRU of Feng et al. (2024): gate and candidate read the input alone.

s_t = (1 − u_t)⊙s_{t-1} + u_t⊙h̃_t, which is linear in the state, so that all steps can be computed at
once by a parallel scan.
"""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had
from derive.expressions.quantities import t

OPTIONS = BiasOptions(bias=True)


CALLED = {
    "htilde": "linear_candidate",
}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; for gate and candidate U (n, d) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("min_gru", (d, n, m), options, called=CALLED)
    x, s = cell.input("x", d), cell.state("s", n)
    u = cell.of_input("u", x, n, kind="update")
    h = cell.of_input("h", x, n, "identity", value="htilde")
    return cell.equations(
        *u.equations(x[t]),
        *h.equations(x[t]),
        define(s, had(1 - u[t], s[t - 1]) + had(u[t], h[t])),
    ).read_out(s, bias="b_o")

"""The real-gated linear recurrent unit of Griffin (De et al. 2024).

s_t = g_t⊙s_{t-1} + √(1 − g_t²)⊙(i_t⊙v_t) with g_t = exp(−8 softplus(Λ)⊙r_t): the recurrence gate r
slows the decay down, and the input is scaled such that the state keeps its size.
"""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had, mul
from derive.expressions.functions import Apply
from derive.expressions.pointwise import raised
from derive.expressions.quantities import Series, t

OPTIONS = BiasOptions(bias=True)

SPEED = -8
"""The constant −c of the paper."""


CALLED = {
    "r": "recurrence_gate",
    "v": "mapped_input",
    "g": "decay",
    "h": "input_scale",
}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; for gates and input U (n, d) and, with ``bias``, b (n,); Lambda (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("rg_lru", (d, n, m), options, called=CALLED, remarks=("rg_lru_alone",))
    x, s = cell.input("x", d), cell.state("s", n)
    r, i = cell.of_input("r", x, n), cell.of_input("i", x, n, kind="input")
    v = cell.of_input("v", x, n, "identity")
    Lambda = cell.parameter("Lambda", n)
    e, g, h = (Series(name, n, 1) for name in ("e", "g", "h"))
    return cell.equations(
        *r.equations(x[t]),
        *i.equations(x[t]),
        *v.equations(x[t]),
        define(e, mul(SPEED, had(Apply("softplus", Lambda), r[t]))),
        define(g, Apply("exp", e[t])),
        define(h, Apply("sqrt", 1 - raised(g[t], 2))),
        define(s, had(g[t], s[t - 1]) + had(h[t], i[t], v[t])),
    ).read_out(s, bias="b_o")

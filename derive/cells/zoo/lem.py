"""Long expressive memory (Rusch et al. 2022): two states, each with time steps that are learned.

c_t = (1 − u_t)⊙c_{t-1} + u_t⊙g_t and h_t = (1 − v_t)⊙h_{t-1} + v_t⊙e_t, with u, v between 0 and Δ; c is
the paper's z, h its y, as z are the logits and y the targets.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had
from derive.expressions.quantities import Series, t


@dataclass(frozen=True)
class StepOptions(BiasOptions):
    """``step`` is the largest time step Δ."""

    step: float = 0.5


OPTIONS = StepOptions(bias=True)


CALLED = {
    "p": "time_share",
    "q": "time_share",
    "u": "time_step",
    "v": "time_step",
}
"""What the paper calls the quantities of a step."""


def build(options: StepOptions) -> Cell:
    """Return the cell; for each gate U (n, d), W (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("lem", (d, n, m), options, called=CALLED)
    x, h, c = cell.input("x", d), cell.state("h", n), cell.state("c", n)
    p, q = cell.gate("p", x, h), cell.gate("q", x, h)
    g, e = cell.gate("g", x, h, "tanh"), cell.gate("e", x, c, "tanh")
    step = cell.constant("Delta", options.step)
    u, v = Series("u", n, 1), Series("v", n, 1)
    return cell.equations(
        *p.equations(x[t], h[t - 1]),
        *q.equations(x[t], h[t - 1]),
        define(u, step * p[t]),
        define(v, step * q[t]),
        *g.equations(x[t], h[t - 1]),
        define(c, had(1 - u[t], c[t - 1]) + had(u[t], g[t])),
        *e.equations(x[t], c[t]),
        define(h, had(1 - v[t], h[t - 1]) + had(v[t], e[t])),
    ).read_out(h, bias="b_o")

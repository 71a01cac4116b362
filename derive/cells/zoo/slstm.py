"""The sLSTM of Beck et al. (2024): exponential gates, whose normaliser is kept as a logarithm.

The paper's states are c'_t = f'c'_{t-1} + i'g_t and ν_t = f'ν_{t-1} + i' with i' = exp(a_i) and
f' = exp(a_f), beside a stabiliser that both are scaled by and that cancels in h_t = q_t⊙(c'_t/ν_t).
Here c_t = c'_t/ν_t and λ_t = log ν_t, for which no stabiliser is needed: with
e_t = a_f + λ_{t-1} − a_i and f_t = σ(e_t), c_t = f_t⊙c_{t-1} + (1 − f_t)⊙g_t and
λ_t = a_i + softplus(e_t).
A λ_0 of 0 is a normaliser ν_0 of 1; the output gate is q, as o is the output.
"""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had
from derive.expressions.quantities import Series, t

OPTIONS = BiasOptions(bias=True)


CALLED = {
    "a_i": "gate_logarithm",
    "a_f": "gate_logarithm",
    "f": "past_share",
    "lambda": "normaliser_logarithm",
}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; for each gate U (n, d), W (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("slstm", (d, n, m), options, called=CALLED, remarks=("slstm_alone",))
    x, h, c, log = (
        cell.input("x", d),
        cell.state("h", n),
        cell.state("c", n),
        cell.state("lambda", n),
    )
    i, f = cell.gate("i", x, h), cell.gate("f", x, h, kind="forget")
    g, q = cell.gate("g", x, h, "tanh"), cell.gate("q", x, h, kind="output")
    e, before = Series("e", n, 1), h[t - 1]
    return cell.equations(
        i.equations(x[t], before)[0],
        f.equations(x[t], before)[0],
        *g.equations(x[t], before),
        *q.equations(x[t], before),
        define(e, f.a[t] + log[t - 1] - i.a[t]),
        define(f.value, apply("sigmoid", e[t])),
        define(c, had(f[t], c[t - 1]) + had(1 - f[t], g[t])),
        define(log, i.a[t] + apply("softplus", e[t])),
        define(h, had(q[t], c[t])),
    ).read_out(h, bias="b_o")

"""The time mixing of RWKV (Peng et al. 2023): an average of all values so far, with weights that decay.

Of the paper's sums, p'_t = e^{−g}⊙p'_{t-1} + exp(κ_t)⊙v_t of values and p_t of weights alone, the states
here are the average c_t = p'_t/p_t and λ_t = log p_t, which need no stabiliser:
with q_t = λ_{t-1} − g − κ_t and f_t = σ(q_t), c_t = f_t⊙c_{t-1} + (1 − f_t)⊙v_t and
λ_t = κ_t + softplus(q_t).  What comes out, h_t = r_t⊙(e_t⊙c_{t-1} + (1 − e_t)⊙v_t) with
e_t = σ(λ_{t-1} − u − κ_t), gives the present value a bonus u.  The
decay is g = exp(ω); the token shift reads the input before, a state of its own.
"""

from __future__ import annotations

from sympy import MatrixExpr

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import add, had
from derive.expressions.functions import Apply
from derive.expressions.quantities import Series, t

OPTIONS = BiasOptions(bias=False)


CALLED = {
    "kappa": "key",
    "v": "value",
    "r": "receptance",
    "e": "past_share",
    "f": "past_share",
    "c": "average",
    "lambda": "normaliser_logarithm",
    "xbar": "input_kept",
}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; for r, κ and v U (n, d) and μ (d,); ω, u (n,); with ``bias``, b_o (m,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("rwkv", (d, n, m), options, called=CALLED, remarks=("rwkv_alone",))
    x = cell.input("x", d)
    # What comes out reads the states of the step before, and so it is among the states itself.
    h, c, log = cell.state("h", n), cell.state("c", n), cell.state("lambda", n)
    before = cell.state("xbar", d)

    def mixed(name: str) -> MatrixExpr:
        mixing, U = cell.parameter(f"mu_{name}", d), cell.parameter(f"U_{name}", n, d)
        return U * add(had(mixing, x[t]), had(1 - mixing, before[t - 1]))

    a, r, key, v = (Series(name, n, 1) for name in ("a_r", "r", "kappa", "v"))
    p, q, e, f = (Series(name, n, 1) for name in ("p", "q", "e", "f"))
    inputs = [define(a, mixed("r")), define(key, mixed("kappa")), define(v, mixed("v"))]
    omega, bonus = cell.parameter("omega", n), cell.parameter("u", n)
    return cell.equations(
        *inputs,
        define(r, apply("sigmoid", a[t])),
        define(p, log[t - 1] - bonus - key[t]),
        define(e, apply("sigmoid", p[t])),
        define(h, had(r[t], had(e[t], c[t - 1]) + had(1 - e[t], v[t]))),
        define(q, log[t - 1] - Apply("exp", omega) - key[t]),
        define(f, apply("sigmoid", q[t])),
        define(c, had(f[t], c[t - 1]) + had(1 - f[t], v[t])),
        define(log, key[t] + apply("softplus", q[t])),
        define(before, x[t]),
    ).read_out(h, bias="b_o")

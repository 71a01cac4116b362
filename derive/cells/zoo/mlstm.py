"""The mLSTM of Beck et al. (2024): a matrix as memory, exponential gates, a normaliser, a stabiliser.

C_t = f_t C_{t-1} + i_t v_t κ_tᵀ keeps values v at keys κ, ν_t = f_t ν_{t-1} + i_t κ_t the keys alone;
the answer to the query q is C_t q_t divided by max(|ν_tᵀq_t|, e^{−μ_t}), the paper's 1 once C and ν are
scaled by e^{−μ_t}.  The stabiliser μ_t = max(a_f + μ_{t-1}, a_i) keeps the gates i_t = e^{a_i − μ_t} and
f_t = e^{a_f + μ_{t-1} − μ_t} at most 1, and cancels in the answer.  The factor 1/√n of the keys is in
U_κ; the output gate is g, as o is the output.
"""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import add, had, mul, neg, ones, transpose
from derive.expressions.functions import Apply, Quotient
from derive.expressions.pointwise import Maximum
from derive.expressions.quantities import Series, t

OPTIONS = BiasOptions(bias=True)


CALLED = {
    "q": "query",
    "kappa": "key",
    "v": "value",
    "a_i": "gate_logarithm",
    "a_f": "gate_logarithm",
    "mu": "stabiliser",
    "i": "gate_exponential",
    "f": "gate_exponential",
    "C": "matrix_memory",
    "nu": "normaliser",
    "p": "divisor",
    "h": "answer",
}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; U_q, U_kappa, U_v, U_g (n, d), w_i, w_f (d,) and, with ``bias``, b of each."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder(
        "mlstm", (d, n, m), options, called=CALLED, remarks=("mlstm_alone", "stabiliser")
    )
    x, C = cell.input("x", d), cell.state("C", n, n)
    nu, mu = cell.state("nu", n), cell.state("mu", 1)
    q, key, v = (cell.of_input(s, x, n, "identity") for s in ("q", "kappa", "v"))
    a_i, a_f = Series("a_i", 1, 1), Series("a_f", 1, 1)
    w_i, b_i = cell.parameter("w_i", d), cell.bias("b_i", 1)
    w_f, b_f = cell.parameter("w_f", d), cell.bias("b_f", 1)
    g = cell.of_input("g", x, n)
    i, f = Series("i", 1, 1), Series("f", 1, 1)
    p, h = Series("p", 1, 1), Series("h", n, 1)
    kept = add(a_f[t], mu[t - 1])
    return cell.equations(
        *q.equations(x[t]),
        *key.equations(x[t]),
        *v.equations(x[t]),
        define(a_i, add(transpose(w_i) * x[t], *b_i)),
        define(a_f, add(transpose(w_f) * x[t], *b_f)),
        define(mu, Maximum(kept, a_i[t])),
        define(i, Apply("exp", a_i[t] - mu[t])),
        define(f, Apply("exp", kept - mu[t])),
        define(C, add(mul(f[t], C[t - 1]), mul(i[t], v[t], transpose(key[t])))),
        define(nu, add(mul(f[t], nu[t - 1]), mul(i[t], key[t]))),
        *g.equations(x[t]),
        define(p, Maximum(Apply("abs", transpose(nu[t]) * q[t]), Apply("exp", neg(mu[t])))),
        define(h, mul(Quotient(ones(1), p[t]), had(g[t], C[t] * q[t]))),
    ).read_out(h, bias="b_o")

"""A fast weight network with the delta rule (Schlag, Irie and Schmidhuber 2021; DeltaNet).

S_t = S_{t-1}(I − β_t κ_t κ_tᵀ) + β_t v_t κ_tᵀ: what the matrix S answers to the key κ moves to the value
v, by the share β.  The answer to the query q is h_t = S_t q_t.  The functions that the paper applies to
keys and queries, and their normalisation, are not part of the step.
"""

from __future__ import annotations

from sympy import Identity

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import add, mul, neg, transpose
from derive.expressions.quantities import Series, t

OPTIONS = BiasOptions(bias=True)


CALLED = {
    "q": "query",
    "kappa": "key",
    "v": "value",
    "beta": "write_strength",
    "S": "fast_weights",
    "h": "answer",
}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; U_q, U_kappa (r, d), U_v (n, d), w_beta (d,) and, with ``bias``, b_beta (1,)."""
    d, n, r, m = dimensions("d n r m")
    cell = CellBuilder("deltanet", (d, n, r, m), options, called=CALLED)
    x, S = cell.input("x", d), cell.state("S", n, r)
    U_q, U_kappa = cell.parameter("U_q", r, d), cell.parameter("U_kappa", r, d)
    U_v, w_beta = cell.parameter("U_v", n, d), cell.parameter("w_beta", d)
    q, key, v = Series("q", r, 1), Series("kappa", r, 1), Series("v", n, 1)
    a, beta, h = Series("a_beta", 1, 1), Series("beta", 1, 1), Series("h", n, 1)
    along = mul(beta[t], key[t], transpose(key[t]))
    return cell.equations(
        define(q, U_q * x[t]),
        define(key, U_kappa * x[t]),
        define(v, U_v * x[t]),
        define(a, add(transpose(w_beta) * x[t], *cell.bias("b_beta", 1))),
        define(beta, apply("sigmoid", a[t])),
        define(
            S,
            add(
                mul(S[t - 1], add(Identity(r), neg(along))),
                mul(beta[t], v[t], transpose(key[t])),
            ),
        ),
        define(h, S[t] * q[t]),
    ).read_out(h, bias="b_o")

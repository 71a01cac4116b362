"""The GRU as PyTorch and cuDNN have it: the reset gate acts AFTER the recurrent weights.

h̃_t = tanh(U_h x_t + b_ih + r_t⊙(W_h s_{t-1} + b_hh)), with a bias on the input's side and one on the
state's side of every gate; s_t = (1 − u_t)⊙h̃_t + u_t⊙s_{t-1}.
"""

from __future__ import annotations

from functools import partial

from sympy import MatrixExpr

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.gates import Gate
from derive.cells.options import BiasOptions
from derive.expressions.algebra import add, had
from derive.expressions.quantities import Series, t

OPTIONS = BiasOptions(bias=True)


CALLED = {
    "v": "recurrent_part",
}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; for each gate U (n, d), W (n, n) and, with ``bias``, b_i and b_h (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("gru", (d, n, m), options, remarks=("reset_after",), called=CALLED)
    x, s, v = cell.input("x", d), cell.state("s", n), Series("v", n, 1)
    gate = partial(cell.gate, x=x, h=s, biases=("b_i", "b_h"))
    r, u = gate("r", kind="reset"), gate("u", kind="update")
    h = gate("h", function="tanh", value="htilde")

    def of_input(gate: Gate) -> MatrixExpr:
        return add(gate.U * x[t], *gate.biases[:1])

    def of_state(gate: Gate) -> MatrixExpr:
        return add(gate.W * s[t - 1], *gate.biases[1:])

    return cell.equations(
        *r.of(of_input(r) + of_state(r)),
        *u.of(of_input(u) + of_state(u)),
        define(v, of_state(h)),
        *h.of(of_input(h) + had(r[t], v[t])),
        define(s, had(1 - u[t], h[t]) + had(u[t], s[t - 1])),
    ).read_out(s, bias="b_o")

"""A selective state space step (Gu and Dao 2023), with one state for each of n channels.

s_t = exp(−Δ_t⊙exp(A))⊙s_{t-1} + B_t (Δ_t⊙v_t): the step size Δ, and B and C, depend on the input; the
read-out is of C_t s_t.  The convolution before it, and the gate behind it, are not part of the step.
"""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had, mul, neg, transpose
from derive.expressions.functions import Apply
from derive.expressions.quantities import Series, t

OPTIONS = BiasOptions(bias=True)


CALLED = {
    "v": "mapped_input",
    "Delta": "step_size",
    "B": "input_map",
    "C": "output_map",
    "g": "decay",
    "h": "read_out",
}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; U, U_Delta (n, d), w_B, w_C (d,), A (n,) and, with ``bias``, b_Delta (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("mamba", (d, n, m), options, called=CALLED, remarks=("mamba_alone",))
    x, s = cell.input("x", d), cell.state("s", n)
    U = cell.parameter("U", n, d)
    step = cell.of_input("Delta", x, n, "softplus")
    w_B, w_C = cell.parameter("w_B", d), cell.parameter("w_C", d)
    A = cell.parameter("A", n)
    v, e, kept, h = (Series(name, n, 1) for name in ("v", "e", "g", "h"))
    B, C = Series("B", 1, 1), Series("C", 1, 1)
    return cell.equations(
        define(v, U * x[t]),
        *step.equations(x[t]),
        define(B, transpose(w_B) * x[t]),
        define(C, transpose(w_C) * x[t]),
        define(e, neg(had(step[t], Apply("exp", A)))),
        define(kept, Apply("exp", e[t])),
        define(s, had(kept[t], s[t - 1]) + mul(B[t], had(step[t], v[t]))),
        define(h, mul(C[t], s[t])),
    ).read_out(h, bias="b_o")

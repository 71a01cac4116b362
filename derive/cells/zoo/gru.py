"""The GRU as PyTorch and cuDNN have it: the reset gate acts AFTER the recurrent weights.

h̃_t = tanh(U_h x_t + b_ih + r_t⊙(W_h s_{t-1} + b_hh)), with a bias on the input's side and one on the
state's side of every gate; s_t = (1 − u_t)⊙h̃_t + u_t⊙s_{t-1}.
"""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.cell import Assignment, Cell, define, dimensions
from derive.cells.readout import plus, with_read_out
from derive.expressions.algebra import had
from derive.expressions.quantities import Parameter, Series, t


def build(
    output_layer: str = "cross_entropy",
    bias: bool = True,
    loss: str = "every",
    initial: str = "zero",
) -> Cell:
    """Return the cell; for each gate U (n, d), W (n, n) and, with ``bias``, b_i and b_h (n,)."""
    d, n, m = dimensions("d n m")
    x, s = Series("x", d, 1), Series("s", n, 1)
    r, u, h, v = (Series(name, n, 1) for name in ("r", "u", "htilde", "v"))
    a_h = Series("a_h", n, 1)
    U_h, W_h = Parameter("U_h", n, d), Parameter("W_h", n, n)
    b_ih, b_hh = _biases("h", n, bias)
    of_r, equations_r = _gate("r", r, x, s, bias)
    of_u, equations_u = _gate("u", u, x, s, bias)
    return with_read_out(
        "gru",
        (d, n, m),
        (*of_r, *of_u, U_h, W_h, *b_ih, *b_hh),
        (x,),
        (s,),
        (
            *equations_r,
            *equations_u,
            define(v, plus(W_h * s[t - 1], *b_hh)),
            define(a_h, plus(U_h * x[t], *b_ih) + had(r[t], v[t])),
            define(h, apply("tanh", a_h[t])),
            define(s, had(1 - u[t], h[t]) + had(u[t], s[t - 1])),
        ),
        hidden=s,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="b_o" if bias else None,
    )


def _biases(
    gate: str, n: object, bias: bool
) -> tuple[tuple[Parameter, ...], tuple[Parameter, ...]]:
    if not bias:
        return (), ()
    return (Parameter(f"b_i{gate}", n, 1),), (Parameter(f"b_h{gate}", n, 1),)


def _gate(
    gate: str, value: Series, x: Series, s: Series, bias: bool
) -> tuple[tuple[Parameter, ...], tuple[Assignment, Assignment]]:
    d, n = x.shape[0], s.shape[0]
    U, W, a = Parameter(f"U_{gate}", n, d), Parameter(f"W_{gate}", n, n), Series(f"a_{gate}", n, 1)
    b_i, b_h = _biases(gate, n, bias)
    made = plus(U * x[t], *b_i, W * s[t - 1], *b_h)
    return (U, W, *b_i, *b_h), (define(a, made), define(value, apply("sigmoid", a[t])))

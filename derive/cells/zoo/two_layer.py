"""Two simple networks, one above the other: the upper reads the lower one's state."""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.cell import Cell, define, dimensions
from derive.cells.readout import plus, with_read_out
from derive.expressions.quantities import Parameter, Series, t


def build(
    activation: str = "tanh",
    output_layer: str = "cross_entropy",
    bias: bool = False,
    loss: str = "every",
    initial: str = "zero",
) -> Cell:
    """Return the cell; below U_r (n_r, d), W_r (n_r, n_r), above U_s (n_s, n_r), W_s (n_s, n_s)."""
    d, n_r, n_s, m = dimensions("d n_r n_s m")
    x, r, s = Series("x", d, 1), Series("r", n_r, 1), Series("s", n_s, 1)
    a_r, a_s = Series("a_r", n_r, 1), Series("a_s", n_s, 1)
    U_r, W_r, b_r = Parameter("U_r", n_r, d), Parameter("W_r", n_r, n_r), Parameter("b_r", n_r, 1)
    U_s, W_s, b_s = Parameter("U_s", n_s, n_r), Parameter("W_s", n_s, n_s), Parameter("b_s", n_s, 1)
    below, above = ((b_r,), (b_s,)) if bias else ((), ())
    return with_read_out(
        "two_layer",
        (d, n_r, n_s, m),
        (U_r, W_r, *below, U_s, W_s, *above),
        (x,),
        (r, s),
        (
            define(a_r, plus(U_r * x[t], W_r * r[t - 1], *below)),
            define(r, apply(activation, a_r[t])),
            define(a_s, plus(U_s * r[t], W_s * s[t - 1], *above)),
            define(s, apply(activation, a_s[t])),
        ),
        hidden=s,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="b_o" if bias else None,
    )

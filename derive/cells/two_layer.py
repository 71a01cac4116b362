"""Two simple networks, one above the other: the upper reads the lower one's state."""

from __future__ import annotations

from derive.activations import apply
from derive.algebra import Parameter, Series, t
from derive.cell import Cell, define, dimensions
from derive.readout import plus, with_read_out


def build(
    activation: str = "tanh",
    output_layer: str = "cross_entropy",
    bias: bool = False,
    loss: str = "every",
) -> Cell:
    """Yield the cell; below U_h (n_h, d), W_h (n_h, n_h), above U_s (n_s, n_h), W_s (n_s, n_s)."""
    d, n_h, n_s, m = dimensions("d n_h n_s m")
    x, h, s = Series("x", d, 1), Series("h", n_h, 1), Series("s", n_s, 1)
    a_h, a_s = Series("a_h", n_h, 1), Series("a_s", n_s, 1)
    U_h, W_h, b_h = Parameter("U_h", n_h, d), Parameter("W_h", n_h, n_h), Parameter("b_h", n_h, 1)
    U_s, W_s, b_s = Parameter("U_s", n_s, n_h), Parameter("W_s", n_s, n_s), Parameter("b_s", n_s, 1)
    below, above = ((b_h,), (b_s,)) if bias else ((), ())
    return with_read_out(
        "two_layer",
        (d, n_h, n_s, m),
        (U_h, W_h, *below, U_s, W_s, *above),
        (x,),
        (h, s),
        (
            define(a_h, plus(U_h * x[t], W_h * h[t - 1], *below)),
            define(h, apply(activation, a_h[t])),
            define(a_s, plus(U_s * h[t], W_s * s[t - 1], *above)),
            define(s, apply(activation, a_s[t])),
        ),
        hidden=s,
        output_layer=output_layer,
        loss=loss,
        bias="b_o" if bias else None,
    )

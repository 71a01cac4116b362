"""The network of Jordan (1986): the previous OUTPUT is fed back, s_t = f(U x_t + W o_{t-1})."""

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
    """Return the cell; U (n, d), W (n, m), V (m, n), with ``bias`` also b (n,) and c (m,).

    The state is o: what one step hands to the next passes through V.
    """
    d, n, m = dimensions("d n m")
    U, W, b = Parameter("U", n, d), Parameter("W", n, m), Parameter("b", n, 1)
    x, a, s, o = Series("x", d, 1), Series("a", n, 1), Series("s", n, 1), Series("o", m, 1)
    biases = (b,) if bias else ()
    return with_read_out(
        "jordan",
        (d, n, m),
        (U, W, *biases),
        (x,),
        (o,),
        (
            define(a, plus(U * x[t], W * o[t - 1], *biases)),
            define(s, apply(activation, a[t])),
        ),
        hidden=s,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="c" if bias else None,
    )

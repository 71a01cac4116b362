"""The form of Pascanu, Mikolov and Bengio (2013): x_t = W f(x_{t-1}) + W_in u_t + b.

The state x is the pre-activation itself, and u the input.
"""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.cell import Cell, define, dimensions
from derive.cells.readout import plus, with_read_out
from derive.expressions.quantities import Parameter, Series, t


def build(
    activation: str = "tanh",
    output_layer: str = "cross_entropy",
    bias: bool = True,
    loss: str = "every",
    initial: str = "zero",
) -> Cell:
    """Return the cell; W (n, n), W_in (n, d), V (m, n), with ``bias`` also b (n,) and c (m,)."""
    d, n, m = dimensions("d n m")
    W, W_in, b = Parameter("W", n, n), Parameter("W_in", n, d), Parameter("b", n, 1)
    u, x = Series("u", d, 1), Series("x", n, 1)
    biases = (b,) if bias else ()
    return with_read_out(
        "state_inside",
        (d, n, m),
        (W, W_in, *biases),
        (u,),
        (x,),
        (define(x, plus(W * apply(activation, x[t - 1]), W_in * u[t], *biases)),),
        hidden=x,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="c" if bias else None,
    )

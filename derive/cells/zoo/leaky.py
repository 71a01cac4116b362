"""A leaky, continuous-time network: τ ds/dt = −s + f(U x + W s + b), one Euler step of size α = Δt/τ.

s_t = (1 − α) s_{t-1} + α f(a_t) (Jaeger et al. 2007).
"""

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
    leak: float | None = 0.25,
) -> Cell:
    """Return the cell; U (n, d), W (n, n), V (m, n), with ``bias`` also b (n,) and c (m,).

    ``leak`` is α, a constant; with None it is a parameter to be trained.
    """
    d, n, m = dimensions("d n m")
    U, W, b = Parameter("U", n, d), Parameter("W", n, n), Parameter("b", n, 1)
    alpha = Parameter("alpha", 1, 1)
    x, a, v, s = Series("x", d, 1), Series("a", n, 1), Series("v", n, 1), Series("s", n, 1)
    biases = (b,) if bias else ()
    return with_read_out(
        "leaky",
        (d, n, m),
        (U, W, *biases, *(() if leak is not None else (alpha,))),
        (x,),
        (s,),
        (
            define(a, plus(U * x[t], W * s[t - 1], *biases)),
            define(v, apply(activation, a[t])),
            define(s, (1 - alpha) * s[t - 1] + alpha * v[t]),
        ),
        hidden=s,
        output_layer=output_layer,
        loss=loss,
        initial=initial,
        bias="c" if bias else None,
        constants={} if leak is None else {alpha: leak},
    )

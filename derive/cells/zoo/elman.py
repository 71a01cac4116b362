"""The simple recurrent network of Elman (1990): s_t = f(U x_t + W s_{t-1}), o_t from V s_t."""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.calculus.losses import loss as loss_named
from derive.cells.cell import Cell, define, dimensions
from derive.cells.weighting import weighting
from derive.expressions.quantities import Parameter, Series, t


def build(
    activation: str = "tanh",
    output_layer: str = "cross_entropy",
    bias: bool = False,
    loss: str = "every",
    initial: str = "zero",
) -> Cell:
    """Return the cell; U (n, d), W (n, n), V (m, n), with ``bias`` also b (n,) and c (m,)."""
    d, n, m = dimensions("d n m")
    U, W, V = Parameter("U", n, d), Parameter("W", n, n), Parameter("V", m, n)
    b, c = Parameter("b", n, 1), Parameter("c", m, 1)
    x, y = Series("x", d, 1), Series("y", m, 1)
    a, s, z, o = Series("a", n, 1), Series("s", n, 1), Series("z", m, 1), Series("o", m, 1)
    L = Series("L", 1, 1)
    weights, layer = weighting(loss), loss_named(output_layer)
    return Cell(
        name="elman",
        dimensions=(d, n, m),
        parameters=(U, W, V, b, c) if bias else (U, W, V),
        inputs=(x,),
        target=y,
        states=(s,),
        equations=(
            define(a, U * x[t] + W * s[t - 1] + b if bias else U * x[t] + W * s[t - 1]),
            define(s, apply(activation, a[t])),
            define(z, V * s[t] + c if bias else V * s[t]),
            define(o, layer.output(z[t])),
            define(L, layer.value(y[t], o[t])),
            *weights.equations,
        ),
        loss=layer,
        weight=weights.weight,
        initial=initial,
        logits=z,
        output=o,
        loss_series=L,
    )

"""Attention over a window: a step reads an average of the last three states, with weights of its own.

After Cheng, Dong and Lapata (2016), whose network attends to all states so far, which is no step of a
fixed size: the window is three steps here, the step that of the simple network, and the term of the
average before is left out of the scores.  With κ_{i,t} = W_h h_{t-i} + W_x x_t the score of h_{t-i} is
vᵀ tanh(κ_{i,t}), α_t the softmax of the three, and h_t = tanh(U x_t + W c_t + b) with
c_t = Σ_i α_{i,t} h_{t-i}.
"""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Assignment, Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import add, mul, transpose
from derive.expressions.blocks import Stack
from derive.expressions.functions import Softmax
from derive.expressions.quantities import At, Series, t

OPTIONS = BiasOptions(bias=True)

WINDOW = 3
"""How many states a step attends to."""

CALLED = {"e": "scores", "alpha": "attention", "c": "attended"}
"""What the paper calls the quantities of a step."""


def build(options: BiasOptions) -> Cell:
    """Return the cell; W_h (l, n), W_x (l, d), v (l,), U (n, d), W (n, n), b (n,), b_o (m,)."""
    d, width, n, m = dimensions("d l n m")
    cell = CellBuilder(
        "window_attention", (d, width, n, m), options, called=CALLED, remarks=("attention_window",)
    )
    x, h = cell.input("x", d), cell.state("h", n)
    W_h, W_x = cell.parameter("W_h", width, n), cell.parameter("W_x", width, d)
    v, U, W = cell.parameter("v", width), cell.parameter("U", n, d), cell.parameter("W", n, n)
    b = cell.bias("b", n)
    # Which h_{t-i} is which component of the attention: rows of the identity.
    rows = [[float(i == place) for i in range(WINDOW)] for place in range(WINDOW)]
    chosen = [cell.constant(f"E_{n}", [row], columns=WINDOW) for n, row in enumerate(rows, 1)]

    letters = [(Series(f"a_{g}", width, 1), Series(g, width, 1)) for g in ("p", "q", "r")]
    scores, attention = Series("e", WINDOW, 1), Series("alpha", WINDOW, 1)
    attended, a = Series("c", n, 1), Series("a", n, 1)

    def read(window: list[At]) -> list[Assignment]:
        """Return the equations that read the states of a window, the last of them first."""
        keys = [define(k, W_h * s + W_x * x[t]) for (k, _), s in zip(letters, window, strict=True)]
        pairs = zip(chosen, window, strict=True)
        return [*keys, define(attended, add(*(mul(E * attention[t], s) for E, s in pairs)))]

    first, second = cell.state("h_lag", n), cell.state("h_lagtwo", n)
    *keys, average = read([h[t - 1], first[t - 1], second[t - 1]])
    cell.lagged += read([h[t - i] for i in range(1, WINDOW + 1)])[1:]
    values = [define(value, apply("tanh", key[t])) for key, value in letters]
    return cell.equations(
        *(one for pair in zip(keys, values, strict=True) for one in pair),
        define(scores, Stack(*(transpose(v) * value[t] for _, value in letters))),
        define(attention, Softmax(scores[t])),
        average,
        define(a, add(U * x[t], W * attended[t], *b)),
        define(h, apply("tanh", a[t])),
        define(first, h[t - 1]),
        define(second, first[t - 1]),
    ).read_out(h, bias="b_o")

"""The coupled oscillators of Rusch and Mishra (2021): a position h and a velocity v for each unit.

v_t = v_{t-1} + Δ (tanh(a_t) − γ h_{t-1} − ε v_{t-1}) and h_t = h_{t-1} + Δ v_t.
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import add
from derive.expressions.quantities import Series, t


@dataclass(frozen=True)
class OscillatorOptions(BiasOptions):
    """``step`` is the time step Δ, ``frequency`` γ and ``damping`` ε."""

    step: float = 0.25
    frequency: float = 1.0
    damping: float = 0.5


OPTIONS = OscillatorOptions(bias=True)


CALLED = {
    "f": "driving_force",
    "v": "velocity",
    "h": "position",
}
"""What the paper calls the quantities of a step."""


def build(options: OscillatorOptions) -> Cell:
    """Return the cell; U (n, d), W_h, W_v (n, n) and, with ``bias``, b (n,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("cornn", (d, n, m), options, called=CALLED)
    x, h, v = cell.input("x", d), cell.state("h", n), cell.state("v", n)
    U = cell.parameter("U", n, d)
    W_h, W_v, b = cell.parameter("W_h", n, n), cell.parameter("W_v", n, n), cell.bias("b", n)
    step = cell.constant("Delta", options.step)
    gamma = cell.constant("gamma", options.frequency)
    epsilon = cell.constant("epsilon", options.damping)
    a, f = Series("a", n, 1), Series("f", n, 1)
    return cell.equations(
        define(a, add(U * x[t], W_h * h[t - 1], W_v * v[t - 1], *b)),
        define(f, apply("tanh", a[t])),
        define(v, v[t - 1] + step * (f[t] - gamma * h[t - 1] - epsilon * v[t - 1])),
        define(h, h[t - 1] + step * v[t]),
    ).read_out(h, bias="b_o")

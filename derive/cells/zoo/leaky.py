"""A leaky, continuous-time network: τ ds/dt = −s + f(U x + W s + b), one Euler step of size α = Δt/τ.

s_t = (1 − α) s_{t-1} + α f(a_t) (Jaeger et al. 2007).
"""

from __future__ import annotations

from dataclasses import dataclass

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import ActivationOptions
from derive.expressions.algebra import add
from derive.expressions.quantities import Series, t


@dataclass(frozen=True)
class LeakOptions(ActivationOptions):
    """``leak`` is α, a constant; with None it is a parameter to be trained."""

    leak: float | None = 0.25


OPTIONS = LeakOptions(bias=False)


def build(options: LeakOptions) -> Cell:
    """Return the cell; U (n, d), W (n, n), V (m, n), with ``bias`` also b (n,) and c (m,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("leaky", (d, n, m), options)
    x, s = cell.input("x", d), cell.state("s", n)
    a, v = Series("a", n, 1), Series("v", n, 1)
    U, W, b = cell.parameter("U", n, d), cell.parameter("W", n, n), cell.bias("b", n)
    leak = options.leak
    alpha = cell.parameter("alpha", 1) if leak is None else cell.constant("alpha", leak)
    return cell.equations(
        define(a, add(U * x[t], W * s[t - 1], *b)),
        define(v, apply(options.activation, a[t])),
        define(s, (1 - alpha) * s[t - 1] + alpha * v[t]),
    ).read_out(s, bias="c")

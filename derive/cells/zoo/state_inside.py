"""The form of Pascanu, Mikolov and Bengio (2013): x_t = W f(x_{t-1}) + W_in u_t + b.

The state x is the pre-activation itself, and u the input.
"""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import ActivationOptions
from derive.expressions.algebra import add
from derive.expressions.quantities import t

OPTIONS = ActivationOptions(bias=True)


def build(options: ActivationOptions) -> Cell:
    """Return the cell; W (n, n), W_in (n, d), V (m, n), with ``bias`` also b (n,) and c (m,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("state_inside", (d, n, m), options)
    u, x = cell.input("u", d), cell.state("x", n)
    W, W_in, b = cell.parameter("W", n, n), cell.parameter("W_in", n, d), cell.bias("b", n)
    return cell.equations(
        define(x, add(W * apply(options.activation, x[t - 1]), W_in * u[t], *b)),
    ).read_out(x, bias="c")

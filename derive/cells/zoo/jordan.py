"""The network of Jordan (1986): the previous OUTPUT is fed back, s_t = f(U x_t + W o_{t-1})."""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import ActivationOptions
from derive.expressions.algebra import add
from derive.expressions.quantities import Series, t

OPTIONS = ActivationOptions(bias=False)


def build(options: ActivationOptions) -> Cell:
    """Return the cell; U (n, d), W (n, m), V (m, n), with ``bias`` also b (n,) and c (m,).

    The state is o: what one step hands to the next passes through V.
    """
    d, n, m = dimensions("d n m")
    cell = CellBuilder("jordan", (d, n, m), options)
    x, o = cell.input("x", d), cell.state("o", m)
    a, s = Series("a", n, 1), Series("s", n, 1)
    U, W, b = cell.parameter("U", n, d), cell.parameter("W", n, m), cell.bias("b", n)
    return cell.equations(
        define(a, add(U * x[t], W * o[t - 1], *b)),
        define(s, apply(options.activation, a[t])),
    ).read_out(s, bias="c")

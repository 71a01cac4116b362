"""The simple recurrent network of Elman (1990): s_t = f(U x_t + W s_{t-1}), o_t from V s_t."""

from __future__ import annotations

from derive.calculus.activations import apply
from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import ActivationOptions, BiasOptions
from derive.expressions.algebra import add
from derive.expressions.quantities import Series, t

OPTIONS = ActivationOptions(bias=False)


def build(options: ActivationOptions) -> Cell:
    """Return the cell; U (n, d), W (n, n), V (m, n), with ``bias`` also b (n,) and c (m,)."""
    return simple("elman", options, options.activation)


def simple(
    name: str, options: BiasOptions, activation: str, *, remarks: tuple[str, ...] = ()
) -> Cell:
    """Return the network with an activation, under a name and with remarks of its own."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder(name, (d, n, m), options, remarks=remarks)
    x, s, a = cell.input("x", d), cell.state("s", n), Series("a", n, 1)
    U, W, V = cell.parameter("U", n, d), cell.parameter("W", n, n), cell.parameter("V", m, n)
    b = cell.bias("b", n)
    return cell.equations(
        define(a, add(U * x[t], W * s[t - 1], *b)),
        define(s, apply(activation, a[t])),
    ).read_out(s, bias="c", weights=V)

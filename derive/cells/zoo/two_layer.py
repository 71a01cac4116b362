"""Two simple networks, one above the other: the upper reads the lower one's state."""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, dimensions
from derive.cells.options import ActivationOptions
from derive.expressions.quantities import t

OPTIONS = ActivationOptions(bias=False)


def build(options: ActivationOptions) -> Cell:
    """Return the cell; below U_r (n_r, d), W_r (n_r, n_r), above U_s (n_s, n_r), W_s (n_s, n_s)."""
    d, n_r, n_s, m = dimensions("d n_r n_s m")
    cell = CellBuilder("two_layer", (d, n_r, n_s, m), options)
    x, r, s = cell.input("x", d), cell.state("r", n_r), cell.state("s", n_s)
    # A simple network is made as a gate is, from U, W and a bias.
    below = cell.gate("r", x, r, options.activation)
    above = cell.gate("s", r, s, options.activation)
    return cell.equations(
        *below.equations(x[t], r[t - 1]), *above.equations(r[t], s[t - 1])
    ).read_out(s, bias="b_o")

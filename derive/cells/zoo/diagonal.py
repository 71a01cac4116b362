"""A diagonal linear recurrence, as in state-space models (Gu et al. 2022): s_t = λ⊙s_{t-1} + U x_t."""

from __future__ import annotations

from derive.cells.builder import CellBuilder
from derive.cells.cell import Cell, define, dimensions
from derive.cells.options import BiasOptions
from derive.expressions.algebra import had
from derive.expressions.quantities import t

OPTIONS = BiasOptions(bias=False)


def build(options: BiasOptions) -> Cell:
    """Return the cell; λ (n,), U (n, d), V (m, n), with ``bias`` also c (m,)."""
    d, n, m = dimensions("d n m")
    cell = CellBuilder("diagonal", (d, n, m), options)
    x, s = cell.input("x", d), cell.state("s", n)
    lam, U = cell.parameter("lambda", n), cell.parameter("U", n, d)
    return cell.equations(define(s, had(lam, s[t - 1]) + U * x[t])).read_out(s, bias="c")

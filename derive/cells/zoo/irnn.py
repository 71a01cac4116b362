"""The IRNN of Le, Jaitly and Hinton (2015): relu, with W starting from the identity and b from 0."""

from __future__ import annotations

from derive.cells.cell import Cell
from derive.cells.options import BiasOptions
from derive.cells.zoo.elman import simple

OPTIONS = BiasOptions(bias=True)


def build(options: BiasOptions) -> Cell:
    """Return the cell; U (n, d), W (n, n), V (m, n), with ``bias`` also b (n,) and c (m,).

    What sets it apart from the simple network is where W starts, which no derivative depends on: as
    long as W is the identity and the units are active, every step Jacobian is the identity.
    """
    return simple("irnn", options, "relu", remarks=("identity_start",))

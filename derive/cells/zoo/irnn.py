"""The IRNN of Le, Jaitly and Hinton (2015): relu, with W starting from the identity and b from 0."""

from __future__ import annotations

from dataclasses import replace

from derive.cells.cell import Cell
from derive.cells.zoo import elman


def build(
    output_layer: str = "cross_entropy",
    bias: bool = True,
    loss: str = "every",
    initial: str = "zero",
) -> Cell:
    """Return the cell; U (n, d), W (n, n), V (m, n), with ``bias`` also b (n,) and c (m,).

    What sets it apart from the simple network is where W starts, which no derivative depends on: as
    long as W is the identity and the units are active, every step Jacobian is the identity.
    """
    simple = elman.build(
        activation="relu", output_layer=output_layer, bias=bias, loss=loss, initial=initial
    )
    return replace(simple, name="irnn", remarks=("identity_start",))

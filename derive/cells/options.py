"""What a cell can be asked for besides its equations, with what it is if nobody asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Options:
    """The options of every cell: its output with the loss, where the loss stands, where it starts."""

    output_layer: str = "cross_entropy"
    loss: str = "every"
    initial: str = "zero"


@dataclass(frozen=True)
class BiasOptions(Options):
    """Those of a cell with or without biases."""

    bias: bool = True


@dataclass(frozen=True)
class ActivationOptions(BiasOptions):
    """Those of a cell whose activation can be chosen as well."""

    activation: str = "tanh"

"""Writes gradients.npz: what PyTorch 2.14.1 gives for every cell, by autograd of its textbook step.

Run it where torch is installed: ``python -m tests.goldens.make_goldens``.  Only gradients are
stored; the numbers that they come from are made again by `tests.textbook.data`.  One array per
network, flat: for each T the gradient of each parameter, then of each initial state, row by row.
"""

from __future__ import annotations

from functools import partial
from itertools import product
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tests.textbook import ACTIVATIONS, CELLS, OUTPUTS, PLACEMENTS, STEPS, Data, data, run

PATH = Path(__file__).parent / "gradients.npz"

TORCH = SimpleNamespace(
    tanh=torch.tanh,
    sigmoid=torch.sigmoid,
    relu=torch.relu,
    identity=lambda a: a,
    # Torch is linear from 20 on, where float64 is not yet.
    softplus=partial(torch.nn.functional.softplus, threshold=50),
    exp=torch.exp,
    log=torch.log,
    sqrt=torch.sqrt,
    maximum=torch.maximum,
    absolute=torch.abs,
    outer=torch.outer,
)


def leaf(array: NDArray[Any]) -> Any:
    """Return a float64 tensor whose gradient is wanted."""
    return torch.tensor(array, dtype=torch.float64, requires_grad=True)


def gradients(cell: str, numbers: Data, bias: bool = True, **options: str) -> dict[str, Any]:
    """Return the gradient of the total loss for every parameter and initial state."""
    names = [n for n in numbers.parameters if bias or n not in ("b", "c")]
    parameters = {name: leaf(numbers.parameters[name]) for name in names}
    starts = {name: leaf(array) for name, array in numbers.starts.items()}
    rest = (torch.tensor(a) for a in (numbers.inputs, numbers.targets, numbers.weights))
    _, total = run(TORCH, cell, Data(parameters, starts, *rest), **options)
    total.backward()
    # A start that the loss does not see has no gradient: that is 0.
    leaves = {**parameters, **{f"{name}0": start for name, start in starts.items()}}
    return {
        name: np.zeros(tuple(one.shape)) if one.grad is None else one.grad.numpy()
        for name, one in leaves.items()
    }


def flat(cell: str, bias: bool = True, **options: str) -> NDArray[Any]:
    """Return the gradients at every T, one after the other."""
    found = [gradients(cell, data(cell, steps), bias, **options) for steps in STEPS]
    return np.concatenate([array.ravel() for each in found for array in each.values()])


def made() -> dict[str, NDArray[Any]]:
    """Return all goldens by the name of the network."""
    arrays = {cell: flat(cell) for cell in CELLS if cell != "elman"}
    for f, kind, bias, placement in product(ACTIVATIONS, OUTPUTS, (False, True), PLACEMENTS):
        name = f"elman.{f}.{kind}.{'bias' if bias else 'plain'}.{placement}"
        arrays[name] = flat("elman", bias, activation=f, kind=kind, placement=placement)
    return arrays


if __name__ == "__main__":
    torch.set_num_threads(1)
    np.savez_compressed(PATH, allow_pickle=False, **made())
    print(f"{PATH.name}: {PATH.stat().st_size} bytes, torch {torch.__version__}")

"""Gradients by the recurrent layers of torch itself, with our weights copied into them."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from tests.textbook import Data

Array = NDArray[Any]

# Torch stacks the gates in these orders, and has an input's and a state's bias for each.
GATES = {"elman": ("",), "gru": ("_r", "_u", "_h"), "lstm": ("_i", "_f", "_g", "_q")}
LAYERS = {"elman": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


def _biases(cell: str, gate: str) -> tuple[str, str]:
    """Return the names of the two biases of a gate; the second is empty where we have one only."""
    return (f"b_i{gate[1:]}", f"b_h{gate[1:]}") if cell == "gru" else (f"b{gate}", "")


def layer_gradients(cell: str, numbers: Data, activation: str = "") -> dict[str, Array]:
    """Return the gradients of the summed cross-entropy for all parameters and initial states."""
    p, gates = numbers.parameters, GATES[cell]
    n, d = p[f"U{gates[0]}"].shape
    options: dict[str, Any] = {"nonlinearity": activation} if activation else {}
    layer = LAYERS[cell](d, n, dtype=torch.float64, **options)
    pairs = [_biases(cell, gate) for gate in gates]
    stacked = {
        "weight_ih_l0": [p[f"U{gate}"] for gate in gates],
        "weight_hh_l0": [p[f"W{gate}"] for gate in gates],
        "bias_ih_l0": [p[first] for first, _ in pairs],
        "bias_hh_l0": [p[second] if second else np.zeros(n) for _, second in pairs],
    }
    with torch.no_grad():
        for name, blocks in stacked.items():
            getattr(layer, name).copy_(torch.tensor(np.concatenate(blocks)))
    starts = {k: torch.tensor(s, requires_grad=True) for k, s in numbers.starts.items()}
    columns = [start[None] for start in starts.values()]
    states, _ = layer(
        torch.tensor(numbers.inputs), tuple(columns) if len(columns) > 1 else columns[0]
    )
    bias = "b_o" if "b_o" in p else "c"
    V, c = (torch.tensor(p[name], requires_grad=True) for name in ("V", bias))
    logits = states @ V.T + c
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(numbers.targets), reduction="sum")
    loss.backward()
    found = {"V": V.grad, bias: c.grad, **{f"{k}0": s.grad for k, s in starts.items()}}
    for i, gate in enumerate(gates):
        rows = slice(i * n, (i + 1) * n)
        found[f"U{gate}"] = layer.weight_ih_l0.grad[rows]
        found[f"W{gate}"] = layer.weight_hh_l0.grad[rows]
        first, second = pairs[i]
        found[first] = layer.bias_ih_l0.grad[rows]
        if second:
            found[second] = layer.bias_hh_l0.grad[rows]
    return {name: gradient.numpy() for name, gradient in found.items()}

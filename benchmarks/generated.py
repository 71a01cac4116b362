"""A generated module, and its matrix products alone: the floor below which no NumPy code gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.catalogue import load
from derive.codegen import verified

GATES = {"elman": 1, "gru": 3, "lstm": 4}
"""How many pre-activations a step of each network has."""

SIZES = [(3, 4, 1), (20, 32, 16), (100, 64, 1), (100, 256, 32)]
"""Steps, units, which are as many as inputs and outputs, and sequences."""


def generated(name: str, T: int, n: int, B: int, dtype: type = np.float64) -> Callable[[], object]:
    """Return the gradients of a network by the module that `derive code` writes, on random data."""
    module: dict[str, Any] = {"__name__": name}
    exec(verified(load(name)), module)
    rng = np.random.default_rng(0)
    parameters = {
        p: (rng.normal(size=[n] * len(shape)) / np.sqrt(n)).astype(dtype)
        for p, shape in module["PARAMETERS"].items()
    }
    y: Array = np.eye(n, dtype=dtype)[rng.integers(0, n, size=(T, B))]
    data = {"x": rng.normal(size=(T, B, n)).astype(dtype), "y": y}
    return lambda: module["gradients"](parameters, data)


def floor(gates: int, T: int, n: int, B: int, dtype: type = np.float64) -> Callable[[], object]:
    """Return the matrix products alone: one for all gates, and one for all steps where that can be."""
    rng = np.random.default_rng(0)

    def draw(*shape: int) -> Array:
        return rng.normal(size=shape).astype(dtype)

    W, U, V = draw(gates * n, n), draw(gates * n, n), draw(n, n)
    x, s, error, delta = draw(T * B, n), draw(B, n), draw(T * B, n), draw(T * B, gates * n)
    step, kept = draw(B, gates * n), draw(T * B, n)

    def products() -> list[Array]:
        found = [x @ U.T, kept @ V.T, error @ V]
        for _ in range(T):
            np.dot(s, W.T)
            np.dot(step, W)
        return [*found, delta.T @ x, delta.T @ kept, error.T @ kept, delta @ U]

    return products

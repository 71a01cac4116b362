"""A generated module, and its matrix products alone: the floor below which no NumPy code gets."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np

from benchmarks.loops import by_jax, by_torch
from derive.arrays import Array
from derive.catalogue import load
from derive.codegen import ported, target_named

GATES = {"elman": 1, "gru": 3, "lstm": 4}
"""How many pre-activations a step of each network has."""

APPLIED = {"elman": 1, "gru": 3, "lstm": 5}
"""How many functions of as many numbers as there are units a step of each network applies."""

SIZES = [(3, 4, 1), (20, 32, 16), (100, 64, 1), (100, 256, 32), (1000, 128, 8)]
"""Steps, units, which are as many as inputs and outputs, and sequences."""

AGREE = {"float64": 1e-9, "float32": 1e-3}
"""Of the largest entry of a gradient: how near those of two ways must be, before they are timed."""

LOOPS = {"torch": by_torch, "jax": by_jax}
"""What differentiates plain loops, by what has to be installed."""


def numbers(name: str, T: int, n: int, B: int, dtype: str) -> tuple[dict[str, Array], ...]:
    """Return random parameters and data of a network: arrays of one type, and one-hot targets."""
    module = _module(name, "numpy")
    rng = np.random.default_rng(0)
    parameters = {
        p: (rng.normal(size=[n] * len(shape)) / np.sqrt(n)).astype(dtype)
        for p, shape in module["PARAMETERS"].items()
    }
    y: Array = np.eye(n, dtype=dtype)[rng.integers(0, n, size=(T, B))]
    return parameters, {"x": rng.normal(size=(T, B, n)).astype(dtype), "y": y}


@lru_cache(maxsize=4)
def _module(name: str, target: str) -> dict[str, Any]:
    module: dict[str, Any] = {"__name__": name}
    exec(ported(load(name), target_named(target)), module)
    return module


def generated(
    name: str, T: int, n: int, B: int, dtype: str = "float64", target: str = "numpy"
) -> Callable[[], Any]:
    """Return the gradients of a network by the module that `derive code` writes, on random data.

    ``target`` is the library; JAX compiles them as one, and is waited for.
    """
    module = _module(name, target)
    parameters, data = numbers(name, T, n, B, dtype)
    gradients = module["gradients"]
    if target == "torch":
        held = module["torch"].from_numpy
        module["torch"].set_num_threads(1)
        parameters, data = ({k: held(a) for k, a in part.items()} for part in (parameters, data))
    if target == "jax":
        jax = module["jax"]
        jax.config.update("jax_enable_x64", True)
        compiled = jax.jit(gradients)
        return lambda: jax.block_until_ready(compiled(parameters, data))
    return lambda: gradients(parameters, data)


def differentiated(
    name: str, T: int, n: int, B: int, dtype: str, library: str
) -> Callable[[], Any]:
    """Return the same gradients by a library that differentiates a plain loop.

    They are compared with those of the generated module first; `AssertionError` where they differ.
    """
    gradients = LOOPS[library](name, *numbers(name, T, n, B, dtype))
    found, (_, known) = gradients(), generated(name, T, n, B)()
    for p, array in found.items():
        apart = np.abs(np.asarray(array) - known[p]).max() / np.abs(known[p]).max()
        assert apart <= AGREE[dtype], f"{name} by {library}: {p} is {apart:.1e} apart"
    return gradients


def floor(gates: int, T: int, n: int, B: int, dtype: str = "float64") -> Callable[[], object]:
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


def applied(count: int, T: int, n: int, B: int) -> Callable[[], object]:
    """Return as many tanh as a network has functions of its units, at every step: what no product is."""
    values, made = np.random.default_rng(0).normal(size=(B, count * n)), np.empty((B, count * n))

    def functions() -> None:
        for _ in range(T):
            np.tanh(values, out=made)

    return functions

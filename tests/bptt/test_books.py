"""The gradients that two books print, computed as they state them, against the derived ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

Array = NDArray[Any]
STEPS = (1, 2, 3, 5, 9)


def data(steps: int, seed: int) -> dict[str, Array]:
    """Return numbers with d = 3, n = 4, m = 2."""
    rng = np.random.default_rng([seed, steps])
    shapes = {"U": (4, 3), "W": (4, 4), "V": (2, 4), "b": (4,), "c": (2,)}
    shapes |= {"x": (steps, 3), "s0": (4,)}
    return {name: rng.normal(size=shape) / 2 for name, shape in shapes.items()}


def derived(trace: ForwardPass, derivation: Derivation) -> dict[str, Array]:
    """Return the gradients of the total loss from the derived recursion."""
    value = Evaluator(trace, derivation.definitions)
    return {p.name: value.value(derivation.recursion.gradient(p)) for p in trace.cell.parameters}


def softmax(z: Array) -> Array:
    e = np.exp(z - z.max())
    return np.asarray(e / e.sum())


def added(terms: Iterable[Array]) -> Array:
    """Return a sum of arrays."""
    return np.sum(list(terms), axis=0)


def goodfellow(n: dict[str, Array], labels: Array) -> dict[str, Array]:
    """Goodfellow, Bengio and Courville, Deep Learning (2016), equations 10.18 to 10.28."""
    steps = len(labels)
    h, y_hat = [n["s0"]], []
    for t in range(steps):
        h.append(np.tanh(n["b"] + n["W"] @ h[t] + n["U"] @ n["x"][t]))
        y_hat.append(softmax(n["c"] + n["V"] @ h[t + 1]))
    d_o = [y_hat[t] - np.eye(2)[labels[t]] for t in range(steps)]  # (10.18)
    d_h = [n["V"].T @ d_o[-1]]  # (10.19)
    for t in range(steps - 2, -1, -1):  # (10.21)
        later = n["W"].T @ np.diag(1 - h[t + 2] ** 2) @ d_h[0]
        d_h.insert(0, later + n["V"].T @ d_o[t])
    slope = [np.diag(1 - h[t + 1] ** 2) for t in range(steps)]
    every = range(steps)
    return {
        "c": np.sum(d_o, axis=0),  # (10.22)
        "b": added(slope[t] @ d_h[t] for t in every),  # (10.23)
        "V": added(np.outer(d_o[t], h[t + 1]) for t in every),  # (10.24)
        "W": added(np.outer(slope[t] @ d_h[t], h[t]) for t in every),  # (10.26)
        "U": added(np.outer(slope[t] @ d_h[t], n["x"][t]) for t in every),  # (10.28)
    }


def d2l(n: dict[str, Array], targets: Array) -> dict[str, Array]:
    """Zhang, Lipton, Li and Smola, Dive into Deep Learning, equations 9.7.11 to 9.7.16.

    Their loss l is left open; here it is half the squared distance.
    """
    steps = len(targets)
    h = [n["s0"]]
    for t in range(steps):
        h.append(n["U"] @ n["x"][t] + n["W"] @ h[t])
    d_o = [(n["V"] @ h[t + 1] - targets[t]) / steps for t in range(steps)]  # (9.7.11)

    def d_h(t: int) -> Array:  # (9.7.15), their closed form; t counts from 1
        terms = [
            np.linalg.matrix_power(n["W"].T, steps - i) @ n["V"].T @ d_o[steps + t - i - 1]
            for i in range(t, steps + 1)
        ]
        return np.asarray(sum(terms))

    every = range(1, steps + 1)
    return {
        "V": added(np.outer(d_o[t - 1], h[t]) for t in every),  # (9.7.12)
        "U": added(np.outer(d_h(t), n["x"][t - 1]) for t in every),  # (9.7.16)
        "W": added(np.outer(d_h(t), h[t - 1]) for t in every),  # (9.7.16)
    }


def close(mine: Array, theirs: Array) -> bool:
    """Tell whether two arrays agree to 1e-12 of the larger."""
    scale = max(float(np.abs(theirs).max()), 1e-300)
    return bool(np.abs(mine.reshape(np.shape(theirs)) - theirs).max() <= 1e-12 * scale)


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("seed", range(3))
def test_goodfellow_with_biases(steps: int, seed: int) -> None:
    n = data(steps, seed)
    labels = np.random.default_rng(seed).integers(0, 2, size=steps)
    derivation = Derivation(load("elman", bias=True), steps)
    series = {"x": n["x"], "y": np.eye(2)[labels]}
    trace = ForwardPass(derivation.cell, n, series, {"s": n["s0"]})
    mine, theirs = derived(trace, derivation), goodfellow(n, labels)
    assert set(mine) == set(theirs)
    for name in theirs:
        assert close(mine[name], theirs[name]), name


@pytest.mark.parametrize("steps", STEPS)
def test_d2l_linear_with_the_mean(steps: int) -> None:
    n = data(steps, 7)
    targets = np.random.default_rng(8).normal(size=(steps, 2))
    cell = load("elman", activation="identity", output_layer="mse", loss="mean")
    derivation = Derivation(cell, steps)
    trace = ForwardPass(cell, n, {"x": n["x"], "y": targets}, {"s": n["s0"]})
    mine, theirs = derived(trace, derivation), d2l(n, targets)
    assert set(mine) == set(theirs)
    for name in theirs:
        assert close(mine[name], theirs[name]), name


def test_the_mean_matters() -> None:
    n = data(3, 7)
    targets = np.zeros((3, 2))
    cell = load("elman", activation="identity", output_layer="mse", loss="every")
    derivation = Derivation(cell, 3)
    trace = ForwardPass(cell, n, {"x": n["x"], "y": targets}, {"s": n["s0"]})
    mine, theirs = derived(trace, derivation), d2l(n, targets)
    assert not close(mine["W"], theirs["W"])
    assert close(mine["W"], 3 * theirs["W"])

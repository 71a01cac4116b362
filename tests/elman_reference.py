"""The simple network in plain loops: an independent answer to what `derive evaluate` prints."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
Elementwise = Callable[[Array], Array]


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


ACTIVATIONS: dict[str, tuple[Elementwise, Elementwise]] = {
    "tanh": (np.tanh, lambda a: 1 - np.tanh(a) ** 2),
    "sigmoid": (sigmoid, lambda a: sigmoid(a) * (1 - sigmoid(a))),
    "bipolar": (
        lambda a: 2 * sigmoid(a) - 1,
        lambda a: 2 * sigmoid(a) * (1 - sigmoid(a)),
    ),
    "relu": (lambda a: np.maximum(a, 0), lambda a: (a > 0) * 1.0),
    "identity": (lambda a: a, np.ones_like),
    "softplus": (lambda a: np.log(1 + np.exp(a)), sigmoid),
}


def output(layer: str, z: Array, y: Array) -> tuple[Array, float, Array]:
    """Return the output, the loss, and the derivative of the loss by z."""
    if layer == "softmax":
        e = np.exp(z - z.max())
        o = e / e.sum()
        jacobian = np.diag(o) - np.outer(o, o)
        return o, float(-(y * np.log(o)).sum()), jacobian @ (-y / o)
    if layer == "mse":
        return z, float(((z - y) ** 2).sum() / 2), z - y
    o = sigmoid(z)
    loss = -(y * np.log(o) + (1 - y) * np.log(1 - o)).sum()
    return o, float(loss), (-y / o + (1 - y) / (1 - o)) * o * (1 - o)


def reference(
    params: dict[str, Array], x: Array, s0: Array, y: Array, f: str, layer: str, w: Array
) -> dict[str, Any]:
    """Every result, by going through the definitions one number at a time."""
    steps, (value, slope) = len(x), ACTIVATIONS[f]
    U, W, V = params["U"], params["W"], params["V"]
    b, c = params.get("b", np.zeros(len(W))), params.get("c", np.zeros(len(V)))
    s, a, z, o, losses, rows = [s0], [], [], [], [], []
    for t in range(steps):
        a.append(U @ x[t] + W @ s[-1] + b)
        s.append(value(a[-1]))
        z.append(V @ s[-1] + c)
        out, loss, row = output(layer, z[-1], y[t])
        o.append(out)
        losses.append(loss)
        rows.append(row)
    jacobians = [np.diag(slope(a[t])) @ W for t in range(steps)]

    def contribution(t: int, k: int) -> dict[str, Array]:
        """Return what the parameters at step k do to the loss of step t."""
        row = rows[t] @ V
        for j in range(t, k, -1):
            row = row @ jacobians[j]
        delta = row * slope(a[k])
        found = {"U": np.outer(delta, x[k]), "W": np.outer(delta, s[k]), "b": delta}
        last = float(t == k)
        found |= {"V": last * np.outer(rows[t], s[t + 1]), "c": last * rows[t]}
        return {p: found[p] for p in params}

    each = [
        {p: sum((contribution(t, k)[p] for k in range(t + 1)), 0 * params[p]) for p in params}
        for t in range(steps)
    ]
    last_jacobians = [np.eye(len(W))]
    for j in range(steps - 1, -1, -1):
        last_jacobians.insert(0, last_jacobians[0] @ jacobians[j])
    return {
        "s": np.array(s), "a": np.array(a), "z": np.array(z), "o": np.array(o),
        "L_t": np.array(losses), "L": np.array(w @ np.array(losses)),
        "dL": {p: sum((w[t] * each[t][p] for t in range(steps)), 0 * params[p]) for p in params},
        "dL_t": {p: np.array([each[t][p] for t in range(steps)]) for p in params},
        "contributions": {
            p: np.array([contribution(steps - 1, k)[p] for k in range(steps)]) for p in params
        },
        "step_jacobians": np.array(jacobians),
        "state_jacobians": np.array(last_jacobians),
    }  # fmt: skip


def numbers(seed: int, steps: int, *, bias: bool = False, layer: str = "softmax") -> dict[str, Any]:
    """Random parameters, inputs, initial state and targets; d, n, m are 2, 3, 4."""
    rng = np.random.default_rng(seed)
    params = {
        "U": rng.normal(size=(3, 2)),
        "W": rng.normal(size=(3, 3)) / 2,
        "V": rng.normal(size=(4, 3)),
    }
    if bias:
        params |= {"b": rng.normal(size=3), "c": rng.normal(size=4)}
    target = rng.normal(size=(steps, 4)) if layer == "mse" else rng.uniform(size=(steps, 4))
    x, s0 = rng.normal(size=(steps, 2)), rng.normal(size=3)
    return {"params": params, "x": x, "s0": s0, "target": target}


def as_json(value: Any) -> Any:
    """Return the same with lists for arrays."""
    if isinstance(value, dict):
        return {name: as_json(inner) for name, inner in value.items()}
    return value.tolist() if isinstance(value, np.ndarray) else value

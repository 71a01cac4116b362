"""Slips in the terms are named for several cells, options and sizes; they are made in plain loops."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from derive.gradcheck.compare import TOLERANCE, Comparison
from derive.gradcheck.results import Results
from derive.gradcheck.values import values
from tests.elman_reference import ACTIVATIONS, output

Array = NDArray[Any]


@dataclass
class Slip:
    """What is done wrong; as it stands, nothing is."""

    jacobian: int | None = 0
    """The step of the slope in the step Jacobian, from the right one; None for no slope."""
    immediate: int | None = 0
    slope_of: str = "argument"
    transposed: bool = False
    more: int = 0
    row: str = ""
    residual: Callable[[Array, Array], Array] | None = None
    cells: tuple[str, ...] = field(default=("elman", "leaky"))


SLIPS: dict[str, Slip] = {
    "Wᵀ D where D W belongs": Slip(transposed=True, cells=("elman",)),
    "the step Jacobian is transposed": Slip(transposed=True, cells=("leaky",)),
    # Before the first step only a state has a value, and so a slope in the output.
    "is that of the step before": Slip(jacobian=-1, immediate=-1, cells=("elman",)),
    "is that of the step before, in the step Jacobian only": Slip(jacobian=-1),
    "is that of the step before, in the immediate part only": Slip(immediate=-1, cells=("elman",)),
    "is missing in the step Jacobian only": Slip(jacobian=None),
    "is missing in the immediate part only": Slip(immediate=None),
    "is left out": Slip(jacobian=None, immediate=None),
    "is taken at the output instead": Slip(slope_of="output"),
    "one step Jacobian too many": Slip(more=1),
    "x_{k-1} stands where x_k belongs, and nothing": Slip(row="late"),
    "x_{k-1} stands where x_k belongs, and x_T": Slip(row="wrapped"),
    "as a diagonal, diag(o ⊙ (1 − o))": Slip(residual=lambda o, y: o * (1 - o) * (-y / o)),
    "as a diagonal, diag(o)": Slip(residual=lambda o, y: o * (-y / o)),
    "the Jacobian of the softmax is left out": Slip(residual=lambda o, y: -y / o),
}
"""What must be said, and the slip."""


class Net:
    """s_t = (1 − α) s_{t−1} + α f(U x_t + W s_{t−1} + b), with α = 1 for the simple network."""

    def __init__(self, cell: str, f: str, layer: str, data: dict[str, Array], alpha: float) -> None:
        self.cell, self.f, self.layer, self.data, self.alpha = cell, f, layer, data, alpha
        value = ACTIVATIONS[f][0]
        self.a, self.v, self.s = [np.full_like(data["b"], np.nan)], [data["s0"]], [data["s0"]]
        for x in data["x"]:
            self.a.append(data["U"] @ x + data["W"] @ self.s[-1] + data["b"])
            self.v.append(value(self.a[-1]))
            self.s.append((1 - alpha) * self.s[-1] + alpha * self.v[-1])

    def slope(self, step: int, of: str) -> Array:
        slope = ACTIVATIONS[self.f][1]
        if of == "output":
            return slope(self.v[step])
        # Before the first step there is the initial state only: the slope there, as people write
        # it in the output.
        if step == 0:
            s = self.s[0]
            return {"tanh": 1 - s**2, "sigmoid": s * (1 - s), "softplus": 1 - np.exp(-s)}[self.f]
        return slope(self.a[step])

    def gradients(self, slip: Slip) -> dict[str, Array]:
        data, alpha, steps = self.data, self.alpha, len(self.data["x"])
        n = len(data["W"])

        def jacobian(j: int) -> Array:
            D = np.eye(n) if slip.jacobian is None else self._diag(j + slip.jacobian, slip)
            J: Array = (1 - alpha) * np.eye(n) + alpha * D @ data["W"]
            return J.T if slip.transposed else J

        found = {name: np.zeros_like(data[name]) for name in ("U", "W", "b", "V", "c")}
        for t in range(1, steps + 1):
            out, _, right = output(
                self.layer, data["V"] @ self.s[t] + data["c"], data["target"][t - 1]
            )
            q = right if slip.residual is None else slip.residual(out, data["target"][t - 1])
            found["V"] += np.outer(q, self.s[t])
            found["c"] += q
            for k in range(1, t + 1):
                product = np.eye(n)
                for j in range(k + 1 - slip.more, t + 1):
                    product = jacobian(j) @ product
                D = np.eye(n) if slip.immediate is None else self._diag(k + slip.immediate, slip)
                delta = alpha * D @ product.T @ data["V"].T @ q
                found["b"] += delta
                found["W"] += np.outer(delta, self.s[k - 1])
                if not slip.row:
                    found["U"] += np.outer(delta, data["x"][k - 1])
                elif k > 1 or slip.row == "wrapped":
                    found["U"] += np.outer(delta, data["x"][k - 2])
        return found

    def _diag(self, step: int, slip: Slip) -> Array:
        return np.diag(self.slope(step, slip.slope_of))

    def results(self) -> Results:
        """Return what the program derives for this network."""
        names = ("U", "W", "V", "b", "c")
        tree = {
            "params": {name: self.data[name].tolist() for name in names},
            "x": self.data["x"].tolist(),
            "s0": self.data["s0"].tolist(),
            "target": self.data["target"].tolist(),
        }
        options = {
            "bias": True, "activation": self.f, "output_layer": self.layer, "initial": "given",
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "values.json"
            path.write_text(json.dumps(tree), encoding="utf-8")
            return Results(values(path, self.cell, options))


def drawn(cell: str, f: str, layer: str, sizes: tuple[int, int, int], T: int, seed: int) -> Net:
    rng, (d, n, m) = np.random.default_rng(seed), sizes
    shapes = {"U": (n, d), "W": (n, n), "V": (m, n), "b": (n,), "c": (m,), "x": (T, d)}
    data = {name: rng.normal(size=shape) * 0.7 for name, shape in shapes.items()}
    data["s0"] = rng.uniform(0.2, 0.8, size=n)
    data["target"] = rng.uniform(0.1, 0.9, size=(T, m))
    data["target"] /= data["target"].sum(axis=1, keepdims=True) if layer == "softmax" else 1
    return Net(cell, f, layer, data, 0.25 if cell == "leaky" else 1.0)


NETS = st.builds(
    drawn,
    st.sampled_from(["elman", "leaky"]),
    st.sampled_from(["tanh", "sigmoid", "softplus"]),
    st.sampled_from(["softmax", "sigmoid", "mse"]),
    st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(2, 4)),
    st.integers(2, 5),
    st.integers(0, 1000),
)


def named(net: Net, slip: Slip, says: str) -> None:
    mine = net.gradients(slip)
    comparison = Comparison(net.results(), mine)
    for finding in comparison.findings():
        right = comparison.right[finding.parameter]
        apart = np.abs(mine[finding.parameter] - right).max() / np.abs(right).max()
        assert finding.agrees == (apart <= TOLERANCE)
        # Closer than that, the mistake and the right gradient cannot be told apart.
        if apart > 20 * TOLERANCE:
            assert any(says in text for text in finding.looks_like), (finding, net.cell, net.f)


@settings(max_examples=15, deadline=None)
@given(NETS)
def test_loops_without_a_slip_are_right(net: Net) -> None:
    for finding in Comparison(net.results(), net.gradients(Slip())).findings():
        assert finding.agrees, finding


@pytest.mark.parametrize("says", SLIPS)
@settings(max_examples=4, deadline=None)
@given(NETS)
def test_a_slip_is_named(says: str, net: Net) -> None:
    slip = SLIPS[says]
    if net.cell in slip.cells and (slip.residual is None or net.layer == "softmax"):
        named(net, slip, says)


@pytest.mark.parametrize("says", SLIPS)
@pytest.mark.parametrize("cell", ["elman", "leaky"])
def test_a_slip_differs_from_what_is_right(says: str, cell: str) -> None:
    slip = SLIPS[says]
    if cell in slip.cells:
        net = drawn(cell, "tanh", "softmax", (2, 3, 4), 4, 7)
        right, mine = net.gradients(Slip()), net.gradients(slip)
        assert any(not np.allclose(right[name], mine[name]) for name in right)
        named(net, slip, says)

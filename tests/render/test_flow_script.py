"""The script that computes norms in the browser, against NumPy: drawn numbers, each step, each norm."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import numpy as np
import pytest
import quickjs

from derive.arrays import Array
from derive.calculus.activations import ACTIVATIONS
from derive.gradientflow.scaled import products
from derive.numerics.initialisation import MATRICES
from derive.render.web.live import ACTIVATIONS as OFFERED
from derive.render.web.live import KINDS
from derive.resources import templates_root

STEPS, CLASSES = 100, 4
CLOSE = 1e-10
TURNS = 1 << 32


@cache
def context() -> quickjs.Context:
    made = quickjs.Context()
    made.eval((templates_root() / "html" / "flow.js").read_text(encoding="utf-8"))
    # Infinity is none of the numbers of JSON.
    made.eval(
        "const told = (value) => JSON.stringify(value,"
        " (_, v) => (v === -Infinity ? 'zero' : Number.isNaN(v) || v === Infinity ? 'none' : v))"
    )
    return made


def run(**settings: object) -> dict[str, Any]:
    found = json.loads(str(context().eval(f"told(flow.run({json.dumps(settings)}))")))
    assert isinstance(found, dict)
    return found


def logs(values: list[float | str]) -> Array:
    return np.array([-np.inf if value == "zero" else value for value in values], dtype=float)


class Numbers:
    """The generator, written a second time: splitmix32, and the formula of Box and Muller."""

    def __init__(self, seed: int) -> None:
        self.state = seed * 0x9E3779B9 % TURNS

    def uniform(self) -> float:
        self.state = (self.state + 0x9E3779B9) % TURNS
        mixed = (self.state ^ (self.state >> 16)) * 0x21F0AAAD % TURNS
        mixed = (mixed ^ (mixed >> 15)) * 0x735A2D97 % TURNS
        return ((mixed ^ (mixed >> 15)) + 0.5) / TURNS

    def normal(self) -> float:
        radius = np.sqrt(-2 * np.log(self.uniform()))
        return float(radius * np.cos(2 * np.pi * self.uniform()))

    def normals(self, *shape: int) -> Array:
        count = int(np.prod(shape))
        return np.array([self.normal() for _ in range(count)]).reshape(shape)


def weights(kind: str, seed: int) -> Array:
    numbers = Numbers(3 * seed)
    n = 2 if kind in ("nonnormal", "square_zero") else 16
    if kind == "orthogonal":
        q, r = np.linalg.qr(numbers.normals(n, n))
        return np.asarray(q * np.sign(np.diag(r)))
    if kind == "gaussian":
        return numbers.normals(n, n) / np.sqrt(n)
    if kind == "uniform":
        return np.array([2 * numbers.uniform() - 1 for _ in range(n * n)]).reshape(n, n) / np.sqrt(
            n
        )
    if kind == "nilpotent":
        made = np.zeros((n, n))
        for row, column in zip(*np.triu_indices(n, 1), strict=True):
            made[row, column] = numbers.normal()
        return made
    # The others are drawn by nothing.
    return MATRICES[kind](np.random.default_rng(0), n)


def softmax_residual(logits: Array) -> Array:
    powers = np.exp(logits - logits.max())
    return np.asarray(powers / powers.sum() - np.eye(CLASSES)[0])


def compare(scale: float, kind: str, inputs: float, activation: str, seed: int) -> None:
    found = run(scale=scale, kind=kind, inputs=inputs, activation=activation, seed=seed)
    # JSON has large numbers as integers, which are floats here as there.
    names = ("W", "V", "driven", "states", "slopes")
    W, V, driven, states, slopes = (np.array(found[name], dtype=float) for name in names)
    n = len(W)
    np.testing.assert_allclose(W, scale * weights(kind, seed), rtol=0, atol=CLOSE * max(1, scale))
    drawn = Numbers(3 * seed + 1).normals(STEPS, n)
    np.testing.assert_allclose(driven, inputs * drawn, rtol=CLOSE, atol=CLOSE)
    drawn = Numbers(3 * seed + 2).normals(CLASSES, n) / np.sqrt(n)
    np.testing.assert_allclose(V, drawn, rtol=CLOSE, atol=CLOSE)
    row = ACTIVATIONS[activation]
    # Step by step from the script's own states: where they are chaotic, no other run repeats them.
    sums = states[:-1] @ W.T + driven
    assert not states[0].any()
    np.testing.assert_allclose(states[1:], row.value(sums), rtol=CLOSE, atol=CLOSE)
    np.testing.assert_allclose(slopes, row.slope(sums), rtol=CLOSE, atol=CLOSE)
    jacobians = [slope[:, None] * W for slope in slopes]
    with np.errstate(divide="ignore"):
        norms = [product.log_norm() for product in products(jacobians[:0:-1], n)]
        bound = np.log10([np.linalg.norm(J, 2) for J in jacobians[:0:-1]])
        adjoint, adjoints = V.T @ softmax_residual(V @ states[-1]), []
        size = 0.0
        for step in range(STEPS, 0, -1):
            delta = slopes[step - 1] * adjoint
            column = np.outer(delta, states[step - 1])
            adjoints.append(np.log10(np.linalg.norm(column / max(1.0, np.abs(column).max()), 2))
                            + np.log10(max(1.0, np.abs(column).max())) + size)  # fmt: skip
            adjoint = W.T @ delta
            most = np.abs(adjoint).max()
            if most:
                adjoint, size = adjoint / most, size + np.log10(most)
    same(logs(found["norms"]), np.array(norms))
    same(logs(found["bound"]), np.concatenate([[0.0], np.cumsum(bound)]))
    same(logs(found["terms"]), np.array(adjoints))


def same(found: Array, wanted: Array) -> None:
    assert len(found) == len(wanted) == STEPS
    np.testing.assert_array_equal(found == -np.inf, wanted == -np.inf)
    finite = np.isfinite(wanted)
    # Of a logarithm, as of a norm's size: an error that is relative to it.
    np.testing.assert_allclose(found[finite], wanted[finite], rtol=CLOSE, atol=CLOSE)


def test_the_kinds_are_those_of_the_experiments() -> None:
    assert set(KINDS) == MATRICES.keys()
    assert set(OFFERED) <= ACTIVATIONS.keys()
    assert set(json.loads(str(context().eval("told(Object.keys(flow.KINDS))")))) == set(KINDS)
    known = json.loads(str(context().eval("told(Object.keys(flow.ACTIVATIONS))")))
    assert set(known) == set(OFFERED)


@pytest.mark.parametrize(("place", "kind"), [*enumerate(KINDS)])
def test_norms_are_those_of_numpy(place: int, kind: str) -> None:
    compare((0.9, 1.0, 1.4)[place % 3], kind, (0.0, 0.3, 1.0)[place // 3], "tanh", seed=7)


@pytest.mark.parametrize(("place", "activation"), [*enumerate(OFFERED)])
def test_norms_are_those_of_numpy_for_any_settings(place: int, activation: str) -> None:
    rng = np.random.default_rng(place)
    kind = str(rng.choice(KINDS))
    scale, inputs = (float(np.round(rng.uniform(0, 3), 2)) for _ in range(2))
    compare(scale, kind, inputs, activation, seed=place)


def test_a_zero_has_no_logarithm() -> None:
    found = run(scale=1.0, kind="nilpotent", inputs=0.0, activation="tanh", seed=0)
    norms = logs(found["norms"])
    # A strictly triangular matrix of 16 rows is 0 as soon as it is multiplied by itself 16 times.
    assert np.isfinite(norms[:16]).all()
    assert (norms[16:] == -np.inf).all()
    assert (logs(found["terms"]) == -np.inf).all()


def test_states_that_outgrow_the_numbers_of_the_computer_are_told() -> None:
    found = run(scale=1e5, kind="gaussian", inputs=1.0, activation="identity", seed=0)
    assert found.keys() == {"overflow"}
    assert 10 < found["overflow"] <= STEPS


def test_normal_numbers_are_normal() -> None:
    drawn = Numbers(1).normals(4000)
    assert abs(drawn.mean()) < 0.06
    assert abs(drawn.std() - 1) < 0.04

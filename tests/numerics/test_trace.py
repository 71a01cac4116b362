"""The forward pass against plain NumPy loops, and the complex step against central differences."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sympy import Integer

from derive.bptt.derivation import derive
from derive.catalogue import load, names
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import At, Parameter, ParameterCopy
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import ALWAYS_ON, sample, samples
from derive.numerics.trace import ForwardPass

Array = NDArray[Any]
Values = dict[str, list[Array]]


def sigmoid(a: Array) -> Array:
    return 1 / (1 + np.exp(-a))


def softmax(z: Array) -> Array:
    e = np.exp(z)
    return e / e.sum()


ACTIVATIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "sigmoid": sigmoid,
    "bipolar": lambda a: 2 * sigmoid(a) - 1,
    "relu": lambda a: np.where(a > 0, a, 0),
    "identity": lambda a: a,
    "softplus": lambda a: np.log(1 + np.exp(a)),
    "silu": lambda a: a / (1 + np.exp(-a)),
    "gelu": lambda a: a * (1 + np.vectorize(math.erf)(a / math.sqrt(2))) / 2,
    "elu": lambda a: np.where(a > 0, a, np.exp(a) - 1),
    "leaky_relu": lambda a: np.where(a > 0, a, 0.01 * a),
}
LOSSES: dict[str, Callable[[Array, Array], tuple[Array, float]]] = {
    "cross_entropy": lambda y, z: (softmax(z), float(-(y * np.log(softmax(z))).sum())),
    "mse": lambda y, z: (z, float(((z - y) ** 2).sum() / 2)),
    "bce": lambda y, z: (
        sigmoid(z),
        float(-(y * np.log(sigmoid(z)) + (1 - y) * np.log(1 - sigmoid(z))).sum()),
    ),
}


def flat(trace: ForwardPass, series: Any, step: int) -> Array:
    return trace.value(series, step)[:, 0]


@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("output_layer", LOSSES)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_elman_is_the_plain_loop(activation: str, output_layer: str, bias: bool) -> None:
    cell = load("elman", activation=activation, output_layer=output_layer, bias=bias)
    trace = sample(cell, 5, 7, zero_start=False).trace
    p = {q.name: trace.parameter(q) for q in cell.parameters}
    b = p["b"][:, 0] if bias else 0
    c = p["c"][:, 0] if bias else 0
    s, total = flat(trace, cell.states[0], 0), 0.0
    for t in range(1, 6):
        x, y = flat(trace, cell.inputs[0], t), flat(trace, cell.target, t)
        s = ACTIVATIONS[activation](p["U"] @ x + p["W"] @ s + b)
        o, loss = LOSSES[output_layer](y, p["V"] @ s + c)
        total += loss
        np.testing.assert_allclose(flat(trace, cell.states[0], t), s, rtol=1e-12)
        np.testing.assert_allclose(flat(trace, cell.output, t), o, rtol=1e-12)
        np.testing.assert_allclose(flat(trace, cell.loss_series, t), loss, rtol=1e-12)
    np.testing.assert_allclose(trace.parameter(cell.total), [[total]], rtol=1e-12)


def test_lstm_is_the_plain_loop() -> None:
    cell = load("lstm")
    trace = sample(cell, 4, 3, zero_start=False).trace
    p = {q.name: trace.parameter(q) for q in cell.parameters}
    states = {s.name: flat(trace, s, 0) for s in cell.states}
    h, c = states["h"], states["c"]
    for t in range(1, 5):
        x = flat(trace, cell.inputs[0], t)
        a = {g: p[f"U_{g}"] @ x + p[f"W_{g}"] @ h + p[f"b_{g}"][:, 0] for g in "ifgq"}
        c = sigmoid(a["f"]) * c + sigmoid(a["i"]) * np.tanh(a["g"])
        h = sigmoid(a["q"]) * np.tanh(c)
        wanted = {"h": h, "c": c}
        for s in cell.states:
            np.testing.assert_allclose(flat(trace, s, t), wanted[s.name], rtol=1e-12)


def shifted(cell: Any, base: ForwardPass, name: str, step: Array) -> ForwardPass:
    """Yield the trace with one parameter moved."""
    parameters = {p.name: base.parameter(p) for p in cell.parameters}
    parameters[name] = parameters[name] + step
    series = {
        s.name: np.stack([flat(base, s, t) for t in range(1, base.steps + 1)]) for s in cell.given
    }
    return ForwardPass(cell, parameters, series, base.begin())


@pytest.mark.parametrize("name", names())
def test_complex_step_agrees_with_central_differences(name: str) -> None:
    cell = load(name)
    base = sample(cell, 3, 5, zero_start=False).trace
    rng, evaluator, h = np.random.default_rng(0), Evaluator(base), 1e-5
    for p in cell.parameters:
        direction = rng.normal(size=base.parameter(p).shape)
        plus, minus = (
            shifted(cell, base, p.name, sign * h * direction).parameter(cell.total)
            for sign in (1, -1)
        )
        wanted = ((plus - minus) / (2 * h)).item()
        found = (evaluator.at(Gradient(cell.total, p)) * direction).sum()
        assert found == pytest.approx(wanted, rel=1e-7, abs=1e-9), p.name


def test_what_does_not_exist_is_not_a_number() -> None:
    cell = load("elman")
    trace = sample(cell, 3, 0, zero_start=False).trace
    for series, step in [(cell.inputs[0], 0), (cell.inputs[0], 4), (cell.states[0], -1)]:
        assert np.isnan(trace.value(series, step)).all()
    many = trace.value(cell.states[0], np.array([-7, 0, 3, 4, 99]))
    assert np.isnan(many).all(axis=(1, 2)).tolist() == [True, False, False, True, True]
    ahead = Partial(cell.loss_series[4], cell.parameters[0])
    assert np.isnan(Evaluator(trace).at(ahead)).all()


def test_copies_add_up_to_the_parameter() -> None:
    cell = load("elman", bias=True)
    evaluator = Evaluator(sample(cell, 5, 1, zero_start=False).trace)
    for p in cell.parameters:
        parts = [evaluator.at(Gradient(cell.total, ParameterCopy(p, k))) for k in range(1, 6)]
        np.testing.assert_allclose(sum(parts), evaluator.at(Gradient(cell.total, p)), rtol=1e-12)


def test_the_cut_holds_the_previous_state_fixed() -> None:
    cell = load("elman")
    evaluator = Evaluator(sample(cell, 4, 1, zero_start=False).trace)
    s, W = cell.states[0], cell.parameters[1]
    immediate = evaluator.at(Partial(s[4], W, s[3]))
    np.testing.assert_allclose(
        immediate, evaluator.at(Partial(s[4], ParameterCopy(W, 4))), rtol=1e-12
    )
    total = evaluator.at(Partial(s[4], W))
    through = evaluator.at(Partial(s[4], s[3])) @ evaluator.at(Partial(s[3], W))
    np.testing.assert_allclose(total, immediate + through, rtol=1e-10)
    assert np.abs(through).max() > 1e-3


@pytest.mark.parametrize("name", ["elman", "lstm", "jordan"])
def test_many_quantities_perturbed_at_once_are_the_single_ones(name: str) -> None:
    cell = load(name)
    base = sample(cell, 6, 2, zero_start=False).trace
    dens: list[Any] = [s[k] for s in cell.states for k in (0, 2, 5)]
    dens += [
        cell.inputs[0][3],
        cell.equations[0].variable[2],
        ParameterCopy(cell.parameters[0], Integer(4)),
    ]
    dens.append(cell.output[3])
    together = base.perturbed(tuple(dens), ())
    over = Evaluator(together)
    for den in dens:
        for num in (cell.total, cell.loss_series[6], cell.states[0][5]):
            single = Evaluator(base).at(Partial(num, den))
            found = together.read_step(over.at(num), den)
            np.testing.assert_allclose(found, single, rtol=1e-12, atol=0)


def test_stacked_states_of_different_sizes() -> None:
    cell = load("two_layer")
    trace = sample(cell, 3, 0, zero_start=False).trace
    whole = trace.value(cell.state, 2)
    parts = [trace.value(s, 2) for s in cell.states]
    np.testing.assert_array_equal(whole, np.concatenate(parts))
    jacobian = Evaluator(trace).at(Partial(cell.state[2], cell.state[1]))
    assert jacobian.shape == (len(whole), len(whole))


def test_sizes_of_samples_differ() -> None:
    for name in names():
        sizes = samples(load(name), 2, 0)[0].trace.sizes
        assert len(set(sizes.values())) == len(sizes), name


@pytest.mark.parametrize("steps", [2, 3, 9, 40])
def test_units_with_kinks_are_alive_and_differ(steps: int) -> None:
    cell = load("elman", activation="relu")
    for seed in range(5):
        for found in samples(cell, steps, seed):
            active = [tuple(flat(found.trace, cell.states[0], k) > 0) for k in range(1, steps + 1)]
            assert all(map(any, active))
            assert len(set(active[:3])) == min(steps, 3)
            evaluator = Evaluator(found.trace)
            for p in cell.parameters:
                assert np.abs(evaluator.at(Gradient(cell.total, p))).max() > 0


def test_units_that_are_never_off_are_not_drawn_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(
        'inputs = { x = "d" }\nstates = { s = "n" }\nequations = """\n'
        "s[t] = softplus(U*x[t] + W*s[t-1])\nr[t] = relu(s[t])\nz[t] = V*r[t]\n"
        '"""\n[parameters]\nU = "n d"\nW = "n n"\nV = "m n"\n',
        encoding="utf-8",
    )
    cell = load(str(path))
    made: list[ForwardPass] = []
    right = ForwardPass.__init__

    def counted(self: ForwardPass, *args: Any) -> None:
        made.append(self)
        right(self, *args)

    monkeypatch.setattr(ForwardPass, "__init__", counted)
    found = sample(cell, 3, 0, zero_start=False).trace
    assert all((flat(found, cell.states[0], k) > 0).all() for k in (1, 2, 3))
    assert len(made) < 2 * ALWAYS_ON


def test_a_sample_is_the_same_each_time() -> None:
    cell = load("gru")
    first, second = (derive(cell, 3), sample(cell, 3, 4, zero_start=False)), None
    second = sample(cell, 3, 4, zero_start=False)
    for p in cell.parameters:
        assert isinstance(p, Parameter)
        np.testing.assert_array_equal(first[1].trace.parameter(p), second.trace.parameter(p))
    other = sample(cell, 3, 5, zero_start=False)
    assert any(
        (other.trace.parameter(p) != second.trace.parameter(p)).any() for p in cell.parameters
    )
    assert isinstance(cell.states[0][1], At)

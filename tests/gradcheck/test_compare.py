"""`derive compare` names each planted mistake; the mistakes are planted in plain loops."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from derive.__main__ import main
from derive.errors import CheckError, SpecError
from derive.gradcheck.compare import Comparison, Finding, gradients
from derive.gradcheck.results import Results
from derive.gradcheck.values import values
from tests.elman_reference import as_json, numbers, reference

Array = NDArray[Any]
Gradients = dict[str, Array]
STEPS = 5


class Loops:
    """Back-propagation for tanh and softmax in plain loops, open to mistakes."""

    def __init__(self, data: dict[str, Any]) -> None:
        self.data, self.params = data, data["params"]
        self.x, self.y, self.s = data["x"], data["target"], [data["s0"]]
        self.a, self.o = [], []
        for t in range(len(self.x)):
            self.a.append(self.params["U"] @ self.x[t] + self.params["W"] @ self.s[-1])
            self.s.append(np.tanh(self.a[-1]))
            e = np.exp(self.params["V"] @ self.s[-1])
            self.o.append(e / e.sum())

    def backward(
        self,
        residual: Callable[[Array, Array], Array] = lambda o, y: o - y,
        slope: Callable[[Array, Array], Array] = lambda a, s: 1 - s**2,
        transposed: bool = True,
        state: int = 0,
    ) -> Gradients:
        """One sweep backwards."""
        found = {name: np.zeros_like(array) for name, array in self.params.items()}
        W, V = self.params["W"], self.params["V"]
        later = np.zeros(len(W))
        for t in range(len(self.x) - 1, -1, -1):
            q = residual(self.o[t], self.y[t])
            delta = slope(self.a[t], self.s[t + 1]) * (V.T @ q + later)
            found["V"] += np.outer(q, self.s[t + 1])
            found["U"] += np.outer(delta, self.x[t])
            found["W"] += np.outer(delta, self.s[t + state])
            later = (W.T if transposed else W) @ delta
        return found

    def terms(
        self,
        jacobian: Callable[[Array, Array], Array] = lambda D, W: D @ W,
        reverse: bool = False,
        count: Callable[[int, int], float] = lambda t, k: 1,
    ) -> Gradients:
        """Term by term, the contribution of step k to the loss of step t ``count`` times."""
        found = {name: np.zeros_like(array) for name, array in self.params.items()}
        W, V = self.params["W"], self.params["V"]
        slopes = [1 - s**2 for s in self.s[1:]]
        for t in range(len(self.x)):
            q = self.o[t] - self.y[t]
            for k in range(t + 1):
                product = np.eye(len(W))
                for j in range(k + 1, t + 1):
                    J = jacobian(np.diag(slopes[j]), W)
                    product = product @ J if reverse else J @ product
                delta = count(t + 1, k + 1) * slopes[k] * (product.T @ V.T @ q)
                found["U"] += np.outer(delta, self.x[k])
                found["W"] += np.outer(delta, self.s[k])
            found["V"] += count(t + 1, t + 1) * np.outer(q, self.s[t + 1])
        return found


def softmax_again(o: Array, y: Array) -> Array:
    result: Array = (np.diag(o) - np.outer(o, o)) @ (o - y)
    return result


def each(change: Callable[[Array], Array]) -> Callable[[Loops], Gradients]:
    return lambda net: {name: change(array) for name, array in net.backward().items()}


# What is planted, and what must be said of W first.
MISTAKES: list[tuple[str, Callable[[Loops], Gradients]]] = [
    ("transposed", each(lambda g: g.T)),
    ("the sign is wrong", each(lambda g: -g)),
    ("a mean over the steps stands where the sum belongs", each(lambda g: g / STEPS)),
    ("a mean over the components", each(lambda g: g / 4)),
    ("a mean over steps and components", each(lambda g: g / STEPS / 4)),
    ("twice the gradient", each(lambda g: 2 * g)),
    ("3.25 times the gradient", each(lambda g: 3.25 * g)),
    ("all zero", each(lambda g: 0 * g)),
    ("∂L/∂o stands where ∂L/∂z belongs: the Jacobian of the softmax is left out",
     lambda net: net.backward(residual=lambda o, y: -y / o)),
    ("the Jacobian of the softmax is applied to o − y",
     lambda net: net.backward(residual=softmax_again)),
    ("the derivative of the activation is left out",
     lambda net: net.backward(slope=lambda a, s: 1 + 0 * a)),
    ("the derivative of the activation, written in the output, is taken at the pre-activation",
     lambda net: net.backward(slope=lambda a, s: 1 - a**2)),
    ("the derivative of the activation is taken at the output",
     lambda net: net.backward(slope=lambda a, s: 1 - np.tanh(s) ** 2)),
    ("the recurrent weights are not transposed", lambda net: net.backward(transposed=False)),
    ("the wrong step of s stands beside the adjoint", lambda net: net.backward(state=1)),
    ("the factors of the step Jacobian are swapped: W D",
     lambda net: net.terms(lambda D, W: W @ D)),
    ("the factors of the step Jacobian are swapped, and W is transposed",
     lambda net: net.terms(lambda D, W: W.T @ D)),
    ("the product of step Jacobians runs in the wrong order", lambda net: net.terms(reverse=True)),
    ("total derivatives ∂s_k stand where immediate ones",
     lambda net: net.terms(count=lambda t, k: t - k + 1)),
    ("only the loss of the last step is differentiated",
     lambda net: net.terms(count=lambda t, k: t == STEPS)),
    ("nothing flows back through the state",
     lambda net: net.terms(count=lambda t, k: t == k)),
    ("truncated: contributions of a lag of 3 and more",
     lambda net: net.terms(count=lambda t, k: t - k < 3)),
    ("truncated: nothing flows back across chunks of 2 steps",
     lambda net: net.terms(count=lambda t, k: (t - 1) // 2 == (k - 1) // 2)),
    ("the temporal contribution of lag 1 is missing",
     lambda net: net.terms(count=lambda t, k: t - k != 1)),
    ("the temporal contribution of lag 2 is counted twice",
     lambda net: net.terms(count=lambda t, k: 1 + (t - k == 2))),
    ("the use at step 3 is missing",
     lambda net: net.terms(count=lambda t, k: k != 3)),
    ("only the use at step 1 counts",
     lambda net: net.terms(count=lambda t, k: k == 1)),
    ("the loss of step 2 is missing",
     lambda net: net.terms(count=lambda t, k: t != 2)),
    ("only the loss of the last step is differentiated, and the temporal contribution of step 2",
     lambda net: net.terms(count=lambda t, k: t == STEPS and k != 2)),
    ("the temporal contribution of step 2 to the loss of step 4 is missing",
     lambda net: net.terms(count=lambda t, k: (t, k) != (4, 2))),
    ("the temporal contribution of step 4 to the loss of step 5 is counted twice",
     lambda net: net.terms(count=lambda t, k: 1 + ((t, k) == (5, 4)))),
]  # fmt: skip


@pytest.fixture(scope="module")
def net() -> Loops:
    data = numbers(21, STEPS)
    data["target"] = data["target"] / data["target"].sum(axis=1, keepdims=True)
    return Loops(data)


@pytest.fixture(scope="module")
def results(net: Loops, tmp_path_factory: pytest.TempPathFactory) -> Results:
    path = tmp_path_factory.mktemp("compare") / "values.json"
    path.write_text(json.dumps(as_json(net.data)), encoding="utf-8")
    return Results(values(path, "elman", {}))


def found(results: Results, mine: Gradients) -> dict[str, Finding]:
    return {finding.parameter: finding for finding in Comparison(results, mine).findings()}


def test_right_gradients_agree(net: Loops, results: Results) -> None:
    for mine in (net.backward(), net.terms()):
        findings = found(results, mine)
        assert list(findings) == ["U", "W", "V"]
        assert all(f.agrees and f.error < 1e-12 and not f.looks_like for f in findings.values())


@pytest.mark.parametrize("error", [0.0, 1.0])
def test_a_wrong_verdict_is_not_given(
    error: float, net: Loops, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("derive.gradcheck.compare._error", lambda found, wanted: error)
    mine = net.backward() if error else {name: -array for name, array in net.backward().items()}
    with pytest.raises(CheckError, match=r"its entries say the opposite|would not be recognised"):
        found(results, mine)


@pytest.mark.parametrize(("says", "plant"), MISTAKES, ids=[says for says, _ in MISTAKES])
def test_every_planted_mistake_is_named(
    says: str, plant: Callable[[Loops], Gradients], net: Loops, results: Results
) -> None:
    finding = found(results, plant(net))["W"]
    assert not finding.agrees
    assert finding.looks_like
    assert finding.looks_like[0].startswith(says) or says in finding.looks_like[0]


def test_each_mistake_is_told_apart_from_all_others(net: Loops, results: Results) -> None:
    """Only mistakes that give the same numbers share a name."""
    for says, plant in MISTAKES:
        named = found(results, plant(net))["W"].looks_like
        assert len(named) == 1, (says, named)


def test_random_gradients_look_like_nothing(results: Results) -> None:
    rng = np.random.default_rng(5)
    mine = {name: rng.normal(size=array.shape) for name, array in results["dL"].items()}
    for finding in found(results, mine).values():
        assert not finding.agrees
        assert finding.looks_like == ()


def test_one_number_is_no_multiple_of_another(tmp_path: Path) -> None:
    path = tmp_path / "numbers.json"
    numbers = {"params": {"U": [[0.3]], "W": [[0.7]], "V": [[1.1], [-0.4]]}, "x": [[0.5], [-1.0]],
               "s0": [0.2], "target": [[1, 0], [0.5, 0.5]]}  # fmt: skip
    path.write_text(json.dumps(numbers), encoding="utf-8")
    right = Results(values(path, "elman", {}))
    mine = {name: 1.3 * array for name, array in right["dL"].items()}
    said = {name: f.looks_like for name, f in found(right, mine).items()}
    assert said["W"] == ()
    assert said["V"] == ("1.3 times the gradient",)


def test_one_wrong_parameter_among_right_ones(net: Loops, results: Results) -> None:
    mine = {**net.backward(), "V": -net.backward()["V"]}
    findings = found(results, mine)
    assert findings["U"].agrees
    assert findings["W"].agrees
    assert findings["V"].looks_like == ("the sign is wrong",)


def test_a_difference_within_the_tolerance_is_none(net: Loops, results: Results) -> None:
    mine = {name: array * (1 + 1e-7) for name, array in net.backward().items()}
    assert all(f.agrees for f in Comparison(results, mine).findings())
    assert not any(f.agrees for f in Comparison(results, mine, tolerance=1e-9).findings())


def test_targets_that_do_not_sum_to_one(tmp_path: Path) -> None:
    data = numbers(4, STEPS)
    path = tmp_path / "values.json"
    path.write_text(json.dumps(as_json(data)), encoding="utf-8")
    finding = found(Results(values(path, "elman", {})), Loops(data).backward())["W"]
    assert finding.looks_like[0].startswith("o − y stands where (1ᵀy) o − y belongs")


@pytest.mark.parametrize(
    ("layer", "says"),
    [("bce", "the Jacobian of the sigmoid is left out"), ("mse", "twice the gradient")],
)
def test_other_outputs(layer: str, says: str, tmp_path: Path) -> None:
    data = numbers(6, 1, layer=layer, bias=True)
    path = tmp_path / "values.json"
    path.write_text(json.dumps(as_json(data)), encoding="utf-8")
    made = Results(values(path, "elman", {"output_layer": layer}))
    right = reference(
        data["params"], data["x"], data["s0"], data["target"], "tanh", layer, np.ones(1)
    )
    o, y = right["o"][0], data["target"][0]
    wrong = 2 * (o - y) if layer == "mse" else (o - y) / (o * (1 - o))
    mine = {"V": np.outer(wrong, right["s"][1]), "c": wrong}
    for finding in found(made, mine).values():
        assert says in finding.looks_like[0]


def test_weights_of_losses_left_out(net: Loops, tmp_path: Path) -> None:
    path = tmp_path / "values.json"
    weighted = {**net.data, "weights": [1, 0, 1, 0.5, 1]}
    path.write_text(json.dumps(as_json(weighted)), encoding="utf-8")
    made = Results(values(path, "elman", {}))
    finding = found(made, net.backward())["W"]
    assert finding.looks_like == ("the weights of the losses are left out",)


@pytest.mark.parametrize("cell", ["lstm", "gru", "jordan", "two_layer"])
def test_other_cells(cell: str, tmp_path: Path) -> None:
    from derive.catalogue import load
    from derive.numerics.sample import sample

    made = load(cell)
    trace = sample(made, 3, 2, zero_start=False).trace
    steps = np.arange(1, 4)
    data: dict[str, Any] = {
        "params": {
            p.name: trace.parameter(p)[:, 0] if p.shape[1] == 1 else trace.parameter(p)
            for p in made.parameters
        },
        "target": trace.value(made.target, steps)[..., 0],
    }
    data |= {s.name: trace.value(s, steps)[..., 0] for s in made.inputs}
    data |= {f"{s.name}0": trace.value(s, 0)[:, 0] for s in made.states}
    path = tmp_path / "values.json"
    path.write_text(json.dumps(as_json(data)), encoding="utf-8")
    results = Results(values(path, cell, {}))
    assert all(f.agrees for f in Comparison(results, results["dL"]).findings())
    last = {name: array[-1] for name, array in results["dL_t"].items()}
    for finding in Comparison(results, last).findings():
        assert "only the loss of the last step is differentiated" in finding.looks_like


def test_a_large_network_is_compared_without_the_search_for_terms(
    net: Loops, results: Results, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = {name: -g for name, g in net.backward().items()}
    assert Comparison(results, mine).thorough
    monkeypatch.setattr("derive.gradcheck.compare.MOST_NUMBERS", 0)
    monkeypatch.setattr("derive.gradcheck.known.ONE_BY_ONE", 0)
    comparison = Comparison(results, mine)
    assert not comparison.thorough
    assert all(f.looks_like == ("the sign is wrong",) for f in comparison.findings())


# The files and the command


def write(path: Path, mine: Any) -> Path:
    path.write_text(json.dumps(as_json(mine)), encoding="utf-8")
    return path


def test_gradients_from_the_output_of_evaluate(
    net: Loops, results: Results, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = str(write(tmp_path / "v.json", net.data))
    assert main(["evaluate", "--values", given, "--json"]) == 0
    (tmp_path / "g.json").write_text(capsys.readouterr().out, encoding="utf-8")
    argv = ["compare", "elman", "--values", given, "--gradients", str(tmp_path / "g.json")]
    assert main(argv) == 0
    assert capsys.readouterr().out == "U  agrees\nW  agrees\nV  agrees\n"
    arrays: dict[str, Any] = net.backward()
    np.savez(tmp_path / "g.npz", **arrays)
    assert main([*argv[:-1], str(tmp_path / "g.npz")]) == 0


def test_the_command_says_what_differs(
    net: Loops, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    given = str(write(tmp_path / "v.json", net.data))
    right = net.backward()
    mine = str(write(tmp_path / "g.json", {"U": right["U"], "W": right["W"] / STEPS}))
    argv = ["compare", "--values", given, "--gradients", mine]
    assert main(argv) == 1
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == "U  agrees"
    assert out.splitlines()[1] == "W  differs by 0.8 of the largest entry"
    assert out.splitlines()[2].startswith("   looks like: a mean over the steps")
    assert "not given, so not compared: V" in err
    assert main([*argv, "--json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["agrees"] is False
    assert [row["agrees"] for row in data["parameters"]] == [True, False]
    mine = str(write(tmp_path / "g.json", {"U": right["U"].T}))
    assert main(["compare", "--values", given, "--gradients", mine]) == 1
    assert "U  differs in its shape\n   looks like: transposed\n" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("mine", "said"),
    [
        ({}, "holds no gradient: expected some of U, W, V"),
        ({"Q": [[1]]}, "unknown parameter 'Q'"),
        ({"dL": [1]}, "dL is a list: expected an object"),
        ({"dL": {"w": [[1]]}}, "unknown parameter 'dL.w': did you mean W?"),
        ({"W": [1, 2, 3]}, "W[0] is the number 1"),
        ({"U": [[1, 2]]}, "U is 1 × 2: expected 3 × 2, the shape of the parameter"),
        ({"U": [[1, "2"], [1, 2], [1, 2]]}, "U[0][1] is the text '2'"),
    ],
)
def test_bad_gradients(mine: Any, said: str, results: Results, tmp_path: Path) -> None:
    with pytest.raises(SpecError) as caught:
        gradients(write(tmp_path / "g.json", mine), results["dL"])
    assert said in str(caught.value)


@pytest.mark.parametrize("tolerance", ["0", "1", "nan", "x", "-1"])
def test_a_bad_tolerance(tolerance: str, capsys: pytest.CaptureFixture[str]) -> None:
    argv = ["compare", "--values", "v", "--gradients", "g", f"--tolerance={tolerance}"]
    assert main(argv) == 2
    assert "the tolerance is" in capsys.readouterr().err

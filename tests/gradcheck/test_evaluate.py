"""`derive evaluate` against plain loops, on numbers that no other test has."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.__main__ import main
from derive.catalogue.cellnames import RESULTS, check_meaning
from derive.errors import SpecError
from derive.gradcheck.results import Results
from derive.gradcheck.values import values
from tests.elman_reference import ACTIVATIONS, as_json, numbers, reference

TOLERANCE = 1e-12


def write(folder: Path, data: dict[str, Any], name: str = "values.json") -> Path:
    path = folder / name
    path.write_text(json.dumps(as_json(data)), encoding="utf-8")
    return path


def assert_same(found: Any, wanted: Any, place: str = "") -> None:
    if isinstance(wanted, dict):
        assert found.keys() == wanted.keys(), place
        for name in wanted:
            assert_same(found[name], wanted[name], f"{place}[{name}]")
        return
    found, wanted = np.asarray(found), np.asarray(wanted)
    assert found.shape == wanted.shape, place
    assert np.abs(found - wanted).max() <= TOLERANCE * max(1, np.abs(wanted).max()), place


@pytest.mark.parametrize("loss", ["every", "last", "mean", "weighted"])
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("layer", ["softmax", "mse", "bce"])
@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_every_network_agrees_with_plain_loops(
    activation: str, layer: str, bias: bool, loss: str, tmp_path: Path
) -> None:
    steps = 4
    data = numbers(11, steps, bias=bias, layer=layer)
    weights = {
        "every": np.ones(steps),
        "last": np.eye(steps)[-1],
        "mean": np.ones(steps) / steps,
        "weighted": np.array([0.5, 0.0, 2.0, 1.25]),
    }[loss]
    options = {"activation": activation, "output_layer": layer, "loss": loss}
    given = {**data, "options": options, **({"weights": weights} if loss == "weighted" else {})}
    results = Results(values(write(tmp_path, given), "elman", {}))
    wanted = reference(
        data["params"], data["x"], data["s0"], data["target"], activation, layer, weights
    )
    for name, array in wanted.items():
        assert_same(results[name], array, name)


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 9, 40])
def test_any_number_of_steps(
    steps: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = numbers(steps, steps, bias=True)
    assert main(["evaluate", "elman", "--values", str(write(tmp_path, data)), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    wanted = reference(
        data["params"], data["x"], data["s0"], data["target"], "tanh", "softmax", np.ones(steps)
    )
    assert found.keys() == wanted.keys()
    assert_same(found, wanted)


def test_targets_that_sum_to_one_and_a_zero_start(tmp_path: Path) -> None:
    data = numbers(3, 5)
    data["target"] = np.eye(4)[[0, 1, 2, 3, 0]]
    data["s0"] = np.zeros(3)
    without = {name: value for name, value in data.items() if name != "s0"}
    for given in (data, without):
        read = values(write(tmp_path, given), "elman", {})
        assert not read.general
        wanted = reference(
            data["params"], data["x"], data["s0"], data["target"], "tanh", "softmax", np.ones(5)
        )
        results = Results(read)
        for name, array in wanted.items():
            assert_same(results[name], array, name)
        # Contributions that are zero are kept.
        assert not results["contributions"]["W"][0].any()
        assert len(results["contributions"]["V"]) == 5


def test_batches_of_losses_are_put_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = values(write(tmp_path, numbers(5, 9, bias=True)), "elman", {"initial": "trainable"})
    whole = Results(read)["dL_t"]
    monkeypatch.setattr("derive.gradcheck.perloss.MOST_NUMBERS", 60)
    assert_same(Results(read)["dL_t"], whole)
    assert {"s0", "U"} <= whole.keys()
    assert_same(sum(whole["s0"]), Results(read)["dL"]["s0"])


@pytest.mark.parametrize("cell", ["lstm", "gru", "two_layer", "jordan", "leaky", "diagonal"])
def test_sums_agree_in_other_cells(cell: str, tmp_path: Path) -> None:
    from derive.bptt.derivation import derive
    from derive.catalogue import load
    from derive.numerics.sample import sample

    made = load(cell)
    trace = sample(made, 4, 8, zero_start=False).trace
    data: dict[str, Any] = {
        "params": {
            p.name: trace.parameter(p)[:, 0] if p.shape[1] == 1 else trace.parameter(p)
            for p in made.parameters
        },
        "target": trace.value(made.target, np.arange(1, 5))[..., 0],
    }
    data |= {s.name: trace.value(s, np.arange(1, 5))[..., 0] for s in made.inputs}
    data |= {f"{s.name}0": trace.value(s, 0)[:, 0] for s in made.states}
    results = Results(values(write(tmp_path, data), cell, {}))
    for p in made.parameters:
        assert_same(results["dL_t"][p.name].sum(axis=0), results["dL"][p.name], p.name)
        terms, last = results["contributions"][p.name], results["dL_t"][p.name][-1]
        assert_same(terms.sum(axis=0), last, p.name)
    # The gradients from the forward pass alone.
    from derive.expressions.derivatives import Gradient
    from derive.numerics.evaluate import Evaluator

    evaluator = Evaluator(trace, derive(made, 4).definitions)
    for p in made.parameters:
        wanted = evaluator.at(Gradient(made.total, p)).reshape(results["dL"][p.name].shape)
        assert_same(results["dL"][p.name], wanted, p.name)


def test_plain_text_has_every_number_in_full(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = str(write(tmp_path, numbers(2, 2)))
    assert main(["evaluate", "--values", path, "--only", "L,s,dL"]) == 0
    text = capsys.readouterr().out
    results = Results(values(Path(path), "elman", {}))
    assert text.splitlines()[:2] == ["L", f"  {float(results['L'])!r}"]
    assert "dL[W]" in text
    for number in [*results["s"].ravel(), *results["dL"]["W"].ravel()]:
        assert repr(float(number)) in text


def test_npz_says_the_same_as_json(tmp_path: Path) -> None:
    data = numbers(6, 3, bias=True)
    path = tmp_path / "values.npz"
    rest = {name: value for name, value in data.items() if name != "params"}
    wanted = Results(values(write(tmp_path, data), "elman", {}))["dL"]
    flat = {f"params.{name}": array for name, array in data["params"].items()}
    for params in (data["params"], flat):
        np.savez(path, **params, **rest)
        assert_same(Results(values(path, "elman", {}))["dL"], wanted)
    arrays: dict[str, Any] = {**flat, **rest, "options.activation": np.array("relu")}
    np.savez_compressed(path, **arrays)
    read = values(path, "elman", {})
    assert_same(
        Results(read)["dL"],
        Results(values(write(tmp_path, data), "elman", {"activation": "relu"}))["dL"],
    )


def test_flags_win_over_the_file(tmp_path: Path) -> None:
    data = {**numbers(7, 3), "options": {"activation": "relu", "output-layer": "mse"}}
    read = values(write(tmp_path, data), "elman", {"activation": "sigmoid"})
    assert read.cell.loss.name == "mse"
    wanted = reference(
        data["params"], data["x"], data["s0"], data["target"], "sigmoid", "mse", np.ones(3)
    )
    assert_same(Results(read)["dL"], wanted["dL"])


def test_numbers_that_overflow_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data = numbers(1, 3, layer="mse")
    data["params"]["V"] = data["params"]["V"] * 1e300
    argv = ["evaluate", "--output-layer", "mse", "--values", str(write(tmp_path, data)), "--json"]
    assert main(argv) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "is not a finite number" in err


def test_results_that_are_too_large_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("derive.budgets._raised", {"result-numbers": 10})
    results = Results(values(write(tmp_path, numbers(1, 3)), "elman", {}))
    with pytest.raises(SpecError, match="leave it out with --only"):
        _ = results["contributions"]
    assert results["L"].shape == ()


@pytest.mark.parametrize(
    ("only", "said"),
    [("dl", "did you mean dL"), (",", "names nothing"), ("s,x9", "no result 'x9'")],
)
def test_unknown_results(
    only: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["evaluate", "--values", str(write(tmp_path, numbers(1, 1))), "--only", only]) == 2
    assert said in capsys.readouterr().err


def test_a_thousand_steps_of_a_hundred_units_are_no_problem(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    steps, n = 1000, 100
    path = tmp_path / "large.npz"
    np.savez(
        path, U=rng.normal(size=(n, 5)), W=rng.normal(size=(n, n)) / 10, V=rng.normal(size=(4, n)),
        x=rng.normal(size=(steps, 5)), s0=np.zeros(n), target=np.full((steps, 4), 0.25),
    )  # fmt: skip
    results = Results(values(path, "elman", {}))
    total, last = results["dL"], results["contributions"]
    assert_same(total["b"] if "b" in total else total["U"].shape, (n, 5))
    assert last["W"].shape == (steps, n, n)


def test_no_quantity_of_a_cell_is_called_like_a_result(tmp_path: Path) -> None:
    results = Results(values(write(tmp_path, numbers(11, 4)), "elman", {}))
    own = {e.variable.name for e in results.cell.equations} | {s.name for s in results.cell.states}
    assert {*results.names} - own - {"L"} == {*RESULTS}
    for name in RESULTS:
        with pytest.raises(SpecError, match="results of `derive evaluate`"):
            check_meaning(name)

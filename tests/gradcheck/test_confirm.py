"""`evaluate` and `compare` check what they derive on the user's numbers before they answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.__main__ import main
from derive.catalogue import load, names, options_of
from derive.errors import SpecError
from derive.gradcheck.results import Results
from derive.gradcheck.values import Values, values
from derive.numerics.sample import sample
from tests import ROOT
from tests.elman_reference import as_json, numbers
from tests.slips import wrong_gradient, wrong_rule, wrong_term

LITERATURE = ROOT / "tests" / "catalogue" / "literature"

Out = pytest.CaptureFixture[str]


def written(folder: Path) -> Path:
    path = folder / "values.json"
    path.write_text(json.dumps(as_json(numbers(3, 4))), encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("fault", "only", "said"),
    [
        (wrong_rule, "dL", "equation elman-grad-"),
        (wrong_rule, "dL_t", "equation elman-grad-"),
        (wrong_rule, "contributions", "equation elman-grad-"),
        (wrong_rule, "step_jacobians", "equation elman-step-jacobian"),
        (wrong_rule, "state_jacobians", "equation elman-step-jacobian"),
        (wrong_gradient, "dL", "equation elman-grad-U"),
        (wrong_gradient, "dL_t", "equation elman-grad-U"),
        (wrong_term, "contributions", "equation elman-grad-U-substituted"),
    ],
)
def test_evaluate_refuses_what_is_derived_wrongly(
    fault: Callable[[pytest.MonkeyPatch], None],
    only: str,
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Out,
) -> None:
    argv = ["evaluate", "--values", str(written(tmp_path)), "--only", only]
    assert main(argv) == 0
    capsys.readouterr()
    fault(monkeypatch)
    assert main(argv) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err
    assert "does not hold on these numbers, T = 4" in err


def test_compare_refuses_to_compare_with_what_is_derived_wrongly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Out
) -> None:
    path, mine = written(tmp_path), tmp_path / "mine.json"
    assert main(["evaluate", "--values", str(path), "--only", "dL", "--json"]) == 0
    mine.write_text(capsys.readouterr().out, encoding="utf-8")
    argv = ["compare", "--values", str(path), "--gradients", str(mine)]
    assert main(argv) == 0
    capsys.readouterr()
    wrong_rule(monkeypatch)
    assert main(argv) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "equation elman-grad-U does not hold" in err


@pytest.mark.parametrize("name", names())
@pytest.mark.parametrize("zero", [True, False])
def test_all_cells_pass_on_their_numbers(name: str, zero: bool) -> None:
    known = options_of(name)
    options: dict[str, object] = {"initial": "trainable"} if "initial" in known else {}
    if "loss" in known:
        options["loss"] = "weighted"
    cell = load(name, **options)
    trace = sample(cell, 5, 2, zero).trace
    every = np.arange(1, 6)
    read = Values(
        cell,
        {p.name: trace.parameter(p) for p in cell.parameters},
        {s.name: trace.value(s, every)[..., 0] for s in cell.given},
        trace.begin(),
        cell,
    )
    results = Results(read)
    for result in results.names:
        assert results[result] is not None


def perfect(layer: str, scale: float) -> dict[str, Any]:
    """Numbers for which the network has almost no error: the gradient is rounding alone."""
    data = as_json(numbers(5, 3, layer=layer))
    data["params"]["V"] = (np.array(data["params"]["V"]) * scale).tolist()
    return {**data, "options": {"output_layer": layer}}


@pytest.mark.parametrize("layer", ["mse", "bce", "softmax"])
@pytest.mark.parametrize("scale", [1e-8, 1.0, 1e6])
def test_a_network_without_error_is_no_false_alarm(
    layer: str, scale: float, tmp_path: Path
) -> None:
    path, data = tmp_path / "v.json", perfect(layer, scale)
    path.write_text(json.dumps(data), encoding="utf-8")
    output = Results(values(path, "elman", {}))["o"]
    if layer == "softmax":
        output = output / output.sum(axis=1, keepdims=True)
    path.write_text(json.dumps({**data, "target": output.tolist()}), encoding="utf-8")
    results = Results(values(path, "elman", {}))
    for name in ("dL", "dL_t", "contributions", "state_jacobians"):
        assert results[name] is not None


@pytest.mark.parametrize("scale", [1e-30, 1e-3, 3.0, 30.0])
def test_gradients_that_vanish_and_explode_are_no_false_alarm(scale: float) -> None:
    cell = load("elman", activation="identity", output_layer="mse", initial="trainable")
    trace, steps = sample(cell, 100, 0, False).trace, np.arange(1, 101)
    parameters = {p.name: trace.parameter(p) for p in cell.parameters}
    parameters["W"] = parameters["W"] * scale
    series = {s.name: trace.value(s, steps)[..., 0] for s in cell.given}
    initial = trace.begin()
    results = Results(Values(cell, parameters, series, initial, cell))
    for name in results.names:
        assert results[name] is not None


def test_a_pass_that_overflows_is_no_answer() -> None:
    cell = load("elman")
    trace, steps = sample(cell, 3, 0, False).trace, np.arange(1, 4)
    parameters = {p.name: trace.parameter(p) * 1e307 for p in cell.parameters}
    series = {s.name: 100 * trace.value(s, steps)[..., 0] for s in cell.given}
    initial = trace.begin()
    with pytest.raises(SpecError, match="the forward pass overflows at step 1 of 3"):
        Results(Values(cell, parameters, series, initial, cell))


def test_what_has_no_value_does_not_overflow() -> None:
    """The root of a negative start; what is computed of it, one step later, comes first in the file."""
    cell = load(str(LITERATURE / "adam_lstm.toml"))
    drawn, steps = sample(cell, 3, 0, False).trace, np.arange(1, 4)
    parameters = {p.name: drawn.parameter(p) for p in cell.parameters}
    series = {s.name: drawn.value(s, steps)[..., 0] for s in cell.given}
    initial = {name: -np.abs(start) * 100 for name, start in drawn.begin().items()}
    with pytest.raises(SpecError, match=r"\[0\]\[0\] is no number: .* at step 1 of 3; take other"):
        Results(Values(cell, parameters, series, initial, cell))


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "softplus", "relu"])
@pytest.mark.parametrize("scale", [-90.0, -20.0, 15.0, 90.0])
def test_saturated_units_are_no_false_alarm(activation: str, scale: float, tmp_path: Path) -> None:
    path = tmp_path / "v.json"
    data = {
        "params": {"U": [[scale]], "W": [[scale]], "V": [[90.0], [57.0]]},
        "x": [[0.5], [0.7]], "s0": [0.6], "target": [[0.25, 0.75], [0.5, 0.5]],
        "options": {"activation": activation, "initial": "trainable"},
    }  # fmt: skip
    path.write_text(json.dumps(data), encoding="utf-8")
    results = Results(values(path, "elman", {}))
    for name in results.names:
        assert results[name] is not None

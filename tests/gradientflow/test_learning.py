"""Training with the derived gradients: right for a batch, and the task needs a long memory."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from derive.__main__ import main
from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.expressions.derivatives import Gradient
from derive.gradientflow.learning import CLASSES, METHODS, SUCCESS, initial, sequences, train
from derive.gradientflow.training import Batch
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

STEPS, COUNT = 4, 3


@pytest.mark.parametrize("name", ["elman", "gru", "lstm"])
@pytest.mark.parametrize("loss", ["last", "every"])
def test_gradients_of_a_batch_are_sums_of_those_of_its_sequences(name: str, loss: str) -> None:
    cell = load(name, loss=loss, bias=True)
    d, rng = derive(cell, 1), np.random.default_rng(0)
    sizes = dict(zip(cell.dimensions, (5, 3, 4), strict=True))

    def shape(p: object) -> tuple[int, ...]:
        return tuple(int(s.subs(sizes)) for s in p.shape)  # type: ignore[attr-defined]

    # Two networks beside each other.
    parameters = {p.name: rng.normal(size=(2, *shape(p))) / 2 for p in cell.parameters}
    x = rng.normal(size=(STEPS, 5, COUNT))
    y = rng.dirichlet(np.ones(4), size=(STEPS, COUNT)).transpose(0, 2, 1)
    batch = Batch(d, STEPS)
    outputs = batch.forward(parameters, {"x": x, "y": y}, COUNT)
    found = batch.gradients()
    assert outputs.shape == (2, 4, COUNT)
    for network in range(2):
        own = {key: value[network] for key, value in parameters.items()}
        zero = {s.name: np.zeros(3) for s in cell.states}
        given = [{"x": x[:, :, i], "y": y[:, :, i]} for i in range(COUNT)]
        traces = [ForwardPass(cell, own, series, zero) for series in given]
        for p in cell.parameters:
            gradients = [Evaluator(trace).at(Gradient(cell.total, p)) for trace in traces]
            assert np.allclose(found[p.name][network], np.sum(gradients, axis=0), atol=1e-12)


def test_the_class_stands_in_the_first_vector_only() -> None:
    given, classes = sequences(np.random.default_rng(0), 30, 500)
    assert (given["x"][0].argmax(axis=0) == classes).mean() > 0.97
    assert abs((given["x"][-1].argmax(axis=0) == classes).mean() - 1 / CLASSES) < 0.1
    assert (given["y"][-1].argmax(axis=0) == classes).all()


def test_the_methods_begin_with_the_same_weights_but_for_the_recurrent_ones() -> None:
    cell = load("elman", loss="last", bias=True)
    first = initial(derive(cell, 1), range(2))
    default, clipped, orthogonal = (slice(2 * n, 2 * n + 2) for n in range(len(METHODS)))
    assert (first["U"][default] == first["U"][orthogonal]).all()
    assert (first["W"][default] == first["W"][clipped]).all()
    W = first["W"][orthogonal]
    assert np.allclose(W @ W.transpose(0, 2, 1), np.eye(W.shape[-1]), atol=1e-12)


def test_short_sequences_are_learnt_and_longer_ones_by_orthogonal_weights_only() -> None:
    short = train(5, 0, seeds=2)
    assert all(outcome.learnt == 2 for outcome in short)
    longer = {outcome.method.name: outcome for outcome in train(20, 0, seeds=2)}
    assert longer["orthogonal"].learnt == 2
    assert longer["default"].spread[2] < SUCCESS
    assert longer["clipped"].spread[2] < SUCCESS


def test_the_command_prints_what_was_learnt(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["learn", "--spans", "3", "--seeds", "1", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert [row["method"] for row in data["outcomes"]] == [m.name for m in METHODS]
    assert main(["learn", "--spans", "1"]) == 2
    assert main(["learn", "--seeds", "0"]) == 2
    assert "expected" in capsys.readouterr().err


def test_the_outcomes_are_written_as_a_document(tmp_path: Path) -> None:
    command = ["learn", "--spans", "3,4", "--seeds", "1", "--format", "md", "-q"]
    assert main([*command, "--out", str(tmp_path)]) == 0
    assert "learning-shares.svg" in (tmp_path / "learning.md").read_text("utf-8")

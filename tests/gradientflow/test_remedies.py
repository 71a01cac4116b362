"""Clipping and truncation: what they keep, and what they leave out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.typing import NDArray

from derive.__main__ import main
from derive.bptt.derivation import Derivation, derive
from derive.catalogue import load
from derive.checks.verify import Verifier
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter
from derive.expressions.sums import TimeSum
from derive.gradientflow.clipping import FixedValues, by_element, by_norm
from derive.gradientflow.contributions import contributions
from derive.gradientflow.measure import recurrent_weights
from derive.gradientflow.runs import carry_out, experiment
from derive.gradientflow.theorems import chunk_split, clipped, window_split
from derive.gradientflow.truncation import cosine, truncation
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import Sample, sample, samples

GRADIENTS = arrays(float, st.integers(1, 8), elements=st.floats(-1e3, 1e3))
T = 6


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return derive(load("elman"), T)


@pytest.fixture(scope="module")
def data(derivation: Derivation) -> list[Sample]:
    return samples(derivation.cell, T, 0)


@given(GRADIENTS, st.floats(0.01, 100))
def test_clipping_by_the_norm_keeps_the_direction(g: NDArray[Any], limit: float) -> None:
    cut = by_norm(g, limit)
    assert np.linalg.norm(cut) <= limit * (1 + 1e-12)
    if np.linalg.norm(g) <= limit:
        assert (cut == g).all()
    else:
        assert np.linalg.norm(cut) == pytest.approx(limit)
        assert cosine(cut, g) == pytest.approx(1)


@given(GRADIENTS, st.floats(0.01, 100))
def test_clipping_by_element_never_points_uphill(g: NDArray[Any], limit: float) -> None:
    assert (g * by_element(g, limit)).sum() >= 0


def test_clipping_contributions_can_reverse_their_sum() -> None:
    parts = np.array([5.0, -2.0, -2.0])
    assert parts.sum() > 0
    assert by_element(parts, 1.0).sum() < 0


def test_the_equations_of_clipping_hold_and_a_wrong_one_does_not(derivation: Derivation) -> None:
    g, r = Parameter("g", 3, 1), Parameter("r", 1, 1)
    values: Any = FixedValues({g: np.array([[3.0], [4.0], [12.0]]), r: np.array([[2.0]])})
    verifier = Verifier(derivation, [Sample(values, 0, zero_start=True)])
    norm, direction = clipped(Parameter("g", 3, 1), Parameter("r", 1, 1))
    assert verifier.check(norm).passed
    assert verifier.check(direction).passed
    wrong = Equation("wrong", norm.kind, (norm.left, g.T * g), norm.step)
    assert not verifier.check(wrong).passed


@pytest.mark.parametrize("name", ["W", "U", "b"])
def test_truncation_splits_the_gradient(name: str) -> None:
    d = derive(load("elman", bias=True), T)
    p = next(p for p in d.cell.parameters if p.name == name)
    verifier = Verifier(d, samples(d.cell, T, 1))
    for h in (1, 2, 3):
        assert verifier.check(window_split(d, p, h)).passed
        assert verifier.check(chunk_split(d, p, h, T // h)).passed


def test_a_wrong_split_is_caught(derivation: Derivation, data: list[Sample]) -> None:
    W = recurrent_weights(derivation)
    right = window_split(derivation, W, 2)
    early, kept, lost = right.right.args
    without = Equation("a", right.kind, (right.left, early + kept), right.step)
    one_more = TimeSum(kept.body, kept.index, 2, kept.high)
    shifted = Equation("b", right.kind, (right.left, early + one_more + lost), right.step)
    verifier = Verifier(derivation, data)
    assert verifier.check(right).passed
    assert not verifier.check(without).passed
    assert not verifier.check(shifted).passed


def test_windows_and_chunks_of_all_steps_are_exact(derivation: Derivation) -> None:
    trace = sample(derivation.cell, T, 2, zero_start=False).trace
    W = recurrent_weights(derivation)
    kept = truncation(derivation, trace, W)
    by_steps = Evaluator(trace, derivation.definitions).at(Gradient(derivation.cell.total, W))
    assert np.allclose(kept.full, by_steps, atol=1e-13)
    assert np.allclose(kept.window(T), kept.full)
    assert np.allclose(kept.chunks(T), kept.full)
    assert np.allclose(kept.window(1), kept.chunks(1))
    assert not np.allclose(kept.window(2), kept.chunks(2))
    # By hand: chunks of two steps keep k = t, and k = t − 1 where t is even.
    own = [terms[-1] for terms in kept.terms]
    before = [kept.terms[step - 1][-2] for step in (2, 4, 6)]
    assert np.allclose(kept.chunks(2), np.sum(own + before, axis=0))


def test_the_contributions_add_up_and_the_last_ones_hold_most() -> None:
    run = carry_out(experiment("typical"), 0)
    W = recurrent_weights(run.derivation)
    found = contributions(run.derivation, run.trace, W)
    last = run.derivation.cell.loss_series[run.experiment.steps]
    by_steps = Evaluator(run.trace).at(Gradient(last, W))
    assert np.allclose(found.gradient, by_steps, atol=1e-12)
    assert found.share(10) > 0.8
    assert found.missing(100) == 0
    assert found.norms[-1] == 0


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_clipping_takes_no_letter_of_a_gate(cell: str, tmp_path: Path) -> None:
    """The LSTM has a gate g and the GRU a gate r, which are a gradient and its limit elsewhere."""
    argv = ["handout", cell, "-T", "1", "--with", "remedies", "--format", "md", "-q"]
    assert main([*argv, "--out", str(tmp_path)]) == 0

"""Formulas of claims are read a second time, and a verdict is implied by its trials."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from derive.audit import judge, shipped
from derive.audit.judge import Tested, Verdict
from derive.audit.outcome import Trial
from derive.audit.second import implied
from derive.audit.trial import equation_of, examine
from derive.catalogue import load
from derive.checks.secondclaims import ClaimReader, ranges
from derive.checks.secondpasses import Passes
from derive.checks.secondshapes import ShapeMisfit
from derive.errors import CheckError
from derive.numerics.sample import sample

TRACE = sample(load("lstm"), 3, 0, zero_start=False).trace
PASSES = Passes(TRACE)
NAMED = {"dh": "grad(L, h[t])", "twice": "2*dh"}


def holds(text: str, **indices: int) -> bool:
    sides = ClaimReader(text, PASSES, {"T": 3, **indices}, NAMED).relation()
    size = max(np.abs(sides.left).max(), np.abs(sides.right).max())
    return bool(np.abs(sides.left - sides.right).max() <= 1e-10 * size)


@pytest.mark.parametrize(
    "text",
    [
        "o[T] = softmax(z[T])",
        "L = sum(k=1..T, -y[k]'*log(o[k]))",
        "sum(k=2..T, L[k-1]) = L[1] + L[2]",
        "sum(k=1..T, sum(j=k..T, L[j])) = L[1] + 2*L[2] + 3*L[T]",
        "sum(k=2..1, L[k]) = 0",
        "prod(k=3..2, diag(f[k])) = diag(f[3])*diag(f[2])",
        "prod_up(k=2..3, W_i*W_f*k) = 6*W_i*W_f*W_i*W_f",
        "prod(k=1..2, W_i)*W_f = W_f",
        "grad(L, z[2]) = o[2] - y[2]",
        "grad(L, V) = sum(k=1..3, (o[k] - y[k])*h[k]')",
        "d(L[2])/d(z[2]) = grad(L[2], z[2])'",
        "d(c[2] | h[1])/d(c[1]) = diag(f[2])",
        "d(h[1] + 2*c[1])/d(c[1]) = d(h[1])/d(c[1]) + 2*I",
        "d+(c[2])/d(b_g) = diag(i[2])*diag(1 - g[2]^2)",
        "d+(c[2])/d(c[1]) = diag(f[2])",
        "d+(o[2])/d(V) = d(o[2])/d(V)",
        "d+(o[2])/d(h[1]) = 0",
        "d(c[2])/d(b_i) = d(c[2])/d(copy(b_i, 1)) + d(c[2])/d(copy(b_i, 2))",
        "dh = grad(L, h[2])",
        "twice - grad(L, h[t]) = dh",
        "norm(W_i)^(T-1) = norm(W_i)*norm(W_i)",
        "(1/T)*h[1] = h[1]/3",
        "W_i^2 = W_i*W_i",
        "-h[1]^2 .* h[2] = 0 - h[1] .* h[1] .* h[2]",
        "tanh'(h[1]) = 1 - tanh(h[1])^2",
        "max(h[1], 0) + min(h[1], 0) = h[1]",
        "I*2 - I = I(n)",
        "L[1] + h[1] = h[1] + ones(n)*L[1]",
    ],
)
def test_what_is_right_holds(text: str) -> None:
    assert holds(text, t=2)


@pytest.mark.parametrize(
    "text",
    [
        "d+(c[2])/d(b_g) = d(c[2])/d(b_g)",
        "d(c[2])/d(c[1]) = diag(f[2])",
        "sum(k=1..T, L[k]) = sum(k=2..T, L[k])",
        "prod(k=3..2, W_i*diag(f[k])) = prod_up(k=2..3, W_i*diag(f[k]))",
        "2 - 3 - h[1] = 2 - (3 - h[1])",
        "grad(L[2], h[1]) = grad(L, h[1])",
    ],
)
def test_what_is_wrong_does_not_hold(text: str) -> None:
    assert not holds(text, t=2)


@pytest.mark.parametrize("text", [
    "h[1] = h[1]'", "h[1]*c[1] = 0", "h[1] + x[1] = 0", "h[1] .* W_i = 0", "h[1] = h[1]'*h[1]",
    "W_i + L[1] = 0", "d(L)/d(z[1]) = z[1]",
])  # fmt: skip
def test_what_does_not_fit_is_found(text: str) -> None:
    with pytest.raises(ShapeMisfit):
        ClaimReader(text, PASSES, {"T": 3}, NAMED).relation()


def test_ranges_are_those_that_are_written() -> None:
    found = ranges("t=2..T, k=2*(t-1)..t+1", PASSES)
    assert [(one["t"], one["k"]) for one in found] == [(2, 2), (2, 3), (3, 4)]


CLAIMS = {c.id: c for found in shipped() for c in found.claims}


def trial_of(id: str, text: str) -> Trial:
    """Return the trial of a formula whose claim has another text than was parsed."""
    claim = CLAIMS[id]
    assert claim.written is not None
    equation = equation_of(claim.written, claim.data, "claim")
    return examine(equation, replace(claim.written, text=text), claim.data, (0,))


def test_a_formula_that_is_not_what_was_tested_is_refused() -> None:
    id, right = next((id, c.written.text) for id, c in CLAIMS.items()
                     if c.written and c.written.text.startswith("grad(L, V) = sum("))  # fmt: skip
    assert trial_of(id, right).holds
    for old, new in (("t=1", "t=2"), ("o[t] - y", "o[t] + y"), ("grad(L,", "grad(L[2],")):
        assert old in right
        with pytest.raises(CheckError, match="was not understood as it is written"):
            trial_of(id, right.replace(old, new))


def _trial(holds: bool, misfit: str | None = None) -> Trial:
    return Trial(holds, 0.0 if holds else 1.0, misfit=misfit)


R, W, S = _trial(True), _trial(False), _trial(False, "shapes")


@pytest.mark.parametrize(
    ("trials", "condition", "corrected", "verdict"),
    [
        ([R], None, False, "right"), ([R], None, True, "harmless"), ([W], None, True, "value"),
        ([W], None, False, "value"), ([S], None, True, "shape"), ([W], R, True, "conditional"),
        ([replace(W, overflows=True)], R, True, "overflow"),
        ([replace(W, overflows=True)], None, True, "value"),
        ([W, R], None, True, "convention"), ([R, S], None, False, "convention"),
        ([W, S], None, True, "value"), ([S, W], None, True, "shape"), ([R, R], None, True, "harmless"),
    ],
)  # fmt: skip
def test_trials_imply_one_verdict(
    trials: list[Trial], condition: Trial | None, corrected: bool, verdict: str
) -> None:
    assert [*implied(trials, condition, corrected)] == [verdict]


@pytest.mark.parametrize("id", ["cell-state", "candidate", "output-gate"])
def test_no_other_verdict_can_be_given(id: str) -> None:
    finding = judge(CLAIMS[id])
    for verdict in Verdict:
        if verdict is not finding.verdict:
            with pytest.raises(
                CheckError, match=f"claim {id} is said to be {verdict.value}, where"
            ):
                replace(finding, verdict=verdict)


def test_what_is_tested_is_not_shown_as_the_opposite() -> None:
    tested = judge(CLAIMS["candidate"]).written
    other: Any = replace(tested.trial, holds=not tested.trial.holds)
    with pytest.raises(CheckError, match="is not shown as what it was found to be"):
        Tested(tested.equation, other)

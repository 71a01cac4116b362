"""Networks whose sizes are sums, whose names look like an identity, or whose divisors are mixed."""

from __future__ import annotations

import json
from typing import Any

import pytest

from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.proving import checker
from derive.proving.certificate import certificate
from tests import ROOT

LITERATURE = ROOT / "tests" / "catalogue" / "literature"


def _certificate(name: str) -> dict[str, Any]:
    cell = load(str(LITERATURE / f"{name}.toml"))
    made: dict[str, Any] = json.loads(json.dumps(certificate(cell, derive(cell, 1).equations())))
    return made


def _judged(made: dict[str, Any]) -> tuple[dict[str, str], dict[str, str]]:
    """Return what is refused, and what there is no rule for, each with its reason."""
    # The checker has no types, as it is read by whom no type checker helps.
    judge: Any = checker.Verdicts
    found = judge(made)
    return found.refused, found.unruled


@pytest.mark.parametrize(
    "name",
    ["stacked_input", "one_in_stack", "gated_delays", "neural_turing", "wilson_depression", "lru"],
)
def test_every_statement_is_proved(name: str) -> None:
    made = _certificate(name)
    assert _judged(made) == ({}, {})
    assert len(made["statements"]) >= 40


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("[s_{t-1}; x_t]", "[x_t; s_{t-1}]"), ("q=1..d+n", "q=1..n"), ("q=1..d+n", "q=1..2d")],
)
def test_pieces_in_another_order_and_other_sizes_are_refused(right: str, wrong: str) -> None:
    """A matrix of d + n columns multiplies the pieces of one column in their order."""
    made = _certificate("stacked_input")
    text = json.dumps(made, ensure_ascii=False)
    statements = json.loads(text)["statements"]
    for one in statements:
        if right in one["text"] or right in one["for"]:
            one["text"] = one["text"].replace(right, wrong)
            one["for"] = [wrong if range_ == right else range_ for range_ in one["for"]]
    refused, unruled = _judged({**made, "statements": statements})
    changed = {
        new["id"] for old, new in zip(made["statements"], statements, strict=True) if old != new
    }
    assert changed
    assert changed & refused.keys() or changed <= unruled.keys()


def test_a_divisor_of_which_one_term_is_a_factor_of_another_is_read_at_once() -> None:
    """Two softmaxes mixed by a gate, below a quotient: it was taken apart for ever."""
    assert _judged(_certificate("mixed_softmaxes")) == ({}, {})

"""What is said of step Jacobians by the ranges of what they are made of."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.chapters.facts import AGAIN, FACTS, CellFacts
from derive.expressions.quantities import k
from derive.numerics.sample import samples

FILE = """
inputs = {{ x = "d" }}
states = {{ s = "n" }}
equations = '''
g[t] = {gate}
s[t] = {state}
z[t] = V*s[t] + V*(W*A)
'''
[parameters]
"U" = "n d"
"W" = "n n"
"A b" = "n"
V = "m n"
"""


def facts(path: Path, gate: str, state: str) -> CellFacts:
    file = path / "own.toml"
    file.write_text(FILE.format(gate=gate, state=state), encoding="utf-8")
    cell = load(str(file))
    return CellFacts(Derivation(cell, 2), samples(cell, 2, 0))


@pytest.mark.parametrize(
    ("gate", "state", "diagonal", "shrinking"),
    [
        ("sigmoid(U*x[t] + b)", "g[t] .* s[t-1] + A", True, True),
        ("sigmoid(U*x[t] + b)", "(1 - g[t]) .* s[t-1] + A", True, True),
        ("0.5*sigmoid(U*x[t] + b)", "(0.5 + g[t]) .* s[t-1] + A", True, True),
        ("exp(-softplus(A) .* sigmoid(U*x[t] + b))", "g[t] .* s[t-1] + U*x[t]", True, True),
        ("exp(softplus(A) .* sigmoid(U*x[t] + b))", "g[t] .* s[t-1] + U*x[t]", True, False),
        ("2*sigmoid(U*x[t] + b)", "g[t] .* s[t-1] + A", True, False),
        ("tanh(U*x[t] + b)", "g[t] .* s[t-1] + A", True, False),
        ("sigmoid(U*x[t] + b)", "-g[t] .* s[t-1] + A", True, False),
        ("sigmoid(U*x[t] + b)", "g[t] .* s[t-1] + A .* s[t-1]", True, False),
        ("sigmoid(W*s[t-1] + U*x[t] + b)", "g[t] .* s[t-1] + A", False, False),
        ("sigmoid(U*x[t] + b)", "g[t] .* (W*s[t-1]) + A", False, False),
    ],
)
def test_ranges_are_found_in_the_equations_and_seen_on_numbers(
    tmp_path: Path, gate: str, state: str, diagonal: bool, shrinking: bool
) -> None:
    found = facts(tmp_path, gate, state)
    for of in (FACTS, AGAIN):
        assert of["diagonal-jacobian"](found) is diagonal
        assert of["shrinking-jacobian"](found) is shrinking


@pytest.mark.parametrize(
    ("name", "past"), [("mamba", True), ("elman", False), ("jordan", False), ("lstm", False)]
)
def test_inputs_that_reach_the_output_past_the_state_are_known(name: str, past: bool) -> None:
    cell = load(name)
    found = CellFacts(Derivation(cell, 2), samples(cell, 2, 0))
    for of in (FACTS, AGAIN):
        assert of["past-states"](found, cell.inputs[0][k]) is past

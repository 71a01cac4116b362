"""What formulas and code have and a reader may not know is told where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.calculus.activations import ACTIVATIONS, usable
from derive.catalogue import load, names
from derive.chapters import listing, network
from derive.chapters.context import Context
from derive.chapters.signs import SIGNS
from derive.checks.verify import Verifier
from derive.codegen.listing import sweep
from derive.document.conditions import said
from derive.document.text import Text
from derive.errors import CheckError
from derive.numerics.sample import samples


def context(name: str, **options: object) -> Context:
    cell = load(name, **options)
    return Context(Verifier(Derivation(cell, 2), samples(cell, 2, 0)), 0)


KNOWN = {"tanh", "identity"}
"""Activations that need no words: one is taught at school, the other is not printed."""


@pytest.mark.parametrize("name", usable())
def test_each_activation_is_told_in_words_or_by_an_equation(name: str) -> None:
    cell = load("elman", activation=name)
    shown = {e.id for e in unroll.functions(cell)}
    # What is said of the letter I is of no function.
    in_words = f"prose.signs.{name}" in SIGNS and name != "identity"
    assert in_words + (f"elman-function-{name}" in shown) + (name in KNOWN) == 1


def test_an_equation_of_a_function_that_is_another_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    c = context("elman", activation="silu")
    wrong = ACTIVATIONS["gelu"].written
    monkeypatch.setitem(ACTIVATIONS["silu"].__dict__, "written", wrong)
    with pytest.raises(CheckError, match="function-silu"):
        [*network.functions(c)]


def test_what_is_taken_at_a_kink_is_said_before_it_is_used() -> None:
    told = {key for key, _ in said(tuple(network.network(context("elman", activation="relu"))))}
    assert {"prose.conventions.kink", "prose.signs.slope"} <= told
    smooth = {key for key, _ in said(tuple(network.network(context("elman"))))}
    assert "prose.conventions.kink" not in smooth


def test_only_functions_whose_derivatives_are_written_out_are_said_to_be() -> None:
    def keys(**options: object) -> set[str]:
        return {key for key, _ in said(tuple(network.functions(context("elman", **options))))}

    assert keys(activation="silu") == {"prose.network.functions"}
    assert keys(activation="bipolar") == {"prose.network.functions_alone"}
    assert keys() == set()


@pytest.mark.parametrize("name", names())
def test_each_function_that_the_code_calls_is_told(name: str) -> None:
    c = context(name)
    code = "\n".join(row for line in sweep(c.cell).lines for row in line.rows)
    called = {*listing.CALLED.findall(code)} - listing.BUILT_IN
    alone = {helper for helper, key in listing.EXPLAINED.items()
             if key in {text.key for text in listing.helpers(c, code)}}  # fmt: skip
    together = {one for one in called if one.removesuffix("_slope") in (*ACTIVATIONS, "softmax")}
    assert alone | together == called


def test_code_that_calls_what_nobody_explains_is_refused() -> None:
    c = context("elman")
    with pytest.raises(CheckError, match="calls `folded`, and no sentence says what that is"):
        [*listing.helpers(c, "delta = rows(folded(a))")]
    assert not [*listing.helpers(c, "np.exp(a)")]


OUTER = """
inputs = { x = "d" }
states = { S = "n r" }
equations = '''
u[t] = K*x[t]
S[t] = S[t-1] + (F*x[t])*u[t]'
z[t] = V*(S[t]*(Q*x[t]))
'''
[parameters]
"K Q" = "r d"
F = "n d"
V = "m n"
"""

NORMED = """
inputs = { x = "d" }
states = { h = "n", w = "n" }
equations = '''
w[t] = w[t-1] .* sigmoid(G*x[t]) + exp(K*x[t])
h[t] = tanh(U*x[t] + W*h[t-1]) / (1 + w[t])
z[t] = V*h[t]
'''
[parameters]
"G K U" = "n d"
W = "n n"
V = "m n"
"""


def meanings(text: str, path: Path) -> dict[str, str]:
    path.write_text(text, encoding="utf-8")
    found = {}
    for symbols, meaning, _ in network._symbol_rows(context(str(path))):
        assert isinstance(meaning, Text)
        found[str(symbols)] = meaning.key
    return found


def test_what_multiplies_the_input_are_input_weights(tmp_path: Path) -> None:
    found = meanings(OUTER, tmp_path / "outer.toml")
    assert found["F"] == found["K"] == found["Q"] == "symbol.parameter.input"


def test_no_state_of_a_user_is_called_a_cell_state(tmp_path: Path) -> None:
    assert meanings(NORMED, tmp_path / "normed.toml")["w_t"] == "symbol.carried_inner"
    rows = [row for row in network._symbol_rows(context("lstm")) if str(row[0]) == "c_t"]
    assert [row[1] for row in rows] == [Text("symbol.carried")]

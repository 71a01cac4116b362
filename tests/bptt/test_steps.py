"""The lines between results: each follows from the one before by the rule beside it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from sympy import Basic

from derive.__main__ import main
from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.chapters.context import DETAILS
from derive.chapters.handout import build
from derive.checks.verify import Verifier
from derive.document.language import languages
from derive.document.language import load as language
from derive.errors import CheckError, UsageError
from derive.expressions.equation import Equation
from derive.numerics.sample import samples
from derive.publishing.publish import publish
from derive.typesetting.layout import PagePrinter, Reason
from tests.matrix_cells import COLUMNS
from tests.mutants import mutants

OTHERS: list[tuple[str, dict[str, Any]]] = [
    ("elman", {"loss": loss}) for loss in ("last", "mean", "weighted")
] + [("elman", {"output_layer": "mse"}), ("lstm", {"loss": "weighted"})]


def verified(name: str, options: dict[str, Any], steps: int) -> tuple[Verifier, list[Equation]]:
    cell = load(name, **options)
    d = Derivation(cell, steps)
    return Verifier(d, samples(cell, steps, 0)), d.lines.equations(steps)


@pytest.mark.parametrize(("name", "options"), [*((n, {}) for n in COLUMNS), *OTHERS], ids=str)
@pytest.mark.parametrize("steps", [1, 2, 3, 5])
def test_each_line_holds_and_has_its_reason(name: str, options: Any, steps: int) -> None:
    verifier, equations = verified(name, options, steps)
    assert equations or steps == 1
    for equation in equations:
        assert verifier.require(equation).count
        if "-steps-into-" in equation.id and len(equation.sides) == 2:
            # It is the derivative of one line, or its ways part later, as the sentence above it says.
            assert not equation.reasons
            continue
        assert len(equation.reasons) == len(equation.sides) - 1
        assert all(equation.reasons)


def test_the_derivative_of_a_state_is_split_down_to_immediate_partials() -> None:
    d = Derivation(load("elman"), 3)
    W = d.cell.parameters[1]
    *lines, last = d.lines.unrolled(W, 3).sides
    assert len(lines) == 3
    assert [str(term).count("∂⁺") for term in last.args] == [1, 1, 1]


@pytest.mark.parametrize("name", ["elman", "lstm"])
def test_a_slip_in_a_line_is_caught(name: str) -> None:
    verifier, equations = verified(name, {"loss": "weighted"}, 3)
    recursion = next(e for e in equations if e.id.endswith("steps-recursion"))
    unrolled = next(e for e in equations if "steps-unrolled-W" in e.id)
    added = next(e for e in equations if "steps-added-W" in e.id)
    for equation in (recursion, unrolled, added):
        for n, side in enumerate(equation.sides[1:], 1):
            for what, changed in mutants(side):
                if re.match(SAME, what):
                    continue
                sides: list[Basic] = [*equation.sides]
                sides[n] = changed
                wrong = Equation(
                    equation.id, equation.kind, tuple(sides), equation.step, equation.free
                )
                assert not _passes(verifier, wrong), (equation.id, n, what)


SAME = r"from t in .*∂L_j/∂\S*_\{t\+1\}|total for immediate \(∂⁺\S+_1/"
"""Slips that change no value: a loss of step t is no function of the next state, and the state before
the first is none of the parameters."""


def _passes(verifier: Verifier, equation: Equation) -> bool:
    try:
        return verifier.check(equation).passed
    except Exception:
        # What has no value, as a quantity of step T + 1, is no line of a handout either.
        return False


@pytest.mark.parametrize("code", languages())
def test_reasons_are_plain_words(code: str) -> None:
    words = language(code)
    reasons = [key for key in words.keys if key.startswith("reason.")]
    assert reasons
    for key in reasons:
        assert re.fullmatch(r"[^\W\d_][\w ,;:()'-]*", words.entries[key]), key


def test_how_much_is_shown_is_asked_for() -> None:
    counts = {}
    for detail in DETAILS:
        made = build(load("elman"), 3, seed=0, detail=detail).document.equations()
        counts[detail] = sum(bool(e.reasons) for e in made)
    assert counts["brief"] == 0
    assert 6 <= counts["steps"] < counts["full"]
    with pytest.raises(UsageError, match="no detail 'long'"):
        build(load("elman"), 3, seed=0, detail="long")


def test_an_unknown_detail_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["handout", "elman", "--detail", "long", "--format", "md", "--out", str(tmp_path)]
    assert main(words) == 2
    assert "brief, steps" in capsys.readouterr().err


def test_a_reason_that_is_not_meant_does_not_go_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    honest = PagePrinter.display

    def slip(self: PagePrinter, equation: Equation, reasons: Any = ()) -> str:
        return honest(self, equation, [Reason("product rule", "product rule") for _ in reasons])

    monkeypatch.setattr(PagePrinter, "display", slip)
    with pytest.raises(CheckError, match=r"its reasons are \['product rule'"):
        publish(load("elman"), 2, ["md"], tmp_path)
    assert not list(tmp_path.iterdir())

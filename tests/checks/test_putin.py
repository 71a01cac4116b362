"""The numbers beside the lines of a derivation name what is put in there, and nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sympy import Basic, Symbol

from derive.catalogue import load
from derive.chapters.handout import build
from derive.checks import putin
from derive.checks.putin import is_put_in, require_used
from derive.document.blocks import Document
from derive.document.used import CITING, Used, told_by, used_in
from derive.errors import CheckError
from derive.expressions.equation import Equation


def document(name: str) -> Document:
    return build(load(name), 3, seed=0, proved=False).document


@pytest.fixture(scope="module")
def elman() -> Document:
    return document("elman")


def lines(made: Document) -> dict[str, list[Used]]:
    return {id: [*filter(None, used)] for id, used in used_in(made).items() if any(used)}


def test_what_is_put_in_is_found_wherever_it_is_on_display(elman: Document) -> None:
    assert lines(elman) == {
        "elman-entries-softmax-jacobian": [("elman-entries-softmax",)],
        "elman-steps-residual": [("elman-loss-output", "elman-output-logits")],
        # The derivative of the sum by the state stands nowhere, so that only the slope has a number.
        "elman-steps-step-jacobian": [("elman-diagonal-s",)],
        "elman-steps-recursion-columns": [
            ("elman-steps-recursion",),
            ("elman-loss-state", "elman-diagonal-s", "elman-steps-step-jacobian"),
        ],
        "elman-steps-added-W": [("elman-grad-W-substituted",), ("elman-steps-summed-a",)],
    }


@pytest.mark.parametrize("name", ["elman", "jordan", "leaky"])
def test_no_other_equation_may_be_named_but_one_of_the_same_derivative(name: str) -> None:
    made = document(name)
    found = require_used(made)
    before: dict[str, Equation] = {}
    for equation in made.equations():
        for n, reason in enumerate(equation.reasons):
            line, used = [*pairwise(equation.sides)][n], found[equation.id][n]
            named = {_derivative(before[id]) for id in used}
            others = [one for id, one in before.items() if reason in CITING and id not in used]
            assert {_derivative(one) for one in others if is_put_in(one, *line)} <= named
        before[equation.id] = equation


def _derivative(equation: Equation) -> Basic:
    """Return what an equation is about, whatever the letters of its steps."""
    steps = {index.symbol: Symbol(f"step{n}") for n, index in enumerate(equation.free)}
    return equation.left.xreplace(steps)


@pytest.mark.parametrize("wrong", ["elman-loss-total", "elman-loss-state", "elman-steps-added-W"])
def test_a_wrong_number_is_refused(
    wrong: str, elman: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = used_in(elman)
    for id, used in right.items():
        for n, ids in enumerate(used):
            if wrong in ids or not ids:
                continue
            planted = {**right, id: (*used[:n], (wrong,), *used[n + 1 :])}
            monkeypatch.setattr(putin, "used_in", lambda _, planted=planted: planted)
            with pytest.raises(CheckError, match=f"equation {id} of elman-T3 names {wrong}"):
                require_used(elman)


def test_a_reason_that_names_nothing_may_have_no_number(
    elman: Document, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = used_in(elman)
    chain = {**right, "elman-steps-residual": (("elman-loss-output",), (), (), (), ())}
    monkeypatch.setattr(putin, "used_in", lambda _: chain)
    with pytest.raises(CheckError, match="names elman-loss-output beside its side 2"):
        require_used(elman)


def test_each_reason_that_cites_has_its_sentence() -> None:
    assert {told_by(reason, ("a", "b")).key for reason in CITING} == {
        "ui.used.put_in",
        "ui.used.named",
        "ui.used.transposed",
    }

"""The numbers beside the lines of a derivation name what is put in there, and nothing else."""

from __future__ import annotations

from itertools import pairwise

import pytest
from sympy import Basic, Symbol

from derive.catalogue import load
from derive.chapters.handout import build
from derive.checks import putin
from derive.checks.putall import require_all_named
from derive.checks.putin import is_put_in, require_used
from derive.document.blocks import Document
from derive.document.used import CITING, Used, _is_within, told_by, used_in
from derive.errors import CheckError
from derive.expressions.algebra import Diag, had
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, Series, t


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


@pytest.mark.parametrize(
    ("name", "put_in"),
    [
        (
            "gru",
            {
                "a_h": ("into-a_h", "s"),
                "v": ("a_h",),
                "a_u": ("into-a_u", "s"),
                "a_r": ("gru-diagonal-r", "a_h"),
            },
        ),
        ("mamba", {"e": ("into-e", "s")}),
    ],
)
def test_every_line_within_a_step_names_what_is_put_in(
    name: str, put_in: dict[str, tuple[str, ...]]
) -> None:
    """A diagonal matrix that acts by components is one, and the adjoint of the state is a sum too."""
    made = document(name)
    found = require_used(made)
    for of, wanted in put_in.items():
        named = [id.removeprefix(f"{name}-steps-") for id in found[f"{name}-steps-within-{of}"][-1]]
        assert [id.removeprefix("summed-") for id in named] == [*wanted]
    bare = {
        equation.id
        for equation in made.equations()
        for reason, used in zip(equation.reasons, found.get(equation.id, ()), strict=True)
        # What the gates are of the state before stands in no equation of its own.
        if reason == "reason.put-in" and not used and "step-jacobian" not in equation.id
    }
    assert not bare


def test_an_identity_that_is_put_in_is_named() -> None:
    """It leaves the product in which it stood; what names it all is tried by the second way."""
    cell = load("elman", activation="identity", bias=True, output_layer="bce", loss="mean")
    made = build(cell, 2, seed=0, proved=False).document
    found = require_used(made)
    require_all_named(made, found)
    assert "elman-steps-into-a" in {id for used in found.values() for ids in used for id in ids}


@pytest.mark.parametrize("loss", ["last", "mean"])
def test_what_is_put_in_for_a_loss_that_has_a_weight_is_named(loss: str) -> None:
    made = build(load("jordan", loss=loss), 2, seed=0, proved=False).document
    require_all_named(made, require_used(made))


def test_adjoints_that_come_in_are_named_with_those_that_they_are_made_of() -> None:
    found = require_used(document("gru"))["gru-steps-recursion-columns"][-1]
    assert [id.removeprefix("gru-steps-within-") for id in found] == ["a_h", "v", "a_u", "a_r"]


def test_a_product_of_matrices_is_seen_where_it_acts_on_a_column() -> None:
    u, v, w = (Series(name, 3, 1)[t] for name in "uvw")
    elsewhere = Series("q", 3, 1)[t]
    W = Parameter("W", 3, 3)
    applied = W * had(u, W * had(v, w))
    for product in (W * Diag(u), W * Diag(u) * W, W * Diag(u) * W * Diag(v)):
        assert _is_within(product, applied)
    for other in (W * Diag(elsewhere), W * Diag(u) * Diag(v), W * Diag(u) * W * Diag(had(v, w))):
        assert not _is_within(other, applied)


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
        "ui.used.put_in_multiplied",
        "ui.used.named",
        "ui.used.transposed",
        "ui.used.adjoints",
    }


def test_a_step_jacobian_is_named_where_its_terms_stand_apart() -> None:
    """Each of them beside the adjoint that it acts on; of a multiple of the identity that is left."""
    for name in ("gru", "leaky"):
        found = require_used(document(name))
        named = found[f"{name}-steps-recursion-columns"][2]
        assert [id.removeprefix("steps-") for id in named] == [f"{name}-steps-step-jacobian"]

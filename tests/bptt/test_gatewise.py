"""What is the same of several gates is found by its form, and says of each gate its equation."""

from __future__ import annotations

import dataclasses

import pytest
from sympy import Symbol

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.bptt.gatewise import Gatewise, SharedEquation
from derive.catalogue import load, names
from derive.checks.shared import SharedChecker
from derive.checks.verify import Verifier
from derive.errors import CheckError
from derive.expressions.algebra import add, mul
from derive.numerics.sample import samples


def shared(name: str) -> tuple[Derivation, dict[str, SharedEquation]]:
    derivation = Derivation(load(name), 3)
    found = Gatewise(derivation.cell).among(derivation.equations())
    return derivation, {s.equation.id: s for s in found if isinstance(s, SharedEquation)}


def test_the_four_gates_of_the_lstm_are_one_formula() -> None:
    _, found = shared("lstm")
    assert list(found["lstm-grad-U_each"].instances) == ["i", "f", "g", "q"]
    assert str(found["lstm-grad-U_each"].equation) == "∇[U_θ] L = Σ[t=1..T] δ_t^(θ) x_tᵀ"


def test_a_gate_of_another_form_is_not_among_them() -> None:
    _, found = shared("lstm")
    # The candidate is made by tanh, the gates by the sigmoid.
    assert list(found["lstm-forward-each"].instances) == ["i", "f", "q"]
    assert list(shared("gru")[1]["gru-grad-W_each"].instances) == ["r", "u"]


@pytest.mark.parametrize(
    ("name", "gate", "wanted"),
    [("W_g", "g", "W_theta"), ("W_ig", "g", "W_iθ"), ("x_lag", "g", "x_lag"), ("a_phi", "i", "a_phi"),
     ("W_in", "n", "W_in"), ("W_lag", "lag", "W_theta")],
)  # fmt: skip
def test_a_gate_is_a_letter_and_no_end_of_a_word(name: str, gate: str, wanted: str) -> None:
    found = Gatewise(load("lstm"))._renamed(name, gate)
    assert found.replace("θ", "theta") == wanted.replace("θ", "theta")


@pytest.mark.parametrize("name", names())
def test_no_equation_is_left_out(name: str) -> None:
    derivation = Derivation(load(name), 3)
    given = list(derivation.equations())
    kept = []
    for one in Gatewise(derivation.cell).among(given):
        shown = one.instances.values() if isinstance(one, SharedEquation) else [one]
        kept += [e.id for e in shown]
    assert sorted(kept) == sorted(e.id for e in given)


@pytest.mark.parametrize("name", names())
def test_each_instance_is_an_equation_of_the_derivation(name: str) -> None:
    derivation, found = shared(name)
    known = {e.id: e for e in derivation.equations()}
    for one in found.values():
        assert one.equation.id not in known
        assert len(one.instances) > 1
        for gate, equation in one.instances.items():
            assert known[equation.id] == equation
            assert tuple(one.of(gate, s) for s in one.equation.sides) == equation.sides


def test_a_cell_without_gates_has_none() -> None:
    assert not shared("elman")[1]


def test_the_letter_is_none_of_the_cell(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = load("lstm")
    assert Gatewise(cell).letter == Symbol("theta")
    monkeypatch.setattr(cell.roster, "names", cell.roster.names | {"W_theta"})
    assert Gatewise(cell).letter == Symbol("eta")


@pytest.fixture(scope="module")
def checked() -> tuple[SharedEquation, SharedChecker]:
    derivation, found = shared("lstm")
    verifier = Verifier(derivation, samples(derivation.cell, 3, 0))
    one = found["lstm-grad-U_each"]
    return one, SharedChecker(verifier, one)


def test_the_formula_is_checked_for_each_gate(
    checked: tuple[SharedEquation, SharedChecker],
) -> None:
    one, checker = checked
    check = checker.require(one.equation)
    each = [checker.verifier.require(e) for e in one.instances.values()]
    assert check.passed
    assert check.count == sum(c.count for c in each)
    assert check.error == max(c.error for c in each)


def test_a_formula_that_says_something_else_of_a_gate_fails(
    checked: tuple[SharedEquation, SharedChecker],
) -> None:
    one, checker = checked
    left, right = one.equation.sides
    wrong = dataclasses.replace(one.equation, sides=(left, mul(2, right)))
    with pytest.raises(CheckError, match=r"does not say of the gate i what lstm-grad-U_i says"):
        checker.require(wrong)


def test_an_instance_that_is_wrong_fails(checked: tuple[SharedEquation, SharedChecker]) -> None:
    one, checker = checked
    own = one.instances["f"]
    wrong = dataclasses.replace(own, sides=(own.left, mul(2, own.right)))
    shared_wrongly = dataclasses.replace(one, instances={**one.instances, "f": wrong})
    with pytest.raises(CheckError, match="gate f"):
        SharedChecker(checker.verifier, shared_wrongly).require(one.equation)


def test_what_is_read_is_compared_for_each_gate(
    checked: tuple[SharedEquation, SharedChecker],
) -> None:
    one, checker = checked
    right = one.equation.right
    assert checker.apart(one.equation, add(right, right), mul(2, right)) is None
    problem = checker.apart(one.equation, one.of("g", right), right)
    assert problem is not None
    assert problem.startswith("of the gate i: ")


def test_the_steps_of_a_network_are_shared_too() -> None:
    cell = load("lstm")
    Derivation(cell, 3)
    found = Gatewise(cell).among(unroll.steps(cell, 2))
    assert [getattr(e, "id", "shared") for e in found] == [
        "shared", "lstm-step-2-g", "lstm-step-2-c", "lstm-step-2-h", "lstm-step-2-o",
    ]  # fmt: skip

"""The checks themselves, tested: a wrong formula must fail, each kind of slip and at every node."""

from __future__ import annotations

import re
from collections.abc import Callable
from copy import copy
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from sympy import Float

from derive.bptt.derivation import Derivation, derive
from derive.calculus import activations, rules
from derive.catalogue import load
from derive.cells.cell import Cell
from derive.checks.verify import Verifier
from derive.errors import CheckError, DeriveError
from derive.expressions.algebra import (
    Diag,
    Hadamard,
    Plus,
    Scaled,
    Times,
    Transposed,
    add,
    had,
    mul,
    neg,
)
from derive.expressions.blocks import Stack
from derive.expressions.definition import Definition
from derive.expressions.equation import Equation
from derive.expressions.functions import Apply, Log, Softmax
from derive.expressions.pointwise import PointwisePower
from derive.expressions.walk import atoms_of
from derive.numerics.sample import Sample, samples
from tests.calculus.test_rules import EXAMPLES
from tests.matrix_cells import COLUMNS
from tests.mutants import mutants

T = 3


@cache
def cell(name: str, **options: Any) -> Cell:
    return load(name, **options)


@cache
def data(name: str, **options: Any) -> list[Sample]:
    return samples(cell(name, **options), T, 0)


def caught(verifier: Verifier, equation: Equation) -> bool:
    """Return a wrong formula fails its check, or has shapes that cannot be evaluated at all."""
    try:
        return not verifier.check(equation).passed
    except (DeriveError, ValueError, TypeError):
        return True


def failing(derivation: Derivation, found: list[Sample]) -> list[str]:
    verifier = Verifier(derivation, found)
    return [e.id for e in derivation.equations() if caught(verifier, e)]


# -- every node of every displayed equation --------------------------------------------------------

EQUIVALENT = (
    (r"-lag-3-1$|0-terms-2$", r"^negate", "two factors of one form: both signs change"),
    (r"-terms-1$", r"^total for immediate", "before step 1 there is only s_0, a constant"),
    (r"-terms-2$", r"^reverse", "one factor has no order"),
    (r"-steps-unrolled-", r"^total for immediate \(∂⁺\S+_1/", "s_0 is a constant"),
    (r"^(elman|irnn)-steps-delta-lag$", r"^do not transpose \(∂s_k/∂a_k\)", "it is diagonal"),
    (
        r"^(elman|irnn)-steps-recursion-columns$",
        r"^do not transpose \(∂s_t/∂a_t\)",
        "it is diagonal",
    ),
    (r"-steps-recursion$", r"^from t in", "L_t is no function of s_{t+1}"),
    (
        r"^elman-steps-recursion(-columns)?$",
        r"for [tj] in w_[tj]$",
        "the weights of a mean are all 1/T",
    ),
    (r"^elman-loss-logits$", r"^drop \(∂o_t/∂z_t\)", "o_t = z_t with the squared error"),
)
"""Mutations that leave the value as it is: which equation, which mutation, why."""

DIAGONAL = r"[EJ]_\w+\^\((hc|cc)\)"
BLOCKS = (
    (r"-(block|part|into|step)-", rf"^transpose {DIAGONAL}", "these blocks are diagonal"),
    (r"-(block|part|into|step)-", rf"^swap {DIAGONAL} and (diag|[DEJ]_)", "diagonal ones commute"),
    (r"-(block|part|into|step)-", rf"^swap .* and {DIAGONAL} in", "diagonal ones commute"),
    (
        r"-steps-block-h-h$",
        r"^total for immediate \(∂⁺c_j/∂h_",
        "c_{j-1} is no function of h_{j-1}",
    ),
)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("elman", {"bias": True}),
        ("elman", {"activation": "softplus", "output_layer": "mse", "loss": "mean"}),
        ("irnn", {}),
        ("lstm_coupled", {}),
    ],
)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_slip_at_any_node_of_any_formula_is_caught(name: str, options: dict[str, Any]) -> None:
    derivation = derive(cell(name, **options), T)
    verifier = Verifier(derivation, data(name, **options))
    known = (*EQUIVALENT, *(BLOCKS if len(derivation.cell.states) > 1 else ()))
    survivors, count = [], 0
    for equation in derivation.equations():
        for i in range(1, len(equation.sides)):
            for what, mutant in mutants(equation.sides[i]):
                sides = (*equation.sides[:i], mutant, *equation.sides[i + 1 :])
                count += 1
                if caught(verifier, replace(equation, sides=sides)):
                    continue
                if not any(re.search(e, equation.id) and re.search(m, what) for e, m, _ in known):
                    survivors.append(f"{equation.id}: {what}")
    assert not survivors, "\n".join(survivors)
    assert count > 1000


@pytest.mark.parametrize("name", ["elman", "minimal_gated"])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_slip_in_the_definition_of_a_named_quantity_is_caught(name: str) -> None:
    derivation = derive(cell(name), T)
    defining = list(derivation.equations())
    for named in derivation.definitions:
        about = [e for e in defining if any(_reads(side, named) for side in e.sides)]
        assert about, f"{named.series} is named but no equation shows it"
        for what, mutant in mutants(named.expr):
            wrong = copy(derivation)
            wrong.definitions = [
                replace(n, expr=mutant) if n == named else n for n in derivation.definitions
            ]
            verifier = Verifier(wrong, data(name)[1:2])
            equivalent = any(re.search(m, what) for _, m, _ in BLOCKS)
            assert any(caught(verifier, e) for e in about) or equivalent, f"{named.series}: {what}"


def _reads(side: Any, named: Definition) -> bool:
    return getattr(side, "series", None) == named.series and len(side.indices) == len(named.indices)


# -- the slips that people make --------------------------------------------------------------------

SLIPS = [
    ("k from 0", "elman-grad-W-sum", r"^from 0 in Σ"),
    ("k from 2", "elman-grad-W-sum", r"^from 2 in Σ"),
    ("k to t - 1", "elman-grad-U-sum", r"^to t - 1 in Σ"),
    ("j from k", "elman-grad-W-sum", r"^from k in Π"),
    ("j from k + 2", "elman-grad-W-sum", r"^from k \+ 2 in Π"),
    ("j to t - 1", "elman-grad-W-sum", r"^to t - 1 in Π"),
    ("j to t + 1", "elman-grad-W-sum", r"^to t \+ 1 in Π"),
    ("the product reversed", "elman-grad-b-sum", r"^reverse Π"),
    ("the product of Jacobians reversed", "elman-delta-lag", r"^reverse Π"),
    ("total for immediate", "elman-grad-W-sum", r"^total for immediate"),
    ("a total one among the terms", "elman-grad-U-terms-3", r"^total for immediate"),
    ("a Jacobian left out", "elman-grad-W-terms-3", r"^from k \+ 2 in Π"),
    ("the first term left out", "elman-grad-W-terms-3", r"^from 2 in Σ"),
    ("the loss left out of the recursion", "elman-delta-recursion", r"^drop Vᵀ \(o_t - y_t\) from"),
    ("what follows left out", "elman-delta-recursion", r"^drop Wᵀ δ_{t\+1} from"),
    ("the sign of a gradient", "elman-grad-V", r"^negate Σ"),
    ("the sign of a term", "elman-delta-recursion", r"^negate Wᵀ δ_{t\+1}$"),
    ("W transposed", "elman-step-jacobian", r"^transpose W$"),
    ("W not transposed", "elman-delta-recursion", r"^do not transpose W$"),
    ("W left out", "elman-grad-s0", r"^drop Wᵀ from"),
    ("D behind W", "elman-step-jacobian", r"^swap D_j and W in"),
    ("D left out", "elman-delta-recursion", r"^drop D_t from"),
    ("J of the step before", "elman-step-jacobian", r"^j - 1 for j in J_j"),
    ("J of the step after in the product", "elman-delta-lag", r"^j \+ 1 for j in J_j"),
    ("δ of the step itself", "elman-delta-recursion", r"^t for t \+ 1 in δ_{t\+1}"),
    ("s_t for s_{t-1}", "elman-grad-W", r"^t for t - 1 in s_{t-1}"),
    ("x of the step before", "elman-grad-U", r"^t - 1 for t in x_t"),
    ("the sign of the residual", "elman-loss-logits", r"^negate o_t - y_t"),
    ("the residual without targets", "elman-loss-logits", r"^drop -y_t from"),
    ("short residual for any targets", "elman-loss-logits-general", r"^no 1ᵀ y_t in"),
    ("V not transposed", "elman-delta-lag", r"^do not transpose V$"),
]


@pytest.mark.parametrize(("name", "id", "what"), SLIPS, ids=[slip[0] for slip in SLIPS])
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_slip_is_reported_by_the_equation_that_shows_it(name: str, id: str, what: str) -> None:
    derivation = derive(cell("elman", bias=True), T)
    verifier = Verifier(derivation, data("elman", bias=True))
    equation = derivation.equation(id)
    made = [
        replace(equation, sides=(*equation.sides[:i], mutant, *equation.sides[i + 1 :]))
        for i in range(1, len(equation.sides))
        for described, mutant in mutants(equation.sides[i])
        if re.search(what, described)
    ]
    assert made, f"no mutation of {equation.right} is {name}"
    assert all(caught(verifier, wrong) for wrong in made)


@pytest.mark.parametrize("steps", [100])
@pytest.mark.parametrize("id", ["grad-W-terms", "grad-U-sum", "grad-b-substituted"])
def test_a_far_term_that_is_missing_is_caught(id: str, steps: int) -> None:
    # At step 1 of 100 it is some 16 orders of magnitude below the sum.
    made = cell("elman", bias=True)
    derivation = derive(made, steps)
    verifier = Verifier(derivation, samples(made, steps, 0)[1:2])
    equation = derivation.equation(f"elman-{id}-{steps}")
    wrong = [m for what, m in mutants(equation.right) if what.startswith("from 2 in Σ")]
    assert len(wrong) == 1
    failed = replace(equation, sides=(equation.left, wrong[0]))
    assert caught(verifier, failed)
    with pytest.raises(CheckError, match="term of step = 1, s_0 ≠ 0"):
        verifier.require(failed)


# -- the rules -------------------------------------------------------------------------------------

RULE_SLIPS: dict[str, Callable[[Any], Any]] = {
    "sign": neg,
    "factor": lambda jacobian: mul(2, jacobian),
}

REPORTED = {
    Plus: ("elman", {}, "step-jacobian"),
    Times: ("elman", {}, "step-jacobian"),
    Transposed: ("elman", {"output_layer": "mse"}, "loss-output"),
    Hadamard: ("gru_before", {}, "step-jacobian"),
    Apply: ("elman", {}, "diagonal-s"),
    Softmax: ("elman", {}, "output-logits"),
    Log: ("elman", {}, "loss-output"),
    Scaled: ("leaky", {}, "step-jacobian"),
    PointwisePower: ("rg_lru", {}, "delta-r-lag"),
    Stack: ("window_attention", {}, "block-h-h"),
}
"""For each rule that a cell uses, such a cell and the equation that reports it when it is wrong."""


def test_every_rule_of_every_cell_is_tried() -> None:
    used = set()
    for name in COLUMNS:
        for equation in cell(name).equations:
            used |= {
                o for o in rules.RULES.entries if any(True for _ in atoms_of(equation.expr, o))
            }
    assert used <= set(REPORTED)
    # The others are compared with complex steps, as all are.
    assert set(rules.RULES.entries) == set(EXAMPLES)


@pytest.mark.parametrize("slip", RULE_SLIPS)
@pytest.mark.parametrize("operation", REPORTED, ids=lambda o: o.__name__)
def test_a_wrong_rule_is_reported(
    operation: type, slip: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    name, options, id = REPORTED[operation]
    right = rules.RULES.entries[operation]
    monkeypatch.setitem(
        rules.RULES.entries, operation, lambda node, i, out: RULE_SLIPS[slip](right(node, i, out))
    )
    found = failing(derive(cell(name, **options), T), data(name, **options))
    assert f"{name}-{id}" in found


def test_the_product_rule_for_a_transposed_factor(monkeypatch: pytest.MonkeyPatch) -> None:
    right = rules.RULES.entries[Softmax]
    # The second term of diag(o) − ooᵀ gets the sign of the first.
    monkeypatch.setitem(
        rules.RULES.entries,
        Softmax,
        lambda *given: add(right(*given).args[0], neg(right(*given).args[1])),
    )
    assert "elman-output-logits" in failing(derive(cell("elman"), T), data("elman"))


def test_the_slope_at_another_factor_of_a_hadamard_product(monkeypatch: pytest.MonkeyPatch) -> None:
    def wrong(node: Any, i: int, out: Any) -> Any:
        return Diag(had(*(f for n, f in enumerate(node.args) if n == i)))

    monkeypatch.setitem(rules.RULES.entries, Hadamard, wrong)
    assert "gru_before-step-jacobian" in failing(derive(cell("gru_before"), T), data("gru_before"))


@pytest.mark.parametrize("name", ["tanh", "sigmoid", "softplus", "relu"])
def test_an_error_of_a_hundredth_of_a_percent_in_a_slope_is_reported(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = activations.ACTIVATIONS[name]
    if row.in_output is None:
        wrong = replace(row, slope=lambda a: 1.0001 * row.slope(a))
    else:
        written = row.in_output
        wrong = replace(row, in_output=lambda y: mul(Float("1.0001"), written(y)))
    monkeypatch.setitem(activations.ACTIVATIONS, name, wrong)
    made = load("elman", activation=name)
    assert "elman-diagonal-s" in failing(derive(made, T), samples(made, T, 0))


def test_a_wrong_residual_is_reported() -> None:
    made = cell("elman")
    loss = replace(made.loss, residual=lambda y, o: y - o)
    found = failing(derive(replace(made, loss=loss), T), data("elman"))
    assert {"elman-loss-logits", "elman-loss-state", "elman-delta-recursion"} <= set(found)


def test_a_recursion_that_does_not_end_is_reported() -> None:
    derivation = derive(cell("elman"), T)
    delta = next(n for n in derivation.definitions if n.backward)
    derivation.definitions[derivation.definitions.index(delta)] = replace(delta, backward=False)
    with pytest.raises((RecursionError, DeriveError, AssertionError)):
        assert "elman-grad-W" not in failing(derivation, data("elman"))


def test_the_right_derivation_passes() -> None:
    for name in ("elman", "minimal_gated", "leaky"):
        assert failing(derive(cell(name), T), data(name)) == []

"""What is 0 but for rounding is told from what is small."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sympy import Rational

from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.checks.rounding import Residues
from derive.checks.verify import Verifier
from derive.expressions.algebra import mul
from derive.expressions.equation import Kind
from derive.gradientflow.theorems import product_bound
from derive.numerics.sample import samples
from tests import ROOT

FILE = str(ROOT / "tests" / "catalogue" / "literature" / "mlstm.toml")


@pytest.fixture(scope="module")
def verifier() -> Verifier:
    """The stabiliser m of the mLSTM scales all states alike, and cancels: ∂L/∂m is 0."""
    cell = load(FILE)
    return Verifier(derive(cell, 3), samples(cell, 3, 0))


def by(verifier: Verifier, id: str) -> Any:
    return verifier.derivation[f"mlstm-{id}"]


def test_the_derivative_by_what_cancels_is_0_but_for_rounding(verifier: Verifier) -> None:
    check = verifier.check(by(verifier, "mbar-recursion"))
    assert check.passed
    assert check.error < 1e-13


@pytest.mark.parametrize("id", ["grad-m0", "Cbar-recursion", "grad-K", "grad-w_f"])
def test_what_is_wrong_is_still_wrong(verifier: Verifier, id: str) -> None:
    equation = by(verifier, id)
    # Of a gradient that is 0 twice is right as well; once more another one is not.
    other = by(verifier, "grad-b_i").right if id == "grad-m0" else equation.right
    wrong = replace(equation, sides=(*equation.sides[:-1], mul(2, other)))
    assert verifier.check(equation).passed
    assert not verifier.check(wrong).passed


@pytest.mark.parametrize("name", ["adam_corrected", "rmsprop"])
def test_what_cancels_to_a_few_digits_is_compared_in_these(name: str) -> None:
    cell = load(str(ROOT / "tests" / "catalogue" / "literature" / f"{name}.toml"))
    verifier = Verifier(derive(cell, 3), samples(cell, 3, 0))
    for equation in verifier.derivation.equations():
        assert verifier.check(equation).passed
        rule = equation.step.rule
        if rule in ("adjoint", "substitute-jacobians") and equation.kind is Kind.IDENTITY:
            wrong = mul(1 + Rational(1, 10**6), equation.right)
            sides = (*equation.sides[:-1], wrong)
            assert not verifier.check(replace(equation, sides=sides)).passed, equation.id


def test_what_is_small_and_has_its_digits_is_compared(verifier: Verifier) -> None:
    residues = Residues(verifier.samples[1].trace, verifier.derivation.definitions)
    small = 1e-13 * residues.largest * np.ones((1, 1))
    assert residues.error([small, small], lambda near: small) is None
    assert residues.error([small, -small], lambda near: -small) is None
    assert residues.error([small, -small], lambda near: 0 * small) is not None
    few = 1e7 * small
    off = few * (1 + 1e-7)
    assert residues.error([few, off], lambda near: off) is None
    assert residues.error([few, off], lambda near: off * (1 + 1e-8)) is None
    assert residues.error([few, off], lambda near: off * (1 + 1e-7)) is not None
    assert residues.error([few, 2 * few], lambda near: 3 * few) is None
    large = np.ones((1, 1))
    assert residues.error([large, 2 * large], lambda near: 0 * large) is None


def test_a_bound_that_is_attained_where_digits_are_lost_holds() -> None:
    """A saturated softmax has slopes that almost cancel: what bounds the product is the product."""
    d = derive(load(FILE.replace("mlstm", "softmax_state")), 2)
    verifier = Verifier(d, samples(d.cell, 2, 0))
    bound = product_bound(d)
    assert verifier.check(bound).passed
    # A bound that is smaller by a millionth is none.
    smaller = replace(bound, sides=(bound.left, mul(1 - Rational(1, 10**6), bound.right)))
    assert not verifier.check(smaller).passed

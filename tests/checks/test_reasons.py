"""The reason beside a line is true of the step that it stands beside, and of no other one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import permutations

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.checks.reasons import CRITERIA, unfounded
from derive.checks.sides import Side
from derive.checks.verify import Verifier
from derive.document.language import load as language
from derive.errors import CheckError
from derive.expressions.algebra import Diag
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, Series, t
from derive.numerics.sample import samples


def reasoned(name: str, steps: int = 3) -> Iterator[Equation]:
    derivation = Derivation(load(name), steps)
    yield from derivation.lines.equations(steps)
    yield from derivation.entries.equations()


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("elman", 3),
        ("elman", 2),
        ("lstm", 3),
        ("gru", 3),
        ("two_layer", 3),
        ("jordan", 3),
        ("leaky", 3),
        ("diagonal", 3),
        ("mamba", 3),
    ],
)
def test_every_other_reason_is_refused_at_every_line(name: str, steps: int) -> None:
    found = [equation for equation in reasoned(name, steps) if equation.reasons]
    assert found
    for equation in found:
        assert unfounded(equation) is None
        for n, right in enumerate(equation.reasons):
            for other in CRITERIA.keys() - {right}:
                wrong = (*equation.reasons[:n], other, *equation.reasons[n + 1 :])
                assert unfounded(replace(equation, reasons=wrong)) == (n + 2, other)


def test_reasons_in_another_order_are_refused() -> None:
    for equation in reasoned("elman"):
        for order in {*permutations(equation.reasons)} - {equation.reasons}:
            assert unfounded(replace(equation, reasons=order)) is not None


def test_each_reason_of_the_language_has_a_criterion_and_each_stands_somewhere() -> None:
    assert {key for key in language("en").keys if key.startswith("reason.")} == {*CRITERIA}
    asked = (("elman", 3), ("gru", 3), ("elman", 2), ("jordan", 3), ("diagonal", 3))
    used = {reason for name, T in asked for e in reasoned(name, T) for reason in e.reasons}
    assert used == {*CRITERIA}


def test_a_wrong_reason_fails_the_check_and_is_named() -> None:
    derivation = Derivation(load("elman"), 3)
    verifier = Verifier(derivation, samples(derivation.cell, 3, 0))
    (equation,) = derivation.lines.local_chain()
    wrong = replace(equation, reasons=("reason.chain", "reason.name", "reason.name"))
    assert not verifier.check(wrong).passed
    with pytest.raises(
        CheckError, match=r"the reason of side 3: it does not follow .* reason\.name"
    ):
        verifier.require(wrong)


def test_one_reason_too_few_is_refused() -> None:
    equation = next(e for e in reasoned("elman") if len(e.reasons) > 1)
    assert unfounded(replace(equation, reasons=equation.reasons[:-1])) is not None


def test_what_is_put_in_may_be_made_of_what_stands_there_already() -> None:
    s, a = Series("s", 2, 1), Series("a", 2, 1)
    W = Parameter("W", 2, 2)
    before = Side(W * Partial(a[t], s[t - 1]))
    assert Side(W * W).brings(before)
    assert Side(W * Diag(a[t])).brings(before)
    # Nothing came in: the derivative is only gone, or stands in another place.
    assert not Side(W).brings(before)
    assert not Side(Partial(a[t], s[t - 1]) * W).brings(before)
    # A derivative by itself is worked out, as by the quotient rule.
    assert not Side(Diag(a[t])).brings(Side(Partial(a[t], s[t - 1])))
    # Without a derivative that is gone, once more is no thing put in.
    assert not Side(W * W).brings(Side(W))

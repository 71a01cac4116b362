"""Options are seen in the equations of every network, and no other options are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from derive.bptt.derivation import Derivation
from derive.calculus.activations import usable
from derive.calculus.losses import LOSSES
from derive.catalogue import load, names, options_of
from derive.cells.cell import INITIAL
from derive.cells.weighting import WEIGHTINGS
from derive.checks.chosen import ACTIVATIONS, OTHERWISE, OUTPUTS, PLACES, known, unlike
from derive.checks.recount import require_recounted
from derive.checks.verify import Verifier
from derive.errors import CheckError
from derive.numerics.sample import samples

CHOICES: dict[str, tuple[Any, ...]] = {
    "output_layer": tuple(OUTPUTS),
    "loss": tuple(PLACES),
    "initial": INITIAL,
    "bias": (True, False),
}


def test_the_tables_have_every_row() -> None:
    assert {row.layer: row.name for row in LOSSES.values()} == {v: k for k, v in OTHERWISE.items()}
    assert {*OUTPUTS} == {row.layer for row in LOSSES.values()}
    assert {*PLACES} == {*WEIGHTINGS}
    assert {*usable()} == ACTIVATIONS


@pytest.mark.parametrize("name", names())
def test_an_option_is_seen_and_no_other(name: str) -> None:
    own = options_of(name)
    assert unlike(load(name), own) == ()
    for option, values in CHOICES.items():
        for value in values:
            cell = load(name, **{option: value})
            seen = [other for other in values if not unlike(cell, {option: other})]
            assert seen == [value]


@pytest.mark.parametrize("name", [n for n in names() if "activation" in options_of(n)])
def test_an_activation_is_seen_and_no_other(name: str) -> None:
    for value in usable():
        cell = load(name, activation=value)
        assert [other for other in usable() if not unlike(cell, {"activation": other})] == [value]


@pytest.mark.parametrize(
    ("name", "option"),
    [(n, o) for n in names() for o, v in options_of(n).items() if isinstance(v, float)],
)
def test_a_number_is_seen_and_no_other(name: str, option: str) -> None:
    cell = load(name, **{option: 0.3125})
    assert not unlike(cell, {option: 0.3125})
    assert unlike(cell, {option: 0.28})


def test_names_that_any_network_can_have_are_known() -> None:
    assert known({"activation": "tanh", "loss": "last", "bias": False})
    assert not known({"activation": "tan"})
    assert not known({"leak": 0.5})


@pytest.mark.parametrize("name", ["elman", "lstm", "mlstm", "two_layer"])
def test_places_and_methods_are_counted_as_they_are_checked(name: str) -> None:
    cell = load(name)
    verifier = Verifier(Derivation(cell, 3), samples(cell, 3, 0))
    for equation in verifier.derivation.equations():
        check = verifier.check(equation)
        require_recounted(equation, check, verifier)
        with pytest.raises(CheckError, match="places"):
            require_recounted(equation, replace(check, count=check.count + 1), verifier)
        with pytest.raises(CheckError, match="method"):
            require_recounted(equation, replace(check, method="rounding"), verifier)


def test_where_indices_are_many_those_that_are_chosen_are_counted() -> None:
    cell = load("elman")
    verifier = Verifier(Derivation(cell, 40), samples(cell, 40, 0))
    equation = verifier.derivation.equation("elman-grad-W-sum")
    require_recounted(equation, verifier.check(equation), verifier)

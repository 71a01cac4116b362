"""What is proved for every size: it is what is printed, for any horizon, as far as time was given."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sympy import Integer

from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.expressions.quantities import T, t
from derive.proving.certificate import text_of
from derive.proving.general import proved_in_general
from derive.proving.judged import judged


@pytest.mark.parametrize("steps", [2, 3, 7])
def test_formulas_for_every_number_of_steps_are_the_same_at_each(steps: int) -> None:
    cell = load("elman")
    made = proved_in_general(cell)
    found = {e.id for e in Derivation(cell, steps).equations() if made.proves(e)}
    assert found == {e.id for e in made.equations if made.states(e)}
    assert {"elman-grad-W", "elman-delta-recursion", "elman-step-jacobian"} <= found


def test_another_equation_of_the_same_id_is_not_proved() -> None:
    made = proved_in_general(load("elman"))
    (one,) = (e for e in made.equations if e.id == "elman-delta-recursion")
    assert made.proves(one)
    assert not made.proves(replace(one, sides=(*one.sides, 2 * one.sides[-1])))
    assert not made.proves(replace(one, free=()))
    early = replace(one.free[0], low=Integer(0))
    assert (early.symbol, early.high) == (t, T)
    assert not made.proves(replace(one, free=(early,)))
    assert not made.proves(replace(one, assumes=("zero-initial-state",)))


def test_what_is_left_when_the_terms_are_used_up_is_not_proved() -> None:
    cell = load("elman")
    text = text_of(cell, Derivation(cell, 3).equations())
    whole, some = judged(text), judged(text, most=1_000)
    assert whole.proved == whole.total
    assert 0 < some.proved < some.total
    assert not some.refused
    assert all(
        "more terms than were allowed" in why or "rests on" in why for _, why in some.unruled
    )
    assert judged(text, most=0).proved == 0


@pytest.mark.deferred
@pytest.mark.parametrize("name", names())
def test_a_network_that_ships_is_proved_with_the_terms_of_a_handout(name: str) -> None:
    assert proved_in_general(load(name)).whole

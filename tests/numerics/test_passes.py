"""Perturbed passes that are kept: within their bytes, and given back when they make room."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from sympy import Integer

from derive.bptt.derivation import derive
from derive.catalogue import load, names
from derive.checks.points import points
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import ParameterCopy, T, k, t
from derive.expressions.walk import atoms_of
from derive.numerics import derivatives
from derive.numerics.asked import SideBySide
from derive.numerics.evaluate import Evaluator
from derive.numerics.passes import PassCache
from derive.numerics.places import symbols_of
from derive.numerics.sample import sample
from derive.numerics.windows import Windows


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> PassCache[SideBySide]:
    """A cache that has room for one pass of the cell below, and no more."""
    cache: PassCache[SideBySide] = PassCache(1)
    monkeypatch.setattr(derivatives, "WINDOWS", cache)
    return cache


def test_a_pass_that_makes_room_is_given_back_at_once(
    small: PassCache[SideBySide], monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, made = load("elman"), []
    trace = sample(cell, 20, 0, zero_start=False).trace
    windows = trace.windows

    def noted(*args: object) -> Windows:
        moved: Windows = windows(*args)  # type: ignore[arg-type]
        made.append(weakref.ref(moved))
        return moved

    monkeypatch.setattr(trace, "windows", noted)
    evaluator = Evaluator(trace)
    for step in (1, 2, 3):
        evaluator.at(Gradient(cell.total, ParameterCopy(cell.parameters[0], Integer(step))))
    alive = [ref() is not None for ref in made]
    # The circle that a pass would be with what evaluates its equations is none: no collection is needed.
    assert alive == [False, False, True]


def test_what_is_kept_is_not_made_again_and_stays_within_its_bytes() -> None:
    cache: PassCache[str] = PassCache(10)
    made: list[str] = []

    def get(key: str, size: int) -> None:
        cache.get(key, lambda: (made.append(key) or key, size))  # type: ignore[func-returns-value]

    for key in "abab":
        get(key, 4)
    get("c", 4)
    assert made == ["a", "b", "c"]
    get("b", 4)
    get("a", 4)
    assert made == ["a", "b", "c", "a"]


def test_two_evaluators_do_not_share_what_they_moved() -> None:
    cell = load("elman")
    den = ParameterCopy(cell.parameters[0], Integer(1))
    values = [
        Evaluator(sample(cell, 3, seed, zero_start=False).trace).at(Gradient(cell.total, den))
        for seed in (0, 1)
    ]
    assert (values[0] != values[1]).all()


@pytest.mark.parametrize("name", names())
def test_passes_side_by_side_are_those_one_by_one(name: str) -> None:
    cell = load(name)
    derivation = derive(cell, 4)
    trace = sample(cell, 4, 3, zero_start=False).trace
    together = Evaluator(trace, derivation.definitions)
    alone = Evaluator(trace, derivation.definitions)
    compared, read = 0, set()
    for equation in derivation.equations():
        places = points(equation.free, 4, trace.sizes)
        for side in equation.sides:
            for node in atoms_of(side, (Partial, Gradient)):
                if node in read or not set(symbols_of(node)) <= {T, *places[0]}:
                    continue
                read.add(node)
                assert together._derivatives._form(node) is not None
                for place, found in zip(places, together.at_places(node, places), strict=True):
                    one = alone._derivatives._alone(node, {**place, T: 4})
                    np.testing.assert_allclose(found, one, rtol=1e-9, atol=1e-13)
                    compared += 1
    assert compared > 50


def test_copies_that_go_on_side_by_side_fit_into_their_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    cell, T_ = load("elman"), 30
    trace = sample(cell, T_, 0, zero_start=False).trace
    grad = Gradient(cell.total, ParameterCopy(cell.parameters[1], k))
    alone = Evaluator(trace)
    wanted = [alone._derivatives._alone(grad, {k: n}) for n in range(1, T_ + 1)]
    form = alone._derivatives._form(grad)
    assert form is not None
    family = alone._derivatives._family(form, (0,))
    monkeypatch.setattr(derivatives, "TOGETHER", 3 * alone._derivatives._bytes(family, T_))
    evaluator = Evaluator(trace)
    places = [{k: n, T: T_} for n in range(1, T_ + 1)]
    evaluator.expect([grad], places)
    chunks = list(evaluator._derivatives._starts.values())
    assert len(chunks) > 3
    for chunk in chunks:
        sizes = [evaluator._derivatives._bytes(family, T_ + 1 - int(n)) for n in chunk]
        assert sum(sizes) <= derivatives.TOGETHER
    assert sorted(np.concatenate(chunks).tolist()) == list(range(1, T_ + 1))
    np.testing.assert_allclose(evaluator.at_places(grad, places), wanted, rtol=1e-12)


def test_places_expected_for_another_equation_change_nothing() -> None:
    cell = load("elman")
    trace = sample(cell, 20, 0, zero_start=False).trace
    evaluator, alone, p = Evaluator(trace), Evaluator(trace), cell.parameters[0]
    grad = Gradient(cell.total, ParameterCopy(p, k))
    every = [{k: n, T: 20} for n in (1, 2, 3)]
    for places in (every[:2], every[1:], every[:2]):
        evaluator.expect([grad], places)
        for place, found in zip(places, evaluator.at_places(grad, places), strict=True):
            one = alone._derivatives._alone(grad, place)
            np.testing.assert_allclose(found, one, rtol=1e-12)


def test_what_is_held_where_it_would_move_stays() -> None:
    cell = load("elman")
    s, x = cell.states[0], cell.inputs[0]
    evaluator = Evaluator(sample(cell, 4, 0, zero_start=False).trace)
    for node in (Partial(s[t], x[t], s[t]), Partial(s[t], s[t - 1], s[t - 1])):
        places = [{t: n} for n in (2, 3)]
        for place, found in zip(places, evaluator.at_places(node, places), strict=True):
            np.testing.assert_array_equal(found, evaluator._derivatives._alone(node, place))
            np.testing.assert_array_equal(found, 0)


def test_what_stands_before_the_first_step_moves_there_alone() -> None:
    cell = load("elman")
    s = cell.states[0]
    evaluator = Evaluator(sample(cell, 3, 0, zero_start=False).trace)
    places = [{t: n, k: m} for n in range(4) for m in range(4)]
    values = evaluator.at_places(Partial(s[t], s[k]), places)
    for place, found in zip(places, values, strict=True):
        np.testing.assert_allclose(found, evaluator._derivatives._alone(Partial(s[t], s[k]), place))
    np.testing.assert_array_equal(values[0], np.eye(len(values[0])))

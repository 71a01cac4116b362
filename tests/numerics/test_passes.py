"""Perturbed passes that are kept: within their bytes, and given back when they make room."""

from __future__ import annotations

import weakref

import numpy as np
import pytest
from sympy import Integer

from derive.catalogue import load
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import ParameterCopy
from derive.numerics import evaluate
from derive.numerics.evaluate import Evaluator
from derive.numerics.passes import PassCache
from derive.numerics.sample import sample
from derive.numerics.trace import Perturbed


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> PassCache[Evaluator]:
    """A cache that has room for one pass of the cell below, and no more."""
    cache: PassCache[Evaluator] = PassCache(1)
    monkeypatch.setattr(evaluate, "PASSES", cache)
    return cache


def test_a_pass_that_makes_room_is_given_back_at_once(
    small: PassCache[Evaluator], monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, made = load("elman"), []
    trace = sample(cell, 4, 0, zero_start=False).trace
    perturbed = trace.perturbed

    def noted(*args: object) -> Perturbed:
        moved: Perturbed = perturbed(*args)  # type: ignore[arg-type]
        made.append(weakref.ref(moved))
        return moved

    monkeypatch.setattr(trace, "perturbed", noted)
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


def test_a_group_of_copies_fits_into_the_bytes_of_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    cell = load("elman")
    trace = sample(cell, 30, 0, zero_start=False).trace
    grads = [
        Gradient(cell.total, ParameterCopy(cell.parameters[1], Integer(n))) for n in range(1, 31)
    ]
    monkeypatch.setattr(evaluate, "TOGETHER", 3 * trace.bytes_moved([grads[0].den]))
    evaluator = Evaluator(trace)
    evaluator.expect(grads, [{}])
    sizes = [trace.bytes_moved(group) for group in evaluator._groups.groups]
    assert len(sizes) > 3
    assert max(sizes) <= evaluate.TOGETHER
    assert sum(map(len, evaluator._groups.groups)) == 30


def test_groups_made_for_another_equation_are_not_those_before() -> None:
    cell = load("elman")
    trace = sample(cell, 3, 0, zero_start=False).trace
    evaluator, p = Evaluator(trace), cell.parameters[0]
    copies = [Gradient(cell.total, ParameterCopy(p, Integer(n))) for n in (1, 2, 3)]
    for chosen in (copies[:2], copies[1:], copies[:2]):
        evaluator.expect(chosen, [{}])
        for grad in chosen:
            alone = Evaluator(trace).at(grad)
            np.testing.assert_allclose(evaluator.at(grad), alone, rtol=1e-12)

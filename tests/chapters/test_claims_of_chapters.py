"""Sentences that once were said of networks, or of options, of which they are not true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Rational

from derive.bptt.derivation import Derivation
from derive.calculus.activations import activation, usable
from derive.catalogue import load
from derive.chapters import activation as activation_chapter
from derive.chapters import jacobians, memory
from derive.chapters.context import Context
from derive.chapters.facts import AGAIN
from derive.checks.slopes import steepest
from derive.checks.verify import Verifier
from derive.document import conditions
from derive.document.blocks import Block, Display, FigureBlock
from derive.document.text import at_most
from derive.expressions.quantities import t
from derive.gradientflow.carousel import carousels
from derive.gradientflow.theorems import rate
from derive.numerics.sample import samples
from derive.typesetting.printing import plain

HERE = Path(__file__).parent
RETURNING = str(HERE / "returning.toml")


def context(name: str, steps: int = 3, detail: str = "steps", **options: Any) -> Context:
    """Return what the chapters on a network are made from."""
    cell = load(name, **options)
    return Context(Verifier(Derivation(cell, steps), samples(cell, steps, 0)), 0, detail=detail)


def of_blocks(c: Context) -> Iterator[Block]:
    """Yield what is said of the blocks of a state that is handed on."""
    for carousel in carousels(c.derivation):
        yield from memory._blocks(c, carousel)


def said(blocks: list[Block]) -> dict[str, Any]:
    """Return the sentences of blocks by their keys, each with its values."""
    return dict(conditions.said(tuple(blocks)))


# -- what is handed on


@pytest.mark.parametrize(
    ("name", "key", "term"),
    [
        ("lstm", "prose.memory.steps", "J_t^(ch) J_{t-1}^(hc)"),
        (RETURNING, "prose.memory.steps_later", "J_t^(wh_lag) J_{t-1}^(h_lagh) J_{t-2}^(hw)"),
    ],
)
def test_ways_back_are_shown_over_as_many_steps_as_they_need(
    name: str, key: str, term: str
) -> None:
    blocks = [*of_blocks(c := context(name))]
    keys = {"prose.memory.steps", "prose.memory.steps_later"}
    assert said(blocks).keys() & keys == {key}
    assert not [
        f"{said_}: {one.text}"
        for said_, values in said(blocks).items()
        for one in conditions.unmet(said_, values, c.facts)
    ]
    (over,) = [b.equation for b in blocks if isinstance(b, Display) and "steps" in b.equation.id]
    assert len(over.right.args) == 2
    assert plain(over.right).endswith(f" + {term}")
    assert any(isinstance(b, FigureBlock) for b in blocks) is (key == "prose.memory.steps")


def test_where_a_state_comes_back_is_told_by_two_ways() -> None:
    for name, holds in (("lstm", True), (RETURNING, False)):
        c = context(name)
        (carousel,) = carousels(c.derivation)
        assert c.facts.holds("back-in-two-steps", carousel.state[t]) is holds
        assert AGAIN["back-in-two-steps"](c.facts, carousel.state[t]) is holds


# -- bounds


@pytest.mark.parametrize("name", [n for n in usable() if np.isfinite(activation(n).gamma)])
def test_the_largest_slope_in_a_bound_is_no_smaller_than_the_slope_and_has_few_digits(
    name: str,
) -> None:
    d = Derivation(load("elman", activation=name), 2)
    first = rate(d).args[0]
    gamma = first if isinstance(first, Rational) else Rational(1)
    assert float(gamma) > steepest(name) - 1e-12
    assert gamma >= Rational(activation(name).gamma)
    assert len(str(gamma.p)) <= 4


# -- facts that choose between sentences


@pytest.mark.parametrize(
    ("name", "options", "holds"),
    [
        ("elman", {"activation": "identity"}, True),
        ("diagonal", {}, True),
        ("elman", {}, False),
        ("gru", {}, False),
    ],
)
def test_step_jacobians_that_are_the_same_are_known(
    name: str, options: dict[str, Any], holds: bool
) -> None:
    facts = context(name, 2, **options).facts
    assert facts.holds("same-jacobian") is holds
    assert AGAIN["same-jacobian"](facts) is (None if holds else False)
    assert facts.holds("one-scalar-weight") is holds


def keys(name: str, chapter: Any, steps: int = 2, **options: Any) -> dict[str, Any]:
    return said([*chapter(context(name, steps, **options))])


@pytest.mark.parametrize(
    ("name", "beside"), [("min_gru", False), ("mamba", False), ("gru", True), ("leaky", True)]
)
def test_other_terms_of_a_step_jacobian_are_spoken_of_where_there_are_any(
    name: str, beside: bool
) -> None:
    found = keys(name, jacobians.of_one_step)
    assert ("prose.jacobian.carried_beside" in found) is beside


def test_what_is_the_same_of_two_states_is_said_once() -> None:
    found = [
        values["count"]
        for key, values in conditions.said(tuple(jacobians.of_one_step(context(RETURNING))))
        if key == "prose.jacobian.carried_block"
    ]
    assert found == [2]


@pytest.mark.parametrize(
    ("activation_", "said_"),
    [("elu", "one_sided_exact"), ("softplus", "one_sided"), ("relu", "inactive")],
)
def test_what_passes_a_unit_is_said_of_its_activation(activation_: str, said_: str) -> None:
    found = keys("elman", activation_chapter.activation, activation=activation_)
    kinds = {"saturated", "inactive", "one_sided", "one_sided_exact"}
    assert found.keys() & {f"prose.activation.{kind}" for kind in kinds} == {
        f"prose.activation.{said_}"
    }


def test_a_number_is_rounded_down_where_something_is_no_smaller() -> None:
    assert at_most(3.5687).value == 3.56
    assert at_most(0.035899).value <= 0.035899

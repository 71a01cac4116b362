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
from derive.chapters import memory
from derive.chapters.context import Context
from derive.chapters.facts import AGAIN
from derive.checks.slopes import steepest
from derive.checks.verify import Verifier
from derive.document import conditions
from derive.document.blocks import Block, Display, FigureBlock
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

"""Sentences hold at the ends of what they are about: at lag 0, with one step, where slopes repeat."""

from __future__ import annotations

import numpy as np
import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.cells.describe import carried_alike
from derive.chapters.context import Context
from derive.chapters.gradients import _caption_of_paths
from derive.chapters.handout import build
from derive.chapters.network import leading
from derive.checks.verify import Verifier
from derive.document.blocks import Prose
from derive.document.conditions import said
from derive.document.language import load as language
from derive.document.text import Value
from derive.gradientflow import own
from derive.numerics.sample import samples

ENTRIES = language("en").entries


def test_only_a_norm_at_a_lag_is_said_to_be_below_one() -> None:
    flow = own.run_at(Derivation(load("rg_lru"), 2), 1.0, 0).flow
    largest = flow.log_singular[:, 0]
    # The figure begins at lag 0, where the product is empty and its norm one.
    assert largest[0] == 0.0
    assert np.all(largest[1:] < 0.0)
    assert "at a lag of one or more is below one" in ENTRIES["prose.flow.own_shrinks"]


def test_slopes_are_not_said_to_differ_at_every_step() -> None:
    shape = own.run_at(Derivation(load("elman", activation="relu"), 2), 1.0, 0).flow.shape
    assert shape is not None
    assert shape.activation.slope(np.array([0.5, 2.0])).tolist() == [1.0, 1.0]
    assert "the diagonal need not be" in ENTRIES["prose.jacobian.made"]


@pytest.mark.parametrize(("use", "factors"), [(2, [3]), (3, [])])
def test_a_contribution_of_the_last_use_has_no_step_jacobian(use: int, factors: list[int]) -> None:
    d = Derivation(load("gru"), 3)
    (parameter,) = (p for p in d.cell.parameters if p.name == "W_r")
    shown = d.substitution.row_contribution(parameter, 3, use).sides[-1]
    assert [step for step in (1, 2, 3) if shown.has(d.shared.J[step])] == factors
    assert "what step Jacobians there are" in ENTRIES["prose.scalar.terms_by_state"]


def test_a_parameter_that_never_multiplies_the_initial_state_is_not_said_to_do_so() -> None:
    d = Derivation(load("jordan"), 2)
    (parameter,) = (p for p in d.cell.parameters if p.name == "V")
    assert not d.substitution.vanishes_at_start(parameter)
    sides = d.substitution.substituted(parameter, 2).sides
    assert not sides[-1].has(d.cell.state[0])
    assert "too" not in ENTRIES["prose.others.start_bias"].split()


def test_paths_are_not_said_to_be_several_where_one_step_has_a_single_one() -> None:
    cell = load("lstm")
    context = Context(Verifier(Derivation(cell, 1), samples(cell, 1, 0)), 0)
    about: dict[str, Value] = {"parameter": leading(context)}
    key, _ = _caption_of_paths(context, about)
    # From o_1 by h_1 to c_1, which W_i enters: the states of one step stand in one column.
    words = ENTRIES[key].split()
    assert key == "caption.paths_many"
    assert "column" not in words
    assert "several," not in words[: words.index("may")]


def test_none_of_two_terms_is_said_to_be_the_one_that_is_special() -> None:
    assert len(carried_alike(load("lem"))) == 2
    for key in ("carried_block.one", "carried_other", "carried_trained"):
        words = " ".join(ENTRIES[f"prose.jacobian.{key}"].split())
        assert " is special: it leads " in words


def test_diagonal_matrices_are_not_said_to_stand_in_every_listing() -> None:
    slopes = Derivation(load("deltanet"), 2).shared.jacobians.diagonals.values()
    # Its only slope is a number.
    assert [slope.shape for slope in slopes] == [(1, 1)]
    assert "Where a formula has a diagonal matrix," in ENTRIES["prose.listing.lead"]


@pytest.mark.parametrize(("name", "roots"), [("rg_lru", True), ("elman", False)])
def test_what_the_root_of_a_column_is_stands_among_the_conventions(name: str, roots: bool) -> None:
    blocks = build(load(name), 1, seed=0, proved=False).document.blocks
    assert ("prose.signs.root" in {key for key, _ in said(blocks)}) is roots


@pytest.mark.parametrize("name", ["jordan", "deltanet"])
def test_where_steps_are_left_out_of_pictures_and_examples_that_is_said(name: str) -> None:
    """A path that leads within a step that is not drawn ends where it is drawn to end."""
    blocks = build(load(name), 9, seed=0, proved=False).document.blocks
    keys = {block.key for block in blocks if isinstance(block, Prose)}
    assert "prose.example.horizon" in keys

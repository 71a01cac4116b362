"""What is said of the parts of several states, of the loss of the last step alone, and of names."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.bptt.derivation import Derivation
from derive.bptt.unroll import occurrences, start_occurrences
from derive.catalogue import load
from derive.chapters import gradients, loss, network
from derive.chapters.context import Context
from derive.chapters.facts.parts import parts_through_others, silent_parts
from derive.chapters.glossary import glossary
from derive.chapters.recursion import recursion
from derive.checks.verify import Verifier
from derive.document.blocks import TableBlock
from derive.document.conditions import said
from derive.document.text import PageRef
from derive.errors import CheckError
from derive.expressions.quantities import t
from derive.numerics.sample import samples


def context(name: str, steps: int = 2, **options: object) -> Context:
    cell = load(name, **options)
    return Context(Verifier(Derivation(cell, steps), samples(cell, steps, 0)), 0)


def test_a_part_that_acts_through_another_is_told_where_one_differentiates() -> None:
    c = context("lstm")
    _, memory = c.cell.states
    assert silent_parts(c.facts) == parts_through_others(c.facts) == [memory[t]]
    told = dict(said((*network.network(c), *loss.loss(c))))
    assert told["prose.loss.silent"]["state"] == c.cell.state[t]
    assert "prose.conventions.parts" in told


def test_one_state_has_no_parts() -> None:
    c = context("gru")
    told = dict(said((*network.network(c), *loss.loss(c))))
    assert {"prose.conventions.parts", "prose.loss.silent"}.isdisjoint(told)


def test_the_first_contribution_names_the_part_of_the_start_that_is_a_factor() -> None:
    c = context("lstm")
    hidden, _ = c.cell.states
    values = dict(said(tuple(gradients.first(c))))["prose.terms.start_part"]
    assert values["part"].values == {"a": hidden[0]}  # type: ignore[union-attr]


def test_the_glossary_refers_to_where_an_adjoint_is_made_and_not_to_where_it_ends() -> None:
    c = context("lstm")
    blocks = list(recursion(c))
    (table,) = [b for b in glossary(c, blocks) if isinstance(b, TableBlock)]
    pages = [row[2] for row in table.rows]
    assert PageRef("lstm-cbar-recursion") in pages
    assert PageRef("lstm-cbar-end") not in pages


def test_of_the_sum_one_term_is_left_where_the_last_loss_counts_alone() -> None:
    c = context("elman", loss="last")
    assert "prose.direct.last" in dict(said(tuple(gradients.direct(c))))
    (V,) = c.direct()
    other = context("elman", loss="mean")
    with pytest.raises(CheckError):
        other.checked(other.derivation.substitution.last_term(V))


def test_the_start_stands_in_the_output_once_for_each_path() -> None:
    cell = load("lstm")
    # From h there are four ways to h and three to c, from c one way to each.
    assert occurrences(cell) == 5
    assert [start_occurrences(cell, steps) for steps in (1, 2, 3)] == [5, 24, 115]


def test_an_argument_is_named_without_the_accent_of_what_it_makes(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(
        'inputs = { x = "d" }\nstates = { h = "n" }\nequations = """\n'
        "htilde[t] = tanh(W*h[t-1] + U*x[t])\nh[t] = 0.5*h[t-1] + 0.5*htilde[t]\n"
        'z[t] = V*h[t]\n"""\n[parameters]\nW = "n n"\nU = "n d"\nV = "m n"\n',
        encoding="utf-8",
    )
    assert "a_h" in [e.variable.name for e in load(str(path)).equations]

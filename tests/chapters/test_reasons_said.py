"""Each displayed line that follows from others says why: beside it, or in the sentence above it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.chapters import fixed, gradients, jacobians, loss, matrices, recursion, scalar
from derive.chapters.context import Context
from derive.chapters.handout import of_kind
from derive.chapters.report import Report
from derive.checks.verify import Verifier
from derive.document.blocks import Algorithm, Block, Display, Prose
from derive.expressions.equation import Equation, Kind
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At
from derive.numerics.sample import samples

DERIVING = {
    fixed.jacobian, gradients.direct, gradients.first, gradients.others, gradients.sums,
    jacobians.substituted, loss.loss, matrices.given, recursion.given, recursion.recursion,
    scalar.scalar,
}  # fmt: skip
"""The chapters that derive; what others show is measured, or an example."""

SAYING = {
    *(f"prose.adjoint.{key}" for key in ("by_hosts", "hosts", "put_in", "put_in_diagonal", "row",
                                         "spelled")),
    *(f"prose.direct.{key}" for key in ("chain", "last", "put_in", "put_in_added",
                                        "put_in_column", "same", "total")),
    *(f"prose.given.{key}" for key in ("given", "inputs", "inputs_beside", "recursion",
                                       "recursion_alone", "start", "trainable", "zero",
                                       "zero_alone", "given_alone")),
    *(f"prose.jacobian.{key}" for key in ("blocks", "blocks_through", "intro", "intro_slope",
                                          "paths", "slopes", "slopes_plain", "together")),
    *(f"prose.loss.{key}" for key in ("assumption", "softmax", "softmax_loss", "softmax_whole",
                                      "state")),
    *(f"prose.matrices.{key}" for key in ("given", "slope_numbers", "slopes", "unnamed")),
    *(f"prose.others.{key}" for key in ("same", "same_less", "same_more")),
    *(f"prose.scalar.{key}" for key in ("read", "read_by_state", "read_by_weight", "read_one",
                                        "read_shrinking", "small", "small_but", "terms",
                                        "terms_by_state")),
    *(f"prose.shape.{key}" for key in ("added", "alone", "by_outer", "column", "general",
                                       "multiplied")),
    *(f"prose.sums.{key}" for key in ("concrete", "general")),
    *(f"prose.terms.{key}" for key in ("put_in", "put_in_longer", "start", "start_part",
                                       "start_terms", "total", "total_last", "total_one",
                                       "total_weighted", "why", "why_beside", "why_one")),
}  # fmt: skip
"""Sentences that say by which rule what stands below them follows; most say it of several lines."""

ASIDE = "prose.shared.ranges"
"""It says for what a letter stands; the formulas before it and after it are of one kind."""

STEPS_IN_WORDS = {"prose.loss.state"}
"""Those that name each step of one line with several: the chain rule, and what is put in."""

RULES = {
    f"prose.recursion.{key}" for key in ("columns", "columns_lines", "columns_many", "rule")
} | {"prose.matrices.rule"}
"""Sentences by which the lines of the algorithm follow; one of them stands before it."""


def blocks(name: str, steps: int, detail: str = "steps") -> Iterator[Block]:
    cell = load(name)
    c = Context(Verifier(Derivation(cell, steps), samples(cell, steps, 0)), 0, None, detail=detail)
    for chapter in of_kind(c):
        if chapter in DERIVING:
            yield from chapter(c)


@pytest.fixture(autouse=True)
def _unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    # Whether they hold is looked at elsewhere; here it would take most of the time.
    monkeypatch.setattr(Report, "require", lambda self, equation, verifier: equation)


def unsaid(found: list[Block]) -> list[str]:
    """Return the ids of what follows from others and says neither beside it nor above it why."""
    open_ids, before, above, ruled = [], None, "", False
    for block in found:
        if isinstance(block, Prose):
            if block.key == ASIDE:
                continue
            ruled |= block.key in RULES
        elif isinstance(block, Algorithm) and not ruled:
            open_ids.append(block.id)
        elif isinstance(block, Display):
            if not isinstance(before, Display):
                above = before.key if isinstance(before, Prose) else ""
            if not _says(block.equation, above):
                open_ids.append(block.equation.id)
        before = block
    return open_ids


def _says(equation: Equation, above: str) -> bool:
    if equation.kind is not Kind.IDENTITY or equation.reasons:
        return True
    steps = [side for side in equation.sides[1:] if not _is_name(side)]
    return above in STEPS_IN_WORDS or (len(steps) <= 1 and above in SAYING)


def _is_name(side: object) -> bool:
    return isinstance(side, At) and isinstance(side.series, Introduced)


@pytest.mark.parametrize("steps", [1, 2, 3, 5])
@pytest.mark.parametrize("name", names())
def test_each_line_that_follows_says_why(name: str, steps: int) -> None:
    assert not unsaid([*blocks(name, steps)])


def test_in_full_detail_as_well() -> None:
    assert not unsaid([*blocks("gru", 3, "full")])


def test_a_line_without_its_reasons_or_its_sentence_is_noticed() -> None:
    found = [*blocks("rwkv", 2)]
    for at, block in enumerate(found):
        if isinstance(block, Display) and len(block.equation.sides) > 2 and block.equation.reasons:
            bare = replace(block, equation=replace(block.equation, reasons=()))
            assert unsaid([*found[:at], bare, *found[at + 1 :]]) == [block.equation.id]


def test_lines_below_a_sentence_that_names_no_rule_are_noticed() -> None:
    found = [
        Prose("prose.adjoint.state", b.values)
        if isinstance(b, Prose) and b.key == "prose.adjoint.hosts"
        else b
        for b in blocks("rwkv", 2)
    ]
    of_step = [f"rwkv-into-{name}" for name in ("a_r", "kappa", "v", "q", "p")]
    assert unsaid(found) == of_step


def test_an_algorithm_without_its_rule_is_noticed() -> None:
    found = [b for b in blocks("elman", 1) if not (isinstance(b, Prose) and b.key in RULES)]
    assert unsaid(found) == ["backward"]

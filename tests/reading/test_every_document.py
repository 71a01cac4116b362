"""The texts of every shipped cell, in every notation, over few and many steps, are read back."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.catalogue import load
from derive.catalogue import names as cells
from derive.chapters.handout import Handout, build
from derive.publishing.publish import write
from derive.typesetting import notation

STEPS = (1, 2, 3, 5, 9, 12)
LONG = (10, 12, 100)


def within_sentences(handout: Handout) -> set[str]:
    """Return the ids of what is checked and stands in sentences alone.

    A gradient that has no first contribution is one, where a sentence says so for several, and the
    formulas of the induction in the chapter on the proof.
    """
    displayed = {equation.id for equation in handout.document.equations()}
    found = {check.id for check in handout.report.checks} - displayed
    assert all(id.endswith("-first") or "-induction-" in id for id in found)
    return found


@pytest.mark.deferred
@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("name", cells())
def test_texts_are_read_back_in_every_notation(name: str, steps: int, tmp_path: Path) -> None:
    handout = build(load(name), steps, seed=0)
    sentences = within_sentences(handout)
    for spelled in notation.names():
        out = tmp_path / spelled
        made = write(handout, ["latex", "markdown"], out, notation=spelled, network=(name, steps))
        assert made.equations + len(sentences) == made.checks


@pytest.mark.parametrize("steps", LONG)
@pytest.mark.parametrize("name", ["elman", "min_gru"])
def test_numbers_of_several_digits_are_read_back(name: str, steps: int, tmp_path: Path) -> None:
    handout = build(load(name), steps, seed=0)
    made = write(handout, ["latex", "markdown"], tmp_path, network=(name, steps))
    assert made.equations + len(within_sentences(handout)) == made.checks

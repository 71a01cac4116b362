"""Ids stay: what a page names today it can name tomorrow."""

from __future__ import annotations

import pytest

from derive.catalogue import names
from tests.goldens.make_ids import Ids, derived, displayed, golden

CELLS = names()

COVERED = {"elman", "lstm"}
"""With handouts that differ most; those of all take minutes."""

HANDOUTS = [
    cell if cell in COVERED else pytest.param(cell, marks=pytest.mark.deferred) for cell in CELLS
]


def require_listed(found: Ids, listed: Ids, cell: str) -> None:
    assert found <= listed, f"new ids of {cell}: python -m tests.goldens.make_ids"


def require_there(found: Ids, listed: Ids, cell: str) -> None:
    gone = sorted(f"{kind} {id}" for kind, id in listed - found)
    assert not gone, f"pages of others name these of {cell}, which are gone: {', '.join(gone)}"


def test_every_cell_is_listed() -> None:
    assert sorted(golden()) == CELLS


@pytest.mark.parametrize("cell", CELLS)
def test_the_ids_of_equations_are_those_of_the_list(cell: str) -> None:
    require_listed(derived(cell), golden()[cell], cell)


@pytest.mark.parametrize("cell", HANDOUTS)
def test_the_ids_of_a_handout_are_those_of_the_list(cell: str) -> None:
    found, listed = derived(cell) | displayed(cell), golden()[cell]
    require_listed(found, listed, cell)
    require_there(found, listed, cell)


def test_an_id_that_changes_is_noticed() -> None:
    listed = golden()["elman"]
    assert ("equation", "grad-W-terms-3") in listed
    changed = (listed - {("equation", "grad-W-terms-3")}) | {("equation", "grad-W-terms")}
    with pytest.raises(AssertionError, match="new ids of elman"):
        require_listed(changed, listed, "elman")
    with pytest.raises(AssertionError, match="which are gone: equation grad-W-terms-3"):
        require_there(changed, listed, "elman")

"""Nothing stands in a formula before it is said what it is; each kind of parameter has its rule."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from derive.catalogue import load
from derive.chapters import gradients, handout, jacobians
from derive.chapters.context import Context
from derive.checks.tables import members
from derive.document.blocks import Algorithm, Block, Document, Prose, displays
from derive.document.conditions import said
from derive.errors import CheckError
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At
from derive.expressions.walk import atoms_of


@pytest.fixture(scope="module")
def mamba() -> Document:
    return handout.build(load("mamba"), 2, seed=0, proved=False).document


def introduced(part: object) -> set[Introduced]:
    found = atoms_of(part, At) if hasattr(part, "args") else ()
    return {at.series for at in found if isinstance(at.series, Introduced)}


def unsaid(document: Document) -> Iterator[tuple[str, Introduced]]:
    """Yield what stands in equations of a handout, and neither they nor what is before them say it."""
    known: set[Introduced] = set()
    for n, block in enumerate(document.blocks):
        # Words that stand right behind a formula may speak of it.
        near = document.blocks[n : n + 2]
        for _, values in said(tuple(one for one in near if not isinstance(one, Algorithm))):
            known |= {one for value in values.values() for one in introduced(value)}
        shown = displays(block)
        for display in shown:
            equations = [display.equation, *(one.equation for one in display.instances)]
            sides = [side for equation in equations for side in equation.sides]
            known |= {side.series for side in sides if introduced(side) and isinstance(side, At)}
        for display in shown:
            if "-scalar-" in display.equation.id:
                # Its letters are those of the network, of other sizes.
                continue
            stand = {one for side in display.equation.sides for one in introduced(side)}
            yield from ((display.equation.id, one) for one in stand - known)


def test_no_name_stands_before_it_is_said_what_it_is(mamba: Document) -> None:
    assert not [*unsaid(mamba)]
    blocks = tuple(
        b for b in mamba.blocks if not isinstance(b, Prose) or b.key != "prose.direct.adjoint"
    )
    without = Document(mamba.id, mamba.title, None, "en", blocks)
    assert next(id for id, _ in unsaid(without)) == "mamba-grad-w_C"


def told(document: Document, key: str) -> list[str]:
    (values,) = (values for one, values in said(document.blocks) if one == key)
    named = values.get("parameters", values.get("parameter"))
    assert named is not None
    return [str(one) for one in members(named)]


def test_columns_that_are_neither_added_nor_multiply_have_a_rule(mamba: Document) -> None:
    assert told(mamba, "prose.shape.added") == ["b_Δ"]
    assert told(mamba, "prose.shape.column") == ["w_B", "A"]
    assert told(mamba, "prose.direct.put_in_column") == ["w_C"]


@pytest.mark.parametrize(
    ("module", "name", "key"),
    [
        (jacobians, "substituted", "prose.shape.column"),
        (gradients, "direct", "prose.direct.adjoint"),
    ],
)
def test_what_is_not_said_is_missed(
    module: object, name: str, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    chapter = getattr(module, name)

    def silent(c: Context) -> Iterator[Block]:
        yield from (b for b in chapter(c) if not isinstance(b, Prose) or b.key != key)

    chapters = tuple(silent if one is chapter else one for one in handout.CHAPTERS)
    monkeypatch.setattr(handout, "CHAPTERS", chapters)
    with pytest.raises(CheckError, match=key):
        handout.build(load("mamba"), 2, seed=0, proved=False)


@pytest.mark.parametrize("name", ["mamba", "rwkv", "slstm", "mlstm", "rg_lru", "window_attention"])
def test_a_cell_that_is_part_of_a_block_says_so(name: str) -> None:
    remarks = load(name).remarks
    assert any(remark.endswith(("_alone", "_window")) for remark in remarks)

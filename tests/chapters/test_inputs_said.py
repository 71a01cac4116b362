"""Of several inputs each is spoken of by itself: one may act past the state, and another not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from derive.catalogue import load
from derive.chapters import handout, recursion
from derive.chapters.context import Context
from derive.document.blocks import Block, Display, Document, Prose
from derive.errors import CheckError
from derive.expressions.quantities import k

CELL = str(Path(__file__).parent / "beside_state.toml")


@pytest.fixture(scope="module")
def made() -> Document:
    return handout.build(load(CELL), 2, seed=0, proved=False).document


def test_each_sentence_stands_above_the_equations_of_its_input(made: Document) -> None:
    blocks = made.blocks
    cell = load(CELL)
    told = {
        block.values["input"]: (block.key, blocks[n + 1])
        for n, block in enumerate(blocks)
        if isinstance(block, Prose) and block.key.startswith("prose.given.inputs")
    }
    x, u = cell.inputs
    assert [*told] == [x[k], u[k]]
    assert [key for key, _ in told.values()] == ["prose.given.inputs", "prose.given.inputs_beside"]
    below = [block.equation.id for _, block in told.values() if isinstance(block, Display)]
    assert below == ["beside_state-grad-x-sum", "beside_state-grad-u-sum"]


def planted(monkeypatch: pytest.MonkeyPatch, change: object) -> None:
    given = recursion.given

    def other(c: Context) -> Iterator[Block]:
        blocks = [*given(c)]
        assert callable(change)
        yield from change(blocks)

    chapters = tuple(other if one is given else one for one in handout.CHAPTERS)
    monkeypatch.setattr(handout, "CHAPTERS", chapters)
    monkeypatch.setattr(recursion, "given", other)


def of_inputs(blocks: list[Block]) -> list[int]:
    return [
        n
        for n, block in enumerate(blocks)
        if isinstance(block, Prose) and block.key.startswith("prose.given.inputs")
    ]


def without_last(blocks: list[Block]) -> list[Block]:
    gone = of_inputs(blocks)[-1]
    return blocks[:gone] + blocks[gone + 1 :]


def of_the_other(blocks: list[Block]) -> list[Block]:
    """Return the blocks with the equations of the inputs in each other's places."""
    first, last = of_inputs(blocks)
    ends = next(n for n in range(last + 1, len(blocks)) if not isinstance(blocks[n], Display))
    one, other = blocks[first + 1 : last], blocks[last + 1 : ends]
    return [*blocks[: first + 1], *other, blocks[last], *one, *blocks[ends:]]


@pytest.mark.parametrize(
    ("change", "said"),
    [(without_last, "prose.given.inputs"), (of_the_other, "with x_k for")],
)
def test_an_input_that_is_not_spoken_of_or_elsewhere_is_refused(
    change: object, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    planted(monkeypatch, change)
    with pytest.raises(CheckError, match=said):
        handout.build(load(CELL), 2, seed=0, proved=False)

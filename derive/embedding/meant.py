"""What is meant to stand in one place of a page, found without what makes pages.

The blocks of a request, their names on the page, and what stands for a reference that leads out of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from derive.document.blocks import (
    Algorithm,
    Block,
    Document,
    FigureBlock,
    Heading,
    TableBlock,
    displays,
)
from derive.document.text import Ref, Text, Value
from derive.embedding.request import Request
from derive.errors import CheckError
from derive.render.page.escaping import anchor
from derive.render.page.numbering import ReferenceLabel

_BEGINNINGS = {
    "equation": "eq", "figure": "fig", "table": "tab", "algorithm": "alg", "section": "sec",
}  # fmt: skip


@dataclass(frozen=True)
class MeantPart:
    """What a request means of a document: some of its blocks."""

    document: Document
    request: Request

    @property
    def sections(self) -> tuple[tuple[Block, ...], ...]:
        """Return the blocks of each section that is asked for, all in one where no part is."""
        if self.request.whole:
            return (self.document.blocks,)
        return tuple(self._section(id) for id in self.request.sections)

    @property
    def figures(self) -> tuple[Block, ...]:
        """Return the figures that are asked for."""
        return tuple(self._figure(id) for id in self.request.figures)

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return all that is asked for, figures last."""
        return (*(block for section in self.sections for block in section), *self.figures)

    def elsewhere(self, ref: Ref) -> Value:
        """Return what stands for a reference whose target is not there: it is said what it is."""
        for block in self.document.blocks:
            for display in displays(block):
                for equation in (display.equation, *(one.equation for one in display.instances)):
                    if equation.id == ref.target:
                        return equation
            if isinstance(block, Heading) and block.id == ref.target:
                return Text("ui.elsewhere.section", {"title": Text(block.key, block.values)})
            if (named := _named(block)) is not None and named[1] == ref.target:
                return Text(f"ui.elsewhere.{named[0]}")
        raise CheckError(f"a reference leads to {ref.target}, which the handout does not have")

    def _section(self, id: str) -> tuple[Block, ...]:
        """Return the blocks from a heading to the next that is not below it.

        What stands before the first heading is a section too, of no heading's id.
        """
        levels = [b.level if isinstance(b, Heading) else 0 for b in self.document.blocks]
        headed = (isinstance(b, Heading) and b.id == id for b in self.document.blocks)
        start = next((n for n, found in enumerate(headed) if found), None)
        if start is None:
            return self.document.blocks[: next((n for n, level in enumerate(levels) if level), 0)]
        ends = (1, 2) if levels[start] > 1 else (1,)
        rest = range(start + 1, len(levels))
        return self.document.blocks[start : next((n for n in rest if levels[n] in ends), None)]

    def _figure(self, id: str) -> Block:
        figures = (b for b in self.document.blocks if isinstance(b, FigureBlock))
        return next(block for block in figures if block.figure.id == id)


def numbered(blocks: Sequence[Block]) -> Iterator[tuple[str, str]]:
    """Yield the kinds and ids of what stands in some blocks and can be referred to.

    The instances of a formula stand in the handout alone.
    """
    for block in blocks:
        if (named := _named(block)) is not None:
            yield named
        for display in displays(block):
            yield "equation", display.equation.id


def _named(block: Block) -> tuple[str, str] | None:
    kinds = {Heading: "section", FigureBlock: "figure", TableBlock: "table"}
    if isinstance(block, Heading | FigureBlock | TableBlock):
        return kinds[type(block)], block.id
    return ("algorithm", block.id) if isinstance(block, Algorithm) else None


@dataclass
class CountedPage:
    """Counts what stands on a page, each kind from 1 on, as its requests come."""

    counts: Counter[str] = field(default_factory=Counter)

    def equation(self, label: str) -> ReferenceLabel:
        """Return the label of the next equation of the page."""
        return self._next("equation", label)

    def labels(self, blocks: Sequence[Block], prefix: str) -> Mapping[str, ReferenceLabel]:
        """Return the labels of what stands in some blocks, by their ids in the handout."""
        return {id: self._next(kind, prefix + id) for kind, id in numbered(blocks)}

    def _next(self, kind: str, label: str) -> ReferenceLabel:
        self.counts[kind] += 1
        place = f"{_BEGINNINGS[kind]}-{anchor(label)}"
        return ReferenceLabel(kind, str(self.counts[kind]), place)

"""A document in pieces: its chapters, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from derive.document.blocks import (
    Algorithm,
    Block,
    Display,
    Document,
    FigureBlock,
    Heading,
    TableBlock,
)
from derive.document.text import Ref, Text, Value
from derive.render.page.numbering import ReferenceLabel, number
from derive.render.page.view import AlgorithmView, DisplaysView, DocumentView, FormulaView

OPENING = "opening"
"""What stands before the first chapter, if anything does."""


def sections(document: Document) -> Mapping[str, tuple[Block, ...]]:
    """Return the blocks of each chapter, its heading first, by the id of the heading."""
    found: dict[str, tuple[Block, ...]] = {}
    chapter = OPENING
    for block in document.blocks:
        if isinstance(block, Heading) and block.level == 1:
            chapter = block.id
        found[chapter] = (*found.get(chapter, ()), block)
    return found


def ids(blocks: tuple[Block, ...]) -> list[str]:
    """Return the ids of all that stands in some blocks and can be referred to, in order."""
    found: list[str] = []
    for block in blocks:
        if isinstance(block, Display):
            found.append(block.equation.id)
        elif isinstance(block, Heading | FigureBlock | TableBlock | Algorithm):
            found.append(block.id)
        if isinstance(block, Algorithm):
            found += [line.equation.id for line in block.lines if line.equation is not None]
    return found


def anchors(document: Document, blocks: tuple[Block, ...]) -> frozenset[str]:
    """Return the anchors of all that stands in some blocks and can be referred to."""
    labels = number(document)
    return frozenset(labels[id].anchor for id in ids(blocks))


def equation_views(document: Document, seen: DocumentView) -> Mapping[str, FormulaView]:
    """Return the views of all equations by their ids."""
    ids = {label.anchor: id for id, label in number(document).labels.items()}
    found: dict[str, FormulaView] = {}
    for block in seen.blocks:
        if isinstance(block, DisplaysView):
            found.update((ids[formula.anchor], formula) for formula in block.formulas)
        elif isinstance(block, AlgorithmView):
            formulas = (line.formula for line in block.lines if line.formula is not None)
            found.update((ids[formula.anchor], formula) for formula in formulas)
    return found


@dataclass(frozen=True)
class Elsewhere:
    """Says what a page refers to but does not have: equations in full, the rest by what it is.

    ``here`` are the anchors that the page has.
    """

    document: Document
    here: frozenset[str]

    def named(self, ref: Ref, label: ReferenceLabel) -> Value | None:
        """Return what stands for a reference, or None where the page has its target."""
        if label.anchor in self.here:
            return None
        if label.kind == "equation":
            return next(e for e in self.document.equations() if e.id == ref.target)
        for block in self.document.blocks:
            if isinstance(block, Heading) and block.id == ref.target:
                return Text("ui.elsewhere.section", {"title": Text(block.key, block.values)})
        return Text(f"ui.elsewhere.{label.kind}")

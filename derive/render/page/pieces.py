"""A document in pieces: its chapters, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from derive.document.blocks import (
    Algorithm,
    Block,
    Display,
    Document,
    FigureBlock,
    Heading,
    TableBlock,
    displays,
)
from derive.document.text import Ref, Text, Value
from derive.expressions.equation import Equation
from derive.expressions.folding import folded
from derive.expressions.shown import Coloured
from derive.expressions.walk import atoms_of
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
        if isinstance(block, Heading | FigureBlock | TableBlock | Algorithm):
            found.append(block.id)
        for display in displays(block):
            found += [display.equation.id, *(one.equation.id for one in display.instances)]
    return found


def without_instances(blocks: tuple[Block, ...]) -> tuple[Block, ...]:
    """Return blocks for a page that may have the instances of a formula elsewhere on it."""
    return tuple(_alone(block) for block in blocks)


def _alone(block: Block) -> Block:
    if isinstance(block, Display):
        return Display(block.equation)
    if isinstance(block, Algorithm):
        return replace(block, lines=tuple(replace(n, instances=()) for n in block.lines))
    return block


def anchors(document: Document, blocks: tuple[Block, ...]) -> frozenset[str]:
    """Return the anchors of all that stands in some blocks and can be referred to."""
    labels = number(document)
    return frozenset(labels[id].anchor for id in ids(blocks))


def equation_views(document: Document, seen: DocumentView) -> Mapping[str, FormulaView]:
    """Return the views of all equations by their ids."""
    ids = {label.anchor: id for id, label in number(document).labels.items()}
    found: dict[str, FormulaView] = {}
    for block in seen.blocks:
        formulas: tuple[FormulaView, ...] = ()
        if isinstance(block, DisplaysView):
            formulas = block.formulas
        elif isinstance(block, AlgorithmView):
            formulas = tuple(line.formula for line in block.lines if line.formula is not None)
        for formula in formulas:
            alone = replace(formula, instances=())
            found.update((ids[one.anchor], one) for one in (alone, *formula.instances))
    return found


def _in_words(equation: Equation) -> Equation:
    """Return an equation without the colours, which belong to a picture that may not be there."""
    sides = tuple(
        folded(side, {one: one.expr for one in atoms_of(side, Coloured)}) for side in equation.sides
    )
    return replace(equation, sides=sides)


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
            return _in_words(next(e for e in self.document.equations() if e.id == ref.target))
        for block in self.document.blocks:
            if isinstance(block, Heading) and block.id == ref.target:
                return Text("ui.elsewhere.section", {"title": Text(block.key, block.values)})
        return Text(f"ui.elsewhere.{label.kind}")

"""A document in pieces: its chapters, and what is in them."""

from __future__ import annotations

from collections.abc import Mapping

from derive.document.blocks import Algorithm, Block, Display, Document, Heading
from derive.render.page.numbering import number
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


def anchors(document: Document, blocks: tuple[Block, ...]) -> frozenset[str]:
    """Return the anchors of all that stands in some blocks and can be referred to."""
    labels = number(document)
    ids: list[str] = []
    for block in blocks:
        if isinstance(block, Display):
            ids.append(block.equation.id)
        elif isinstance(getattr(block, "id", None), str):
            ids.append(block.id)  # type: ignore[union-attr]
        if isinstance(block, Algorithm):
            ids += [line.equation.id for line in block.lines if line.equation is not None]
    return frozenset(labels[id].anchor for id in ids)


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

"""A document in pieces of Markdown: one for each section, and one for each equation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derive.document.blocks import Document
from derive.render.page.layout import fill
from derive.render.page.pieces import anchors, equation_views, sections
from derive.render.page.view import BlockView, view
from derive.render.page.words import FormulaPrinter
from derive.render.text.dialects import MarkdownDialect
from derive.render.text.source import displayed, layout_values, speakers, tidy


def equations(
    document: Document, printer: FormulaPrinter, dialect: MarkdownDialect
) -> Mapping[str, str]:
    """Return each equation on display, by its id."""
    speaker, cells = speakers(document, printer, dialect)
    seen = equation_views(document, view(document, speaker, cells))
    return {id: displayed(dialect, formula) + "\n" for id, formula in seen.items()}


def section_texts(
    document: Document, printer: FormulaPrinter, dialect: MarkdownDialect, figures: str
) -> Mapping[str, str]:
    """Return each chapter with its sections, by the id of its heading.

    What stands in the same piece is linked to, what does not is named by its number in the document.
    """
    made = {}
    for id, part in sections(document).items():
        speaker, cells = speakers(document, printer, dialect, within=anchors(document, part))
        seen = view(replace(document, blocks=part), speaker, cells, whole=document)
        made[id] = text_of(seen.blocks, figures, dialect)
    return made


def text_of(blocks: tuple[BlockView, ...], figures: str, dialect: MarkdownDialect) -> str:
    """Return blocks one after the other."""
    values = layout_values(figures, dialect)
    texts = (fill(f"markdown/blocks/{block.kind}.md", block=block, **values) for block in blocks)
    return tidy("\n".join(texts))

r"""A document in pieces of LaTeX, to be read with ``\\input``: sections, equations, a preamble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from derive.document.blocks import Document
from derive.render.page.layout import fill
from derive.render.page.pieces import equation_views, sections
from derive.render.page.view import DisplaysView, view
from derive.render.page.words import FormulaPrinter
from derive.render.tex.source import LatexMarkup, block_values, latex_speaker
from derive.typesetting.palette import INK


class FragmentMarkup(LatexMarkup):
    """LaTeX within a line, for a document of which some pieces may not be read."""

    def number(self, anchor: str, number: str) -> str:
        """Return the number that LaTeX counted, or the handout's where that piece is not read."""
        return rf"\derivenumber{{{anchor}}}{{{number}}}"

    def link(self, anchor: str, inner: str) -> str:
        """Return a link to a piece, where it is read."""
        return rf"\derivelink{{{anchor}}}{{{inner}}}"

    def page(self, anchor: str) -> str:
        """Return nothing: what stands on no page of that document has its number."""
        return ""


def equations(document: Document, printer: FormulaPrinter) -> Mapping[str, str]:
    """Return each equation on display, by its id."""
    speaker = latex_speaker(document, printer, FragmentMarkup())
    seen = equation_views(document, view(document, speaker))
    return {
        id: fill("latex/blocks/displays.tex", block=DisplaysView((formula,))).lstrip("\n") + "\n"
        for id, formula in seen.items()
    }


def section_texts(document: Document, printer: FormulaPrinter, figures: str) -> Mapping[str, str]:
    """Return each chapter with its sections, by the id of its heading."""
    speaker = latex_speaker(document, printer, FragmentMarkup())
    made = {}
    for id, part in sections(document).items():
        blocks = view(replace(document, blocks=part), speaker, whole=document).blocks
        values = block_values(blocks, rf"\derivefolder/{figures}")
        texts = (fill(f"latex/blocks/{block.kind}.tex", block=block, **values) for block in blocks)
        made[id] = "".join(texts).strip("\n") + "\n"
    return made


def preamble(document: Document, printer: FormulaPrinter) -> str:
    """Return what the preamble of a document needs to read the pieces; after all have been printed."""
    colours = sorted(getattr(printer, "colours", {}).items())
    return fill("latex/fragments.tex", name=document.id, colours=colours, ink=INK)

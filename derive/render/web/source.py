"""A document as a page of HTML that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from html import escape

from derive.budgets import most
from derive.document.beside import CHAPTER, Beside, HorizonPart, ends_before, panels_of
from derive.document.blocks import Document
from derive.document.language import load
from derive.document.text import Text
from derive.render.drawing.svg import svg
from derive.render.page.layout import fill
from derive.render.page.numbering import number
from derive.render.page.plain import Plain
from derive.render.page.view import AlgorithmView, DisplaysView, DocumentView, FigureView, view
from derive.render.page.words import FormulaPrinter, Speaker
from derive.render.text.source import lettering, plain
from derive.render.web.carried import carried
from derive.render.web.live import live_view
from derive.render.web.mathematics import WebNumerals, WebPrinter, tex_of
from derive.render.web.outlines import SharedOutlines
from derive.render.web.paths import paths_in, with_paths
from derive.render.web.unfolding import (
    CheckView,
    FactorsView,
    StepsView,
    checks_of,
    factors_in,
    steps_in,
)


class HtmlMarkup:
    """What stands within a line, in HTML."""

    def text(self, text: str) -> str:
        """Text, escaped."""
        return escape(text, quote=False)

    def code(self, text: str) -> str:
        """Fixed-width text."""
        return f"<code>{self.text(text)}</code>"

    def address(self, url: str) -> str:
        """Return a link that says where it leads."""
        return f'<a class="address" href="{escape(url)}">{self.text(url)}</a>'

    def math(self, tex: str) -> str:
        """Mathematics within a line, as a `WebPrinter` prints it: words in whose place TeX is set."""
        return f'<span class="tex"{tex}</span>'

    def marked(self, inner: str, strong: bool) -> str:
        """Emphasis."""
        return f"<strong>{inner}</strong>" if strong else f"<em>{inner}</em>"

    def number(self, anchor: str, number: str) -> str:
        """Return the number."""
        return number

    def link(self, anchor: str, inner: str) -> str:
        """Return a link within the document."""
        return f'<a href="#{escape(anchor)}">{inner}</a>'

    def in_code(self, anchor: str, inner: str) -> str:
        """Return a reference beside code: a link, as anywhere."""
        return self.link(anchor, inner)

    def beside(self, words: str, said: str, anchors: Sequence[str]) -> str | None:
        """Return the words, as mathematics holds no links."""
        return words

    def page(self, anchor: str) -> str:
        """Return nothing: there are no pages."""
        return ""

    def web(self, address: str, inner: str) -> str:
        """Return a link to an address in the web."""
        return f'<a class="web" href="{escape(address)}">{inner}</a>'

    def join(self, pieces: list[str]) -> str:
        """One after the other."""
        return "".join(pieces)


def source(document: Document, printer: WebPrinter, beside: Beside | None = None) -> str:
    """Return the text of a page with what stands ``beside`` the document.

    RenderError for a missing text or a reference that leads nowhere.
    """
    beside = beside or Beside()
    speaker = Speaker(
        load(document.language), HtmlMarkup(), printer, number(document), numerals=WebNumerals()
    )
    with_it, outlines = carried(), SharedOutlines()
    return fill(
        "html/page.html",
        part=_part(document, speaker, printer.tex, beside.checks, outlines),
        panels=_panels(document, speaker, beside),
        horizons=[
            _horizon(one, document, speaker, printer.tex, outlines) for one in beside.horizons
        ],
        chosen=beside.chosen,
        left=_left(beside, speaker),
        live=None if beside.live is None else live_view(beside.live, speaker),
        word=speaker.word,
        escape=escape,
        styles=with_it.styles,
        scripts=with_it.scripts,
        policy=with_it.policy,
    )


def _left(beside: Beside, speaker: Speaker) -> str:
    """Return what is said of numbers of steps that a page has no room for, nothing where it has."""
    if not beside.left:
        return ""
    values = {"most": most("page-bytes")}
    if not beside.horizons:
        return speaker.say(Text("ui.horizons.none", values))
    return speaker.say(Text("ui.horizons.left", values | {"last": beside.horizons[-1].steps}))


@dataclass(frozen=True)
class PartView:
    """A document, or a part of a page that is one, with what unfolds beside its blocks."""

    document: DocumentView
    drawings: Mapping[str, str]
    checks: Mapping[str, CheckView]
    factors: Mapping[str, FactorsView]
    steps: Mapping[str, StepsView]
    terms: Mapping[str, list[tuple[str, str]]]
    paths: Mapping[str, str]


def _part(
    document: Document,
    speaker: Speaker,
    bare: FormulaPrinter,
    checks: Mapping[str, Text],
    outlines: SharedOutlines,
    whole: Document | None = None,
) -> PartView:
    """Return a document as the layouts see it; ``whole`` is that of the page, if it is another.

    ``bare`` prints TeX alone, for pictures and for places without mathematics.
    """
    plain = Speaker(speaker.language, Plain(), bare, speaker.numbering)
    seen = view(document, speaker, plain=plain)
    paths = paths_in(document, speaker)
    about = () if whole is None else whole.equations()
    return PartView(
        seen,
        _drawings(document, bare, [b for b in seen.blocks if isinstance(b, FigureView)], outlines),
        checks_of(document, speaker, checks),
        factors_in(document, speaker, _texts(seen), about),
        steps_in(document, speaker),
        {a: [(n.colour, speaker.say(n.label)) for n in ns] for a, ns in paths.items()},
        with_paths(document, speaker, paths),
    )


def _texts(seen: DocumentView) -> Mapping[str, str]:
    """Return the TeX of the displays, those of algorithms included, by their anchors."""
    found: dict[str, str] = {}
    for block in seen.blocks:
        if isinstance(block, DisplaysView):
            found |= {one.anchor: tex_of(one.tex) for one in block.formulas}
        elif isinstance(block, AlgorithmView):
            lines = (line.formula for line in block.lines)
            found |= {one.anchor: tex_of(one.tex) for one in lines if one is not None}
    return found


@dataclass(frozen=True)
class HorizonView:
    """What depends on the number of steps, for one number, and what it is called."""

    steps: int
    title: str
    part: PartView


def _horizon(
    one: HorizonPart,
    whole: Document,
    speaker: Speaker,
    bare: FormulaPrinter,
    outlines: SharedOutlines,
) -> HorizonView:
    labels = number(one.document).beside(speaker.numbering)
    inner = replace(speaker, numbering=labels)
    title = speaker.say(Text("ui.horizons.steps", {"count": one.steps}))
    part = _part(one.document, inner, bare, one.checks, outlines, whole)
    return HorizonView(one.steps, title, part)


def _panels(document: Document, speaker: Speaker, beside: Beside) -> Mapping[str, list[str]]:
    """Return the names of the panels, by the anchor of the chapter that each stands before.

    Those that stand behind all chapters have none.
    """
    found: dict[str, list[str]] = {"": []}
    for name in panels_of(beside):
        before = ends_before(document, CHAPTER[name])
        place = "" if before is None else speaker.numbering[before].anchor
        found.setdefault(place, []).append(name)
    return found


def _drawings(
    document: Document, printer: FormulaPrinter, figures: list[FigureView], outlines: SharedOutlines
) -> Mapping[str, str]:
    """Return the figures as SVG that stands in a page, by their anchors."""
    letter, say = lettering(document, printer).say, plain(document, printer).say
    made = {}
    for figure in figures:
        drawing = svg(figure.block.figure, letter, title=say(figure.block.caption))
        # A declaration of XML begins files only.
        made[figure.anchor] = outlines.shared(drawing.partition("?>\n")[2])
    return made

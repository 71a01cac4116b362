"""A document as a page of HTML that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from derive.document.blocks import Document
from derive.document.language import load
from derive.document.text import Text
from derive.render.drawing.svg import svg
from derive.render.page.layout import fill
from derive.render.page.numbering import number
from derive.render.page.view import FigureView, view
from derive.render.page.words import FormulaPrinter, Speaker
from derive.render.text.source import lettering, plain
from derive.render.web.carried import carried


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
        """Mathematics within a line: TeX that the page itself sets."""
        return f'<span class="tex">{self.text(tex)}</span>'

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

    def page(self, anchor: str) -> str:
        """Return nothing: there are no pages."""
        return ""

    def web(self, address: str, inner: str) -> str:
        """Return a link to an address in the web."""
        return f'<a class="web" href="{escape(address)}">{inner}</a>'

    def join(self, pieces: list[str]) -> str:
        """One after the other."""
        return "".join(pieces)


def source(
    document: Document, printer: FormulaPrinter, checks: Mapping[str, Text] | None = None
) -> str:
    """Return the text of a page; ``checks`` says of each equation, by its id, how it was checked.

    RenderError for a missing text or a reference that leads nowhere.
    """
    speaker = Speaker(load(document.language), HtmlMarkup(), printer, number(document))
    seen = view(document, speaker)
    with_it = carried()
    return fill(
        "html/page.html",
        document=seen,
        drawings=_drawings(
            document, printer, [b for b in seen.blocks if isinstance(b, FigureView)]
        ),
        checks=_checks(document, speaker, checks or {}),
        word=speaker.word,
        escape=escape,
        styles=with_it.styles,
        scripts=with_it.scripts,
        policy=with_it.policy,
    )


@dataclass(frozen=True)
class CheckView:
    """What unfolds beside a display: its title, and of each equation anchor, number and words."""

    title: str
    lines: tuple[tuple[str, str, str], ...]


def _checks(
    document: Document, speaker: Speaker, checks: Mapping[str, Text]
) -> Mapping[str, CheckView]:
    """Return what unfolds beside each display, by its anchor."""
    found = {}
    for display in document.displays():
        labels = speaker.numbering
        ids = [e.id for e in (display.equation, *(one.equation for one in display.instances))]
        own = labels[display.equation.id]
        if display.equation.id in checks:
            title = speaker.say(Text("ui.check.title", {"number": own.number}))
            lines = ((labels[id].anchor, labels[id].number, speaker.say(checks[id])) for id in ids)
            found[own.anchor] = CheckView(title, tuple(lines))
    return found


def _drawings(
    document: Document, printer: FormulaPrinter, figures: list[FigureView]
) -> Mapping[str, str]:
    """Return the figures as SVG that stands in a page, by their anchors."""
    letter, say = lettering(document, printer).say, plain(document, printer).say
    made = {}
    for figure in figures:
        drawing = svg(figure.block.figure, letter, title=say(figure.block.caption))
        # A declaration of XML begins files only.
        made[figure.anchor] = drawing.partition("?>\n")[2]
    return made

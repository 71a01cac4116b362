"""A document as a page of HTML that needs no other file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sympy import Basic

from derive.document.blocks import Document, FigureBlock
from derive.document.diagram import Diagram
from derive.document.language import load
from derive.document.text import Text
from derive.expressions.quantities import ParameterCopy
from derive.expressions.shown import Coloured
from derive.render.drawing.svg import svg
from derive.render.page.layout import fill
from derive.render.page.numbering import number
from derive.render.page.view import FigureView, view
from derive.render.page.words import FormulaPrinter, Speaker
from derive.render.text.source import lettering, plain
from derive.render.web.carried import carried

_PATHS = "paths"
"""The id of the picture of the paths that the terms of the document go."""


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


def source(
    document: Document, printer: FormulaPrinter, checks: Mapping[str, Text] | None = None
) -> str:
    """Return the text of a page; ``checks`` says of each equation, by its id, how it was checked.

    RenderError for a missing text or a reference that leads nowhere.
    """
    speaker = Speaker(load(document.language), HtmlMarkup(), printer, number(document))
    seen = view(document, speaker)
    with_it = carried()
    paths = _paths(document, speaker)
    return fill(
        "html/page.html",
        document=seen,
        drawings=_drawings(
            document, printer, [b for b in seen.blocks if isinstance(b, FigureView)]
        ),
        checks=_checks(document, speaker, checks or {}),
        terms={a: [(n.colour, speaker.say(n.label)) for n in ns] for a, ns in paths.items()},
        paths=_with_paths(document, speaker, paths),
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


@dataclass(frozen=True)
class PathName:
    """What names a path in a picture of paths: its step, its colour, and the label at its end."""

    step: int
    colour: str
    label: Basic


def _paths(document: Document, speaker: Speaker) -> Mapping[str, list[PathName]]:
    """Return what names the paths in a picture of paths, the last step's first, by its anchor."""
    found = {}
    for block in document.blocks:
        # Other pictures show paths of networks of their own.
        if getattr(block, "id", None) != _PATHS:
            continue
        if isinstance(block, FigureBlock) and isinstance(block.figure, Diagram):
            named = [
                PathName(int(node.label.args[1]), node.colour, node.label)
                for node in block.figure.nodes
                if node.colour and isinstance(node.label, ParameterCopy)
            ]
            if named:
                found[speaker.numbering[block.id].anchor] = named[::-1]
    return found


def _with_paths(
    document: Document, speaker: Speaker, paths: Mapping[str, list[PathName]]
) -> Mapping[str, str]:
    """Return, by the anchors of equations, the pictures in which their terms have paths.

    A term has the colour of its lag: a picture shows the paths from the last loss only.
    """
    found = {}
    for anchor, named in paths.items():
        horizon = max(name.step for name in named)
        for display in document.displays():
            terms = [t for side in display.equation.sides for t in side.atoms(Coloured)]
            if any(term.args[2] == horizon for term in terms):
                found[speaker.numbering[display.equation.id].anchor] = anchor
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

"""A document as Markdown source, in one of its dialects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

from derive.document.blocks import Document
from derive.document.language import load
from derive.errors import RenderError
from derive.render.page import escaping
from derive.render.page.layout import fill
from derive.render.page.numbering import number
from derive.render.page.plain import Plain
from derive.render.page.view import FormulaView, view
from derive.render.page.words import FormulaPrinter, Speaker
from derive.render.text.dialects import COMMON, MarkdownDialect, lines, one_line

# Beside these a dollar sign is still one of mathematics to every parser; elsewhere a space helps.
_MAY_PRECEDE = " ([*\"'“‘„«"
_MAY_FOLLOW = " .,;:!?)]*-\"'”’»"
_ROLE_ENDS = re.compile(r"\{(?:math|eq)\}`[^`]*`$")
_STARTS = ("$", "{math}", "{eq}")


@dataclass(frozen=True)
class MarkdownMarkup:
    """What stands within a line, in Markdown.

    Where ``within`` is given, only what has one of its anchors is linked to: the rest is elsewhere.
    """

    dialect: MarkdownDialect = COMMON
    within: frozenset[str] | None = None

    def text(self, text: str) -> str:
        """Text, escaped."""
        return escaping.markdown(text)

    def code(self, text: str) -> str:
        """Fixed-width text."""
        return escaping.markdown_code(text)

    def address(self, url: str) -> str:
        """Return a link that says where it leads."""
        return f"<{url}>"

    def math(self, tex: str) -> str:
        """Mathematics within a line."""
        return self.dialect.math(self.dialect.adapted(one_line(tex)))

    def marked(self, inner: str, strong: bool) -> str:
        """Emphasis."""
        return f"**{inner}**" if strong else f"*{inner}*"

    def number(self, anchor: str, number: str) -> str:
        """Return the number."""
        return number

    def link(self, anchor: str, inner: str) -> str:
        """Return a link within the document."""
        if self.within is not None and anchor not in self.within:
            return inner
        if anchor.startswith("eq-"):
            return self.dialect.equation_link(anchor, inner)
        return f"[{inner}](#{anchor})"

    def in_code(self, anchor: str, inner: str) -> str:
        """Return a number, as code holds no links; nothing where the site counts by itself."""
        return inner if self.dialect.numbers else ""

    def page(self, anchor: str) -> str:
        """Return nothing: there are no pages."""
        return ""

    def beside(self, words: str, said: str, anchors: Sequence[str]) -> str | None:
        """Return the words, as mathematics holds no links; nothing where the site counts by itself."""
        return words if self.dialect.numbers else None

    def web(self, address: str, inner: str) -> str:
        """Return a link to an address in the web."""
        return f"[{inner}]({address})"

    def join(self, pieces: list[str]) -> str:
        """One after the other, mathematics with spaces where letters or digits would touch it."""
        joined = ""
        for piece in pieces:
            if joined and piece:
                opens = piece.startswith(_STARTS) and joined[-1] not in _MAY_PRECEDE
                closes = _ends_in_math(joined) and piece[0] not in _MAY_FOLLOW
                joined += " " if opens or closes else ""
            joined += piece
        return joined


class CellMarkup(MarkdownMarkup):
    """Within a table, where a bar ends the cell whatever stands round it."""

    def code(self, text: str) -> str:
        """Fixed-width text."""
        return super().code(text).replace("|", "\\|")

    def math(self, tex: str) -> str:
        """Mathematics; RenderError for a bar, which no escape keeps whole in every renderer."""
        if "|" in tex:
            raise RenderError(
                f"a formula in a table has a bar, which Markdown would break at: {tex}; "
                "the notation must write it as a command"
            )
        return super().math(tex)


class _FigureLabels(Plain):
    """Labels of figures: plain words, and mathematics between dollar signs."""

    def text(self, text: str) -> str:
        return text.replace("$", "\\$")

    def code(self, text: str) -> str:
        return self.text(text)

    def math(self, tex: str) -> str:
        return f"${tex}$"


def lettering(document: Document, printer: FormulaPrinter) -> Speaker:
    """Return what says the labels of drawings."""
    return Speaker(load(document.language), _FigureLabels(), printer, number(document))


def plain(document: Document, printer: FormulaPrinter) -> Speaker:
    """Return what says sentences without any markup."""
    return Speaker(load(document.language), Plain(), printer, number(document))


def source(
    document: Document,
    printer: FormulaPrinter,
    figures: str,
    dialect: MarkdownDialect = COMMON,
) -> str:
    """Return the Markdown of a document whose figures lie in the folder ``figures`` beside it.

    RenderError for a missing text, a reference that leads nowhere, or a formula that Markdown
    would break.
    """
    speaker, cells = speakers(document, printer, dialect)
    seen = view(document, speaker, cells)
    text = fill(
        "markdown/document.md",
        document=seen,
        contents=speaker.word("contents"),
        **layout_values(figures, dialect),
    )
    return tidy(text)


def speakers(
    document: Document,
    printer: FormulaPrinter,
    dialect: MarkdownDialect,
    within: frozenset[str] | None = None,
) -> tuple[Speaker, Speaker]:
    """Return what says sentences, and what says the cells of tables."""
    language, numbering = load(document.language), number(document)
    speaker = Speaker(language, MarkdownMarkup(dialect, within), printer, numbering)
    return speaker, Speaker(language, CellMarkup(dialect, within), printer, numbering)


def layout_values(figures: str, dialect: MarkdownDialect) -> dict[str, Any]:
    """Return what the layouts of Markdown use beside the document."""
    return {
        "folder": quote(figures),
        "line": escaping.markdown_line,
        "plain": escaping.markdown,
        "display": partial(displayed, dialect),
        "anchor": dialect.anchor,
        "in_cell": partial(_in_cell, dialect),
        "numbers": dialect.numbers,
        "numbered_headings": True,
        "rule": {"l": ":--", "c": ":-:", "r": "--:"},
    }


def displayed(dialect: MarkdownDialect, formula: FormulaView) -> str:
    """Return a formula on display, with its anchor and, if the site has none, its number."""
    shown = dialect.display(dialect.adapted(lines(formula.tex)), formula.number, formula.anchor)
    return "\n".join([*(dialect.anchor(one.anchor) for one in formula.instances), shown])


def _in_cell(dialect: MarkdownDialect, formula: FormulaView) -> str:
    """Return a formula of an algorithm, large as on display; in braces, so that no line ends in it."""
    return CellMarkup(dialect).math(rf"\displaystyle {{{formula.tex}}}")


def _ends_in_math(text: str) -> bool:
    return (text.endswith("$") and not text.endswith("\\$")) or bool(_ROLE_ENDS.search(text))


def tidy(text: str) -> str:
    """Blank lines one at a time, none at either end: the layouts need not count them."""
    kept: list[str] = []
    for line in text.splitlines():
        if line.strip() or (kept and kept[-1]):
            kept.append(line.rstrip())
    return "\n".join(kept).strip("\n") + "\n"

"""A document as Markdown source, in the dialect that most renderers share."""

from __future__ import annotations

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

# Beside these a dollar sign is still one of mathematics to every parser; elsewhere a space helps.
_MAY_PRECEDE = " ([*\"'“‘„«"
_MAY_FOLLOW = " .,;:!?)]*-\"'”’»"


class MarkdownMarkup:
    """What stands within a line, in Markdown."""

    def text(self, text: str) -> str:
        """Text, escaped."""
        return escaping.markdown(text)

    def code(self, text: str) -> str:
        """Fixed-width text."""
        return escaping.markdown_code(text)

    def math(self, tex: str) -> str:
        """Mathematics within a line."""
        return f"${one_line(tex)}$"

    def marked(self, inner: str, strong: bool) -> str:
        """Emphasis."""
        return f"**{inner}**" if strong else f"*{inner}*"

    def number(self, anchor: str, number: str) -> str:
        """Return the number."""
        return number

    def link(self, anchor: str, inner: str) -> str:
        """Return a link within the document."""
        return f"[{inner}](#{anchor})"

    def join(self, pieces: list[str]) -> str:
        """One after the other, mathematics with spaces where letters or digits would touch it."""
        joined = ""
        for piece in pieces:
            if joined and piece:
                opens = piece.startswith("$") and joined[-1] not in _MAY_PRECEDE
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


def one_line(tex: str) -> str:
    """Bare TeX on one line; RenderError if it would end the mathematics that it stands in."""
    if "$" in tex:
        raise RenderError(f"a formula has a dollar sign, which ends mathematics: {tex}")
    return " ".join(tex.split())


def lettering(document: Document, printer: FormulaPrinter) -> Speaker:
    """Return what says the labels of drawings."""
    return Speaker(load(document.language), _FigureLabels(), printer, number(document))


def plain(document: Document, printer: FormulaPrinter) -> Speaker:
    """Return what says sentences without any markup."""
    return Speaker(load(document.language), Plain(), printer, number(document))


def source(document: Document, printer: FormulaPrinter, figures: str) -> str:
    """Return the Markdown of a document whose figures lie in the folder ``figures`` beside it.

    RenderError for a missing text, a reference that leads nowhere, or a formula that Markdown
    would break.
    """
    language, numbering = load(document.language), number(document)
    speaker = Speaker(language, MarkdownMarkup(), printer, numbering)
    cells = Speaker(language, CellMarkup(), printer, numbering)
    seen = view(document, speaker, cells)
    text = fill(
        "markdown/document.md",
        document=seen,
        contents=speaker.word("contents"),
        folder=quote(figures),
        line=escaping.markdown_line,
        plain=escaping.markdown,
        display=_display,
        in_cell=_in_cell,
        rule={"l": ":--", "c": ":-:", "r": "--:"},
    )
    return _tidy(text)


def _display(formula: FormulaView) -> str:
    """Bare TeX with its number, for between two lines of dollar signs."""
    # A blank line would end the mathematics.
    tex = "\n".join(line for line in formula.tex.splitlines() if line.strip())
    if "$" in tex:
        raise RenderError(f"a formula has a dollar sign, which ends mathematics: {tex}")
    return rf"{tex} \qquad\text{{({formula.number})}}"


def _in_cell(formula: FormulaView) -> str:
    """Return a formula of an algorithm, large as on display; in braces, so that no line ends in it."""
    return CellMarkup().math(rf"\displaystyle {{{formula.tex}}}")


def _ends_in_math(text: str) -> bool:
    return text.endswith("$") and not text.endswith("\\$")


def _tidy(text: str) -> str:
    """Blank lines one at a time, none at either end: the layouts need not count them."""
    kept: list[str] = []
    for line in text.splitlines():
        if line.strip() or (kept and kept[-1]):
            kept.append(line.rstrip())
    return "\n".join(kept).strip("\n") + "\n"

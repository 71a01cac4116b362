"""A document as Typst source: one file, which reads its drawings from a folder beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from derive.document.blocks import Document
from derive.document.language import load
from derive.document.text import Bound, Number
from derive.render.page import escaping
from derive.render.page.layout import fill
from derive.render.page.numbering import number
from derive.render.page.numerals import (
    bound_power,
    bound_words,
    number_parts,
    number_words,
)
from derive.render.page.plain import Plain
from derive.render.page.shortened import shorten
from derive.render.page.view import FigureView, FormulaView, TableView, view
from derive.render.page.words import FormulaPrinter, Speaker
from derive.typesetting.typstletters import typst_string

# A table of so many characters beside one another may not fit on the page.
_WIDE = 80

# A head of a page holds as many characters beside the number of the page.
_HEAD = 72

# Words of a cell that may want a second line.
_NARROW = 22

# Entries of the contents that leave room for text on the first page.
_CONTENTS = 26

FIGURES = "figures"
"""The folder of the drawings, beside the source."""


class TypstMarkup:
    """What stands within a line, in Typst; a semicolon ends each call, whatever stands behind it."""

    def text(self, text: str) -> str:
        """Text, escaped."""
        return escaping.typst(text)

    def code(self, text: str) -> str:
        """Fixed-width text."""
        return f"#code({typst_string(text)});"

    def address(self, url: str) -> str:
        """Return a link that says where it leads."""
        return f"#address({typst_string(url)});"

    def math(self, tex: str) -> str:
        """Mathematics within a line, with the text that stands for it."""
        return f"#m({tex});"

    def marked(self, inner: str, strong: bool) -> str:
        """Emphasis."""
        return f"#{'strong' if strong else 'emph'}[{inner}];"

    def number(self, anchor: str, number: str) -> str:
        """Return the number, which may end in the name of a state."""
        return escaping.typst(number)

    def link(self, anchor: str, inner: str) -> str:
        """Return a link within the document."""
        return f"#link(<{anchor}>)[{inner}];"

    def in_code(self, anchor: str, inner: str) -> str:
        """Return a reference within code: a link, as anywhere."""
        return self.link(anchor, inner)

    def page(self, anchor: str) -> str:
        """Return the page that Typst finds, as a link."""
        return f"#pageof(<{anchor}>);"

    def web(self, address: str, inner: str) -> str:
        """Return a link to an address in the web."""
        return f"#link({typst_string(address)})[{inner}];"

    def join(self, pieces: list[str]) -> str:
        """One after the other."""
        return "".join(pieces)

    def beside(self, words: str, said: str, anchors: Sequence[str]) -> str | None:
        """Return the words, and what their numbers lead to, as strings."""
        return ", ".join(map(typst_string, (words, *anchors)))


class TypstNumerals:
    """Computed numbers in Typst, each with the text that stands for it."""

    def number(self, number: Number) -> str:
        """Return a number with its significant digits."""
        digits, power = number_parts(number)
        scaled = f"{digits} dot " if digits.strip("-") else digits
        written = digits if power is None else f"{scaled}10^({power})"
        return _spoken(number_words(number), written)

    def bound(self, bound: Bound) -> str:
        """Return the power of ten that a number is below."""
        return _spoken(bound_words(bound), f"< 10^({bound_power(bound)})")

    def whole(self, number: int) -> str:
        """Return a whole number with its sign."""
        return _spoken(str(number), str(number))


def _spoken(alternative: str, mathematics: str) -> str:
    return f"{typst_string(alternative)}, ${mathematics}$"


@dataclass(frozen=True)
class TypstPrinters:
    """The printer of a document's mathematics, and one of bare TeX for places that hold none."""

    formulas: FormulaPrinter
    bare: FormulaPrinter


def source(document: Document, printers: TypstPrinters) -> str:
    """Return the text of ``main.typ``.

    RenderError for a missing text or a reference that leads nowhere.
    """
    language, numbering = load(document.language), number(document)
    speaker = Speaker(
        language, TypstMarkup(), printers.formulas, numbering, numerals=TypstNumerals()
    )
    plain = Speaker(language, Plain(), printers.bare, numbering)
    seen = view(document, speaker, plain=plain)
    tables = [block for block in seen.blocks if isinstance(block, TableView)]
    figures = [block for block in seen.blocks if isinstance(block, FigureView)]
    properties = {
        "title": seen.plain_title,
        "running_title": shorten(seen.plain_title, _HEAD),
        "author": seen.plain_author or "",
        "subject": plain.word("subject"),
        "keywords": document.id,
        "language": document.language,
    }
    body = fill(
        "typst/body.typ",
        document=seen,
        contents=speaker.word("contents"),
        depth=2 if len(seen.headings) <= _CONTENTS else 1,
        figures={b.anchor: f"{FIGURES}/{b.block.figure.id}.svg" for b in figures},
        rigid={block.anchor: _rigid(block) for block in tables},
        lines={block.anchor: _has_lines(block) for block in tables},
        string=typst_string,
        also=_also,
    )
    head = fill(
        "typst/head.typ",
        properties={name: typst_string(text) for name, text in properties.items()},
        # Colours are known once all has been printed.
        colours=sorted(getattr(printers.formulas, "colours", {}).items()),
    )
    return head + body


def _also(formula: FormulaView) -> str:
    """Return the argument that names the anchors of what a formula says of each of several."""
    if not formula.instances:
        return ""
    return f", also: ({' '.join(f'{typst_string(one.anchor)},' for one in formula.instances)})"


def _has_lines(table: TableView) -> bool:
    """Tell whether a cell has words that may stand on several lines, beside which others begin."""
    words = (cell for row in table.rows for cell in row if not cell.startswith("#m("))
    return any(len(cell) > _NARROW for cell in words)


def _rigid(table: TableView) -> bool:
    """Tell whether a table is wide and its cells, being formulas, do not break."""
    formulas = all(cell.startswith("#m(") for row in table.rows for cell in row if cell)
    return formulas and not table.long and sum(table.widths) > _WIDE

"""A document as LaTeX source, with what it needs: packages, colours, figures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pylatex import Document as Frame
from pylatex import NoEscape, Package

from derive.document.blocks import Document
from derive.document.language import load
from derive.render.page import escaping
from derive.render.page.layout import fill
from derive.render.page.numbering import number
from derive.render.page.plain import Plain
from derive.render.page.shortened import shorten
from derive.render.page.view import BlockView, DocumentView, FigureView, TableView, view
from derive.render.page.words import FormulaPrinter, Speaker
from derive.typesetting.palette import INK

# A head of 15 cm holds as many characters beside the number of the page.
_HEAD = 92

# A column with less than this never needs a second line.
_NARROW = 22

# A table of so many characters beside one another may not fit on the page.
_WIDE = 80

# Entries of the contents that leave room for text on the first page.
_CONTENTS = 26


class LatexMarkup:
    """What stands within a line, in LaTeX."""

    def text(self, text: str) -> str:
        """Text, escaped."""
        return escaping.latex(text)

    def code(self, text: str) -> str:
        """Fixed-width text."""
        return rf"\texttt{{{escaping.latex_code(text)}}}"

    def address(self, url: str) -> str:
        """Return a link that says where it leads."""
        return rf"\address{{{url}}}"

    def math(self, tex: str) -> str:
        """Mathematics within a line."""
        return f"${tex}$"

    def marked(self, inner: str, strong: bool) -> str:
        """Emphasis."""
        return rf"\textbf{{{inner}}}" if strong else rf"\emph{{{inner}}}"

    def number(self, anchor: str, number: str) -> str:
        """LaTeX counts for itself, so that the source can be edited; a test compares."""
        return rf"\ref*{{{anchor}}}"

    def link(self, anchor: str, inner: str) -> str:
        """Return a link within the document."""
        return rf"\hyperref[{anchor}]{{{inner}}}"

    def in_code(self, anchor: str, inner: str) -> str:
        """Return a reference within code: a link, as anywhere."""
        return self.link(anchor, inner)

    def page(self, anchor: str) -> str:
        """Return the page that LaTeX finds, as a link."""
        return rf"\hyperref[{anchor}]{{\pageref*{{{anchor}}}}}"

    def web(self, address: str, inner: str) -> str:
        """Return a link to an address in the web."""
        return rf"\href{{{address}}}{{{inner}}}"

    def join(self, pieces: list[str]) -> str:
        """One after the other."""
        return "".join(pieces)

    def beside(self, words: str, said: str, anchors: Sequence[str]) -> str | None:
        """Return a reason beside a line, its numbers linked."""
        return said


@dataclass(frozen=True)
class Columns:
    """Three ways to set the columns of a table, as LaTeX's column specifications.

    ``natural``: each as wide as its cells.  ``fixed``: only those that never break, to measure
    what they leave.  ``breaking``: the others share what is left.  ``rigid``: it is wide, and its
    cells are formulas, which do not break, so that it is set smaller where it does not fit.
    """

    natural: str
    fixed: str
    breaking: str
    rigid: bool


def columns(table: TableView) -> Columns:
    """Return the columns of a table; the layout tries the natural ones first."""
    breaks = [width > _NARROW for width in table.widths]
    if not any(breaks):
        breaks[table.widths.index(max(table.widths))] = True
    # Root-like shares: a column with ten times the text gets more room, but not ten times.
    pairs = zip(table.widths, breaks, strict=True)
    weights = [width**0.7 if wide else 0.0 for width, wide in pairs]
    ways = {"l": r"\raggedright", "c": r"\centering", "r": r"\raggedleft"}
    fixed, breaking = "", ""
    for align, weight in zip(table.align, weights, strict=True):
        if weight:
            share = f"{weight / sum(weights):.4f}"
            fixed += r">{\setbox0=\hbox\bgroup}l<{\egroup}"
            breaking += rf">{{{ways[align]}\arraybackslash}}p{{{share}\tableshare}}"
        else:
            fixed += align
            breaking += align
    formulas = all(cell.startswith("$") for row in table.rows for cell in row if cell)
    rigid = formulas and not table.long and sum(table.widths) > _WIDE
    return Columns(table.align, f"@{{}}{fixed}@{{}}", f"@{{}}{breaking}@{{}}", rigid)


def source(document: Document, printer: FormulaPrinter, drawings: Mapping[str, str]) -> str:
    """Return the text of ``main.tex``; ``drawings`` are the files it reads, by name.

    RenderError for a missing text or a reference that leads nowhere.
    """
    speaker = latex_speaker(document, printer)
    seen = view(document, speaker)
    body = fill("latex/body.tex", document=seen, **_extras(seen, speaker))
    plain = Speaker(speaker.language, Plain(), printer, speaker.numbering)
    properties = {
        "title": property_text(seen.plain_title),
        "running_title": property_text(shorten(seen.plain_title, _HEAD)),
        "author": property_text(seen.plain_author or ""),
        "subject": property_text(plain.word("subject")),
        "keywords": property_text(document.id),
    }
    cjk = escaping.has_cjk("".join((*properties.values(), body, *drawings.values())))
    preamble = fill(
        "latex/preamble.tex",
        properties=properties,
        language=document.language,
        colours=sorted(getattr(printer, "colours", {}).items()),
        ink=INK,
        western_punctuation=cjk and not document.language.startswith(("zh", "ja")),
    )
    frame = Frame(
        documentclass="article",
        # Palatino at 10 points is as large as most fonts at 11; a line of 15 cm holds about 100 letters.
        document_options=["10pt", "a4paper"],
        # XeLaTeX takes Unicode and OpenType fonts as they are.
        fontenc=None,
        inputenc=None,
        lmodern=False,
        textcomp=False,
        page_numbers=True,
        indent=True,
        microtype=True,
    )
    for package in _packages(cjk, bool(drawings), seen.contents):
        frame.packages.append(package)
    frame.preamble.append(NoEscape(preamble))
    frame.append(NoEscape(body))
    return str(frame.dumps()) + "\n"


def property_text(text: str) -> str:
    """Return plain text, escaped, for where TeX's own commands do not work."""
    return escaping.latex(text, breakable=False)


def latex_speaker(
    document: Document, printer: FormulaPrinter, markup: LatexMarkup | None = None
) -> Speaker:
    """Return what says the sentences of a document in LaTeX."""
    return Speaker(load(document.language), markup or LatexMarkup(), printer, number(document))


def _extras(seen: DocumentView, speaker: Speaker) -> dict[str, Any]:
    return {
        **block_values(seen.blocks),
        "contents": speaker.word("contents"),
        "depth": 2 if len(seen.headings) <= _CONTENTS else 1,
    }


def block_values(blocks: Iterable[BlockView], figures: str = "figures") -> dict[str, Any]:
    """Return what the layouts of blocks use beside the block; ``figures`` is their folder."""
    seen = tuple(blocks)
    return {
        "columns": {block.anchor: columns(block) for block in seen if isinstance(block, TableView)},
        "figures": {
            block.anchor: f"{figures}/{block.block.figure.id}"
            for block in seen
            if isinstance(block, FigureView)
        },
        "escape": property_text,
    }


def _packages(cjk: bool, drawings: bool, contents: bool) -> list[Package]:
    """Return what the layouts use; PyLaTeX drops what is asked for twice.  ctex must precede fonts."""
    chinese = [Package("ctex", options=["fontset=fandol", "scheme=plain"])] if cjk else []
    return [
        Package(
            "geometry",
            # As high as leaves room for the line at the head of a page, which stands nearer than usual.
            options=[
                "textwidth=15cm",
                "textheight=25.6cm",
                "headsep=13pt",
                "footskip=22pt",
                "centering",
            ],
        ),
        Package("mathtools"),
        *chinese,
        Package(NoEscape("unicode-math")),
        Package("xcolor"),
        Package("array"),
        Package("booktabs"),
        Package("longtable"),
        *([Package("multicol")] if contents else []),
        Package("graphicx"),
        Package("caption"),
        Package("enumitem"),
        Package("placeins"),
        Package("fancyhdr"),
        *([Package("tikz")] if drawings else []),
        Package("hyperref"),
        Package("bookmark"),
    ]

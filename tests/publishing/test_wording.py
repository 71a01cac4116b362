"""The words of a finished text are those of its document, whatever signs are in them."""

from __future__ import annotations

import pytest

from derive.document.blocks import Document, Heading, TableBlock
from derive.document.text import Code, Ref, Text, Value
from derive.publishing.htmlwording import HtmlWording
from derive.publishing.texwording import LatexWording
from derive.publishing.typstwording import TypstWording
from derive.publishing.wording import Wording, unlike
from derive.reading.htmlpage import HtmlPage
from derive.reading.htmlwords import HtmlWords
from derive.reading.passage import Passage, ReadingError
from derive.reading.prose import MarkdownWords
from derive.reading.texprose import LatexWords
from derive.reading.typstprose import TypstWords
from derive.render.page import escaping
from derive.render.tex.source import source as latex_source
from derive.render.text.dialects import dialect_named, dialects
from derive.render.text.source import source
from derive.render.typst.source import TypstPrinters
from derive.render.typst.source import source as typst_source
from derive.render.web.mathematics import WebPrinter
from derive.render.web.source import source as html_source
from derive.typesetting import notation
from derive.typesetting.layout import PagePrinter
from derive.typesetting.typstlayout import TypstPrinter

ODD = (
    "# * _ $ \\ & < > ~ ^ | ` { } [ ] ( ) ! plain",
    "#1 *a* __b__ $x$ \\\\ &amp; <b> <!-- -->",
    "1. first", "- item", "+ plus", "% comment", ": colon", "12) twelve", "---", "![a](b)",
    "A title: כותרת (1)", "مرحبا (a) 3", "דוד  בן\u2028\u202e", "x ١٢ - 3",
    "循环 神经 网络 \u2028 \u200b é \U0001f600", "tab\tand\nline", "a\u202eb", "[x](#sec-a)", "**",
    "ends in \\", "`code`", "```", "$$", "| a | b |", "", "\ud800 half",
)  # fmt: skip


def made(title: str, word: Value = "x", second: Value = "y") -> Document:
    """Return a document with a text in each of its places."""
    cell = Text("table.symbol")
    return Document(
        "odd", title, title, "en",
        (
            Heading("heading.network", 1, "network"),
            TableBlock("t", Text("caption.checks"), (cell, cell),
                       ((word, second), (Code("id|`x"), Ref("network")), (-1, 2)), "lr"),
        ),
    )  # fmt: skip


def differences(document: Document, text: str, dialect: str = "common") -> list[ReadingError]:
    passage = Passage(text, "odd.md")
    meant = Wording(document, "odd-figures", numbers=dialect != "myst").whole()
    return list(unlike(MarkdownWords(passage, dialect).read(), meant, passage))


def written(document: Document, dialect: str = "common") -> str:
    printer = PagePrinter(notation.load(), "markdown")
    return source(document, printer, "odd-figures", dialect_named(dialect))


@pytest.mark.parametrize("dialect", dialects())
@pytest.mark.parametrize("title", ODD)
def test_odd_signs_are_read_back(title: str, dialect: str) -> None:
    document = made(title, title)
    assert differences(document, written(document, dialect), dialect) == []


@pytest.mark.parametrize("title", ODD)
def test_odd_signs_are_read_back_from_latex(title: str) -> None:
    document = made(title, title)
    text = latex_source(document, PagePrinter(notation.load(), "latex"), {})
    passage = Passage(text, "main.tex")
    meant = LatexWording(document, "figures").whole()
    assert list(unlike(LatexWords(passage).read(), meant, passage)) == []


@pytest.mark.parametrize(
    "title", [*ODD, "1. first", "- - x --- -1 ...", '#read("/etc/passwd")', 'a\' "b" = /x/ // y']
)
def test_odd_signs_are_read_back_from_typst(title: str) -> None:
    document = made(title, title)
    symbols = notation.load()
    printers = TypstPrinters(TypstPrinter(symbols), PagePrinter(symbols, "bare"))
    passage = Passage(typst_source(document, printers), "main.typ")
    meant = TypstWording(document, "figures").whole()
    assert list(unlike(TypstWords(passage).read(), meant, passage)) == []


@pytest.mark.parametrize(
    "title",
    [*ODD, "<script>x</script>", "&amp; &lt;b&gt; &#60; &nbsp;", "a --> <!-- b", "a\" c='d'"],
)
def test_odd_signs_are_read_back_from_html(title: str) -> None:
    document = made(title, title)
    symbols = notation.load()
    printer = WebPrinter(PagePrinter(symbols, "markdown"), PagePrinter(symbols, "plain"))
    page = HtmlPage(Passage(html_source(document, printer), "a.html"))
    meant = HtmlWording(document, "").whole()
    assert list(unlike(HtmlWords(page).read(), meant, page.document)) == []


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("| x | y |", "| y | x |"), ("| 2 |", "| 3 |"), ("(#sec-network)", "(#tab-t)"),
     ("# a", "## a"), (" --: |", " :-- |"), ("$-1$", "1"), ("| x |", "| |")],
)  # fmt: skip
def test_what_is_written_otherwise_is_found_with_its_place(right: str, wrong: str) -> None:
    document = made("a")
    text = written(document)
    assert right in text
    (found,) = differences(document, text.replace(right, wrong, 1))
    assert (
        text.splitlines()[found.line - 1]
        != text.replace(right, wrong, 1).splitlines()[found.line - 1]
    )


def test_a_sign_that_is_not_escaped_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(escaping, "markdown", lambda text: text)
    document = made("a < b")
    with pytest.raises(ReadingError, match="this sign must be escaped"):
        differences(document, written(document))

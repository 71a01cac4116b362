"""Typst is read as its typesetter takes it: what that would set otherwise than it looks is refused."""

from __future__ import annotations

import pytest

from derive.catalogue import load
from derive.chapters.handout import Handout, build
from derive.reading import latex, typstprose
from derive.reading.passage import Passage, ReadingError
from derive.reading.tokens import tokens
from derive.reading.typst import typst_numeral, typst_reasons, typst_words
from derive.reading.typstcalls import BODY, TypstCall, TypstParagraph, blocks
from derive.reading.typstprose import TypstWords
from derive.reading.words import Word
from derive.render.page.numbering import number
from derive.render.tex.source import source as latex_source
from derive.render.typst.source import TypstPrinters, source
from derive.typesetting import notation
from derive.typesetting.layout import PagePrinter
from derive.typesetting.typstlayout import TypstPrinter


def words(text: str) -> list[str]:
    return [word.text for word in typst_words(Passage(text, dialect="typst"))][:-1]


@pytest.mark.parametrize(
    ("typst", "tex"),
    [
        ("frac(∂^(+) L_(t,k), ∂ W)", r"\frac{\partial^{+} L_{t,k}}{\partial W}"),
        ("∂ L \\/ ∂ W", r"\partial L / \partial W"),
        ("∑_(k=1)^(t) δ_(k)", r"\sum_{k=1}^{t} \delta_{k}"),
        ('upright("in") op("softmax") (x)', r"\mathrm{in} \operatorname{softmax} (x)"),
        ("tanh' (x) + tanh(x)", r"\tanh' (x) + \tanh(x)"),
        ("mat(a, (b, c); 0, -1)",
         r"\begin{pmatrix} a & (b, c) \\ 0 & -1 \end{pmatrix}"),
        ("lag0of3(macron(ξ)_(t) thin hat(y))", r"\textcolor{lag0of3}{\bar{\xi}_{t} \, \hat{y}}"),
        ("norm(W)_(2) doubted(≤) sqrt(x)", r"\lVert W \rVert_{2} \overset{?}{\leq} \sqrt{x}"),
        ("held(W^((k)))^(⊤)", r"{W^{(k)}}^{\top}"),
        ("bigger((a big((b))))", r"\Bigl(a \bigl(b\bigr)\Bigr)"),
        ("D bigopen a \\\n& quad + b bigclose c", r"D \bigl(a + b\bigr) c"),
        ("2 dot 10^(-3) ≈ 0.5", r"2 \cdot 10^{-3} \approx 0.5"),
        ('a & = b && why("said: \\"so\\" & \\\\ x") \\\n & + c', r"a = b + c"),
    ],
)  # fmt: skip
def test_words_are_those_of_tex(typst: str, tex: str) -> None:
    assert words(typst) == [word.text for word in tokens(Passage(tex))][:-1]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("U W_(h) hh", "'hh' is one name to Typst"),
        ("a/b", "another one in Typst"),
        ("a * b", "another one in Typst"),
        ("frac(a)", "expected 2 arguments"),
        ("frac(a, b, c)", "expected 2 arguments"),
        ("frac(, b)", "expected 2 arguments"),
        ("hide(x)", "'hide' is called, and known to nobody"),
        ("x_(t", "not closed"),
        ('"W"', "no meaning here"),
        ("upright(W)", "expected a word in quotation marks"),
        ("#x", "another one in Typst"),
        ("a ~ b", "another one in Typst"),
        ('why("so")', "known to nobody"),
        ("lag0of(x)", "known to nobody"),
    ],
)
def test_what_typst_takes_otherwise_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ReadingError, match=problem):
        words(text)


def test_reasons_and_numbers_are_read() -> None:
    lines = 'a & = b && why("one") \\\n & + c \\\n & = d && why("say \\"two\\"")'
    assert typst_reasons(Passage(lines, dialect="typst"), {}) == ["one", 'say "two"']
    cited = Passage('a & = b && why("(2), (3) put in", "eq-a", "eq-b")', dialect="typst")
    assert typst_reasons(cited, {"eq-a": "2", "eq-b": "3"}) == ["(2), (3) put in"]
    with pytest.raises(ReadingError, match=r"leads to \['\(2\)', '\(4\)'\]"):
        typst_reasons(cited, {"eq-a": "2", "eq-b": "4"})
    for typst, tex in (("-2.95 dot 10^(-5)", r"-2.95 \cdot 10^{-5}"), ("< 10^(-12)", "< 10^{-12}")):
        assert typst_numeral(Passage(typst, dialect="typst")) == tex


# Whole documents


def made(text: str) -> list[Word]:
    return TypstWords(Passage(BODY + text, "main.typ")).read()


def test_a_document_is_read_in_blocks() -> None:
    text = '#chapter("sec-a", "1")[One]\n\n- an #emph[item]; \\#1\n#m("x", $x$); begins\n'
    heading, item, paragraph = blocks(Passage(text))
    assert isinstance(heading, TypstCall)
    assert isinstance(item, TypstParagraph)
    assert isinstance(paragraph, TypstParagraph)
    assert [str(word) for word in made(text)] == [
        "anchor sec-a", "heading 2", "'1'", "'One'", "item -", "'an'", "mark *", "'item'", "mark *",
        "'#1'", "paragraph", "formula", "'begins'",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a #hide[b]; c", "'hide' is no part of a document"),
        ("a #emph[b] c", "expected a semicolon"),
        ("a $x$ b", "must be escaped"),
        ("a -- b", "must be escaped"),
        ("a ... b", "must be escaped"),
        ("1. a", "must be escaped"),
        ("https://a", "must be escaped"),
        ("= a", "must be escaped"),
        ("#let x = 1", "'let' is no part of a document|semicolon"),
        ('#chapter("a", "1")[b] c', "expected a semicolon"),
        ('#chapter("a")[b]', "is given 2 values, 3 are expected"),
        ('#chapter("a", [1])[b]', "another kind of value"),
        ('#chapter("a", "1", size: "9")[b]', "takes nothing called size"),
        ('#formula("a", "1", "x", $x$)', "expected titleblock"),
        ('#beside("table", drawing("a", "b", "c", [], []), drawing("a", "b", "c", [], []))',
         "expected tabular, found drawing"),
        ('#tabular("a", "l", [], [], ([a], [b]))', "a row has 2 cells, 1 are expected"),
        ("a\n#emph[b", "expected|must be"),
    ],
)  # fmt: skip
def test_what_is_no_document_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ReadingError, match=problem):
        made(text)


def test_the_text_begins_in_one_place() -> None:
    with pytest.raises(ReadingError, match="expected one line that begins the text"):
        made(f"a{BODY}b")


# Both typesetters are given the same


@pytest.fixture(scope="module", params=["elman", "lstm"])
def handout(request: pytest.FixtureRequest) -> Handout:
    return build(load(request.param), 3, seed=0)


def test_both_engines_show_the_same_equations(handout: Handout) -> None:
    document, symbols = handout.document, notation.load()
    tex = Passage(latex_source(document, PagePrinter(symbols, "latex"), {}), "main.tex")
    printers = TypstPrinters(TypstPrinter(symbols), PagePrinter(symbols, "bare"))
    typst = Passage(source(document, printers), "main.typ")
    labels = number(document)
    by_tex = sorted(latex.displays(tex), key=lambda one: one.passage.start)
    by_typst = [*typstprose.displays(typst)]
    # Their ids in order, and of those that count their numbers.
    assert [one.labels for one in by_typst] == [one.labels for one in by_tex]
    shown = [display.equation.id for display in document.displays()]
    assert [one.labels for one in by_typst] == [(labels[id].anchor,) for id in shown]
    assert [one.number for one in by_typst] == [labels[id].number for id in shown]
    # And what they say, colours included: words by word, groups aside.
    for one, other in zip(by_typst, by_tex, strict=True):
        pair = typst_words(one.passage), tokens(other.passage)
        said, meant = ([w.text for w in found if w.text not in "{}"] for found in pair)
        assert said == meant, one.labels

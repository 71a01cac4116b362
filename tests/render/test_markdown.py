"""Markdown, read back by another parser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.dollarmath import dollarmath_plugin
from sympy import Symbol

from derive.document.blocks import Display, Document, Heading, Prose, TableBlock
from derive.document.text import Text
from derive.errors import RenderError
from derive.render.markdown import write_markdown
from derive.render.page import escaping
from derive.render.text.source import CellMarkup, MarkdownMarkup, source
from tests.katex import complaint
from tests.render.sample import HOSTILE, SamplePrinter, sample

PARSER = (
    MarkdownIt("commonmark", {"html": True})
    .enable(["table", "strikethrough"])
    .use(dollarmath_plugin, allow_space=False, allow_digits=False)
)


def tokens(text: str) -> Iterator[Token]:
    for token in PARSER.parse(text):
        yield token
        yield from token.children or ()


def shown(text: str) -> str:
    """Return the words that a reader of the page sees."""
    wanted = ("text", "code_inline", "math_inline", "text_special")
    return "".join(token.content for token in tokens(text) if token.type in wanted)


def of_type(text: str, kind: str) -> list[str]:
    return [token.content for token in tokens(text) if token.type == kind]


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the mathematics that goes into lines, noted as it is handed over."""
    noted: list[str] = []
    plain = MarkdownMarkup.math

    def note(self: MarkdownMarkup, tex: str) -> str:
        noted.append(tex)
        return plain(self, tex)

    monkeypatch.setattr(MarkdownMarkup, "math", note)
    return noted


def test_all_mathematics_comes_back_as_it_was_written(written: list[str]) -> None:
    document, printer = sample(user=HOSTILE), SamplePrinter()
    text = source(document, printer, "figures")
    assert sorted(of_type(text, "math_inline")) == sorted(written)
    displays = [b.equation for b in document.blocks if isinstance(b, Display)]
    assert [tex.strip() for tex in of_type(text, "math_block")] == [
        rf"{printer.display(shown_equation)} \qquad\text{{({count})}}"
        for count, shown_equation in enumerate(displays, start=1)
    ]


def test_katex_renders_every_formula() -> None:
    # The sample's own printer names its colours; the real one writes them out for Markdown.
    text = source(sample(), SamplePrinter(), "figures").replace("{lagA}", "{#1069A3}")
    for tex in of_type(text, "math_inline"):
        assert not complaint(tex), tex
    for tex in of_type(text, "math_block"):
        assert not complaint(tex, display=True), tex


@pytest.mark.parametrize("tex", [r"\nonsense", r"\frac{a", r"x_y_z"])
def test_katex_would_complain(tex: str) -> None:
    assert complaint(tex)


def test_links_lead_to_anchors() -> None:
    text = source(sample(), SamplePrinter(), "figures")
    anchors = re.findall(r'<a id="([^"]*)"></a>', text)
    assert len(anchors) == len(set(anchors)) == 13
    targets = re.findall(r"\]\(#([^)]*)\)", text)
    assert targets
    assert set(targets) <= set(anchors)


def test_what_a_user_wrote_is_shown_as_written() -> None:
    text = source(sample(title=HOSTILE, author=HOSTILE, user=HOSTILE), SamplePrinter(), "f")
    title = next(token for token in PARSER.parse(text) if token.type == "inline")
    assert "".join(child.content for child in title.children or ()) == HOSTILE
    assert shown(text).count(HOSTILE) == 5
    html = of_type(text, "html_inline") + of_type(text, "html_block")
    assert all(re.fullmatch(r'<a id="[a-z0-9_-]*">|</a>', tag.strip()) for tag in html)
    links = [token.attrGet("href") for token in tokens(text) if token.type == "link_open"]
    assert all(str(link).startswith("#") for link in links)


@settings(max_examples=150, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab1 \n\t\\`*_[]{}()<>#+-.!|$~&;^=:%\"'梯"), max_size=24))
def test_any_text_is_shown_as_written(text: str) -> None:
    cleaned = escaping.clean(text)
    line = escaping.markdown_line(escaping.markdown(cleaned))
    assert shown(line) == cleaned
    assert shown(f"- {line}") == cleaned
    assert shown(f"# {escaping.markdown(cleaned)}") == cleaned
    assert shown(f"| a |\n| - |\n| {escaping.markdown(cleaned)} |")[1:] == cleaned


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab `\\|*<$"), min_size=1, max_size=12))
def test_any_code_is_shown_as_written(text: str) -> None:
    cleaned = escaping.clean(text) or "x"
    assert of_type(f"x {MarkdownMarkup().code(cleaned)}", "code_inline") == [cleaned]


@pytest.mark.parametrize(
    ("pieces", "joined"),
    [
        (["the ", "$x$", ", then ", "$y$", "."], "the $x$, then $y$."),
        (["在", "$x$", "。"], "在 $x$ 。"),
        (["$n$", "-dimensional"], "$n$-dimensional"),
        (["$n$", "2"], "$n$ 2"),
        (["(", "$n$", ")"], "($n$)"),
        (["\\$", "1"], "\\$1"),
        (["$a$", "$b$"], "$a$ $b$"),
    ],
)
def test_mathematics_gets_room(pieces: list[str], joined: str) -> None:
    assert MarkdownMarkup().join(pieces) == joined


def test_a_formula_that_markdown_would_break_is_refused() -> None:
    for tex in (r"\|W\|", "|x|"):
        with pytest.raises(RenderError, match="bar"):
            CellMarkup().math(tex)
    with pytest.raises(RenderError, match="dollar"):
        MarkdownMarkup().math(r"\text{$x$}")


def test_rows_must_fit_their_table() -> None:
    table = TableBlock("t", Text("sample.table"), (Text("sample.symbol"),), (("a", "b"),), "l")
    with pytest.raises(ValueError, match="2 cells"):
        source(Document("d", "T", None, "en", (table,)), SamplePrinter(), "f")


def test_figures_lie_beside_the_text(tmp_path: Path) -> None:
    made = write_markdown(sample(), SamplePrinter(), tmp_path / "my notes.md")
    assert sorted(path.relative_to(tmp_path).as_posix() for path in made) == [
        "my notes-figures/graph.svg",
        "my notes-figures/norms.svg",
        "my notes.md",
    ]
    text = (tmp_path / "my notes.md").read_text(encoding="utf-8")
    images = [token.attrGet("src") for token in tokens(text) if token.type == "image"]
    assert images == ["my%20notes-figures/graph.svg", "my%20notes-figures/norms.svg"]


def test_nothing_is_left_of_a_document_that_fails(tmp_path: Path) -> None:
    broken = Document("d", "T", None, "en", (Prose("sample.first", {"wrong": Symbol("x")}),))
    with pytest.raises(RenderError, match=r"sample\.first"):
        write_markdown(broken, SamplePrinter(), tmp_path / "a.md")
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_chapters_stands_before_a_long_document() -> None:
    short = sample()
    heads = [Heading("sample.chapter", 1, f"more{n}") for n in range(3)]
    long = replace(short, blocks=(*heads, *short.blocks, *[Prose("sample.second")] * 12))
    assert "**Contents**" not in source(short, SamplePrinter(), "f")
    assert "- [1 The recurrent network](#sec-more0)" in source(long, SamplePrinter(), "f")

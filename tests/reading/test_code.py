"""Lines of code come back from LaTeX and Markdown as they were, whatever signs stand in them."""

from __future__ import annotations

import pytest

from derive.reading.passage import Passage
from derive.reading.prose import MarkdownWords
from derive.reading.texprose import LatexWords
from derive.reading.words import Word
from derive.render.page.layout import fill
from derive.render.page.view import CodeLineView, ListingView
from derive.render.tex.source import property_text

LINES = (
    'grads["U_i"] = outer(delta_i[1:T + 1], x[1:T + 1])',
    "    a[t] = ~b[t] ** 2 - {c: -d}[e] % f & g | h ^ k # as $ it $ is",
    "        # \\a <- `b` -- ?`",
)


def shown(reference: str) -> ListingView:
    depths = [len(line) - len(line.lstrip()) for line in LINES]
    views = [CodeLineView(n, line.strip(), "") for n, line in zip(depths, LINES, strict=True)]
    return ListingView((CodeLineView(0, LINES[0], reference), *views[1:]))


def lines(words: list[Word]) -> list[str]:
    return [word.text for word in words if word.kind == "code line"]


def test_code_comes_back_from_latex() -> None:
    block = shown(r"\hyperref[eq-a]{(\ref*{eq-a})}")
    words = LatexWords(Passage(fill("latex/blocks/listing.tex", block=block, escape=property_text)))
    found = words.read()
    assert lines(found) == [*LINES]
    assert [word.text for word in found if word.kind in ("number", "target")] == ["eq-a", "eq-a"]


@pytest.mark.parametrize("dialect", ["common", "github", "mkdocs", "myst"])
def test_code_comes_back_from_markdown(dialect: str) -> None:
    made = fill("markdown/blocks/listing.md", block=shown("(59i)"))
    found = MarkdownWords(Passage(made), dialect).read()
    assert lines(found) == [*LINES]
    assert [word.text for word in found if word.kind == "word"] == ["(59i)"]
    assert next(word.kind for word in found) == "listing"

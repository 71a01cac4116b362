"""The page of an item of a list is that on which the item begins, not that of its section."""

from __future__ import annotations

from pathlib import Path

import pypdf
import pytest

from derive.document.blocks import Block, Bullets, Document, Heading, Prose, TableBlock
from derive.document.language import load
from derive.document.text import PageRef, Ref, Text
from derive.errors import RenderError
from derive.render.latex import write_latex
from derive.render.page.numbering import number
from derive.render.page.words import Speaker
from derive.render.pdf import _require_counted
from derive.render.tex.run import compile_folder as by_tex
from derive.render.text.source import MarkdownMarkup
from derive.render.typst.files import write_typst
from derive.render.typst.run import compile_folder as by_typst
from tests.render.sample import SamplePrinter, s, t
from tests.render.test_typst import printer_for

SPOT = "an-item"


def listed(before: int) -> Document:
    """Return a document with an item behind others, and a table that names its page."""
    others = tuple(Text("sample.second") for _ in range(before))
    blocks: tuple[Block, ...] = (
        Heading("sample.chapter", 1, "chapter"),
        Heading("sample.section", 2, "section"),
        Bullets((*others, Text("sample.first", {"state": s(t)})), ids={"sample.first": SPOT}),
        Prose("sample.explain"),
        TableBlock(
            "table",
            Text("sample.table"),
            (Text("sample.symbol"), Text("sample.shape")),
            ((Text("sample.start"), PageRef("section", SPOT)),),
            "lr",
        ),
    )
    return Document("spots", "Spots", None, "en", blocks)


def pages(path: Path) -> tuple[int, str]:
    """Return the page of the item, and what the table says of it."""
    texts = [page.extract_text() for page in pypdf.PdfReader(path).pages]
    begins = next(n for n, text in enumerate(texts, 1) if "An item about" in text)
    (row,) = (line for text in texts for line in text.splitlines() if "start from" in line)
    return begins, row.split()[-1]


# With so many items the list begins on the first page, and the last is there, or on the next.
@pytest.mark.parametrize("before", [10, 70])
def test_the_page_of_an_item_by_tex(before: int, tex: None, tmp_path: Path) -> None:
    write_latex(listed(before), SamplePrinter(), tmp_path)
    by_tex(tmp_path)
    begins, said = pages(tmp_path / "main.pdf")
    assert said == str(begins)
    assert begins == (1 if before < 20 else 2)
    noted = (tmp_path / "main.aux").read_text(encoding="utf-8")
    _require_counted(listed(before), noted)
    with pytest.raises(RenderError, match="TeX has noted no page for item-an-item"):
        _require_counted(listed(before), noted.replace("item-an-item", "item-another"))


@pytest.mark.parametrize("before", [10, 70])
def test_the_page_of_an_item_by_typst(before: int, tmp_path: Path) -> None:
    write_typst(listed(before), printer_for, tmp_path)
    by_typst(tmp_path)
    begins, said = pages(tmp_path / "main.pdf")
    assert said == str(begins)
    assert begins == (1 if before < 20 else 2)


def test_where_there_are_no_pages_an_item_is_its_section() -> None:
    numbering = number(listed(3))
    assert SPOT not in numbering.labels
    speaker = Speaker(load("en"), MarkdownMarkup(), SamplePrinter(), numbering)
    assert speaker.say(PageRef("section", SPOT)) == speaker.say(Ref("section"))


def test_no_two_items_have_one_id_and_a_page_is_that_of_an_item() -> None:
    document = listed(3)
    twice = Document("spots", "Spots", None, "en", (*document.blocks, document.blocks[2]))
    with pytest.raises(RenderError, match="the id 'an-item' is given to two items"):
        number(twice)
    without = tuple(block for block in document.blocks if not isinstance(block, Bullets))
    with pytest.raises(RenderError, match="the page of 'an-item' is told"):
        number(Document("spots", "Spots", None, "en", without))

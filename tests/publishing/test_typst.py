"""A handout as PDF without TeX: what it says of its equations, and what the manifest says of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest

from derive.__main__ import main
from derive.catalogue import load
from derive.chapters.handout import Handout, build
from derive.document.blocks import Heading
from derive.errors import CheckError
from derive.publishing.publish import write
from derive.publishing.readfiles import ReadFiles
from derive.render.page.numbering import number
from derive.typesetting.printing import plain
from tests.render.test_typst import elements


@pytest.fixture(scope="module")
def handout() -> Handout:
    return build(load("elman"), 2, seed=0, title="A *title* #x")


@pytest.fixture(scope="module")
def folder(handout: Handout, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("published")
    write(handout, ["pdf", "md"], folder, network=("elman", 2), engine="typst")
    return folder


@pytest.fixture(scope="module")
def reader(folder: Path) -> pypdf.PdfReader:
    return pypdf.PdfReader(folder / "elman-T2.pdf")


def titles(items: Any) -> Iterator[str]:
    for item in items:
        yield from titles(item) if isinstance(item, list) else [str(item.title)]


def test_the_manifest_says_what_made_the_pdf(folder: Path) -> None:
    files = json.loads((folder / "elman-T2.json").read_bytes())["files"]
    made_by = {row["name"]: row.get("typesetter") for row in files}
    assert made_by.pop("elman-T2.pdf") == "typst"
    assert {*made_by.values()} == {None}


@pytest.mark.always
def test_the_pdf_says_every_equation_in_words(handout: Handout, reader: pypdf.PdfReader) -> None:
    root: Any = reader.root_object
    found = [*elements(root["/StructTreeRoot"]["/K"])]
    said = [str(one["/Alt"]).split(" | ")[0] for one in found if one["/S"] == "/Formula"]
    at = 0
    for display in handout.document.displays():
        # In their order, formulas within lines between them.
        at = said.index(plain(display.equation), at) + 1
    pictures = [str(one["/Alt"]) for one in found if one["/S"] == "/Figure"]
    assert len(pictures) == sum(hasattr(b, "figure") for b in handout.document.blocks)


def test_each_number_stands_on_a_page_and_each_heading_among_the_bookmarks(
    handout: Handout, reader: pypdf.PdfReader
) -> None:
    labels = number(handout.document)
    text = "".join(page.extract_text() for page in reader.pages)
    for display in handout.document.displays():
        assert f"({labels[display.equation.id].number})" in text
    headings = [b for b in handout.document.blocks if isinstance(b, Heading)]
    found = [*titles(reader.outline)]
    assert [title.split()[0] for title in found] == [labels[b.id].number for b in headings]
    assert reader.metadata is not None
    assert reader.metadata.title == "A *title* #x"


def test_every_link_within_leads_somewhere(reader: pypdf.PdfReader) -> None:
    links = [
        annotation.get_object()
        for page in reader.pages
        for annotation in page.get("/Annots", pypdf.generic.ArrayObject())
    ]
    assert len(links) > 40
    assert all("/Dest" in link or "/A" in link for link in links)


def test_a_pdf_of_a_source_that_nobody_read_is_not_put_in_place(tmp_path: Path) -> None:
    (tmp_path / "a.pdf").write_bytes(b"pages")
    with pytest.raises(CheckError, match="was written and not read back"):
        ReadFiles().digest(tmp_path / "a.pdf")


def test_a_document_without_a_title_is_called_by_its_name(tmp_path: Path) -> None:
    made = build(load("elman"), 1, seed=0, title="")
    write(made, ["pdf"], tmp_path, network=("elman", 1), engine="typst")
    metadata = pypdf.PdfReader(tmp_path / "elman-T1.pdf").metadata
    assert metadata is not None
    assert metadata.title == "elman-T1"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("--format pdf --engine latex", "no engine 'latex'"),
        ("--format md --engine typst", "no effect here: no PDF is among the formats"),
    ],
)
def test_an_engine_that_makes_no_sense_is_refused(
    words: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["handout", "-T", "1", "--out", str(tmp_path / "out"), *words.split()]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "out").exists()

"""A page of HTML: one file, in which users' words are words, and nothing of the network is asked for."""

from __future__ import annotations

import re
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import pytest

from derive.document.blocks import Document, Heading, Prose
from derive.errors import RenderError
from derive.reading.htmlpage import HtmlPage
from derive.reading.passage import Passage
from derive.render.html import write
from derive.render.page.numbering import number
from derive.render.web.carried import carried
from derive.render.web.mathematics import WebPrinter
from derive.render.web.source import source
from derive.resources import templates_root
from tests.render.sample import HOSTILE, SamplePrinter, sample

KATEX = templates_root() / "html" / "katex"


def page(document: Document) -> HtmlPage:
    return HtmlPage(
        Passage(source(document, WebPrinter(SamplePrinter(), SamplePrinter())), "sample.html")
    )


def test_words_of_users_stand_there_as_words() -> None:
    document = sample(title=HOSTILE, author=HOSTILE, user=HOSTILE)
    there = page(document)
    # In a paragraph, in another, in a cell, and as title and author at the top.
    assert there.body.text.count(HOSTILE) == 5
    head, _ = there.parts
    assert [one.text for one in head.elements if one.name == "title"] == [HOSTILE]
    assert [
        o.attributes["content"] for o in head.elements if o.attributes.get("name") == "author"
    ] == [HOSTILE]
    scripts = [one for one in there.root.within() if one.name == "script"]
    assert [one.text for one in scripts] == [*carried().scripts]


def test_each_equation_stands_there_once_with_its_number_and_a_link_to_it() -> None:
    document = sample()
    there = page(document)
    labels = number(document)
    found = {one.labels[0]: one.number for one in there.displays(there.document)}
    assert found == {
        labels[d.equation.id].anchor: labels[d.equation.id].number for d in document.displays()
    }
    anchors = [one.id for one in there.body.within() if one.id]
    for label in labels.labels.values():
        assert anchors.count(label.anchor) == 1
    inner = [one.attributes["href"] for one in there.body.within() if one.name == "a"]
    assert {address.removeprefix("#") for address in inner} <= {*anchors}


def test_nothing_is_asked_for_from_elsewhere() -> None:
    there = page(sample())
    for one in there.root.within():
        # Namespaces are names, which nobody calls.
        named = {k: v for k, v in one.attributes.items() if k not in ("xmlns", "href")}
        assert not {"src", "srcset", "data", "action", "style", "background"} & named.keys()
        assert not any(name.startswith("on") for name in named)
        assert not any("://" in value for value in named.values())
        if one.name != "a":
            assert one.attributes.get("href", "#").startswith("#")
        assert one.name not in ("link", "img", "iframe", "object", "embed", "base", "form")
    for sheet in carried().styles:
        assert "@import" not in sheet
        assert all(url.startswith("data:") for url in re.findall(r"url\(([^)]*)\)", sheet))
    assert not [
        s for s in carried().scripts if re.search(r"\beval\(|new Function|XMLHttp|WebSocket", s)
    ]


def test_katex_is_as_it_was_released_with_all_its_letters() -> None:
    found = find_spec("sphinxcontrib.katex")
    assert found is not None
    assert found.origin is not None
    other = Path(found.origin).parent / "katex.min.js"
    assert (KATEX / "katex.min.js").read_bytes() == other.read_bytes()
    asked = (KATEX / "katex.min.css").read_text(encoding="utf-8").count("@font-face")
    sheet = carried().styles[0]
    assert asked == sheet.count("src:url(data:font/woff2;base64,") == len([*KATEX.rglob("*.woff2")])
    assert "fonts/" not in sheet
    assert "Permission is hereby granted" in sheet


def test_a_page_is_written_in_the_same_bytes_each_time(tmp_path: Path) -> None:
    looked: list[list[Path]] = []
    made = write(sample(), lambda _: SamplePrinter(), tmp_path / "a", inspect=looked.append)
    assert looked == [made] == [[tmp_path / "a.html"]]
    other = write(sample(), lambda _: SamplePrinter(), tmp_path / "b" / "a")
    assert made[0].read_bytes() == other[0].read_bytes()
    assert b"\r" not in made[0].read_bytes()


def test_nothing_is_left_of_a_page_that_fails(tmp_path: Path) -> None:
    broken = Document("d", "T", None, "en", (Prose("sample.first", {"wrong": "x"}),))
    with pytest.raises(RenderError, match=r"sample\.first"):
        write(broken, lambda _: SamplePrinter(), tmp_path / "a")
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_chapters_stands_before_a_long_document() -> None:
    short = sample()
    heads = [Heading("sample.chapter", 1, f"more{n}") for n in range(3)]
    long = replace(short, blocks=(*heads, *short.blocks, *[Prose("sample.second")] * 12))
    assert not [one for one in page(short).body.within() if one.name == "nav"]
    (nav,) = (one for one in page(long).body.within() if one.name == "nav")
    links = [one.attributes["href"] for one in nav.within() if one.name == "a"]
    assert links[:4] == ["#sec-more0", "#sec-more1", "#sec-more2", "#sec-network"]

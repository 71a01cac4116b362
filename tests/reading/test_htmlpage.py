"""A page of HTML is read strictly: what a browser would mend, hide or run is refused."""

from __future__ import annotations

import pytest

from derive.reading.htmlpage import HtmlPage
from derive.reading.htmltree import tree
from derive.reading.htmlwords import HtmlWords
from derive.reading.passage import Passage, ReadingError


def page(body: str) -> HtmlPage:
    return HtmlPage(Passage(f"<html><head></head><body>{body}</body></html>", "a.html"))


def words(body: str) -> list[str]:
    return [str(word) for word in HtmlWords(page(body)).read()]


def test_a_body_is_read_as_words() -> None:
    assert words('<main id="text"><p>a<em>b</em> &lt;c&gt; <code>d  e</code></p></main>') == [
        "main text", "paragraph", "'a'", "mark *", "'b'", "mark *", "'<c>'", "code d e",
    ]  # fmt: skip
    assert words('<p>see <a href="#x">(1)</a> <a class="web" href="https://a.org/">b</a></p>') == [
        "paragraph", "'see'", "link", "'(1)'", "target x", "link", "'b'", "web https://a.org/",
    ]  # fmt: skip


def test_formulas_are_text_with_its_signs_as_they_are_read() -> None:
    there = page(
        '<div class="displays"><div class="display" id="eq-a">'
        '<div class="formula" data-tex="a &amp;= b &lt; c">a = b &lt; c</div>'
        '<a class="number" href="#eq-a">(7)</a></div></div>'
        '<p><span class="tex" data-tex="x_{1}">x_1</span></p>'
    )
    (found,) = there.displays(there.document)
    assert (found.labels, found.number) == (("eq-a",), "7")
    assert found.passage.inner == "a &= b < c"
    assert [(one.passage.inner, one.words) for one in there.spoken()] == [("x_{1}", "x_1")]
    assert [(at, one.words) for at, one in there.spoken_displays()] == [("eq-a", "a = b < c")]
    assert [*there.sentences("nav")] == []


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("<p>a", "</html> stands where <p> ends"),
        ("<p>a</em></p>", "</em> stands where <p> ends"),
        ("<p><em>a</p></em>", "</p> stands where <em> ends"),
        ('<p id="a"></p><p id="a"></p>', "the id a is given twice"),
        ('<p id="a" id="b"></p>', "has an attribute twice"),
        ("<p><!-- a --></p>", "a remark"),
        ("<p>&nbsp;</p>", "is no sign of a page"),
        ("<p>&#60;</p>", "is no sign of a page"),
        ("<p><![CDATA[a]]></p>", "declares nothing|a remark"),
        ("<p><?php ?></p>", "is for no browser"),
    ],
)
def test_what_a_browser_would_mend_is_refused(text: str, problem: str) -> None:
    with pytest.raises(ReadingError, match=problem):
        tree(Passage(f"<html>{text}</html>", "a.html"))


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ("words", "words stand in a block"),
        ('<p style="color: white">a</p>', "has other attributes than it may"),
        ('<p class="hidden">a</p>', "has other attributes than it may"),
        ("<p hidden>a</p>", "has other attributes than it may"),
        ('<p>a<img src="b"></p>', "</p> stands where <img> ends"),
        ("<p>a<script>b</script></p>", "is no element of a page"),
        ('<p>a<a href="other.html">b</a></p>', "leads to a place of the page"),
        ('<p>a<a class="address" href="https://a.org/">b</a></p>', "leads where it says"),
        ('<div class="formula">a</div>', "a formula has a number"),
        ('<p><a class="number" href="#a">(1)</a></p>', "stands within words"),
        ("<tbody></tbody>", "stands in no such place"),
        ("<ul>a<li>b</li></ul>", "words stand between elements"),
        ("<ul><p>b</p></ul>", "has p in it"),
    ],
)
def test_what_is_no_part_of_a_page_is_refused(body: str, problem: str) -> None:
    with pytest.raises(ReadingError, match=problem):
        HtmlWords(page(body)).read()

"""A handout as a page of HTML: all of it, in one file, set by KaTeX, in a browser where there is one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from derive.chapters.handout import Handout
from derive.errors import CheckError
from derive.publishing.publish import write
from derive.reading.htmlpage import PLACES, HtmlPage
from derive.render.page.numbering import number
from derive.render.web.source import HtmlMarkup
from derive.typesetting.palette import contribution_colours
from tests.browser import PHONE, WIDE, Browser
from tests.katex import complaint
from tests.publishing.conftest import TITLE

MOST_BYTES = 1_500_000


def test_it_is_one_file_that_is_not_large(path: Path) -> None:
    assert sorted(other.name for other in path.parent.iterdir()) == [
        "elman-T3.html",
        "elman-T3.json",
    ]
    assert path.stat().st_size < MOST_BYTES
    files = json.loads((path.parent / "elman-T3.json").read_bytes())["files"]
    assert [(row["name"], row["format"]) for row in files] == [("elman-T3.html", "html")]


def test_every_equation_stands_there_once(page: HtmlPage, handout: Handout) -> None:
    labels = number(handout.document)
    found = [one.labels[0] for one in page.displays(page.document)]
    assert found == [labels[d.equation.id].anchor for d in handout.document.displays()]


def test_katex_sets_every_formula(page: HtmlPage) -> None:
    parts = [page, *page.regions.values()]
    displays = [one.passage.inner for part in parts for one in part.displays(page.document)]
    places = ("", *PLACES)
    lines = [one.inner for part in parts for at in places for one in part.sentences(at)]
    assert len(displays) > 130
    assert len(lines) > 600
    wrong = [complaint(tex, display=True) for tex in displays] + [complaint(tex) for tex in lines]
    assert [*filter(None, wrong)] == []


def test_a_title_is_text(page: HtmlPage) -> None:
    (title,) = (one for one in page.body.within() if one.name == "h1")
    assert (title.text, title.elements) == (TITLE, [])


def test_a_title_that_is_not_escaped_is_refused(
    handout: Handout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(HtmlMarkup, "text", lambda self, words: words)
    with pytest.raises(CheckError, match=r"<b> is no element of a page|is not printed as"):
        write(handout, ["html"], tmp_path / "out", network=("elman", 3))
    assert not (tmp_path / "out").exists()


def test_the_sheet_reads_well_on_light_and_dark_paper(page: HtmlPage) -> None:
    sheet = [one.text for one in page.root.within() if one.name == "style"][1]
    both = re.findall(r"--(\w+): light-dark\((#\w{6}), (#\w{6})\);", sheet)
    papers = [{name: pair[at] for name, *pair in both} for at in (0, 1)]
    for one in papers:
        # What shows where a control is, or what a curve tells, needs less than words do.
        for edge in ("edge", "bound", "term"):
            assert contrast(one[edge], one["paper"]) > OF_SHAPES, (edge, one)
        for ink in ("ink", "quiet", "accent"):
            for paper in ("paper", "shade"):
                assert contrast(one[ink], one[paper]) > AA, (ink, paper, one)
    for colour in contribution_colours(5):
        assert contrast(f"#{colour}", papers[0]["paper"]) > AA
        assert contrast(turned(colour), papers[1]["paper"]) > AA


AA = 4.5
"""The least contrast of words (WCAG 2.2, level AA)."""

OF_SHAPES = 3
"""The least contrast of what is no word (the same, non-text contrast)."""


def turned(colour: str) -> str:
    """Return a colour as the filter of dark pages turns it (CSS Filter Effects, hue-rotate)."""
    red, green, blue = (1.0 - int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4))
    rows = ((-0.574, 1.43, 0.144), (0.426, 0.43, 0.144), (0.426, 1.43, -0.856))
    parts = (a * red + b * green + c * blue for a, b, c in rows)
    return "#" + "".join(f"{round(255 * min(1.0, max(0.0, part))):02x}" for part in parts)


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours (WCAG 2.2, contrast ratio)."""
    dark, light = sorted(map(luminance, (one, other)))
    return (light + 0.05) / (dark + 0.05)


def luminance(colour: str) -> float:
    parts = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(w * p for w, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# In a browser


NARROW = 360


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [WIDE, PHONE, NARROW])
def test_a_browser_sets_all_of_it_and_fetches_nothing(
    there: Browser, path: Path, page: HtmlPage, width: int, dark: bool
) -> None:
    seen = there.open(path, width, dark)
    assert seen.complaints == []
    assert [url for url in seen.requests if not url.startswith("data:")] == [
        path.resolve().as_uri()
    ]
    parts = [page, *page.regions.values()]
    meant = sum(len([*part.displays(page.document)]) for part in parts)
    meant += sum(len([*part.sentences(at)]) for part in parts for at in ("", *PLACES))
    count = there.ask("document.querySelectorAll('.katex').length")
    # With MathML for those who listen.
    assert count == there.ask("document.querySelectorAll('.katex-mathml > math').length") == meant
    assert there.ask("document.querySelectorAll('.katex-error').length") == 0
    assert there.ask("document.documentElement.scrollWidth") == width
    unreachable = (
        "[...document.querySelectorAll('.formula, .table, .code')]"
        ".filter((one) => one.scrollWidth > one.clientWidth + 1 && one.tabIndex !== 0).length"
    )
    assert there.ask(unreachable) == 0


def test_the_button_turns_light_and_dark(there: Browser, path: Path) -> None:
    paper = "getComputedStyle(document.documentElement).backgroundColor"
    for dark in (False, True):
        there.open(path, WIDE, dark)
        first = there.ask(paper)
        there.ask("document.getElementById('scheme').click()")
        other = there.ask(paper)
        there.ask("document.getElementById('scheme').click()")
        assert other != first
        assert there.ask(paper) == first


def test_paper_is_white_whatever_the_screen_is(there: Browser, path: Path) -> None:
    there.open(path, WIDE, dark=True)
    scheme = {"name": "prefers-color-scheme", "value": "dark"}
    there._call("Emulation.setEmulatedMedia", media="print", features=[scheme])
    look = "getComputedStyle(document.documentElement)"
    pressed = "document.documentElement.dataset.scheme = 'dark'"
    for first in ("0", pressed):
        there.ask(first)
        assert there.ask(f"{look}.backgroundColor") == "rgb(255, 255, 255)"
        assert there.ask(f"{look}.getPropertyValue('--turned')") == "none"
    there._call("Emulation.setEmulatedMedia", media="", features=[scheme])
    assert there.ask(f"{look}.getPropertyValue('--turned')") != "none"


LIT = """(() => {
  const of = (selector) => [...document.querySelectorAll(`${selector} .lit`)];
  return JSON.stringify({
    picture: of("#fig-paths svg").map((one) => one.getAttribute("stroke") || one.getAttribute("fill")),
    sum: of("#eq-elman-grad-W-terms-3").map((one) => one.style.color),
    other: of("#eq-elman-grad-W-terms-2").length,
    pressed: [...document.querySelectorAll("#fig-paths .terms button")].map((one) => one.ariaPressed),
  });
})()"""


def test_a_term_and_its_path_light_up_together(there: Browser, path: Path) -> None:
    there.open(path, WIDE)
    dark = {"picture": [], "sum": [], "other": 0, "pressed": ["false"] * 3}
    assert json.loads(there.ask(LIT)) == dark
    term = "document.querySelector('#eq-elman-grad-W-terms-3 [style*=\"86, 7\"]')"
    there.ask(f"{term}.dispatchEvent(new PointerEvent('pointerenter')); 0")
    over = json.loads(there.ask(LIT))
    assert {*over["picture"]} == {"#C05607"}
    assert {*over["sum"]} == {"rgb(192, 86, 7)"}
    # The colours of the loss of an earlier step are those of other paths.
    assert over["other"] == 0
    there.ask(f"{term}.dispatchEvent(new PointerEvent('pointerleave')); 0")
    assert json.loads(there.ask(LIT)) == dark
    there.ask("document.querySelectorAll('#fig-paths .terms button')[2].click(); 0")
    kept = json.loads(there.ask(LIT))
    assert ({*kept["picture"]}, {*kept["sum"]}) == ({"#054F38"}, {"rgb(5, 79, 56)"})
    assert kept["pressed"] == ["false", "false", "true"]
    line = "document.querySelector('#fig-paths [stroke=\"#1069A3\"]')"
    there.ask(f"{line}.dispatchEvent(new PointerEvent('pointerenter')); 0")
    assert {*json.loads(there.ask(LIT))["sum"]} == {"rgb(16, 105, 163)"}
    there.ask(f"{line}.dispatchEvent(new PointerEvent('pointerleave')); 0")
    assert json.loads(there.ask(LIT)) == kept
    there.ask("document.querySelectorAll('#fig-paths .terms button')[0].focus(); 0")
    assert {*json.loads(there.ask(LIT))["picture"]} == {"#1069A3"}

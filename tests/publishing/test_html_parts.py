"""What a page does beside showing its text: factors, lines one by one, horizons, a panel, paper."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from derive.reading.htmlpage import HtmlPage
from tests.browser import PHONE, WIDE, Browser

AXE = find_spec("axe_playwright_python")

NARROW = 360

TERMS = "#eq-elman-grad-W-terms-3"


def folded(page: HtmlPage, kind: str) -> list[str]:
    return [one.id for one in page.within() for part in one.elements if part.kind == kind]


def test_each_product_says_what_its_factors_are(page: HtmlPage) -> None:
    (marked,) = (found for id, found in page.factors() if id == TERMS[1:])
    assert [one.inner for _, one in marked][:3] == [
        r"\frac{\partial L_{3}}{\partial o_{3}}",
        r"\frac{\partial o_{3}}{\partial s_{3}}",
        r"\frac{\partial^{+} s_{3}}{\partial W}",
    ]
    # The first two factors stand in each of the three terms.
    assert [place for place, _ in marked] == [0, 1, 2, 0, 1, 3, 4, 0, 1, 3, 5, 6]
    (line,) = (
        part for one in page.within() if one.id == TERMS[1:] for part in one.within()
        if part.attributes.get("data-factor") == "3"
    )  # fmt: skip
    assert line.text.startswith("step Jacobian ")
    assert ", equation (" in line.text
    assert line.elements[1].attributes["href"] == "#eq-elman-steps-step-jacobian"


def test_each_derivation_of_several_lines_is_shown_line_by_line(page: HtmlPage) -> None:
    assert folded(page, "steps") == [
        f"eq-elman-{name}" for name in (
            "entries-softmax-jacobian", "steps-residual", "entries-outer-V", "steps-unrolled-W",
            "steps-step-jacobian", "steps-delta-lag", "steps-recursion", "steps-summed-a",
            "steps-recursion-columns", "steps-added-W",
        )
    ]  # fmt: skip


def test_every_horizon_is_there_and_no_formula_twice(page: HtmlPage) -> None:
    assert [*page.regions] == [f"horizon-{steps}" for steps in range(1, 9)]
    shown = [
        one.passage.inner for part in page.regions.values() for one in part.displays(page.document)
    ]
    assert len(shown) == len(set(shown)) == 48


OUTLINE = re.compile(r'<path id="([^"]*)" d="([^"]*)"/>')


def test_the_outline_of_a_letter_stands_on_the_page_once(page: HtmlPage) -> None:
    outlines = OUTLINE.findall(page.document.text)
    assert len(outlines) > 40
    assert len({d for _, d in outlines}) == len(outlines)
    used = {*re.findall('<use href="#([^"]*)"', page.document.text)}
    assert used == {id for id, _ in outlines}
    # The reader gets each picture with all of its letters.
    for part in (page, *page.regions.values()):
        for drawing in part.drawings.values():
            own = {id for id, _ in OUTLINE.findall(drawing)}
            assert own == {*re.findall('<use href="#([^"]*)"', drawing)}


def test_a_browser_draws_the_letters_that_stand_in_other_pictures(
    there: Browser, path: Path
) -> None:
    there.open(path, WIDE)
    there.ask("slider = document.getElementById('horizon'); slider.value = '7';"
              "slider.dispatchEvent(new Event('input')); 0")  # fmt: skip
    letters = "[...document.querySelectorAll('svg use')]"
    shown = f"{letters}.filter((one) => one.ownerSVGElement.getBoundingClientRect().width)"
    drawn = f"{shown}.filter((one) => one.getBoundingClientRect().width > 0.5)"
    assert there.ask(f"{drawn}.length") == there.ask(f"{shown}.length") > 400


def test_the_contents_lead_to_the_panels_behind_their_chapters(page: HtmlPage) -> None:
    (nav,) = (one for one in page.body.elements if one.name == "nav")
    places = [one.attributes["href"] for one in nav.within() if one.name == "a"]
    assert places.index("#horizons") == places.index("#sec-gradient-U") + 1
    assert places[places.index("#live") - 1].startswith("#sec-flow")
    assert {*places} <= {f"#{one.id}" for one in page.body.within()}


def test_a_factor_under_the_pointer_tells_what_it_is(there: Browser, path: Path) -> None:
    there.open(path, WIDE)
    factor = f"document.querySelector('{TERMS} [data-factor=\"3\"]')"
    there.ask(f"{factor}.dispatchEvent(new PointerEvent('pointerenter')); 0")
    said = there.ask("document.querySelector('.telling').innerText")
    assert "step Jacobian" in said
    assert "equation (" in said
    there.ask("dispatchEvent(new KeyboardEvent('keydown', {key: 'Escape'})); 0")
    assert there.ask("document.querySelector('.telling')") is None
    there.ask(f"{factor}.dispatchEvent(new PointerEvent('click', {{pointerType: 'mouse'}})); 0")
    assert there.ask("location.hash") == "#eq-elman-steps-step-jacobian"


def press(there: Browser, key: str) -> None:
    there.ask(
        "document.activeElement.dispatchEvent("
        f"new KeyboardEvent('keydown', {{key: {json.dumps(key)}, bubbles: true, cancelable: true}})); 0"
    )


def test_keys_lead_through_a_derivation(there: Browser, path: Path) -> None:
    there.open(path, WIDE)
    there.ask("document.querySelector('#eq-elman-steps-recursion .steps summary').click(); 0")
    assert there.ask("document.getElementById('step-box').open") is True
    state = (
        "[document.getElementById('step-now').textContent,"
        " document.querySelectorAll('#step-lines > li:not([hidden])').length,"
        " document.querySelector('#step-lines .now p').innerText.trim()]"
    )
    reasons = [
        "sum rule: losses from here on", "chain rule, by the next state", "common factor",
        "sum rule, one step later",
    ]  # fmt: skip
    for count, reason in enumerate(reasons, 1):
        assert there.ask(state) == [str(count), count, reason]
        press(there, ("ArrowRight", " ", "ArrowDown")[count % 3])
    assert there.ask(state)[0] == "4"
    press(there, "ArrowLeft")
    assert there.ask(state) == ["3", 3, reasons[2]]
    assert there.ask("document.getElementById('step-lines').getAttribute('aria-live')") == "polite"
    there.ask("document.getElementById('step-close').click(); 0")
    assert there.ask("document.getElementById('step-box').open") is False


def test_the_slider_shows_another_number_of_steps(there: Browser, path: Path) -> None:
    there.open(path, WIDE)
    shown = (
        "[...document.querySelectorAll('.horizon')].filter((o) => o.offsetHeight).map((o) => o.id)"
    )
    assert there.ask(shown) == ["horizon-3"]
    there.ask("slider = document.getElementById('horizon'); slider.value = '7';"
              "slider.dispatchEvent(new Event('input')); 0")  # fmt: skip
    assert there.ask(shown) == ["horizon-7"]
    assert there.ask("slider.getAttribute('aria-valuetext')") == "7 steps"


def test_the_panel_computes_what_it_is_set_to(there: Browser, path: Path) -> None:
    there.open(path, WIDE)
    norm = "document.getElementById('live-norm').textContent"
    first = there.ask(norm)
    change = (
        "(() => {{ const one = document.getElementById('live-{name}'); one.value = '{value}';"
        " one.dispatchEvent(new Event('input', {{bubbles: true}}));"
        " const frame = (next) => requestAnimationFrame(next);"
        " return new Promise((done) => frame(() => frame(() => done(0)))); }})()"
    )
    there.ask(change.format(name="inputs", value="0"))
    assert there.ask(norm) == "0.00"
    there.ask(change.format(name="kind", value="nilpotent"))
    assert there.ask(norm) == "−∞"
    assert first not in ("0.00", "−∞")
    assert there.ask("document.querySelectorAll('#live-plot path.norms').length") == 1


APART = """(() => {
  const labels = [...document.querySelectorAll("#live-plot text")];
  const found = labels.map((one) => one.getBoundingClientRect());
  const meet = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
  return found.flatMap((a, n) => found.slice(n + 1).filter((b) => meet(a, b))).length;
})()"""


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_labels_of_the_panel_stand_apart(there: Browser, path: Path, width: int) -> None:
    there.open(path, width)
    assert there.ask("document.querySelectorAll('#live-plot text').length") > 6
    assert there.ask(APART) == 0
    there.ask(
        "for (const one of document.querySelectorAll('#live-plot text')) one.style.fontSize = '40px'; 0"
    )
    assert there.ask(APART) > 0


AWAY = """(() => {
  let [away, all] = [0, 0];
  for (const box of document.querySelectorAll("main .tex")) {
    const block = box.closest("p, li, figcaption, caption, td, th, h2, h3, label, button");
    const walk = document.createTreeWalker(block, NodeFilter.SHOW_TEXT);
    const texts = [];
    while (walk.nextNode()) {
      if (!walk.currentNode.parentElement.closest(".katex")) texts.push(walk.currentNode);
    }
    const behind = texts.find((one) => one.compareDocumentPosition(box) & 2);
    const before = texts.findLast((one) => one.compareDocumentPosition(box) & 4);
    const bases = [...box.querySelectorAll(".base")].map((one) => one.getBoundingClientRect());
    // A long formula, which breaks in itself on a phone, may break there as well.
    if (bases.length > 1) continue;
    const stands = (text, at, base) => {
      const range = document.createRange();
      range.setStart(text, at);
      range.setEnd(text, at + 1);
      const place = range.getBoundingClientRect();
      if (!place.height) return;
      all += 1;
      if (place.bottom < base.top || base.bottom < place.top) away += 1;
    };
    if (behind && /^[.,;:)]/.test(behind.data || "")) stands(behind, 0, bases.at(-1));
    if (before && /[(]$/.test(before.data || "")) stands(before, before.length - 1, bases[0]);
  }
  return [away, all];
})()"""


def test_no_line_begins_with_the_comma_behind_a_short_formula(there: Browser, path: Path) -> None:
    apart = []
    for whole in (True, False):
        there.open(path, NARROW)
        if not whole:
            there.ask(
                "for (const one of document.querySelectorAll('.tex'))"
                " one.style.whiteSpace = 'normal'; 0"
            )
        counts = []
        for width in range(NARROW - 40, NARROW + 61, 20):
            there.ask(f"document.body.style.width = '{width}px'; 0")
            away, every = there.ask(AWAY)
            assert every > 50
            counts.append(away)
        apart.append(counts)
    assert sum(apart[0]) == 0
    assert sum(apart[1]) > 0


def test_all_stands_on_paper(there: Browser, path: Path) -> None:
    there.open(path, WIDE)
    there._call("Emulation.setEmulatedMedia", media="print")
    there.ask("dispatchEvent(new Event('beforeprint')); 0")
    # The lines of a derivation stand in it already, with their reasons.
    parts = "[...document.querySelectorAll('.horizon, .check > .notes, .factors > .notes')]"
    hidden = f"{parts}.filter((one) => !one.offsetHeight).length"
    assert there.ask(hidden) == 0
    assert there.ask("document.getElementById('horizon').offsetHeight") == 0
    # Words that lead to a list, a table or equations are not the last of a page.
    led = "p.nextElementSibling?.matches('ul, ol, .table, .displays')"
    ways = f"[...document.querySelectorAll('main p')].filter((p) => {led})"
    breaks = there.ask(f"{ways}.map((p) => getComputedStyle(p).breakAfter)")
    assert len(breaks) > 10
    assert set(breaks) == {"avoid"}
    there.ask("dispatchEvent(new Event('afterprint')); 0")
    there._call("Emulation.setEmulatedMedia", media="")


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_without_scripts_the_whole_handout_is_read_in_words(
    there: Browser, path: Path, page: HtmlPage, width: int
) -> None:
    there._call("Emulation.setScriptExecutionDisabled", value=True)
    try:
        seen = there.open(path, width)
        assert there.ask("document.querySelectorAll('.katex').length") == 0
        assert seen.complaints == []
        assert there.ask("document.documentElement.scrollWidth") == width
        shown = there.ask("document.querySelector('main').innerText")
        cut = (
            "[...document.querySelectorAll('.formula')].filter((one) =>"
            " one.offsetHeight && one.scrollWidth > one.clientWidth + 1).length"
        )
        assert there.ask(cut) == 0
        # Controls that would do nothing are not there, and what unfolds does so by itself.
        for one in ("#scheme", "#live", ".terms button", ".setting"):
            assert there.ask(f"document.querySelector('{one}').offsetHeight") == 0
        line = "document.querySelector('#eq-elman-steps-recursion .steps')"
        assert there.ask(f"{line}.open = true, {line}.innerText").count("sum rule") == 2
    finally:
        there._call("Emulation.setScriptExecutionDisabled", value=False)
    assert "\\" not in shown
    for _, display in page.spoken_displays():
        assert display.words in shown
    assert "(∂L_3/∂W) = (∂L_3/∂o_3) (∂o_3/∂s_3) (∂⁺s_3/∂W) + " in shown
    # Beside each line of a derivation stands the reason for it, as the text says.
    assert (
        "\n∇[a_t] L = δ_t | its name\n= Σ[j=t..T] δ_{j,t} | sum rule: losses from here on\n"
        in shown
    )


def run_axe(there: Browser, page: Path, width: int, dark: bool) -> list[tuple[str, str]]:
    """Return what axe-core finds in a page: the name of a rule, and the first element against it."""
    if AXE is None or AXE.origin is None:
        pytest.skip("no axe-core: pip install --no-deps --require-hashes -r tests/axe.lock")
    there.open(page, width, dark)
    # What a formula is made of is KaTeX's; thousands of its boxes would take minutes.
    there.ask(
        "for (const one of document.querySelectorAll('.katex'))"
        " one.replaceWith(one.querySelector('annotation').textContent);"
        "for (const one of document.querySelectorAll('.check, .factors')) one.open = true;"
        # What is wider now can be scrolled by the keyboard, too.
        "dispatchEvent(new Event('resize')); 0"
    )
    there.ask((Path(AXE.origin).parent / "axe.min.js").read_text(encoding="utf-8") + "; 0")
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
    options = json.dumps({"runOnly": tags, "resultTypes": ["violations"]})
    # The colours of the buttons are turned by a filter that axe does not see; test_html computes them.
    asked = (
        f"axe.run({{exclude: [['.terms']]}}, {options})"
        ".then((found) => JSON.stringify(found.violations))"
    )
    return [(one["id"], one["nodes"][0]["html"]) for one in json.loads(there.ask(asked))]


@pytest.mark.parametrize(
    ("written", "instead", "rule"),
    [
        ('<html lang="en">', "<html>", "html-has-lang"),
        ('<label for="live-seed">', '<label for="live-nothing">', "label"),
        ('<th scope="col" class="l">', '<th scope="col" class="l" role="nothing">', "aria-roles"),
        ('<p class="author">', '<p class="author" style="color: #bbb">', "color-contrast"),
    ],
)
def test_axe_finds_what_shuts_readers_out(
    there: Browser, path: Path, tmp_path: Path, written: str, instead: str, rule: str
) -> None:
    text = path.read_text(encoding="utf-8")
    assert written in text
    # Its policy forbids what it does not have.
    policy = re.compile('<meta http-equiv="Content-Security-Policy" content="[^"]*">')
    broken = tmp_path / "broken.html"
    broken.write_text(policy.sub("", text.replace(written, instead)), encoding="utf-8")
    assert rule in [id for id, _ in run_axe(there, broken, WIDE, False)]


@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_a_title_of_one_long_word_keeps_to_the_page(
    there: Browser, path: Path, tmp_path: Path, width: int
) -> None:
    title = "x" * 900
    text = re.sub("(?<=<h1>).*(?=</h1>)", title, path.read_text(encoding="utf-8"))
    other = tmp_path / "long.html"
    other.write_text(text, encoding="utf-8")
    there.open(other, width)
    assert there.ask("document.querySelector('h1').textContent.length") == len(title)
    assert there.ask("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize(
    ("width", "dark"), [(WIDE, False), (WIDE, True), (PHONE, False), (PHONE, True)]
)
def test_axe_finds_nothing_that_shuts_readers_out(
    there: Browser, path: Path, width: int, dark: bool
) -> None:
    assert run_axe(there, path, width, dark) == []

"""Built pages in a browser: their mathematics is set, nothing is complained of, nothing is fetched."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from derive.embedding.parts import parts
from derive.embedding.request import Network, Request
from derive.resources import stylesheet
from tests import ROOT
from tests.browser import PHONE, PROGRAM, WIDE, Browser, browser
from tests.embedding.test_mkdocs import build as mkdocs
from tests.embedding.test_sphinx import build as sphinx

# Chromium is larger than all else that is installed for tests, and is no part of their set-up.
pytestmark = [
    pytest.mark.deferred,
    pytest.mark.skipif(PROGRAM is None, reason="no Chromium: tools/apt-install chromium"),
]

PROBE = """(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const wide = (one) => one.scrollWidth > one.clientWidth + 1 && one.querySelector("h1")
    && (one === document.documentElement || getComputedStyle(one).overflowX !== "visible");
  const text = document.body.cloneNode(true);
  text.querySelectorAll("code, pre, script, style, mjx-container").forEach((one) => one.remove());
  return JSON.stringify({
    formulas: all("mjx-container").length,
    wrong: all("mjx-merror, [data-mjx-error], mjx-mtext[style*=red], g[fill=red]")
      .map((one) => one.textContent || one.outerHTML),
    unset: text.textContent.match(/\\\\(frac|partial|delta)\\b/g) || [],
    wide: all("*").filter(wide).map((one) => `${one.tagName} ${one.className}`),
    missing: all("img").filter((one) => !one.naturalWidth).map((one) => one.src),
  });
})()"""


def problems(there: Browser, page: Path, width: int, dark: bool) -> list[str]:
    """Return what is wrong with a page that is opened; what is wide must scroll by itself."""
    seen = there.open(page, width, dark)
    found = json.loads(there.ask(PROBE))
    away = [url for url in seen.requests if not url.startswith(("file:", "data:", "blob:"))]
    made = [f"fetched: {url}" for url in away] + seen.complaints
    made += [f"not set: {what}" for what in found["wrong"] + found["unset"]]
    made += [f"not there: {src}" for src in found["missing"]]
    made += [f"wider than its page: {box}" for box in found["wide"]]
    return made


@pytest.fixture(scope="module")
def there() -> Iterator[Browser]:
    with browser() as running:
        yield running


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return the pages of the examples by their names."""
    out = tmp_path_factory.mktemp("pages")
    examples = ROOT / "examples"
    code, said = sphinx(examples / "sphinx", out / "sphinx")
    assert code == 0, said
    code, said = mkdocs(examples / "mkdocs" / "mkdocs.yml", out / "mkdocs")
    assert code == 0, said
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute"]
    settings = ["--config", str(examples / "notebook" / "offline.py"), "--output-dir", str(out)]
    subprocess.run([*command, *settings, str(examples / "notebook" / "bptt.ipynb")], check=True)
    return {
        "sphinx": out / "sphinx" / "html" / "index.html",
        "sphinx-chapter": out / "sphinx" / "html" / "chapter.html",
        "sphinx-own": out / "sphinx" / "html" / "own.html",
        "mkdocs": out / "mkdocs" / "index.html",
        "mkdocs-own": out / "mkdocs" / "own" / "index.html",
        "notebook": out / "bptt.html",
    }


NAMES = ["sphinx", "sphinx-chapter", "sphinx-own", "mkdocs", "mkdocs-own", "notebook"]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", [WIDE, PHONE])
@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_an_example_is_right(
    name: str, width: int, dark: bool, there: Browser, pages: dict[str, Path]
) -> None:
    assert not problems(there, pages[name], width, dark)
    assert there.ask("document.querySelectorAll('mjx-container').length") >= 2
    if name != "notebook":  # whose theme is chosen when it is converted
        paper = there.ask("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
        assert (int(paper) < 128) == dark


@pytest.mark.parametrize(
    ("written", "instead", "problem"),
    [
        (r"\frac{\partial L_{3}}", r"\frc{\partial L_{3}}", "not set"),
        (r"\frac{\partial L_{3}}{\partial W}", r"\frac{\partial L_{3}", "not set"),
        ("</head>", '<script src="https://example.org/a.js"></script></head>', "fetched: https"),
        ("</head>", "<script>nothing()</script></head>", "nothing is not defined"),
        ("</p>", '</p><img src="gone.svg">', "not there"),
        ("</p>", '</p><div style="width:5000px">a</div>', "wider than its page"),
    ],
)
def test_what_is_wrong_is_noticed(
    written: str, instead: str, problem: str, there: Browser, pages: dict[str, Path]
) -> None:
    page = pages["sphinx"].read_text(encoding="utf-8")
    assert written in page
    broken = pages["sphinx"].with_name("broken.html")
    broken.write_text(page.replace(written, instead, 1), encoding="utf-8")
    assert any(problem in found for found in problems(there, broken, PHONE, False))


def test_numbers_and_references_lead_to_their_equations(
    there: Browser, pages: dict[str, Path]
) -> None:
    links = (
        "JSON.stringify([...document.querySelectorAll('a[href^=\"#eq\"]')]"
        ".map(a => [a.textContent, Boolean(document.getElementById(a.hash.slice(1)))]))"
    )
    for name, numbers in (("sphinx", ["(1)"]), ("mkdocs", ["(1)"]), ("mkdocs-own", ["(2)"])):
        there.open(pages[name])
        found = [one for one in json.loads(there.ask(links)) if one[0].startswith("(")]
        assert found == [[number, True] for number in numbers], name


@pytest.mark.parametrize("scheme", ['data-theme="dark"', 'data-md-color-scheme="slate"', ""])
def test_katex_has_colours_for_dark_pages(scheme: str, there: Browser, tmp_path: Path) -> None:
    found = find_spec("sphinxcontrib.katex")
    assert found is not None
    assert found.origin is not None
    script = (Path(found.origin).parent / "katex.min.js").as_uri()
    network = Network("elman", 2)
    wanted = Request(network, equations=("elman-grad-W-terms-2",))
    tex = parts(wanted).tex(parts(wanted).equation("elman-grad-W-terms-2"), coloured=True)
    page = tmp_path / "page.html"
    page.write_text(
        f'<!doctype html><html {scheme}><link rel="stylesheet" href="{stylesheet().as_uri()}">'
        '<p id="there"></p>'
        f'<script src="{script}"></script><script>'
        f"katex.render({json.dumps(tex)}, document.getElementById('there'))</script></html>"
    )
    there.open(page)
    # Turned twice, a colour would be what it was.
    turned = json.loads(
        there.ask(
            """JSON.stringify([...document.querySelectorAll(".katex-html [style*='color']")]
            .filter((one) => !one.children.length)
            .map((one) => { let n = 0; for (let up = one; up; up = up.parentElement)
              n += getComputedStyle(up).filter !== "none"; return n; }))"""
        )
    )
    assert len(turned) > 10
    assert set(turned) == {1 if scheme else 0}


def test_the_site_is_built_and_right(there: Browser, tmp_path: Path) -> None:
    code, said = sphinx(ROOT / "docs", tmp_path, "html", "-q", "-j", "auto")
    assert code == 0, said
    built = sorted((tmp_path / "html").rglob("*.html"))
    assert len(built) > 30
    wrong = {
        f"{page.relative_to(tmp_path)}, {width}": found
        for page in built
        for width, dark in ((WIDE, False), (PHONE, True))
        if (found := problems(there, page, width, dark))
    }
    assert not wrong

"""Pages as they are written, by MkDocs and by Sphinx: pictures, words, places, files."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest
from mkdocs.commands.build import build as build_site
from mkdocs.config import load_config
from mkdocs.exceptions import Abort
from mkdocs.structure.files import File

from derive.embedding.pages import Page
from derive.mkdocs import plugin
from derive.mkdocs.plugin import DerivePlugin
from derive.mkdocs.written import WrittenPage, place_of, unescaped
from tests.embedding.test_sphinx import build

Make = Callable[[Any], Any]

SITE = """
site_name: "Site"
theme: {{name: null, custom_dir: {theme}}}
plugins: [derive]
markdown_extensions:
  - tables
  - pymdownx.superfences
  - pymdownx.arithmatex: {{generic: true}}
"""

PAGE = """# Title

![Theirs](own.svg)

```bptt elman
:steps: 2
:figure: unrolled paths
:eq: elman-forward-s elman-grad-U
```

See {eq}`elman-grad-U`.
"""


def site(folder: Path) -> str:
    """Return the HTML of a page of a site, which is built."""
    docs, theme = folder / "docs", folder / "theme"
    for one in (docs / "deep", theme):
        one.mkdir(parents=True, exist_ok=True)
    (theme / "main.html").write_text("{{ page.content }}")
    (docs / "deep" / "page.md").write_text(PAGE)
    (docs / "deep" / "own.svg").write_text("<svg/>")
    (docs / "index.md").write_text("# Start\n")
    (folder / "mkdocs.yml").write_text(SITE.format(theme=theme))
    build_site(load_config(str(folder / "mkdocs.yml"), site_dir=str(folder / "out")))
    return (folder / "out" / "deep" / "page" / "index.html").read_text(encoding="utf-8")


def test_a_page_of_mkdocs_is_written_as_it_was_read(tmp_path: Path) -> None:
    page = WrittenPage()
    page.feed(site(tmp_path))
    theirs, (one, said), (two, other) = page.pictures
    assert theirs[1] == "Theirs"
    assert "unrolled" in one
    assert "The network unrolled" in said
    assert "W^(k)" in other
    for address in (one, two):
        assert (tmp_path / "out" / place_of(address, "deep/page/")).is_file()


def content(change: Callable[[str], str]) -> Make:
    """Change the HTML of a page before it is read."""
    return lambda right: lambda html, *more: change(right(html, *more))


def exchanged(pattern: str) -> Callable[[str], str]:
    def change(html: str) -> str:
        ours = [m for m in re.findall(pattern, html) if "bptt" in m or "The " in m]
        first, second = ours[:2]
        return html.replace(first, "?").replace(second, first).replace("?", second)

    return change


def hiding(sheet: Path) -> Path:
    """Return a style sheet of the same name in which something is hidden."""
    made = Path(mkdtemp()) / sheet.name
    made.write_text(f"{sheet.read_text()}\nspan.eqno {{ display: none; }}\n")
    return made


MKDOCS: dict[str, tuple[object, str, Make]] = {
    "an address of another picture": (
        plugin, "unescaped", content(exchanged(r'src="[^"]*"'))),
    "words of another picture": (plugin, "unescaped", content(exchanged(r'alt="[^"]*"'))),
    "an address of no file": (
        plugin, "unescaped", content(lambda html: html.replace("-paths.svg", "-path.svg"))),
    "a picture that is lost": (
        plugin, "unescaped", content(lambda html: re.sub(r"<img[^>]*-paths.svg[^>]*>", "", html))),
    "an address from another page": (
        plugin, "relpath", lambda right: lambda uri, start: right(uri, start + "/deep/er")),
    "a place that is lost": (
        plugin, "unescaped", content(lambda html: html.replace('id="eq-elman-grad-U"', ""))),
    "a place that is there twice": (
        plugin, "unescaped",
        content(lambda html: html.replace("eq-elman-forward-s", "eq-elman-grad-U"))),
    "a link to no place": (
        plugin, "unescaped",
        content(lambda html: html.replace('href="#eq-elman-grad-U', 'href="#eq-elman-grad-Q'))),
    "the text of another picture in a file": (
        File, "generated",
        lambda right: lambda config, uri, **named: right(
            config, uri, **{k: v if k != "content" or "paths" in uri else "<svg/>"
                            for k, v in named.items()})),
    "a reference to another equation": (
        Page, "refer", lambda right: lambda self, label: right(self, "elman-forward-s")),
    "a reference that is left out": (
        DerivePlugin, "_referred", lambda right: lambda self, line, made, where: line),
    "a style sheet that hides numbers": (
        plugin, "stylesheet", lambda right: lambda: hiding(right())),
    "a formula that is another in Markdown, behind its reader": (
        DerivePlugin, "on_page_markdown",
        lambda right: lambda self, *a, **k: right(self, *a, **k).replace("\\tanh", "\\tan")),
    "a formula that is another in the page": (
        plugin, "unescaped", content(lambda html: html.replace("\\tanh", "\\tan"))),
    "a page that is another behind its reader": (
        DerivePlugin, "on_page_content",
        lambda right: lambda self, *a, **k: right(self, *a, **k).replace("See", "Sea")),
    "a number that is lost behind its reader": (
        DerivePlugin, "on_page_content",
        lambda right: lambda self, *a, **k: right(self, *a, **k).replace("\\tag{1}", "")),
    "a name that does not tell pictures apart": (
        DerivePlugin, "on_page_markdown",
        lambda right: lambda self, *a, **k: right(self, *a, **k).replace("-unrolled", "-paths")),
}  # fmt: skip


@pytest.mark.parametrize("name", MKDOCS)
def test_a_page_of_mkdocs_that_is_another_stops_the_build(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    home, attribute, make = MKDOCS[name]
    monkeypatch.setattr(home, attribute, make(getattr(home, attribute)))
    with pytest.raises(Abort):
        site(tmp_path)
    assert re.search("bptt|does not refer to|where its source has", caplog.text)


def test_a_file_of_a_site_is_the_drawing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    right = File.copy_file

    def spoiled(self: File, dirty: bool = False) -> None:
        right(self, dirty)
        if self.src_uri.endswith("-paths.svg"):
            Path(self.abs_dest_path).write_text("<svg/>", encoding="utf-8")

    monkeypatch.setattr(File, "copy_file", spoiled)
    with pytest.raises(Abort):
        site(tmp_path)
    assert "is not the drawing that was read" in caplog.text


def test_words_of_pictures_have_no_backslashes() -> None:
    theirs = r'<img alt="a\^b" src="../x.svg">'
    ours = r'<img src="../bptt/x.svg" alt="W\^(k) &lt; \$1">'
    made = unescaped(theirs + ours, "deep/page.html", "bptt")
    assert made == theirs + r'<img src="../bptt/x.svg" alt="W^(k) &lt; $1">'
    assert escape("<") in made


# Faults in what a builder of Sphinx writes: one page for each, which is named after it.
WRITERS = {
    "address": ("HTML5Translator", "body.replace('_images/bptt-', '_images/bpt-')"),
    "other": ("HTML5Translator", "turned(body, r'src=\"_images[^\"]*')"),
    "words": ("HTML5Translator", "turned(body, r'(?<=alt=\")The [^\"]*')"),
    "lost": ("HTML5Translator", "re.sub(r'<img [^>]*class=.bptt-drawing[^>]*>', '', body, count=1)"),
    "place": ("HTML5Translator", "body.replace('id=\"equation-place-', 'id=\"equation-plac-')"),
    "places": ("HTML5Translator", "turned(body, r'id=\"equation-[^\"]*')"),
    "number": ("HTML5Translator", "turned(body, r'eqno\">\\(\\d+\\)')"),
    "formula": ("HTML5Translator", "body.replace('s_{t}', 's_{t-1}')"),
    "formulas": ("HTML5Translator", "turned(body, r'\\\\\\[[^\\[]*\\\\\\]')"),
    "figure": ("HTML5Translator", "turned(body, r'<figure[^>]*id=\"[^\"]*')"),
    "right": ("HTML5Translator", "body"),
}  # fmt: skip

CONF = r"""
import re
from sphinx.writers.html5 import HTML5Translator
from derive.sphinx import written
from derive.sphinx.resolved import PageError
from sphinx.util import logging

FAULTS = {faults!r}


def turned(body, pattern):
    # Exchange the first two of what is found.
    first, second = [*dict.fromkeys(re.findall(pattern, body))][:2]
    return body.replace(first, "?!").replace(second, first).replace("?!", second)


require = written._require_html


def noted(app, page, template, context, doctree):
    if page in FAULTS:
        context["body"] = eval(FAULTS[page][1], globals(), {{"body": context["body"]}})
    try:
        require(app, page, template, context, doctree)
    except PageError as error:
        print(f"REFUSED {{page}}: {{error}}")


written._require_html = noted
extensions = ["derive.sphinx"]
"""


def pages(source: Path, names: list[str], conf: str) -> None:
    source.mkdir()
    (source / "conf.py").write_text(conf)
    part = "   :steps: 2\n   :figure: unrolled paths\n   :eq: elman-forward-s elman-grad-U\n"
    lines = "".join(f"   {name}\n" for name in names)
    (source / "index.rst").write_text(f"Title\n=====\n\n.. toctree::\n\n{lines}")
    for name in names:
        prefix = f"   :label-prefix: {name}-\n"
        refers = f"See :eq:`{name}-elman-grad-U`.\n"
        text = f"T\n=\n\n.. bptt:: elman\n{part}{prefix}\n{refers}"
        (source / f"{name}.rst").write_text(text)


def test_a_page_of_sphinx_that_is_written_otherwise_is_refused(tmp_path: Path) -> None:
    pages(tmp_path / "source", [*WRITERS], CONF.format(faults=WRITERS))
    _, said = build(tmp_path / "source", tmp_path)
    assert {*re.findall(r"REFUSED (\w+):", said)} == {*WRITERS} - {"right"}, said


VISITORS = {
    "right": ("", "html text latex"),
    "address": ("right = drawings.escape\n"
                "drawings.escape = lambda text: right(text).replace('.svg', 'x.svg')", "html"),
    "file": ("""
right = drawings.hashlib.sha256
drawings.hashlib.sha256 = lambda data: right(b"")
""", "html"),
    "colours": ("""
from docutils import nodes
from derive.sphinx.colours import Colouring
right = Colouring.run
def run(self, **kwargs):
    right(self)
    for node in self.document.findall(nodes.math_block):
        node.children = [nodes.Text(node.astext().replace("U", "W"))]
Colouring.run = run
""", "html"),
    "alternative": ("""
from docutils import nodes
right = drawings.DrawingWords.run
def run(self, **kwargs):
    right(self)
    for node in self.document.findall(nodes.paragraph):
        if drawings.INSTEAD in node:
            node.children = [nodes.Text("[The network.]")]
drawings.DrawingWords.run = run
""", "text"),
    "picture": ("""
from sphinx.transforms.post_transforms import SphinxPostTransform
class Exchange(SphinxPostTransform):
    default_priority = 300
    def run(self, **kwargs):
        found = [*self.document.findall(drawings.bptt_drawing)]
        for key in ("svg", "tikz", "alt"):
            values = [node[key] for node in found][::-1]
            for node, value in zip(found, values):
                node[key] = value
extensions_more = lambda app: app.add_post_transform(Exchange)
""", "html text latex"),
    "reference": ("""
from sphinx.domains.math import MathDomain
right = MathDomain.resolve_xref
def resolve_xref(self, env, page, builder, kind, target, node, inner):
    return right(self, env, page, builder, kind, "a-elman-forward-s", node, inner)
MathDomain.resolve_xref = resolve_xref
""", "html"),
    "sheet": ("""
from pathlib import Path
from derive.sphinx import style
right = style.stylesheet
made = Path(__file__).parent / "sheets" / right().name
made.parent.mkdir(exist_ok=True)
made.write_text(right().read_text().replace("background: white", "background: black"))
style.stylesheet = lambda: made
""", "html"),
    "ink": ("""
from derive.typesetting import palette
palette.INK = "FFFFFF"
""", "latex"),
    "size": ("""
visit = drawings._latex
def _latex(visitor, node):
    try:
        visit(visitor, node)
    finally:
        visitor.body[-1] = visitor.body[-1].replace("{!}", "{0pt}")
drawings._latex = _latex
""", "latex"),
    "tikz": ("""
visit = drawings._latex
def _latex(visitor, node):
    node["tikz"] = node["tikz"].replace("W", "U")
    visit(visitor, node)
drawings._latex = _latex
""", "latex"),
    "label": ("""
from sphinx.writers.latex import LaTeXTranslator
right = LaTeXTranslator.visit_math_block
def visit_math_block(self, node):
    node["label"] = node["label"].replace("forward-s", "?").replace("grad-U", "forward-s").replace(
        "?", "grad-U")
    right(self, node)
LaTeXTranslator.visit_math_block = visit_math_block
""", "latex"),
}  # fmt: skip


BUILT = [
    # Each is a build of its own.
    pytest.param(n, b, marks=() if n in ("picture", "label") else pytest.mark.deferred)
    for n, (_, builders) in VISITORS.items()
    for b in builders.split()
]


@pytest.mark.parametrize(("name", "builder"), BUILT)
def test_a_builder_of_sphinx_that_writes_otherwise_fails(
    name: str, builder: str, tmp_path: Path
) -> None:
    fault, _ = VISITORS[name]
    setup = "def setup(app):\n    globals().get('extensions_more', lambda app: None)(app)\n"
    conf = f"from derive.sphinx import drawings\n{fault}\n{setup}\nextensions = ['derive.sphinx']\n"
    pages(tmp_path / "source", ["a"], conf)
    code, said = build(tmp_path / "source", tmp_path, builder)
    assert (code == 0) == (name == "right"), said
    assert ("bptt: " in said) == (name != "right"), said

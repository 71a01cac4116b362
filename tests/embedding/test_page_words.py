"""The words of other people's pages: those that are meant, with their numbers, names and places."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from derive.embedding import pages, wording
from derive.embedding.meant import CountedPage, MeantPart, numbered
from derive.embedding.pages import Page
from derive.embedding.parts import Parts, parts
from derive.embedding.request import Network, Request
from derive.errors import CheckError
from derive.jupyter import shown
from derive.jupyter.shown import Shown
from derive.render.page import pieces
from derive.render.text.dialects import dialect_named, dialects
from tests.embedding.test_sphinx import build

NETWORK = Network("elman", 2)
SECTIONS = Request(NETWORK, sections=("recursion", "given"))
Change = Callable[[Any], Any]


def page(dialect: str = "mkdocs") -> Page:
    return Page(dialect_named(dialect), lambda name, drawing: name)


def made(request: Request) -> str:
    found = parts(request)
    assert found.handout
    return page().text(request, found)


def plant(monkeypatch: pytest.MonkeyPatch, home: object, name: str, change: Change) -> None:
    right = getattr(home, name)
    monkeypatch.setattr(home, name, lambda *args, **kwargs: change(right(*args, **kwargs)))


def sub(pattern: str, by: str) -> Change:
    return lambda text: re.sub(pattern, by, text, count=1)


def other_equation(value: Any) -> Any:
    equations = parts(SECTIONS).document.equations()
    return equations[3] if value in equations and value != equations[3] else value


FAULTS: list[tuple[str, object, str, Change]] = [
    ("a word that is left out", pages, "fill", sub(" not ", " ")),
    ("the number of an algorithm", pages, "fill", sub(r"\*\*Algorithm 1", "**Algorithm 2")),
    ("a reference to another place", pages, "fill", sub(r"\]\(#alg-[^)]*", "](#sec-given")),
    ("lines that are indented less", pages, "fill", sub("(?:&emsp;)+", "")),
    ("the title of a section", pages, "fill", sub(r"(## [^\n]*)\n", r"\1 again\n")),
    ("an equation of another name", pieces.Elsewhere, "named", other_equation),
    ("a section that lacks its end", Parts, "section", lambda blocks: blocks[:-1]),
    ("sections in another order", pages, "without_instances", lambda blocks: blocks[::-1]),
    ("a line behind all others", pages, "tidy", lambda text: f"{text}\nand more\n"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("home", "name", "change"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_other_words_on_a_page_are_refused(
    home: object, name: str, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = made(SECTIONS)
    plant(monkeypatch, home, name, change)
    with pytest.raises(CheckError):
        made(SECTIONS)
    monkeypatch.undo()
    assert made(SECTIONS) == right


@pytest.mark.parametrize(
    "link",
    [
        lambda anchor, inner: f"[(1)](#{anchor})",
        lambda anchor, inner: f"[{inner}](#eq-elman-grad-U)",
        lambda anchor, inner: inner,
    ],
)
def test_a_reference_shows_the_number_of_the_equation_that_it_leads_to(link: Any) -> None:
    request = Request(NETWORK, equations=("elman-grad-U", "elman-grad-W"))
    right, wrong = page(), page()
    wrong.dialect = replace(wrong.dialect, equation_link=link)
    for one in (right, wrong):
        one.text(request, parts(request))
    assert right.refer("elman-grad-W") == "[(2)](#eq-elman-grad-W)"
    with pytest.raises(CheckError, match="does not say what was meant"):
        wrong.refer("elman-grad-W")


def test_the_number_is_the_one_that_was_read() -> None:
    request = Request(NETWORK, equations=("elman-grad-U", "elman-grad-W"))
    made = page()
    made.text(request, parts(request))
    made.numbers["elman-grad-W"] = 1
    with pytest.raises(CheckError, match="is written, '\\(2\\)' is meant"):
        made.refer("elman-grad-W")


def test_code_that_lacks_a_line_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    request = Request(NETWORK, code=True)
    assert "def " in page().text(request, parts(request))
    plant(monkeypatch, pages, "tidy", sub(r"\n    return [^\n]*", ""))
    with pytest.raises(CheckError, match="the code of elman"):
        page().text(request, parts(request))


@pytest.mark.parametrize("dialect", dialects())
def test_titles_with_signs_are_read_back_where_they_are_referred_to(dialect: str) -> None:
    request = Request(Network("lstm", 1))
    text = page(dialect).text(request, parts(request))
    assert r"“The gradient of W\_i”" in text


def test_what_is_meant_is_found_without_what_makes_pages() -> None:
    document = parts(SECTIONS).document
    for id, blocks in pieces.sections(document).items():
        assert MeantPart(document, Request(NETWORK, sections=(id,))).blocks == blocks
    whole = MeantPart(document, Request(NETWORK))
    assert whole.blocks == document.blocks
    ids = [id for _, id in numbered(whole.blocks)]
    assert ids == pieces.ids(pieces.without_instances(document.blocks))
    assert "derive.render.page.pieces" not in Path(str(wording.__file__)).read_text("utf-8")


def test_what_stands_on_a_page_is_counted_from_one_on() -> None:
    counted, blocks = CountedPage(), parts(SECTIONS).section("recursion")
    first = [label.number for label in counted.labels(blocks, "").values()]
    again = [label.number for label in counted.labels(blocks, "b-").values()]
    assert len(first) > 2
    assert all(int(a) < int(b) for a, b in zip(first, again, strict=True))


# Faults in the nodes of Sphinx: what stands in a page of the name is planted as that page is read.
NODES = {
    "title": ("Content._headed", "(n := right(self, *a), n.next_node(nodes.title).pop())[0]"),
    "level": ("Content._headed", "(n := right(self, *a), n[0].append(nodes.emphasis('', 'x')))[0]"),
    "numbered": ("Content._bullets", "nodes.enumerated_list('', *right(self, *a).children)"),
    "rows": ("Content._row", "right(self, a[0][::-1])"),
    "reference": ("Content._refer", "right(self, type(a[0])('network'))"),
    "caption": ("Content._named", "right(self, 'unrolled')"),
    "joined": ("Content._joined", "right(self, a[0])[:1]"),
    "sentence": ("Content._block", "[n for n in right(self, *a) if not isinstance(n, nodes.paragraph)]"),
    "order": ("Content._block", "right(self, *a)[::-1]"),
    "alone": ("Content._algorithm", "right(self, replace(a[0], lines=a[0].lines[1:]))"),
    "indent": ("Content._algorithm", "right(self, replace(a[0], lines=tuple(map(flat, a[0].lines))))"),
    "place": ("Content._label", "right(self, *a) + 'x'"),
    "section": ("Content.section", "right(self, *a)[0].children"),
    "elsewhere": ("Elsewhere.named", "other(self.document, right(self, *a))"),
    "alternative": ("Content._plain", "right(self, *a) + '!'"),
}  # fmt: skip

CONF = """
from dataclasses import replace
from docutils import nodes
from derive.errors import CheckError, UsageError
from derive.sphinx import directive
from derive.expressions.equation import Equation
from derive.render.page.pieces import Elsewhere
from derive.sphinx.content import Content

FAULTS = {faults!r}
kept = {{}}
require = directive.require_nodes


def noted(*args, **named):
    # What fails a check stops a build; here all pages are to be seen.
    try:
        require(*args, **named)
    except CheckError as error:
        raise UsageError(str(error)) from error


directive.require_nodes = noted


def flat(line):
    return replace(line, indent=0)


def other(document, value):
    return document.equations()[0] if isinstance(value, Equation) else value


def plant(app, page, text):
    for (home, name), function in kept.items():
        setattr(home, name, function)
    if page not in FAULTS:
        return
    target, fault = FAULTS[page]
    home, name = target.split(".")
    home = globals()[home]
    right = kept.setdefault((home, name), vars(home)[name])
    exec(f"def planted(self, *a): return {{fault}}", globals() | {{"right": right}}, found := {{}})
    setattr(home, name, found["planted"])


def setup(app):
    app.connect("source-read", plant)


extensions = ["derive.sphinx"]
"""


def test_other_words_on_a_page_of_sphinx_are_refused(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(CONF.format(faults=NODES))
    part = "   :steps: 2\n   :section: recursion glossary conventions references activation\n"
    lines = "".join(f"   {name}\n" for name in (*NODES, "right"))
    (source / "index.rst").write_text(f"Title\n=====\n\n.. toctree::\n\n{lines}")
    for name in (*NODES, "right"):
        prefix = f"   :label-prefix: {name}-\n"
        (source / f"{name}.rst").write_text(f"T\n=\n\n.. bptt:: elman\n{part}{prefix}")
    _, said = build(source, tmp_path)
    refused = {*re.findall(r"(\w+)\.rst:4: ERROR: bptt: .*is not what was meant", said)}
    refused |= {*re.findall(r"(\w+)\.rst:4: ERROR: bptt: .*does not say what was meant", said)}
    refused |= {*re.findall(r"(\w+)\.rst:4: ERROR: bptt: .*is not printed as it was checked", said)}
    assert refused == {*NODES}, said


def test_the_caption_of_a_figure_in_a_notebook_is_read_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    request = Request(NETWORK, figures=("paths",))
    (figure,) = Shown(request, parts(request)).figures
    assert "paths of the gradient" in figure.caption
    right: Any = vars(shown)["plain"]

    def other(*args: Any) -> Any:
        say = right(*args).say
        return SimpleNamespace(say=lambda value: say(value).replace("paths", "states"))

    monkeypatch.setattr(shown, "plain", other)
    with pytest.raises(CheckError, match="the caption of the figure paths"):
        _ = Shown(request, parts(request)).figures


@pytest.mark.parametrize(
    ("right", "wrong"),
    [("[(2)](#eq-elman-grad-W)", "[(1)](#eq-elman-grad-W)"), (r"\tag{2}", r"\tag{3}"),
     ("  $$", " $$"), ("every loss", "each loss")],
)  # fmt: skip
def test_a_page_is_read_when_all_of_it_is_there(right: str, wrong: str) -> None:
    network = Request(NETWORK, equations=("elman-grad-U", "elman-grad-W"))
    section = Request(NETWORK, sections=("recursion",), prefix="b-")
    whole = page()
    texts = [whole.text(one, parts(one)) for one in (network, section)]
    refers = f"[(7)](#eq-theirs) and {whole.refer('elman-grad-W')}, [(9)](#eq-elman-grad-U) theirs"
    indented = "\n".join(f"  {line}" if line else line for line in texts[0].split("\n"))
    source = "[(9)](#eq-elman-grad-U) theirs"
    made = f"# Title\n\n{refers}\n\n{indented}\n\n{texts[1]}\nend"
    assert whole.require_whole(made, source) == made
    assert right in made
    with pytest.raises(CheckError, match=r"a page (lacks|refers to)"):
        whole.require_whole(made.replace(right, wrong, 1), source)


SITE = {
    "numbers": ("get_equation_number_for", "right(self, *a) + 1"),
    "references": ("resolve_xref", "(n := right(self, *a), n.clear(), n.append(nodes.Text('(9)')))[0]"),
    "right": ("resolve_xref", "right(self, *a)"),
}  # fmt: skip


@pytest.mark.parametrize("name", SITE)
def test_a_page_of_sphinx_refers_by_the_numbers_that_stand_there(name: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    method, fault = SITE[name]
    (source / "conf.py").write_text(
        "from docutils import nodes\nfrom sphinx.domains.math import MathDomain\n"
        f"right = MathDomain.{method}\nMathDomain.{method} = lambda self, *a: {fault}\n"
        'extensions = ["derive.sphinx"]\n'
    )
    directive = ".. bptt:: elman\n   :steps: 2\n   :eq: elman-grad-U elman-grad-W\n"
    text = f"T\n=\n\nSee :eq:`elman-grad-W` and :doc:`(1) <index>`.\n\n{directive}"
    (source / "index.rst").write_text(text)
    code, said = build(source, tmp_path)
    assert (code == 0) == (name == "right"), said
    assert ("does not say what was meant" in said) == (name != "right")

"""What stands on other people's pages is read back too: a planted fault does not get there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from derive.catalogue import names
from derive.document.blocks import FigureBlock, Heading, TableBlock
from derive.embedding import pages
from derive.embedding.pages import Page
from derive.embedding.parts import parts
from derive.embedding.request import Network, Request
from derive.errors import CheckError
from derive.publishing import export as exporting
from derive.render.tex import fragments
from derive.render.text import fragments as markdown_pieces
from derive.render.text.dialects import dialect_named, dialects
from derive.typesetting.layout import PagePrinter
from tests.embedding.handouts import handout
from tests.embedding.test_sphinx import build

NETWORK = Network("elman", 2)
Change = Callable[[Any], Any]


def changed(change: Change) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return what changes the result of a function."""
    return lambda right: lambda *args, **kwargs: change(right(*args, **kwargs))


def plant(monkeypatch: pytest.MonkeyPatch, home: object, name: str, change: Change) -> None:
    monkeypatch.setattr(home, name, changed(change)(getattr(home, name)))


def page(request: Request, dialect: str = "mkdocs") -> str:
    found = parts(request)
    assert found.handout
    return Page(dialect_named(dialect), lambda name, drawing: name).text(request, found)


SECTION = Request(NETWORK, sections=("recursion",))
FIGURE = Request(NETWORK, figures=("paths",))

FAULTS: list[tuple[str, Request, object, str, Change]] = [
    ("a sign in a section", SECTION, pages, "fill",
     lambda text: text.replace("o_{t} - y_{t}", "o_{t} + y_{t}")),
    ("a transpose on display", SECTION, PagePrinter, "display",
     lambda tex: tex.replace(r"W^{\top}", "W")),
    ("an index within a sentence", SECTION, PagePrinter, "inline",
     lambda tex: tex.replace("t+1", "t-1")),
    ("a label of a drawing", FIGURE, pages, "svg", lambda svg: svg.replace("$W$", "$U$")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("request_", "home", "name", "change"),
    [row[1:] for row in FAULTS],
    ids=[row[0] for row in FAULTS],
)
def test_a_fault_on_a_page_is_refused(
    request_: Request, home: object, name: str, change: Change, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert parts(request_).handout
    plant(monkeypatch, home, name, change)
    with pytest.raises(CheckError):
        page(request_)


@pytest.mark.parametrize("dialect", dialects())
def test_without_a_fault_all_sections_stand_on_a_page(dialect: str) -> None:
    assert page(Request(NETWORK), dialect)


COVERED = {"elman", "lstm"}
"""With sections that differ most; those of all networks take minutes."""

CELLS = [
    cell if cell in COVERED else pytest.param(cell, marks=pytest.mark.deferred) for cell in names()
]


def titled(cell: str) -> tuple[list[str], list[str]]:
    """Return the ids of the sections and of the figures of a handout."""
    blocks = parts(Request(Network(cell, 2))).document.blocks
    sections = [block.id for block in blocks if isinstance(block, Heading)]
    figures = [block.figure.id for block in blocks if isinstance(block, FigureBlock)]
    assert len(sections) > 10
    assert figures
    return sections, figures


@pytest.mark.parametrize("cell", CELLS)
def test_each_section_and_figure_stands_on_a_page_by_itself(cell: str) -> None:
    network, (sections, figures) = Network(cell, 2), titled(cell)
    wanted = [Request(network, sections=(id,)) for id in sections]
    for request in [*wanted, *(Request(network, figures=(id,)) for id in figures)]:
        made = Page(dialect_named("mkdocs"), lambda name, drawing: name)
        assert made.text(request, parts(request))


@pytest.mark.parametrize("cell", CELLS)
def test_each_section_and_figure_stands_on_a_page_of_sphinx(cell: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["derive.sphinx"]\nnumfig = True\n')
    sections, figures = titled(cell)
    wanted = [*(f":section: {id}" for id in sections), *(f":figure: {id}" for id in figures)]
    page = "".join(
        f".. bptt:: {cell}\n   :steps: 2\n   {option}\n   :label-prefix: p{n}-\n\n"
        for n, option in enumerate(wanted)
    )
    whole = f".. bptt:: {cell}\n   :steps: 2\n"
    (source / "index.rst").write_text(f"Title\n=====\n\n.. toctree::\n\n   whole\n\n{page}")
    (source / "whole.rst").write_text(f"Whole\n=====\n\n{whole}")
    code, said = build(source, tmp_path)
    assert code == 0, said


def test_only_what_tells_of_the_proof_waits_for_it() -> None:
    checks, section = Request(NETWORK, sections=("checks",)), Request(NETWORK, sections=("flow",))
    with_proof, without = parts(checks).document, parts(section).document
    assert parts(Request(NETWORK)).document == with_proof
    assert parts(Request(NETWORK, figures=("paths",))).document == without
    # All else is the same, so that both are numbered alike.
    told = [b for b in with_proof.blocks if b not in without.blocks]
    assert told[0] == Heading("heading.general", 1, "general")
    assert [b.id for b in told if isinstance(b, TableBlock)] == ["assumed", "obligations"]
    assert tuple(b for b in with_proof.blocks if b not in told) == without.blocks
    assert "statements" in page(Request(NETWORK, sections=("general",)))
    assert parts(section).whole.document == with_proof


def test_a_wrong_number_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    dialect = dialect_named("mkdocs")
    monkeypatch.setattr(
        pages, "displayed",
        lambda d, formula: dialect.display(formula.tex, str(int(formula.number) + 1), formula.anchor),
    )  # fmt: skip
    with pytest.raises(CheckError, match="are displayed"):
        page(Request(NETWORK, equations=("elman-forward-s",)))


@pytest.mark.parametrize(
    "fault",
    [
        "PagePrinter.display = lambda *a, _r=PagePrinter.display: _r(*a).replace('W^{', 'U^{')",
        "PagePrinter.inline = lambda *a, _r=PagePrinter.inline: _r(*a).replace('t+1', 't-1')",
    ],
)
def test_a_fault_in_sphinx_is_an_error_at_its_line(fault: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(
        "from derive.sphinx.content import PagePrinter\nfrom derive.embedding.parts import Parts\n"
        "whole = Parts.handout.func\n"
        "def spoiled(self):\n"
        "    made = whole(self)\n"
        f"    {fault}\n"
        "    return made\n"
        "Parts.handout = property(spoiled)\n"
        'extensions = ["derive.sphinx"]\n'
    )
    (source / "index.rst").write_text(
        "Title\n=====\n\n.. bptt:: elman\n   :steps: 2\n   :section: recursion\n"
    )
    code, said = build(source, tmp_path)
    assert code != 0
    assert "index.rst:4: bptt: " in said, said
    assert "is not printed as it was checked" in said


def exported(dialect: str, out: Path) -> None:
    exporting.export(handout(), dialect, out, network=("elman", 2))


def turned(texts: dict[str, str]) -> dict[str, str]:
    values = list(texts.values())
    return dict(zip(texts, [*values[1:], values[0]], strict=True))


@pytest.mark.parametrize(
    ("home", "name", "change", "dialect"),
    [
        (markdown_pieces, "section_texts", turned, "common"),
        (markdown_pieces, "equations", turned, "github"),
        (fragments, "equations", turned, "latex"),
        (exporting, "anchor", lambda id: id.replace("grad-U", "grad-Q"), "common"),
        (fragments.FragmentMarkup, "number", lambda tex: tex.replace("}{1", "}{2"), "latex"),
        (fragments, "preamble", lambda tex: tex.replace("1069A3", "C05607"), "latex"),
    ],
)
def test_a_piece_is_what_its_name_says(
    home: object, name: str, change: Change, dialect: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    plant(monkeypatch, home, name, change)
    with pytest.raises(CheckError):
        exported(dialect, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_what_is_written_is_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    right: Any = vars(exporting._Pieces)["files"].fget
    spoiled = property(
        lambda self: {
            name: text.replace("o_{t} - y_{t}", "o_{t} + y_{t}")
            for name, text in right(self).items()
        }
    )
    monkeypatch.setattr(exporting._Pieces, "files", spoiled)
    with pytest.raises(CheckError):
        exported("common", tmp_path / "out")

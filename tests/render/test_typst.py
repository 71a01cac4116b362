"""PDFs by the embedded typesetter: names, pages, the same bytes each time, and failures that say why."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pypdf
import pytest
from sympy import Basic

from derive.document.blocks import Document, Prose
from derive.errors import RenderError, UsageError
from derive.expressions.equation import Equation
from derive.render import engine
from derive.render.page.layout import fill
from derive.render.pdf import write, write_by_typst
from derive.render.typst.files import write_typst
from derive.render.typst.run import compile_folder
from derive.typesetting.layout import Reason
from derive.typesetting.typstletters import typst_string
from tests import ROOT
from tests.render.sample import SamplePrinter, sample

# What must come out as it stands here, whatever it means to Typst.
HOSTILE = (
    r'#read("/etc/passwd") $x$ *b* _i_ `c` @sec-a <lab> ~ \ \u{41} #panic() ]) [#sym.alpha] '
    r"""// /* no */ -- --- -1 ... 1. = + - / it's "q" https://a.example #let x = 1; {y} & ^ | %"""
)
WRITER = "Zoë *Ada* #x $y$"


class TypstSamplePrinter(SamplePrinter):
    """Words in place of formulas; enough to look at a page."""

    def inline(self, expr: Basic | Equation) -> str:
        """One line."""
        words = str(expr.sides if isinstance(expr, Equation) else expr)
        return f"{typst_string(words)}, $upright({typst_string(words)})$"

    def display(self, equation: Equation, reasons: Sequence[Reason] = ()) -> str:
        """One line."""
        return f'"sides of {equation.id}", $ x & = y \\ & = z $'


def printer_for(dialect: str) -> SamplePrinter:
    return TypstSamplePrinter() if dialect == "typst" else SamplePrinter()


@pytest.fixture(scope="module")
def compiled(sample_sentences: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of the sample with hostile names in it, compiled."""
    folder = tmp_path_factory.mktemp("typst")
    write_typst(sample(title=HOSTILE, author=WRITER, user=HOSTILE), printer_for, folder)
    compile_folder(folder)
    return folder


@pytest.fixture(scope="module")
def reader(compiled: Path) -> pypdf.PdfReader:
    return pypdf.PdfReader(compiled / "main.pdf")


def folder_with(path: Path, body: str) -> Path:
    """Return a folder with a document that needs no layout."""
    head = '#set document(title: "T", date: none)\n#set text(font: "New Computer Modern")\n'
    (path / "main.typ").write_text(head + body, encoding="utf-8")
    return path


def test_properties_and_pages_say_what_the_user_wrote(reader: pypdf.PdfReader) -> None:
    assert reader.metadata is not None
    assert reader.metadata.title == HOSTILE
    assert reader.metadata.author == WRITER
    assert reader.metadata.subject == "Backpropagation through time"
    assert str(reader.root_object["/Lang"]) == "en"
    text = "".join(page.extract_text() for page in reader.pages)
    bare = re.sub(r"\s", "", text)
    # In the title, in a paragraph, in another, and in a cell of a table.
    assert bare.count(re.sub(r"\s", "", HOSTILE)) == 4
    assert re.sub(r"\s", "", WRITER) in bare
    assert f"1/{len(reader.pages)}" in text


def test_bookmarks_are_the_headings_with_their_numbers(reader: pypdf.PdfReader) -> None:
    def titles(items: Any) -> Iterator[str]:
        for item in items:
            yield from titles(item) if isinstance(item, list) else [str(item.title)]

    found = [*titles(reader.outline)]
    assert found == ["1 The recurrent network", "2 What W does", "2.1 In detail"]


def elements(node: Any) -> Iterator[Any]:
    """Yield what a PDF is tagged as."""
    node = node.get_object()
    if isinstance(node, list):
        for inner in node:
            yield from elements(inner)
    elif isinstance(node, dict) and "/S" in node:
        yield node
        yield from elements(node.get("/K", pypdf.generic.ArrayObject()))


def test_it_is_accessible_and_says_what_is_drawn(reader: pypdf.PdfReader) -> None:
    root: Any = reader.root_object
    assert bool(root["/MarkInfo"]["/Marked"])
    assert b"<pdfuaid:part>1</pdfuaid:part>" in root["/Metadata"].get_data()
    found = [*elements(root["/StructTreeRoot"]["/K"])]
    formulas = [str(one.get("/Alt", "")) for one in found if one["/S"] == "/Formula"]
    shown = sample().displays()
    for display in shown:
        assert f"sides of {display.equation.id}" in formulas
    assert all(formulas)
    assert len(formulas) > len(shown)
    pictures = [str(one.get("/Alt", "")) for one in found if one["/S"] == "/Figure"]
    assert [p for p in pictures if "network over 3 steps" in p]
    assert all(pictures)
    assert {"/H1", "/H2", "/Table", "/TH", "/Caption", "/L"} <= {str(one["/S"]) for one in found}


def test_the_same_bytes_in_another_folder_and_process(compiled: Path, tmp_path: Path) -> None:
    other = tmp_path / "an other place"
    shutil.copytree(compiled, other, ignore=shutil.ignore_patterns("*.pdf"))
    code = (
        "import sys; from pathlib import Path; from derive.render.typst.run import compile_folder; "
        "compile_folder(Path(sys.argv[1]))"
    )
    subprocess.run([sys.executable, "-c", code, str(other)], check=True, cwd=ROOT)
    assert (other / "main.pdf").read_bytes() == (compiled / "main.pdf").read_bytes()


def test_a_failure_shows_its_line(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"unknown variable: nonsense[\s\S]*main\.typ:3"):
        compile_folder(folder_with(tmp_path, "some #nonsense here"))


def test_it_reads_nothing_of_the_machine(tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret", encoding="utf-8")
    (tmp_path / "work").mkdir()
    for file in (tmp_path / "secret.txt", Path("../secret.txt"), Path("/etc/passwd")):
        with pytest.raises(RenderError, match="Typst failed"):
            compile_folder(folder_with(tmp_path / "work", f'#read("{file}")'))


def test_it_uses_no_font_of_the_machine(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match="unknown font family"):
        compile_folder(folder_with(tmp_path, '#text(font: "TeX Gyre Pagella")[x]'))


def test_a_character_without_a_glyph_is_named(tmp_path: Path) -> None:
    path = tmp_path / "out.pdf"
    path.write_bytes(b"as it was")
    for title, said in (("Smile 😀", r"😀 \(U\+1F600\)"), ("循环", r"U\+5FAA")):
        document = Document("d", title, None, "en", (Prose("sample.second"),))
        with pytest.raises(RenderError, match=f"the fonts have no .*{said}"):
            write_by_typst(document, printer_for, path)
    assert path.read_bytes() == b"as it was"
    assert list(tmp_path.iterdir()) == [path]


def test_a_formula_without_words_for_it_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"PDF/UA-1 error: missing alt"):
        compile_folder(folder_with(tmp_path, "$x$"))


def test_a_text_that_is_changed_before_typst_reads_it_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def changed(folder: Path) -> Path:
        (folder / "main.typ").write_text("", encoding="utf-8")
        return folder / "main.typ"

    monkeypatch.setattr("derive.render.typst.run.compile_folder", changed)
    with pytest.raises(RenderError, match="another text than the one that was read back"):
        write_by_typst(sample(), printer_for, tmp_path / "a.pdf")


def test_without_the_package_the_way_to_it_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("derive.render.typst.run.is_there", lambda: False)
    with pytest.raises(RenderError, match=r"typst is not installed.*derive doctor"):
        compile_folder(tmp_path)


# Which typesetter


def test_auto_is_tex_where_both_its_programs_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert engine.chosen() == "typst"
    for program, found in (("xelatex", "typst"), ("xdvipdfmx", "tex")):
        (tmp_path / program).write_text("#!/bin/sh\n", encoding="utf-8")
        (tmp_path / program).chmod(0o755)
        assert engine.chosen() == found
    assert engine.chosen("typst") == "typst"
    monkeypatch.setenv("PATH", "")
    assert engine.chosen("tex") == "tex"
    with pytest.raises(UsageError, match=r"no engine 'pdflatex'"):
        engine.chosen("pdflatex")


def test_the_format_is_written_by_the_engine_that_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (path,) = write(sample(), printer_for, tmp_path / "a", engine="auto")
    assert b"/Creator(Typst" in path.read_bytes()
    with pytest.raises(RenderError, match="xelatex is not installed"):
        write(sample(), printer_for, tmp_path / "b", engine="tex")
    assert not (tmp_path / "b.pdf").exists()


def lines_on_pages(folder: Path, count: int) -> list[int]:
    """Return how many of so many lines stand on each page."""
    properties = dict.fromkeys(("title", "running_title", "author", "subject"), '"x"')
    head = fill(
        "typst/head.typ",
        properties={**properties, "keywords": '"k"', "language": '"en"'},
        colours=[],
    )
    (folder / "main.typ").write_text(
        head + f"#for count in range({count}) [line #parbreak()]", encoding="utf-8"
    )
    pages = pypdf.PdfReader(compile_folder(folder)).pages
    return [page.extract_text().count("line") for page in pages]


def test_a_few_lines_do_not_stand_alone_on_the_last_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("derive.render.typst.run.SPARE", ())
    whole = next(n for n in range(20, 80) if len(lines_on_pages(tmp_path, n + 1)) > 1)
    assert lines_on_pages(tmp_path, whole + 1) == [whole, 1]
    for enough in ((6,), (0, 0, 6), (6, 0)):
        monkeypatch.setattr("derive.render.typst.run.SPARE", enough)
        assert lines_on_pages(tmp_path, whole + 1) == [whole + 1]
    monkeypatch.undo()
    assert lines_on_pages(tmp_path, whole + 1) == [whole + 1]
    # Where the last page is not bare, or cannot be spared, pages are as they were.
    assert len(lines_on_pages(tmp_path, whole + 4)) == 2
    assert lines_on_pages(tmp_path, whole + 20)[0] <= whole

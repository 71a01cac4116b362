"""The extension for Sphinx: the example is built, and what is wrong is said with its line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples" / "sphinx"


def build(source: Path, out: Path, builder: str = "html", *flags: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "sphinx", "-W", "-n", "--keep-going", "-b", builder]
    done = subprocess.run(
        [*command, *flags, str(source), str(out / builder), "-d", str(out / "trees")],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("sphinx")
    code, said = build(EXAMPLE, out)
    assert code == 0, said
    return out


def test_equations_have_numbers_and_references(built: Path) -> None:
    page = (built / "html" / "index.html").read_text(encoding="utf-8")
    assert 'id="equation-elman-grad-w-terms-3"' in page
    assert re.search(r'href="#equation-elman-grad-w-terms-3">\(1\)<', page)
    assert r"\textcolor{#" in page


def test_a_section_is_a_section_of_the_page(built: Path) -> None:
    page = (built / "html" / "chapter.html").read_text(encoding="utf-8")
    assert 'id="chapter-sec-gradient-w"' in page
    assert re.search(
        r'<img src="_images/bptt-[0-9a-f]+\.svg" alt="[^"]+" class="bptt-drawing"', page
    )
    assert re.search(r'href="#chapter-fig-unrolled"><span class="std std-numref">Fig\. \d', page)


def test_no_page_needs_a_network(built: Path) -> None:
    for path in (built / "html").glob("*.html"):
        page = path.read_text(encoding="utf-8")
        assert not re.search(r'<(?:script|img|link)[^>]*(?:src|href)="(?:https?:)?//', page), path


def test_latex_has_the_equations_and_their_labels(built: Path) -> None:
    code, said = build(EXAMPLE, built, "latex")
    assert code == 0, said
    (tex,) = (built / "latex").glob("*.tex")
    text = tex.read_text(encoding="utf-8")
    assert r"\label{equation:index:elman-grad-W-terms-3}" in text
    assert "#" not in "".join(re.findall(r"\\textcolor\{.*?\}", text))
    assert r"\begin{tikzpicture}" in text


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex"])
def test_code_is_set_by_latex(engine: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text(
        'project, extensions = "code", ["derive.sphinx"]\n'
        # Fonts that come with every LaTeX.
        f"latex_engine, latex_elements = {engine!r}, {{'fontpkg': '', 'fncychap': ''}}\n"
    )
    # These have all the signs that the cells that ship have in their code.
    cells = ("mlstm", "gru", "rwkv")
    pieces = "".join(f".. bptt:: {cell}\n   :code:\n\n" for cell in cells)
    (source / "index.rst").write_text(f"Title\n=====\n\n{pieces}")
    code, said = build(source, tmp_path, "latex")
    assert code == 0, said
    run = subprocess.run(
        [engine, "-halt-on-error", "-interaction=nonstopmode", "code.tex"],
        cwd=tmp_path / "latex", capture_output=True, text=True, errors="replace", check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-2000:]


@pytest.mark.parametrize("builder", ["text", "man", "texinfo"])
def test_builders_without_drawings_say_what_they_show(builder: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    copytree(EXAMPLE, source)
    settings = (source / "conf.py").read_text(encoding="utf-8")
    (source / "conf.py").write_text(f"{settings}man_pages = [('chapter', 'c', 'c', 'me', 1)]\n")
    code, said = build(source, tmp_path, builder)
    assert code == 0, said
    pages = [p for p in (tmp_path / builder).rglob("*") if p.suffix in (".txt", ".1", ".texi")]
    written = "".join(page.read_text(encoding="utf-8") for page in pages)
    assert "[The network unrolled over 3 steps," in " ".join(written.split())


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        (":eq: elman-grad-W-term", r"unknown equation 'elman-grad-W-term'.*did you mean"),
        (":section: recursio", "no section 'recursio'.*did you mean recursion"),
        (":figure: path", "no figure 'path'.*did you mean paths"),
        (":steps: three", "the option steps is 'three'.*whole number"),
        (":notation: foo", "foo"),
        (":eq:", "the option eq names nothing"),
        (":label-prefix: a b", "label-prefix is 'a b': expected letters"),
        (":language: fr", "no language 'fr': expected one of"),
        (":initial: nought", "nought"),
    ],
)
def test_what_is_wrong_is_an_error_at_its_line(options: str, problem: str, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["derive.sphinx"]\n')
    (source / "index.rst").write_text(f"Title\n=====\n\ntext\n\n.. bptt:: elman\n   {options}\n")
    code, said = build(source, tmp_path)
    assert code != 0
    assert re.search(rf"index\.rst:6: ERROR: bptt: .*{problem}", said, re.DOTALL), said


def test_what_stands_twice_is_said_once_and_leaves_nothing_behind(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["derive.sphinx"]\n')
    wrong = ".. bptt:: elman\n   :eq: elman-forward-s elman-forward-q\n"
    right = ".. bptt:: elman\n   :eq: elman-forward-s\n"
    figure = ".. bptt:: elman\n   :figure: paths\n"
    page = "\n".join(["Title", "=====", "", wrong, right, right, figure, figure])
    (source / "index.rst").write_text(page)
    code, said = build(source, tmp_path)
    assert code != 0
    found = re.findall(r"index\.rst:(\d*): (?:ERROR|WARNING): (bptt: [^,;\n]*)", said)
    assert [(line, problem.partition(": did")[0]) for line, problem in found] == [
        ("4", "bptt: unknown equation 'elman-forward-q' for elman at T = 3"),
        ("10", "bptt: the equation 'elman-forward-s' stands on this page already"),
        ("16", "bptt: the place 'fig-paths' stands on this page already"),
    ], said
    assert "Duplicate" not in said


OWN = """
inputs = { x = "d" }
states = { s = "n" }
equations = '''
s[t] = tanh(U*x[t] + W*s[t-1] + u .* s[t-1])
z[t] = V*s[t]
'''
[parameters]
U = "n d"
W = "n n"
V = "m n"
u = "n"
"""


def written_twice(tmp_path: Path, more: str = "") -> Path:
    """Return a project where labels differ in capitals only, with pages that refer to both."""
    source = tmp_path / "eine Seite ü"
    source.mkdir()
    (source / "conf.py").write_text(f'extensions = ["derive.sphinx"]\n{more}')
    (source / "mine.toml").write_text(OWN)
    referred = "See :eq:`mine-grad-U-sum` and :eq:`mine-grad-u-sum`.\n"
    asked = ".. bptt:: mine.toml\n   :steps: 2\n   :eq: mine-grad-U-sum\n\n" + (
        ".. bptt:: mine.toml\n   :steps: 2\n   :eq: mine-grad-u-sum mine-grad-W-sum\n"
    )
    other = "Other\n=====\n\n" + referred
    page = f"Title\n=====\n\n.. toctree::\n   :numbered:\n\n   page\n   other\n\n{other}"
    (source / "index.rst").write_text(page)
    (source / "page.rst").write_text(f"Page\n====\n\n{asked}\n{referred}")
    (source / "other.rst").write_text(other)
    return source


@pytest.mark.parametrize(
    ("settings", "numbers"),
    [("", ("1", "2")), ("numfig = True\nmath_numfig = True\n", ("1.1", "1.2"))],
)
def test_references_tell_capitals_apart(
    settings: str, numbers: tuple[str, str], tmp_path: Path
) -> None:
    source = written_twice(tmp_path, settings)
    code, said = build(source, tmp_path, "html", "-j", "2")
    assert code == 0, said
    page = (tmp_path / "html" / "page.html").read_text(encoding="utf-8")
    places = ("equation-mine-grad-u-sum", "equation-mine-grad-u-sum-2")
    formulas = (r"\\partial U", r"\\partial u")
    for place, formula in zip(places, formulas, strict=True):
        assert len(re.findall(f'id="{place}"', page)) == 1
        shown = page.partition(f'id="{place}"')[2].partition("</div>")[0]
        assert re.search(f"{formula}\\b|{formula}}}", shown), shown
    for name, uri in (("page", ""), ("index", "page.html"), ("other", "page.html")):
        text = (tmp_path / "html" / f"{name}.html").read_text(encoding="utf-8")
        found = re.findall(r'href="([^"]*#equation-mine[^"]*)">\(([\d.]+)\)</a>', text)
        assert found == [(f"{uri}#{place}", n) for place, n in zip(places, numbers, strict=True)]
    code, said = build(source, tmp_path, "latex")
    assert code == 0, said
    (tex,) = (tmp_path / "latex").glob("*.tex")
    text = tex.read_text(encoding="utf-8")
    for label in ("mine-grad-U-sum", "mine-grad-u-sum"):
        assert text.count(rf"\label{{equation:page:{label}}}") == 1
        assert text.count(rf"\eqref{{equation:page:{label}}}") == 3


def test_a_page_without_its_second_equation_is_built_anew(tmp_path: Path) -> None:
    source = written_twice(tmp_path)
    assert build(source, tmp_path)[0] == 0
    page = source / "page.rst"
    page.write_text(page.read_text().replace(":eq: mine-grad-U-sum\n", ":eq: mine-grad-V-sum\n"))
    code, said = build(source, tmp_path)
    assert code != 0
    assert "equation not found: mine-grad-U-sum" in said
    text = (tmp_path / "html" / "page.html").read_text(encoding="utf-8")
    assert 'href="#equation-mine-grad-u-sum">(2)' in text
    assert "sum-2" not in text


def test_a_section_stands_on_a_page_where_names_differ_in_capitals_only(tmp_path: Path) -> None:
    source = written_twice(tmp_path)
    (source / "page.rst").write_text(
        "Page\n====\n\n.. bptt:: mine.toml\n   :steps: 2\n"
        "\nSee :eq:`mine-grad-U-sum` and :eq:`mine-grad-u-sum`.\n"
        "Also :ref:`sec-gradient-u` and :ref:`sec-gradient-u-2`.\n"
    )
    code, said = build(source, tmp_path)
    assert code == 0, said
    page = (tmp_path / "html" / "page.html").read_text(encoding="utf-8")
    for place, letter in (("sec-gradient-u", "U"), ("sec-gradient-u-2", "u")):
        assert len(re.findall(f'<section id="{place}">', page)) == 1
        title = page.partition(f'<section id="{place}">')[2].partition("</h")[0]
        assert rf"\({letter}\)" in title
    assert re.search(r'"#sec-gradient-u">.*U.*"#sec-gradient-u-2">.*u', page)


def test_an_equation_that_is_named_twice_is_an_error(tmp_path: Path) -> None:
    source = written_twice(tmp_path)
    page = source / "page.rst"
    page.write_text(page.read_text().replace("mine-grad-W-sum", "mine-grad-u-sum"))
    code, said = build(source, tmp_path)
    assert code != 0
    assert re.search(
        r"page\.rst:8: ERROR: bptt: two places here are both called 'mine-grad-u", said
    )


def test_an_equation_of_the_handout_alone_can_be_named(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "conf.py").write_text('extensions = ["derive.sphinx"]\n')
    (source / "index.rst").write_text(
        "Title\n=====\n\n.. bptt:: elman\n   :eq: elman-example-sum elman-scalar-grad-w\n"
    )
    code, said = build(source, tmp_path)
    assert code == 0, said
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert 'id="equation-elman-example-sum"' in page


def test_a_changed_file_of_equations_has_its_pages_read_anew(built: Path, tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.mkdir()
    copytree(EXAMPLE, source, dirs_exist_ok=True)
    (source / "conf.py").write_text('extensions = ["derive.sphinx", "myst_parser"]\n')
    for name in ("index.md", "chapter.rst"):
        (source / name).unlink()
    (source / "own.md").rename(source / "index.md")
    code, said = build(source, tmp_path)
    assert code == 0, said
    file = source / "leaky_cell.toml"
    file.write_text(file.read_text().replace("alpha*(1 - u[t])", "alpha*(2 - u[t])"))
    code, said = build(source, tmp_path)
    assert code == 0, said
    assert "1 changed" in said
    page = (tmp_path / "html" / "index.html").read_text(encoding="utf-8")
    assert r"2 \mathbf{1} - u" in page

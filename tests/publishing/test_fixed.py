"""What is the same in all documents: the table is in date, and what it does not have is refused."""

from __future__ import annotations

import pytest

from derive.errors import CheckError
from derive.publishing.fixed import known, require_head, require_looks, require_signs, require_style
from derive.reading.passage import Passage, ReadingError
from derive.reading.statements import SourceStatement, of_css, of_latex, of_typst
from derive.reading.texblocks import BlockCommands
from derive.resources import stylesheet
from derive.sphinx.drawings import LOOKS
from derive.sphinx.signs import declared_signs
from tools import fixed_texts


def test_the_table_is_made_anew_as_it_stands(capsys: pytest.CaptureFixture[str]) -> None:
    fixed_texts.main()
    printed = capsys.readouterr().out
    for kind in (
        "head",
        "typst",
        "page",
        "preamble",
        "style",
        "example",
        "picture",
        "signs",
        "needed by TeX",
    ):
        rows = "".join(f"{one.digest}  {one.name}\n" for one in known(kind))
        assert f"[{kind}]\n{rows}" in printed, "looked at, and then `make fixed`?"


HEAD = r"""
\usepackage{x}%
% a remark {
\newcommand\a[1]{%
% within
  {\b #1} \}

  c}
\definecolor{lag1of2}{HTML}{00FF00}
\definecolor{ink}{HTML}{00FF00}
\hypersetup{pdftitle={T {of} \} it}, unicode}
\fancyhead[L]{\footnotesize\color{quiet}{-} T}
"""


def test_a_head_is_read_in_statements() -> None:
    assert [*of_latex(HEAD)] == [
        SourceStatement(r"\usepackage{x}", r"\usepackage{x}%"),
        SourceStatement(r"\newcommand\a", "\\newcommand\\a[1]{%\n  {\\b #1} \\}\n\n  c}"),
        SourceStatement(r"\definecolor{ink}", r"\definecolor{ink}{HTML}{00FF00}"),
        SourceStatement(r"\hypersetup", r"\hypersetup{pdftitle={}, unicode}"),
        SourceStatement(r"\fancyhead[L]", r"\fancyhead[L]{\footnotesize\color{quiet}}"),
    ]


TYPST = """
// a remark
#let a(x) = {
  // within
  x
}

#let lag1of2(body) = text(fill: rgb("#00FF00"), body)
#let ink = rgb("#00FF00")
#show: handout.with(
  title: "T \\" it",
  language: "en",
)
"""


def test_a_head_in_typst_is_read_in_statements() -> None:
    assert [one.text for one in of_typst(TYPST)] == [
        "#let a(x) = {\n  // within\n  x\n}",
        '#let ink = rgb("#00FF00")',
        '#show: handout.with(\n  title: "",\n  language: "",\n)',
    ]


def test_a_style_sheet_is_read_in_declarations() -> None:
    sheet = "/* a { */ a, b { c: d; e: f }\n@media x { g { h: i; } } j"
    assert [one.text for one in of_css(sheet)] == [
        "a, b { c: d }", "a, b { e: f }", "@media x g { h: i }", "j"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wrong", "right", "problem"),
    [
        ("flex: none", "flex: 1", "flex: 1 } was not looked at"),
        ("  flex: none;\n", "", "flex: none } does not stand in its place"),
        ("/* The number", "span.eqno { display: none }\n/* The number", "display: none"),
        ("@media screen {", "@media print {", "@media print"),
        ("align-items: center;", "align-items: center; align-items: center;", "does not stand"),
    ],
)
def test_a_style_sheet_that_is_another_is_refused(
    wrong: str, right: str, problem: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    require_style(stylesheet())
    path = tmp_path_factory.mktemp("sheet") / "derive.css"
    text = stylesheet().read_text(encoding="utf-8")
    assert wrong in text
    path.write_text(text.replace(wrong, right, 1), encoding="utf-8")
    with pytest.raises(CheckError, match=problem):
        require_style(path)


def test_a_style_sheet_that_is_not_there_is_refused(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with pytest.raises(CheckError, match="there is none"):
        require_style(tmp_path_factory.mktemp("sheet") / "derive.css")


def test_a_head_without_all_its_statements_is_refused() -> None:
    with pytest.raises(CheckError, match=r"documentclass.* does not stand in its place"):
        require_head("\\begin{document}")


BLOCKS = {
    "heading label": True,
    "formulas 2|formula formula end:formulas": True,
    "formulas 3|formula formula end:formulas": False,
    "heading": False,
    "begin:itemize item end:enumerate": False,
    "paragraph paragraph end:document": True,
    "begin:figure centering drawing blockname caption label end:figure": True,
    "begin:figure centering blockname drawing caption label end:figure": False,
}


@pytest.mark.parametrize("text", BLOCKS)
def test_commands_make_whole_blocks(text: str) -> None:
    commands = BlockCommands(Passage(text, "the text"))
    for name in (
        text.split() if "|" not in text else [text.split("|")[0], *text.split("|")[1].split()]
    ):
        commands.found.append((name, 0))
    if BLOCKS[text]:
        commands.require()
    else:
        with pytest.raises(ReadingError, match="no whole block"):
            commands.require()


@pytest.mark.parametrize("wrong", ["opacity:0", "max-width:1%", "background:black"])
def test_a_picture_on_a_page_that_looks_otherwise_is_refused(wrong: str) -> None:
    require_looks(LOOKS)
    with pytest.raises(CheckError, match="a picture on a page is not what was looked at"):
        require_looks(LOOKS.replace("background:white", wrong))


@pytest.mark.parametrize("sign", ["⊙", "∇", "∂", "λ", "\u0304"])
def test_another_sign_of_code_in_sphinx_is_refused(sign: str) -> None:
    right = declared_signs()
    require_signs(f"{right}\n\\begin{{document}}")
    line = next(line for line in right.splitlines() if f"{{{ord(sign):04X}}}" in line)
    code = line.partition("}")[0]
    for wrong in ("", f"{code}}}{{x}}", f"{line}\n{code}}}{{\\ensuremath{{\\oslash}}}}"):
        with pytest.raises(CheckError, match="the LaTeX by Sphinx is not what was looked at"):
            require_signs(right.replace(line, wrong))

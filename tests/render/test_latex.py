"""LaTeX source: what it loads and how it escapes."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from derive.cli.doctor import tex_needs
from derive.document.blocks import Document, Heading, Prose
from derive.errors import RenderError
from derive.render.latex import write, write_latex
from derive.render.page import escaping
from derive.render.page.shortened import shorten
from derive.render.page.view import TableView
from derive.render.tex.log import Fault, block_at, describe, failure, faults
from derive.render.tex.source import columns, source
from tests.render.sample import HOSTILE, SamplePrinter, sample

LITTLE = Document("d", "Title", None, "en", (Prose("sample.second"),))


@pytest.mark.parametrize(
    ("text", "tex"),
    [
        ("a_b & 5% of #1", r"a\_b \& 5\% of \#1"),
        (r"\write18{x}", r"\textbackslash{}write18\{x\}"),
        ("x^2 ~ $y$", r"x\^{}2 \textasciitilde{} \$y\$"),
        ("a--b ?`", r"a{-}{-}b ?{`}"),
        ("[x]", "{[}x{]}"),
    ],
)
def test_text_is_escaped(text: str, tex: str) -> None:
    assert escaping.latex(text) == tex


def test_text_becomes_one_clean_line() -> None:
    assert escaping.clean("a\nb\tc\x07\u202ed\u2028e  f ") == "a b c d e f"
    assert escaping.clean("x\ud800") == "x\ufffd"


def test_words_longer_than_words_are_may_break() -> None:
    assert escaping.latex("a" * 35) == r"\allowbreak{}".join(["a" * 10] * 3 + ["a" * 5])
    assert escaping.latex("a" * 35, breakable=False) == "a" * 35
    assert "allowbreak" not in escaping.latex("梯" * 35)


def test_only_what_the_document_uses_is_loaded() -> None:
    little = source(LITTLE, SamplePrinter(), {})
    for package in ("ctex", "tikz", "multicol"):
        assert f"{{{package}}}" not in little
    chinese = source(sample(user="“王小明”"), SamplePrinter(), {"figures/a": "x"})
    assert r"\usepackage[fontset=fandol,scheme=plain]{ctex}" in chinese
    assert r"\usepackage{tikz}" in chinese
    for text in (little, chinese):
        loaded = [line for line in text.splitlines() if line.startswith(r"\usepackage")]
        assert len(loaded) == len(set(loaded))


def test_the_doctor_knows_what_is_loaded() -> None:
    chapters = [Heading("sample.chapter", 1, f"c{n}") for n in range(4)]
    long = replace(sample(user="王"), blocks=(*chapters, *sample().blocks, *[LITTLE.blocks[0]] * 9))
    text = source(long, SamplePrinter(), {"figures/a": "x"})
    needs = {need.name for need in tex_needs()}
    packages = re.findall(r"\\usepackage(?:\[[^]]*\])?\{([^}]*)\}", text)
    assert "multicol" in packages
    assert {f"{package}.sty" for package in packages} <= needs
    assert {f"{font}.otf" for font in re.findall(r"(?<=[{=])([\w-]+)\.otf", text)} <= needs


def test_quotation_marks_alone_are_not_chinese() -> None:
    assert not escaping.has_cjk("“it’s” — 1…2")
    assert escaping.has_cjk("梯度")
    assert escaping.has_cjk("。")


def test_the_same_document_is_the_same_text() -> None:
    assert source(sample(), SamplePrinter(), {}) == source(sample(), SamplePrinter(), {})


def test_a_folder_is_written_with_all_that_it_reads(tmp_path: Path) -> None:
    made = write(sample(), lambda dialect: SamplePrinter(), tmp_path / "out")
    names = sorted(path.relative_to(tmp_path).as_posix() for path in made)
    assert names == [
        "out-tex/figures/graph.tex",
        "out-tex/figures/norms.tex",
        "out-tex/main.tex",
    ]
    assert r"\drawing{figures/graph}" in made[-1].read_text(encoding="utf-8")


def test_a_missing_value_leaves_no_folder(tmp_path: Path) -> None:
    broken = Document("d", "T", None, "en", (Prose("sample.first", {}),))
    with pytest.raises(RenderError, match=r"\{state\}"):
        write(broken, lambda dialect: SamplePrinter(), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_colours_that_were_printed_are_defined(tmp_path: Path) -> None:
    write_latex(sample(), SamplePrinter(), tmp_path)
    text = (tmp_path / "main.tex").read_text(encoding="utf-8")
    assert r"\definecolor{lagA}{HTML}{1069A3}" in text
    assert "lagA" not in source(LITTLE, SamplePrinter(), {})


def test_columns_with_much_text_break() -> None:
    def table(*widths: int) -> TableView:
        return TableView("t", "T", "c", (), (), "lcr"[: len(widths)], False, widths)

    found = columns(table(5, 60, 40))
    assert found.natural == "lcr"
    assert found.breaking.count("tableshare") == 2
    assert found.breaking.startswith("@{}l>")
    # If nothing is long but all is too wide, the widest one breaks.
    assert columns(table(5, 20)).breaking.count("tableshare") == 1


LOG = r"""
Overfull \hbox (0.7pt too wide) in paragraph at lines 3--4
Overfull \hbox (12.5pt too wide) detected at line 5
Overfull \vbox (40.0pt too high) has occurred while \output is active []
LaTeX Warning: Float too large for page by 55.1pt on input line 4.
Missing character: There is no 😀 in font [texgyrepagella-bold.otf]/OT:script=latn;!
Missing character: There is no 😀 in font [texgyrepagella-regular.otf]/OT:script=latn;!
"""
SOURCE = "\\x\n% block: eq-a\n\\begin{equation}\n% block: eq-b\nlong\n"


def test_a_log_tells_what_a_reader_would_see() -> None:
    found = faults(LOG)
    assert [fault.line for fault in found] == [None, 5, None, 4]
    said = describe(found, SOURCE)
    assert "😀 (U+1F600)" in said
    assert "eq-b (main.tex, line 5): 12.5 pt wider than the text" in said
    assert "40.0 pt higher than the page" in said
    assert "0.7" not in said
    assert faults("Overfull \\hbox (0.9pt too wide) in paragraph at lines 3--4") == []


def test_a_line_belongs_to_the_block_above_it() -> None:
    assert block_at(SOURCE, 3) == "eq-a"
    assert block_at(SOURCE, 1) == "the title"
    assert describe([Fault("odd", 1)], SOURCE) == "the title (main.tex, line 1): odd"


def test_a_failure_is_told_in_a_few_lines() -> None:
    log = "much\n! Undefined control sequence.\n\\row ->\\nothing\nl.7 \\row\n        {x}\nmore\n"
    assert (
        failure(log) == "! Undefined control sequence.\n\\row ->\\nothing\nl.7 \\row\n        {x}"
    )
    assert failure("all well") == "TeX stopped without saying why"


def test_comments_of_the_source_hold_no_users_text() -> None:
    text = source(sample(title=HOSTILE, author=HOSTILE, user=HOSTILE), SamplePrinter(), {})
    comments = [line for line in text.splitlines() if line.startswith("% block: ")]
    assert len(comments) > 10
    assert not any("passwd" in line for line in comments)


@pytest.mark.parametrize("text", ["כותרת (1)", "مرحبا 3", "x ١٢ - 3"])
def test_letters_to_the_left_leave_what_follows_where_it_is(text: str) -> None:
    assert escaping.isolated(text) == f"\u2068{text}\u2069"
    assert escaping.latex(escaping.isolated(text)) == escaping.latex(text)


def test_letters_to_the_right_are_left_alone() -> None:
    assert escaping.isolated("Title (1) – é 循环") == "Title (1) – é 循环"


def test_a_title_that_is_cut_keeps_its_direction_to_itself() -> None:
    cut = shorten(escaping.isolated("כותרת " * 20), 72)
    assert (cut[0], cut[-2:]) == ("\u2068", "…\u2069")
    # Where only what is left out runs to the left, nothing is turned.
    assert shorten(escaping.isolated("title " * 20 + "כותרת"), 72).startswith("title")

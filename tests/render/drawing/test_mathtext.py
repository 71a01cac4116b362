"""The part of LaTeX that pictures can hold, and a clear word about the rest."""

from __future__ import annotations

import pytest

from derive.errors import RenderError
from derive.render.drawing.mathtext import escaped, set_line, translate


@pytest.mark.parametrize(
    ("latex", "expected"),
    [
        (r"\lVert W\rVert", r"\Vert W\Vert"),
        (r"\lvert x\rvert", r"\vert x\vert"),
        (r"\bm{W}", r"\boldsymbol{W}"),
        (r"a\le b", r"a\leq b"),
        (r"a\leb", r"a\leb"),
        (r"\left(x\right)", r"\left(x\right)"),
        (r"\bigl(x\bigr)", "(x)"),
        (r"\operatorname*{max}_x", r"\operatorname{max}_x"),
        (r"f^{\prime}(a)", "f′(a)"),
        (r"f^{\prime\prime}", "f′′"),
        ("f'", "f′"),
        (r"\prod\limits_{j=k+1}^{t}", r"\prod_{j=k+1}^{t}"),
        (r"\dotsm x", r"\cdots x"),
    ],
)
def test_translation(latex: str, expected: str) -> None:
    assert translate(latex) == expected


@pytest.mark.parametrize(
    "latex",
    [
        r"\log_{10}\lVert\partial s_t/\partial s_k\rVert_2",
        r"\frac{\partial^{+} s_k}{\partial W}",
        r"W^{\top}\operatorname{diag}\left(1 - s_t\odot s_t\right)",
        r"\prod_{j=k+1}^{t}\frac{\partial s_j}{\partial s_{j-1}}",
        r"\boldsymbol{W}\symbf{U}\mathrm{d}\tilde{h}_t\bar{o}_t\sigma_{\max}(W)",
        r"\bigl(\gamma\,\sigma_{\max}(W)\bigr)^{t-k}\le\varepsilon",
        r"\mathcal{L}\in\mathbb{R}^{n}\text{ for all }t",
    ],
)
def test_formulas_of_the_handouts_can_be_set(latex: str) -> None:
    line = set_line(f"${latex}$", "figure")
    assert line.width > 0
    assert {glyph.name for run in line.runs for glyph in run.glyphs} <= set(line.outlines)


def test_words_and_formulas_follow_each_other() -> None:
    line = set_line("lag $t-k$ 步", "figure")
    assert [run.text for run in line.runs] == [None, None, None, "步"]
    places = [run.x for run in line.runs]
    assert places == sorted(places)
    assert places[0] == 0
    words, spaced = set_line("lag", "figure"), set_line("lag ", "figure")
    assert spaced.width > words.width


def test_fraction_has_its_bar() -> None:
    (run,) = set_line(r"$\frac{a}{b}$", "figure").runs
    ((left, bottom, right, top),) = run.bars
    assert right > left
    assert top > bottom


@pytest.mark.parametrize(
    "text", ["50 %", r"C:\temp\$x", "a $ b", r"\\", "_{", "<b>", "`code`", "\\"]
)
def test_escaped_text_is_no_mathematics(text: str) -> None:
    line = set_line(escaped(text), "figure")
    glyphs = [glyph for run in line.runs for glyph in run.glyphs]
    assert len(glyphs) == len(text)


@pytest.mark.parametrize(
    "latex", [r"\begin{bmatrix}a\end{bmatrix}", r"\underbrace{x}_y", "{x", "x_"]
)
def test_what_cannot_be_set_is_said(latex: str) -> None:
    with pytest.raises(RenderError, match=r"figure unrolled: cannot set the label .* as a picture"):
        set_line(f"${latex}$", "unrolled")


def test_chinese_inside_mathematics_is_refused() -> None:
    with pytest.raises(RenderError, match="outside the dollar signs"):
        set_line(r"$\text{步}$", "unrolled")


def test_lonely_dollar_is_refused() -> None:
    with pytest.raises(RenderError, match="odd number of dollar signs"):
        set_line("5 $", "unrolled")

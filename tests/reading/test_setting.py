"""What is seen of a label: outlines of letters at their places, and formulas in bare text."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest

from derive.api import svg
from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.errors import CheckError, RenderError
from derive.publishing.letterforms import StixForms
from derive.publishing.outlined import require_outlines
from derive.reading.drawings import drawn
from derive.reading.elements import DrawnWords
from derive.reading.fitting import Fitting
from derive.reading.linear import canonical, linear
from derive.reading.passage import Passage, ReadingError
from derive.reading.setting import setting
from derive.render.drawing.scene import Scene, Words
from derive.render.drawing.svg import drawing
from derive.render.page.plain import plain_mathematics
from derive.typesetting import notation
from derive.typesetting.printing import Printer

CELLS = ("elman", "lstm", "slstm", "mamba")


def picture(text: str) -> list[DrawnWords]:
    """Return a label as it is drawn."""
    scene = Scene(0.0, 0.0, 10.0, 2.0, (Words(5.0, 1.0, text, 10.0),))
    found = drawn(Passage(drawing("label", scene), "a picture"))
    return [element for element in found if isinstance(element, DrawnWords)]


def shows(label: str, text: str) -> bool:
    """Tell whether the outlines of one label show another."""
    (words,) = picture(label)
    return Fitting(words.glyphs, words.bars, 10.0, StixForms()).shows(setting(text))


LABELS = (
    r"$\hat{y}_{t-1}$", r"$\bar{\xi}_{t,k}^{\top}$", r"$\frac{\partial^{+} s_{t}}{\partial W^{(k)}}$",
    r"$\sum_{k=1}^{t} \left(\prod_{j=k+1}^{t} J_{j}\right) \tanh'(a_{k})$", r"$\sqrt{a + 1}$",
    r"$\left\lVert \frac{a}{b} \right\rVert_{2}$", r"$10^{-3} \cdot x$", r"$\mathrm{Dt} \, \sigma$",
    r"$\overset{?}{=}$", r"first fine office, $a_{f,t}$ affluent", "循环 of 神经 and \\$",
    r"$\mathbf{1}$", r"$\bar{\mathrm{mm}}_{T,k}$",
    r"$\hat{\mathrm{gain}}_{t}$", r"$\tilde{\mathrm{WW}}$",
    r"$\max(a, b) \odot c \oslash d \leq \lVert e \rVert_{2}$", "Größe é",
)  # fmt: skip


@pytest.mark.parametrize("label", LABELS)
def test_a_label_shows_itself_and_no_other(label: str) -> None:
    assert shows(label, label)
    assert [other for other in LABELS if shows(other, label)] == [label]


@pytest.mark.parametrize(
    ("label", "other"),
    [("$a_{t}$", "$a^{t}$"), ("$a_{t}$", "$at$"), (r"$\frac{a}{b}$", r"$\frac{b}{a}$"),
     ("$W$", r"$\mathrm{W}$"), (r"$\hat{y}$", "$y$"), (r"$\hat{y} s$", r"$y \hat{s}$"),
     ("$a - b$", "$a + b$"), ("$ab$", "$ba$"), (r"$\tilde{h}$", r"$\hat{h}$"),
     (r"$\lVert a \rVert_{2}$", r"$\lVert a \rVert^{2}$"), ("$a_{t}^{k}$", "$a_{k}^{t}$"),
     ("lag", "gal"), ("$12$", "$21$"), (r"$\sqrt{a} + b$", r"$\sqrt{a + b}$")],
)  # fmt: skip
def test_labels_that_differ_in_one_thing_are_told_apart(label: str, other: str) -> None:
    assert shows(other, other)
    assert not shows(label, other)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", ["source", "goodfellow"])
def test_pictures_of_equations_show_what_they_say(cell: str, name: str) -> None:
    for equation in Derivation(load(cell), 3).equations():
        try:
            text = svg(equation, name)
        except RenderError:
            # Matrices of blocks have no picture.
            continue
        except CheckError as error:
            # What a notation prints alike is no picture of either.
            if name != "goodfellow" or "more than one quantity" not in str(error):
                raise
            continue
        passage = Passage(text, equation.id)
        require_outlines([e for e in drawn(passage) if isinstance(e, DrawnWords)], passage)


@pytest.mark.parametrize("label", [r"$\bar{\mathrm{mm}}$", r"$\bar{x}$"])
def test_an_accent_stands_over_its_word(label: str) -> None:
    """Beside it, to the left or to the right, it is one over nothing."""
    (words,) = picture(label)
    drawn_once = Counter(glyph.outline for glyph in words.glyphs)
    for n, glyph in enumerate(words.glyphs):
        for off in (-30.0, 30.0) if drawn_once[glyph.outline] == 1 else ():
            moved = [replace(g, x=g.x + off) if n == m else g for m, g in enumerate(words.glyphs)]
            assert not Fitting(moved, words.bars, 10.0, StixForms()).shows(setting(label))


def test_what_is_drawn_otherwise_is_refused() -> None:
    (words,) = picture("$s_{t}$")
    wrong = replace(words, glyphs=words.glyphs[:-1])
    with pytest.raises(ReadingError, match="the outlines do not show"):
        require_outlines([wrong], Passage("", "a picture"))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("name", ["source", "goodfellow"])
def test_formulas_in_bare_text_are_those_in_tex(cell: str, name: str) -> None:
    printer = Printer(notation.load(name), "markdown")
    for equation in Derivation(load(cell), 3).equations():
        tex = printer.inline(equation)
        if "pmatrix" not in tex:
            bare = plain_mathematics(tex)
            assert canonical(linear(setting(f"${tex}$"))) == canonical(bare)


def test_bare_text_keeps_what_tells_formulas_apart() -> None:
    assert plain_mathematics(r"\hat{y}_{t-1}") == "ŷ_{t-1}"
    assert plain_mathematics("s_{t} - 1") == "s_t - 1"
    assert plain_mathematics(r"\nabla_{W^{(k)}} L_{100}") == "∇_{W^(k)} L_100"
    assert plain_mathematics(r"\frac{a + b}{c}") == "(a + b)/c"
    assert plain_mathematics(r"\sqrt{a} b") == "sqrt(a) b"

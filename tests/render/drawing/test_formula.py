"""Equations as pictures: every piece of the printed formula, in its colour, none over another."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

import derive
from derive.errors import RenderError
from derive.render.drawing.formula import formula_scene, formula_svg
from derive.render.drawing.mathtext import EM, set_line
from derive.render.drawing.scene import CM, Scene, Words
from derive.typesetting.palette import INK, step_colours


@pytest.fixture(scope="module")
def short() -> derive.Derivation:
    return derive.derivation("elman", 3)


@pytest.fixture(scope="module")
def long() -> derive.Derivation:
    return derive.derivation("elman", 6)


def words(scene: Scene) -> list[Words]:
    found = [item for item in scene.items if isinstance(item, Words)]
    assert len(found) == len(scene.items)
    return found


def test_every_equation_of_the_network_can_be_set(short: derive.Derivation) -> None:
    for equation in short.equations():
        tree = ElementTree.fromstring(formula_svg(equation).encode())
        assert tree[0].text == derive.plain(equation)


def test_contributions_have_the_colours_of_their_paths(short: derive.Derivation) -> None:
    scene = formula_scene(short["elman-grad-W-terms-3"])
    colours = step_colours(3)
    found = [word.colour for word in words(scene)]
    assert found == [INK, colours[3], INK, colours[2], INK, colours[1]]


def test_nothing_is_lost_between_the_pieces(short: derive.Derivation) -> None:
    for equation in short.equations():
        pieces = "".join(word.text[1:-1] for word in words(formula_scene(equation)))
        whole = derive.latex(equation)
        bare = re.sub(
            r"\\(begin|end)\{aligned\}|[{}\s&]|\\[,d]|\\\\", "", whole.replace(r"\frac", "rac")
        )
        assert re.sub(r"[{}\s]|\\[,d]", "", pieces.replace(r"\dfrac", "rac")) == bare


@pytest.mark.parametrize("id", ["elman-grad-W-terms-6", "elman-grad-W-sum", "elman-nested-6"])
def test_pieces_lie_beside_and_lines_below_each_other(long: derive.Derivation, id: str) -> None:
    scene, scale = formula_scene(long[id]), 10.0 / EM / CM
    rows: dict[float, list[Words]] = {}
    for word in words(scene):
        rows.setdefault(word.y, []).append(word)
    floor = scene.top
    for y, row in rows.items():
        lines = [set_line(word.text, id) for word in row]
        assert y + scale * max(line.above for line in lines) < floor
        floor = y - scale * max(line.below for line in lines)
        end = scene.left
        for word, line in zip(row, lines, strict=True):
            assert word.x >= end - 1e-9
            end = word.x + scale * line.width
        assert end < scene.right
    assert floor > scene.bottom


def test_lines_begin_at_the_same_place(long: derive.Derivation) -> None:
    scene = formula_scene(long["elman-grad-W-terms-6"])
    starts: dict[float, float] = {}
    for word in words(scene):
        if word.x > 0:  # all but the left side
            starts.setdefault(word.y, word.x)
    assert len(starts) == 3
    assert len(set(starts.values())) == 1


def test_the_same_bytes_each_time(short: derive.Derivation) -> None:
    equation = short["elman-grad-W-sum"]
    assert formula_svg(equation) == formula_svg(equation) == derive.svg(equation)


def test_the_notation_is_followed(short: derive.Derivation) -> None:
    equation = short["elman-forward-s"]
    assert "h_t = tanh(a_t)" in derive.svg(equation, "goodfellow")
    assert derive.svg(equation, "goodfellow") != derive.svg(equation)


def test_what_cannot_be_set_is_said(
    monkeypatch: pytest.MonkeyPatch, short: derive.Derivation
) -> None:
    equation = short["elman-forward-s"]
    for tex, complaint in [
        (r"\begin{pmatrix} a \end{pmatrix}", "as a picture"),
        (r"\textcolor{#1069A3}{a", "braces do not match"),
    ]:
        monkeypatch.setattr(
            "derive.render.drawing.formula.lines_of", lambda *_, tex=tex: ("", [tex])
        )
        with pytest.raises(RenderError, match=complaint):
            formula_svg(equation)

"""What all formats share: numbers, words, computed numbers, layouts."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
from sympy import Symbol

from derive.catalogue import load as load_cell
from derive.chapters.handout import build
from derive.document.blocks import (
    Block,
    Display,
    Document,
    FigureBlock,
    Heading,
    Prose,
    TableBlock,
)  # fmt: skip
from derive.document.figures import Diagram, Node, NodeRole
from derive.document.language import load
from derive.document.text import Bound, Code, Number, Ref, Text, at_least, exactly
from derive.errors import RenderError
from derive.render.page.layout import fill
from derive.render.page.numbering import number
from derive.render.page.numerals import bound_tex, number_tex
from derive.render.page.plain import plain_mathematics
from derive.render.page.view import DisplaysView, FigureView, view
from derive.render.page.words import Speaker
from derive.render.tex.source import LatexMarkup, source
from tests.render.sample import SamplePrinter, equation, sample


def document(*blocks: Any) -> Document:
    return Document("test", "Title", None, "en", blocks)


def speaker(of: Document) -> Speaker:
    return Speaker(load("en"), LatexMarkup(), SamplePrinter(), number(of))


SMALL = Diagram("small", (Node("a", 0, 0, "a", NodeRole.STATE),), ())


def _figure(id: str, narrow: bool = True) -> FigureBlock:
    return FigureBlock(id, SMALL, Text("sample.plot", {"state": Symbol("s")}), narrow=narrow)


def _table(id: str, width: int, long: bool = False) -> TableBlock:
    head = (Text("sample.symbol"), Text("sample.meaning"))
    return TableBlock(id, Text("sample.table"), head, (("x", "m" * width),), "ll", long=long)


@pytest.mark.parametrize(
    ("second", "beside"),
    [
        (_figure("b"), "figure"),
        (_figure("b", narrow=False), ""),
        (_table("b", 8), "table"),
        (_table("b", 80), ""),
        (_table("b", 8, long=True), ""),
        (Prose("sample.second"), ""),
    ],
    ids=["figure", "wide-figure", "table", "wide-table", "long-table", "text"],
)
def test_what_is_narrow_stands_beside_a_narrow_figure(second: Block, beside: str) -> None:
    whole = document(_figure("a"), second, _figure("c"))
    left, right, last = view(whole, speaker(whole)).blocks
    assert isinstance(left, FigureView)
    assert left.beside == beside
    assert getattr(right, "right", False) is bool(beside)
    # Three do not stand in a row, nor does anything beside what is last.
    assert isinstance(last, FigureView)
    assert not last.right or not beside


def test_two_narrow_figures_are_one_float_of_the_page() -> None:
    drawn = {"figures/fig-a": "", "figures/fig-b": ""}
    text = source(document(_figure("a"), _figure("b")), SamplePrinter(), drawn)
    _, _, body = text.partition(r"\begin{document}")
    assert body.count(r"\begin{beside}{figure}") == body.count(r"\end{beside}") == 1
    assert body.count(r"\begin{figure}") == body.count(r"\begin{alongside}") == 1
    wide = document(_figure("a", narrow=False), _figure("b", narrow=False))
    _, _, apart = source(wide, SamplePrinter(), drawn).partition(r"\begin{document}")
    assert apart.count(r"\begin{figure}") == 2
    assert "alongside" not in apart


def test_the_activations_of_gates_and_their_runs_are_narrow() -> None:
    """Those of a cell with one activation are not: its two panels need the width."""

    def narrow(cell: str) -> set[str]:
        made = build(load_cell(cell), 1, seed=0).document.blocks
        return {b.id for b in made if isinstance(b, FigureBlock) and b.narrow}

    assert narrow("minimal_gated") == {"activation-sigmoid", "activation-tanh", "flow-norms"}
    assert narrow("elman") == set()


def test_everything_is_numbered_in_one_pass() -> None:
    labels = number(sample()).labels
    assert {name: label.number for name, label in labels.items()} == {
        "network": "1",
        "law": "1",
        "graph": "1",
        "chain": "2",
        "sum": "3",
        "what": "2",
        "symbols": "1",
        "detail": "2.1",
        "sweep": "1",
        "error": "4",
        "adjoint": "5",
        "norms": "2",
        "long": "2",
    }
    assert labels["law"].anchor == "eq-law"


def test_ids_become_safe_anchors_that_stay_apart() -> None:
    twins = document(*(Heading("sample.chapter", 1, name) for name in ("a b", "a%b", "a_b")))
    anchors = [label.anchor for label in number(twins).labels.values()]
    assert len(set(anchors)) == 3
    assert all(set(anchor) <= set("abcdef0123456789sec-_") for anchor in anchors)


def test_a_reference_into_nothing_is_refused() -> None:
    inner = Text("sample.chapter_of", {"what": Ref("nowhere")})
    with pytest.raises(RenderError, match="'nowhere'"):
        number(document(Prose("sample.first", {"state": inner})))


def test_an_id_given_twice_is_refused() -> None:
    law = Display(equation("law", Symbol("x"), Symbol("y")))
    with pytest.raises(RenderError, match="'law' is given twice"):
        number(document(law, law))


def test_equations_with_nothing_between_them_stand_together() -> None:
    blocks = [Display(equation(name, Symbol("x"), Symbol("y"))) for name in "abc"]
    whole_document = document(*blocks[:2], Prose("sample.second"), blocks[2])
    seen = view(whole_document, speaker(whole_document)).blocks
    counts = [len(block.formulas) for block in seen if isinstance(block, DisplaysView)]
    assert counts == [2, 1]


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (3, "3"),
        (-3, "$-3$"),
        ("a_b", r"a\_b"),
        (Symbol("W"), "$W$"),
        (Code("a_b"), r"\texttt{a\_\allowbreak{}b}"),
        (Text("sample.lag"), "lag"),
        (Bound(0.2), "$< 10^{0}$"),
    ],
)
def test_values_are_said_by_type(value: Any, said: str) -> None:
    assert speaker(document()).say(value) == said


@pytest.mark.parametrize("value", [True, 1.5, None, ["a"]])
def test_what_a_document_cannot_hold_is_a_mistake(value: Any) -> None:
    with pytest.raises(TypeError, match="cannot hold"):
        speaker(document()).say(value)


def test_an_unknown_block_is_a_mistake() -> None:
    odd = document("not a block")
    with pytest.raises(TypeError, match="block str"):
        view(odd, speaker(odd))


@pytest.mark.parametrize(
    ("value", "digits", "tex"),
    [
        (0.0, 3, "0"),
        (1.5, 3, "1.50"),
        (38.720432, 3, "38.7"),
        (1234.5678, 3, "1235"),
        (0.001234567, 2, "0.0012"),
        (-2.5e-7, 2, r"-2.5 \cdot 10^{-7}"),
        (1e-20, 1, "10^{-20}"),
        (9.9961234, 3, "10.0"),
        (math.inf, 3, r"\infty"),
        # What a few digits write was chosen, and is written in full.
        (1.1, 1, "1.1"),
        (0.25, 1, "0.25"),
        (0.123456, 3, "0.123456"),
        (0.1 + 0.2, 1, "0.3"),
        (1.1e-9, 1, r"1.1 \cdot 10^{-9}"),
    ],
)
def test_numbers_keep_their_digits(value: float, digits: int, tex: str) -> None:
    assert number_tex(Number(value, digits)) == tex


@pytest.mark.parametrize(
    ("value", "exponent"),
    [(0.0, -12), (3e-16, -12), (1e-12, -11), (2e-10, -9), (1e-9, -8), (0.5, 0), (7.0, 1)],
)
def test_bounds_hold_and_do_not_tell_machines_apart(value: float, exponent: int) -> None:
    assert bound_tex(Bound(value)) == f"< 10^{{{exponent}}}"


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_an_error_that_is_no_number_stops_the_document(value: float) -> None:
    with pytest.raises(RenderError):
        bound_tex(Bound(value))


def test_mathematics_has_a_plain_reading() -> None:
    tex = r"\frac{\partial L_{t}}{\partial \mathbf{W}} \odot x^{\top}"
    assert plain_mathematics(tex) == "∂L_t/∂W ⊙xᵀ"


def test_a_layout_that_asks_for_what_is_not_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.tex").write_text(r"W_{{hh}} \VAR{there} \VAR{absent}", encoding="utf-8")
    with pytest.raises(RenderError, match="absent"):
        fill("a.tex", tmp_path, there=1)
    (tmp_path / "b.tex").write_text(r"W_{{hh}} \VAR{there}", encoding="utf-8")
    assert fill("b.tex", tmp_path, there=1) == "W_{{hh}} 1"
    (tmp_path / "c.tex").write_text(r"\BLOCK{if}", encoding="utf-8")
    with pytest.raises(RenderError, match=r"c\.tex, line 1"):
        fill("c.tex", tmp_path)
    with pytest.raises(RenderError, match=r"no layout 'd\.tex'"):
        fill("d.tex", tmp_path)


@pytest.mark.parametrize(
    ("value", "tex"),
    [(0.1234567, "0.1234567"), (0.5, "0.5"), (1 / 3, "0.3333333333333333"), (12.0, "12")],
)
def test_a_constant_is_written_with_all_its_digits(value: float, tex: str) -> None:
    found = number_tex(exactly(value))
    assert found == tex
    assert float(found) == value


def test_what_bounds_a_number_is_not_rounded_down() -> None:
    assert number_tex(at_least(0.25)) == "0.25"
    assert number_tex(at_least(1.1289071)) == "1.13"
    assert number_tex(at_least(1.1201)) == "1.1201"
    assert number_tex(at_least(1.12000001)) == "1.13"

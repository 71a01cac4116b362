"""Formulas that are too wide for a line: each says on its lines what it says on one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.checks.readback import ReadComparison
from derive.checks.verify import Verifier
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.numerics.sample import samples
from derive.publishing.shown import ShownEquations
from derive.reading.meaning import read
from derive.reading.passage import Passage
from derive.typesetting import layout, lines, notation, typstlayout
from derive.typesetting.glyphs import TexGlyphs
from derive.typesetting.layout import display
from derive.typesetting.parting import Joint, Piece, TermColour
from derive.typesetting.printing import Printer
from derive.typesetting.typstlayout import TypstPrinter
from tests import ROOT

LITERATURE = ROOT / "tests" / "catalogue" / "literature"
CELLS = ["lstm", "cornn", "mamba", "two_layer"]
OTHERS = ["divisive_normalisation", "runge_kutta", "markov_log", "lru", "phased_lstm", "cayley"]
NARROW = 22.0
"""The room on a line, in letters: so little that almost all formulas are parted."""


@cache
def checked(name: str) -> tuple[Verifier, list[Equation]]:
    cell = load(name if name in names() else str(LITERATURE / f"{name}.toml"))
    derivation = Derivation(cell, 2)
    return Verifier(derivation, samples(cell, 2, 0)), list(derivation.equations())


def narrowed(patch: pytest.MonkeyPatch) -> None:
    for module in (layout, typstlayout):
        patch.setattr(module, "WIDTH", NARROW)


def parted(name: str) -> Iterator[tuple[Equation, str]]:
    """Yield the equations of a network that take several lines, and their texts in colours."""
    printer = Printer(dialect="markdown")
    for equation in checked(name)[1]:
        text = display(printer, equation)
        if r"\\ &" in text:
            yield equation, text


@pytest.mark.parametrize("name", CELLS + OTHERS)
def test_on_many_lines_it_is_read_as_what_it_is(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    narrowed(monkeypatch)
    reader = ShownEquations(checked(name)[0], notation.load())
    found = [reader.require(equation, text, "markdown") for equation, text in parted(name)]
    assert len(found) > 4
    assert any(r"\quad " in text for text in found)


@pytest.mark.parametrize("name", ["lstm", "runge_kutta"])
def test_by_typst_as_well(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    narrowed(monkeypatch)
    printer, (verifier, equations) = TypstPrinter(notation.load()), checked(name)
    several = 0
    for equation in equations:
        body = printer.display(equation).rpartition(", $ ")[2].removesuffix(" $")
        several += " \\\n" in body
        formula = read(
            Passage(body, dialect="typst"), verifier.vocabulary(equation, printer.notation.symbols)
        )
        assert not list(ReadComparison(equation, verifier, coloured=True).differences(formula))
    assert several > 20


def _without_a_sign(right: Any, *given: Any, **named: Any) -> Any:
    return right(*given, **named).replace("-", "+")


def _exchanged(right: Any, *given: Any) -> Any:
    found = right(*given)
    at = next((n for n in range(1, len(found) - 1) if found[n].joint is Joint.BESIDE), 0)
    if at:
        found[at], found[at + 1] = (
            found[at]._replace(body=found[at + 1].body), found[at + 1]._replace(body=found[at].body),
        )  # fmt: skip
    return found


def _lost(right: Any, *given: Any) -> Any:
    found = right(*given)
    return found[:-2] + found[-1:] if len(found) > 2 else found


def _circled(right: Any, *given: Any) -> Any:
    return [
        part._replace(glue=r" \odot ") if r"\oslash" in part.glue else part
        for part in right(*given)
    ]


def _untransposed(right: Any, *given: Any) -> Any:
    return [part._replace(body=part.body.replace(r")^{\top}", ")")) for part in right(*given)]


def _in_one_colour(right: Any, *given: Any) -> Any:
    return [
        part._replace(tint=part.tint._replace(step=1)) if part.tint and part.depth else part
        for part in right(*given)
    ]


FAULTS = {
    "a minus that is lost": (lines, "_sign", _without_a_sign, "lstm"),
    "factors that are exchanged": (layout, "parts_of", _exchanged, "lstm"),
    "a part that is lost": (layout, "parts_of", _lost, "lstm"),
    "a quotient that is a product": (layout, "parts_of", _circled, "divisive_normalisation"),
    "a transpose that is lost": (layout, "parts_of", _untransposed, "lstm"),
    "a colour that changes on the way": (layout, "parts_of", _in_one_colour, "runge_kutta"),
}


@pytest.mark.parametrize("what", FAULTS)
def test_a_fault_on_the_way_is_noticed(what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module, function, fault, name = FAULTS[what]
    narrowed(monkeypatch)
    right = dict(parted(name))
    was = getattr(module, function)
    monkeypatch.setattr(module, function, lambda *given, **named: fault(was, *given, **named))
    reader = ShownEquations(checked(name)[0], notation.load())
    changed = [(e, text) for e, text in parted(name) if right.get(e) != text]
    assert changed
    for equation, text in changed:
        with pytest.raises(CheckError):
            reader.require(equation, text, "markdown")


def test_lines_are_filled_and_end_before_a_term_rather_than_a_factor() -> None:
    term = Piece("x", joint=Joint.TERM)
    parts = [term, Piece("y", joint=Joint.BESIDE), term, Piece("y", joint=Joint.BESIDE)]
    made = lines.broken(parts, [4.0, 4.0, 4.0, 4.0], 9.0, packed=True)
    assert made == [parts[:2], parts[2:]]
    # What is wider than a line has one by itself.
    assert len(lines.broken(parts, [4.0, 30.0, 4.0, 4.0], 9.0, packed=True)) == 3
    # Terms of a side begin lines of their own; dots end one.
    dots = Piece(TexGlyphs.dots, joint=Joint.DOTS)
    assert lines.broken([term, dots, term], [1.0, 1.0, 1.0], 9.0, packed=False) == [
        [term, dots], [term],
    ]  # fmt: skip


def test_a_term_on_several_lines_shares_none_of_them_with_another() -> None:
    term, factor = Piece("x"), Piece("y", joint=Joint.BESIDE)
    parts, widths = [term, factor, factor, term], [4.0, 4.0, 3.0, 2.0]
    assert lines.broken(parts, widths, 9.0, packed=True) == [parts[:2], parts[2:3], parts[3:]]
    # In parentheses no less: what is behind them belongs to the term that they are in.
    deep = [Piece("(x"), Piece("x", depth=1), Piece("y)", joint=Joint.BESIDE, depth=1)]
    assert lines.broken(deep, [4.0, 4.0, 4.0], 11.0, packed=True) == [deep[:1], deep[1:]]
    # Whole terms stand beside each other.
    assert lines.broken([term] * 4, widths, 9.0, packed=True) == [[term] * 2, [term] * 2]


def test_the_minus_of_a_side_in_one_colour_is_in_it_on_several_lines_too() -> None:
    printer = Printer(dialect="markdown")
    tint = TermColour(1, 2, 0)
    parts = [Piece("x", negative=True, tint=tint), Piece("y", joint=Joint.BESIDE, tint=tint)]
    made = lines.texts_of(printer.glyphs, [[part] for part in parts], "{} ", "")
    assert [text.rpartition("}{")[2] for text in made] == ["-x}", "y}"]
    assert made[0].startswith(r"\textcolor")
    # Between terms of several colours it stands before each.
    other = parts[1]._replace(joint=Joint.TERM, tint=TermColour(2, 2, 1))
    assert lines.texts_of(printer.glyphs, [[parts[0]], [other]], "{} ", "")[0].startswith("-")

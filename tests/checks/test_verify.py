"""The guards: what fails, is not checked, or has no place to be checked, does not get printed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sympy import Integer, Rational, ZeroMatrix

from derive.__main__ import main
from derive.bptt.derivation import Derivation, derive
from derive.catalogue import load
from derive.chapters import handout
from derive.chapters.report import Report
from derive.checks.points import MOST_POINTS, points
from derive.checks.verify import Verifier, method
from derive.document.blocks import Algorithm, AlgorithmLine, Display, Document
from derive.document.text import Text
from derive.errors import CheckError
from derive.expressions.algebra import mul
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation, Index, Kind, Step
from derive.expressions.quantities import T, t
from derive.expressions.shown import Rounded
from derive.numerics.sample import samples
from derive.numerics.trace import ForwardPass


def trace_of(layer: str, numbers: dict[str, Any]) -> ForwardPass:
    """Return one step of a network whose logits are the given ones."""
    cell = load("elman", activation="identity", output_layer=layer)
    m = len(numbers["z"])
    parameters = {"U": np.array(numbers["z"])[:, None], "W": np.zeros((m, m)), "V": np.eye(m)}
    series = {"x": np.ones((1, 1)), "y": np.array([numbers["y"]])}
    return ForwardPass(cell, parameters, series, {"s": np.zeros(m)})


@pytest.fixture(scope="module")
def derivation() -> Derivation:
    return derive(load("elman", bias=True), 3)


@pytest.fixture(scope="module")
def verifier(derivation: Derivation) -> Verifier:
    return Verifier(derivation, samples(derivation.cell, 3, 11))


def wrong(equation: Equation, factor: Any = 2) -> Equation:
    """Return the equation with its last side multiplied."""
    return replace(equation, sides=(*equation.sides[:-1], mul(factor, equation.right)))


def document(*equations: Equation) -> Document:
    return Document("d", "title", None, "en", tuple(map(Display, equations)))


def test_a_check_says_what_it_found(derivation: Derivation, verifier: Verifier) -> None:
    check = verifier.check(derivation["elman-grad-W"])
    assert check.passed
    assert check.error < 1e-13
    assert check.method == "complex-step"
    assert check.count == 2
    forward = verifier.check(derivation["elman-forward-a"])
    assert forward.method == "forward"
    assert forward.count == 6


@pytest.mark.parametrize("id", ["elman-grad-W", "elman-forward-s", "elman-delta-lag"])
def test_a_wrong_equation_fails_with_its_reason(
    id: str, derivation: Derivation, verifier: Verifier
) -> None:
    equation = wrong(derivation[id])
    check = verifier.check(equation)
    assert not check.passed
    with pytest.raises(CheckError) as caught:
        verifier.require(equation)
    message = str(caught.value)
    for part in (id, "T = 3", "seed 11", "side 1", f"side {len(equation.sides)}", check.where):
        assert part in message
    assert "The document is not written" in message


def test_the_place_that_is_named_is_the_worst(derivation: Derivation, verifier: Verifier) -> None:
    equation = derivation["elman-forward-a"]
    # Right but at t = 2.
    from sympy import KroneckerDelta

    from derive.expressions.quantities import Scalar

    spoiled = mul(Scalar(1 + KroneckerDelta(t, 2)), equation.right)
    check = verifier.check(replace(equation, sides=(equation.left, spoiled)))
    assert not check.passed
    assert check.where.startswith("t = 2")


def test_an_error_of_a_millionth_fails(derivation: Derivation, verifier: Verifier) -> None:
    from sympy import Rational

    for equation in derivation.equations():
        if verifier.check(equation).error == 0 and not np.any(_value(verifier, equation)):
            continue
        assert not verifier.check(wrong(equation, 1 + Rational(1, 10**6))).passed, equation.id


def _value(verifier: Verifier, equation: Equation) -> Any:
    return verifier.evaluators[1].at(equation.right, {s.symbol: 1 for s in equation.free})


def test_no_place_to_check_is_a_failure(derivation: Derivation, verifier: Verifier) -> None:
    equation = derivation["elman-forward-a"]
    empty = replace(equation, free=(Index(t, Integer(3), Integer(2)),))
    check = verifier.check(empty)
    assert check.count == 0
    assert not check.passed
    nothing = Verifier(derivation, [])
    assert not nothing.check(equation).passed


def test_nan_is_a_failure(derivation: Derivation, verifier: Verifier) -> None:
    cell = derivation.cell
    state = cell.states[0]
    # There is no a_0; nan differs from nothing, so that only an explicit test notices it.
    ghost = cell.definition(state).expr.args[-1].series[0]
    equation = Equation("ghost", Kind.DEFINITION, (ghost, ghost), Step("definition"))
    for kind in (Kind.DEFINITION, Kind.IDENTITY, Kind.INEQUALITY, Kind.ROUNDED, Kind.REFUTED):
        check = verifier.check(replace(equation, kind=kind))
        assert not check.passed, kind
        assert np.isnan(check.error) or check.error == np.inf


def test_shapes_that_differ_are_a_failure(derivation: Derivation, verifier: Verifier) -> None:
    cell = derivation.cell
    sides = (cell.states[0][1], cell.output[1])
    assert not verifier.check(Equation("e", Kind.DEFINITION, sides, Step("definition"))).passed


def test_kinds(derivation: Derivation, verifier: Verifier) -> None:
    o = derivation.cell.output[1]
    sides = (o, mul(2, o))
    free = Equation("e", Kind.INEQUALITY, sides, Step("definition"))
    assert verifier.check(free).passed
    assert not verifier.check(replace(free, sides=(sides[1], sides[0]))).passed
    assert verifier.check(replace(free, kind=Kind.REFUTED)).passed
    # What is shown as wrong must be wrong.
    assert not verifier.check(replace(free, kind=Kind.REFUTED, sides=(o, o))).passed


def test_that_something_is_not_zero_holds_however_small_it_is(
    derivation: Derivation, verifier: Verifier
) -> None:
    o = derivation.cell.output[1]
    zero = ZeroMatrix(*o.shape)
    for small, holds in ((mul(Rational(1, 10**12), o), True), (zero, False)):
        equation = Equation("e", Kind.REFUTED, (small, zero), Step("definition"))
        assert verifier.check(equation).passed is holds


def test_rounded_numbers(derivation: Derivation) -> None:
    one = Verifier(derivation, samples(derivation.cell, 3, 11)[:1])
    o = derivation.cell.output[1]
    value = one.evaluators[0].at(o)
    texts = [[f"{v:.3f}"] for v in value[:, 0]]
    equation = Equation("r", Kind.ROUNDED, (o, Rounded(texts, 3)), Step("rounded"), digits=3)
    assert one.check(equation).passed
    assert method(equation) == "rounding"
    texts[0][0] = f"{value[0, 0] + 0.001:.3f}"
    assert not one.check(replace(equation, sides=(o, Rounded(texts, 3)))).passed
    # A wrong side between the exact one and the rounded one does not hide behind the digits.
    nearly = mul(1 + Integer(1) / 10**6, o)
    texts[0][0] = f"{value[0, 0]:.3f}"
    assert not one.check(replace(equation, sides=(o, nearly, Rounded(texts, 3)))).passed


# -- the report and the document -------------------------------------------------------------------


def test_an_equation_that_was_not_checked_stops_the_build(
    derivation: Derivation, verifier: Verifier
) -> None:
    report = Report(11)
    first, second = derivation["elman-grad-W"], derivation["elman-grad-U"]
    report.require(first, verifier)
    report.cover(document(first))
    with pytest.raises(CheckError, match=r"elman-grad-U of document d was not checked \(seed 11\)"):
        report.cover(document(first, second))
    line = AlgorithmLine(Text("x"), second)
    algorithm = Algorithm("a", Text("x"), (line,))
    with pytest.raises(CheckError, match="elman-grad-U"):
        report.cover(Document("d", "title", None, "en", (algorithm,)))
    # Another equation under the name of one that was checked.
    with pytest.raises(CheckError, match="elman-grad-W of document d was not checked"):
        report.cover(document(wrong(first)))


def test_two_equations_of_one_id(derivation: Derivation, verifier: Verifier) -> None:
    report = Report(11)
    equation = derivation["elman-grad-W"]
    report.require(equation, verifier)
    assert report.require(equation, verifier) is equation
    assert len(report.checks) == 1
    other = replace(derivation["elman-grad-U"], id=equation.id)
    with pytest.raises(CheckError, match="two different equations have the id elman-grad-W"):
        report.require(other, verifier)


def spoil(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the derivation of ∇_W be wrong by a factor."""
    from derive.bptt.recursion import Recursion

    right = Recursion.gradient

    def gradient(self: Recursion, parameter: Any) -> Any:
        found = right(self, parameter)
        return mul(2, found) if parameter.name == "W" else found

    monkeypatch.setattr(Recursion, "gradient", gradient)


def test_a_failing_equation_stops_the_handout(monkeypatch: pytest.MonkeyPatch) -> None:
    spoil(monkeypatch)
    with pytest.raises(CheckError) as caught:
        handout.build(load("elman"), 2, seed=5)
    message = str(caught.value)
    for part in ("equation elman-grad-W", "T = 2", "seed 5", "side 1", "side 2"):
        assert part in message


def test_a_failing_equation_leaves_no_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil(monkeypatch)
    out = tmp_path / "out"
    argv = ["handout", "elman", "--steps", "2", "--format", "markdown", "--out", str(out)]
    assert main(argv) != 0
    assert "equation elman-grad-W" in capsys.readouterr().err
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]


def test_a_chapter_that_skips_its_check_stops_the_handout(
    monkeypatch: pytest.MonkeyPatch, derivation: Derivation
) -> None:
    stray = replace(derivation["elman-grad-W"], id="stray")
    chapters = (*handout.CHAPTERS[:1], lambda context: iter([Display(stray)]))
    monkeypatch.setattr(handout, "CHAPTERS", chapters)
    with pytest.raises(CheckError, match="equation stray of document"):
        handout.build(load("elman", bias=True), 3, seed=5)


# -- where is checked ------------------------------------------------------------------------------


def test_few_places_are_all_taken() -> None:
    assert [p[t] for p in points((Index(t, Integer(1), T),), 4)] == [1, 2, 3, 4]


def test_of_many_places_the_ends_are_taken() -> None:
    from derive.expressions.quantities import k

    found = points((Index(t, Integer(1), T), Index(k, Integer(1), t)), 1000)
    pairs = {(p[t], p[k]) for p in found}
    assert len(pairs) == len(found) == MOST_POINTS
    assert {(1, 1), (2, 1), (2, 2), (1000, 1), (1000, 2), (1000, 999), (1000, 1000)} <= pairs
    assert all(1 <= use <= step <= 1000 for step, use in pairs)


def test_methods(derivation: Derivation) -> None:
    L, o = derivation.cell.loss_series[1], derivation.cell.output[1]
    assert method(Equation("e", Kind.IDENTITY, (Partial(L, o), o), Step("x"))) == "complex-step"

"""What the library gives is what it was asked for: planted faults in what makes it are refused."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from sympy import Basic, Integer, Rational, Symbol

import derive
from derive import api
from derive.bptt.derivation import Derivation
from derive.checks import checked, verify
from derive.checks.verify import Verifier
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.numerics import sample as sampling
from derive.publishing import alone, notebook
from derive.publishing.colours import meant_colour
from derive.render.drawing import formula
from derive.typesetting import glyphs, notation, palette, printing

TERMS = "elman-grad-W-terms-3"
Make = Callable[[Any], Any]


def d(**options: object) -> Derivation:
    return derive.derivation("elman", 3, **options)


def turned(found: dict[int, str]) -> dict[int, str]:
    return dict(zip(found, reversed(found.values()), strict=True))


def goodfellow_as_source(right: Any) -> Any:
    return lambda name="source": replace(right("source"), name=name)


FAULTS: list[tuple[str, object, str, Make, Callable[[], object]]] = [
    ("a notation that is ignored", api, "text",
     lambda right: lambda value, name, dialect: right(value, "source", dialect),
     lambda: derive.latex(d()["elman-forward-s"], "goodfellow")),
    ("a notation that is ignored in plain text", api, "text",
     lambda right: lambda value, name, dialect: right(value, "source", dialect),
     lambda: derive.plain(d()["elman-forward-s"].right + d()["elman-forward-s"].left, "goodfellow")),
    ("a notation that is ignored in a picture", api, "picture",
     lambda right: lambda value, name: right(value, "goodfellow"),
     lambda: derive.svg(d()["elman-forward-s"])),
    ("a notation with the symbols of another", notation, "load", goodfellow_as_source,
     lambda: derive.markdown(d()["elman-forward-s"], "goodfellow")),
    ("a notation that is called otherwise", notation, "load",
     lambda right: lambda name="source": right("goodfellow"),
     lambda: derive.plain(d()["elman-grad-U"])),
    ("one form in place of another", api, "text",
     lambda right: lambda value, name, dialect: right(value, name, "bare"),
     lambda: derive.markdown(d()[TERMS])),
    ("colours in a text that has none", api, "text",
     lambda right: lambda value, name, dialect: right(value, name, "markdown"),
     lambda: derive.latex(d()[TERMS])),
    ("another equation", api, "text",
     lambda right: lambda value, *more: right(d()["elman-grad-U"], *more),
     lambda: derive.latex(d()[TERMS])),
    ("another number", alone, "Printer",
     lambda right: lambda *args: type("P", (), {"inline": lambda self, value: "k - 2"})(),
     lambda: derive.latex(Symbol("k") - 1)),
    *((f"colours in reverse order in {name}", glyphs, "step_colours",
       lambda right: lambda steps: turned(right(steps)), make)
      for name, make in (("Markdown", lambda: derive.markdown(d()[TERMS])),
                         ("a picture", lambda: derive.svg(d()[TERMS])))),
    ("colours of another palette", palette, "_NAMED", lambda right: right[::-1],
     lambda: derive.markdown(d()[TERMS])),
    ("a picture with its colours exchanged", formula, "_coloured",
     lambda right: lambda *args: [
         (t, {"1069A3": "C05607", "C05607": "1069A3"}.get(c, c)) for t, c in right(*args)],
     lambda: derive.svg(d()[TERMS])),
    ("another seed", api, "samples", lambda right: lambda cell, steps, seed: right(cell, steps, 0),
     lambda: derive.check(d(), TERMS, seed=4)),
    ("another seed of all", api, "_verifier", lambda right: lambda d, seed: right(d, seed + 1),
     lambda: derive.check_all(d())),
    ("data of other steps", api, "samples",
     lambda right: lambda cell, steps, seed: right(cell, steps - 1, seed),
     lambda: derive.check(d(), TERMS, seed=4)),
    ("data that are the same for all seeds", sampling, "sample",
     lambda right: lambda cell, steps, seed, *more, **named: replace(
         right(cell, steps, 0, *more, **named), seed=seed),
     lambda: derive.check(d(), TERMS, seed=4)),
    ("data of one kind only", api, "samples",
     lambda right: lambda cell, steps, seed: right(cell, steps, seed)[:1],
     lambda: derive.check(d(), TERMS)),
    ("states that all start at zero", sampling, "sample",
     lambda right: lambda cell, steps, seed, zero_start, any_targets=False: replace(
         right(cell, steps, seed, True, any_targets), zero_start=zero_start),
     lambda: derive.check(d(), TERMS)),
    ("data of another seed in a derivation", checked, "samples",
     lambda right: lambda cell, steps, seed: right(cell, steps, seed=9), lambda: d()[TERMS]),
    ("the check of another equation", Verifier, "check",
     lambda right: lambda self, equation: replace(right(self, equation), id="elman-grad-U"),
     lambda: derive.check(d(), TERMS)),
    ("a check that passed whatever came", Verifier, "check",
     lambda right: lambda self, equation: replace(right(self, equation), error=1.0),
     lambda: derive.check(d(), TERMS)),
    ("a check at fewer places", Verifier, "check",
     lambda right: lambda self, equation: replace(right(self, equation), count=1),
     lambda: derive.check(d(), "elman-forward-s")),
    ("a row of another check", verify, "table",
     lambda right: lambda checks: right([replace(c, passed=False) for c in checks]),
     lambda: derive.check(d(), TERMS)._repr_mimebundle_()),
    ("a row with another error", verify, "table",
     lambda right: lambda checks: right([replace(c, error=2 * c.tolerance) for c in checks]),
     lambda: derive.check(d(), TERMS)._repr_mimebundle_()),
    ("a table that lacks a form", verify, "table",
     lambda right: lambda checks: {"text/plain": right(checks)["text/plain"]},
     lambda: derive.check(d(), TERMS)._repr_mimebundle_()),
    ("an equation of another id", Derivation, "find",
     lambda right: lambda self, id: right(self, "elman-grad-U"), lambda: d()[TERMS]),
    ("the check of an equation of another id", Derivation, "find",
     lambda right: lambda self, id: right(self, "elman-grad-U"),
     lambda: derive.check(d(), TERMS)),
    ("another horizon", api, "CheckedDerivation",
     lambda right: lambda cell, steps: right(cell, steps + 1), d),
    ("another network", api, "load", lambda right: lambda name, **o: right("irnn"), d),
    ("options that are lost", api, "load", lambda right: lambda name, **o: right(name),
     lambda: d(activation="relu")),
    ("a derivation of another T", Derivation, "__repr__",
     lambda right: lambda self: right(self).replace("3", "2"), lambda: repr(d())),
    ("a derivation of another cell", Derivation, "__repr__",
     lambda right: lambda self: right(self).replace("elman", "lstm"),
     lambda: d()._repr_mimebundle_()),
    *((f"a bundle {name}", notebook, "_bundle",
       lambda right, change=change: lambda head, shown: change(right, head, shown), make)
      for name, change in (
          ("without TeX", lambda right, head, shown: {
              k: v for k, v in right(head, shown).items() if k != "text/latex"}),
          ("with one form more", lambda right, head, shown: {
              **right(head, shown), "text/html": "<p>"}),
          ("with exchanged forms", lambda right, head, shown: dict(zip(
              right(head, shown), [*right(head, shown).values()][::-1], strict=True))),
          ("of another equation", lambda right, head, shown: right(
              head, [d()["elman-grad-V"]] * len(shown))),
          ("with one form of another equation", lambda right, head, shown: {
              **right(head, shown),
              "text/latex": right(head, [d()["elman-grad-V"]] * len(shown))["text/latex"]}),
          ("in another order", lambda right, head, shown: right(
              head, [*shown[1:], d()["elman-grad-V"]])),
      ) for make in (lambda: d()["elman-forward-s"]._repr_mimebundle_(),
                     lambda: d()._repr_mimebundle_(),
                     lambda: d()["elman-forward-s"]._repr_latex_())),
    ("a head that is lost", notebook, "_bundle",
     lambda right: lambda head, shown: right(None, shown), lambda: d()._repr_mimebundle_()),
    ("equations that are not checked", api, "require_check",
     lambda right: lambda check, equation, verifier: replace(
         right(check, equation, verifier), id="elman-grad-U"),
     lambda: derive.check_all(d())),
    ("another left side", Equation, "left", lambda right: property(lambda self: self.sides[-1]),
     lambda: d()["elman-forward-s"]),
    ("another right side", Equation, "right", lambda right: property(lambda self: self.sides[1]),
     lambda: d()["elman-steps-step-jacobian"]),
    ("a line of an equation", printing, "plain",
     lambda right: lambda value: right(value).replace("tanh", "sigmoid"),
     lambda: str(d()["elman-forward-s"])),
    ("TeX of an expression", printing, "tex",
     lambda right: lambda value: right(value).replace("t-1", "t+1"),
     lambda: d()["elman-forward-a"].right._repr_latex_()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("home", "name", "make", "run"), [row[1:] for row in FAULTS], ids=[row[0] for row in FAULTS]
)
def test_what_was_not_asked_for_is_refused(
    home: object, name: str, make: Make, run: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    monkeypatch.setattr(home, name, make(getattr(home, name)))
    with pytest.raises(CheckError):
        run()


def test_a_text_is_read_with_the_arguments_of_the_caller() -> None:
    @alone.read_as("plain")
    def deaf(value: Basic | Equation, notation: str = "source") -> str:
        return alone.text(value, "source", "plain")

    hidden = d()["elman-forward-s"]
    assert deaf(hidden) == derive.plain(hidden)
    with pytest.raises(CheckError):
        deaf(hidden, "goodfellow")
    with pytest.raises(CheckError):
        deaf(hidden, notation="goodfellow")


def test_colours_are_those_of_the_palette() -> None:
    for steps in (1, 2, 3, 5, 6, 40):
        found = palette.step_colours(steps)
        assert found == {step: meant_colour(step, steps) for step in found}


@pytest.mark.parametrize("value", [Integer(-3), Rational(1, 3), 2 * Symbol("i") + 1])
def test_numbers_and_indices_are_read(value: Any) -> None:
    for print_ in (derive.latex, derive.plain):
        assert print_(value)


@pytest.mark.parametrize("cell", ["elman", "irnn", "lstm", "gru", "two_layer"])
@pytest.mark.parametrize("seed", [0, 8])
def test_data_are_drawn_again(cell: str, seed: int) -> None:
    made = derive.derivation(cell, 2)
    assert derive.check(made, next(Derivation.equations(made)), seed=seed).passed


PICTURES: dict[str, tuple[str, str]] = {
    "half of it": (r'viewBox="0 0 (\d)\d', r'viewBox="0 0 \g<1>'),
    "its size": (r' width="\d+', ' width="1'),
    "a piece on another": (r"translate\((\d)(\d)", r"translate(1\g<1>\g<2>"),
    "another name": ("elman-grad-W", "elman-grad-U"),
    "a second title": ("</title>", "</title><title>another</title>"),
    "a description": ("</title>", "</title><desc>another</desc>"),
    "the title": (r">\(∂L_3/∂W\)", ">(∂L_3/∂U)"),
}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_that_is_framed_otherwise_is_refused(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pattern, by = PICTURES[name]
    equation, right = d()[TERMS], alone.picture
    made = derive.svg(equation)
    assert re.sub(pattern, by, made) != made
    monkeypatch.setattr(api, "picture", lambda *args: re.sub(pattern, by, right(*args)))
    with pytest.raises(CheckError):
        derive.svg(equation)

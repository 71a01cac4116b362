"""What is printed of one equation, without its derivation, is read back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sympy import Symbol

import derive
from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.errors import CheckError
from derive.publishing import alone
from derive.render.drawing.formula import formula_svg
from derive.typesetting import layout
from derive.typesetting.printing import Printer
from tests import ROOT

CELLS = [*names(), *sorted(str(p) for p in ROOT.glob("tests/catalogue/literature/*.toml"))]
PRINTED: tuple[Callable[..., str], ...] = (derive.latex, derive.markdown, derive.plain)


@pytest.mark.parametrize("cell", CELLS)
def test_every_equation_and_each_of_its_sides_is_printed(cell: str) -> None:
    for equation in Derivation(load(cell), 2).equations():
        for value in (equation, *equation.sides):
            for printed in PRINTED:
                assert printed(value)


def test_two_quantities_that_print_alike_in_a_notation_are_refused() -> None:
    equation = derive.derivation("rg_lru", 1)["rg_lru-forward-s"]
    with pytest.raises(CheckError, match="one text, and more than one quantity"):
        derive.latex(equation, "goodfellow")


EQUATION = derive.derivation("elman", 2)["elman-grad-W-terms-2"]
FAULTS = {
    "a sign": (r" + ", " - "),
    "a step": ("_{1}", "_{2}"),
    "an immediate derivative": (r"\partial^{+}", r"\partial"),
    "a letter": ("W", "U"),
    "another quantity": ("o_{2}", "s_{2}"),
}


@pytest.mark.parametrize(("old", "new"), FAULTS.values(), ids=FAULTS.keys())
@pytest.mark.parametrize("show", [
    derive.latex, derive.markdown, lambda e: derive.latex(e.right),
    lambda e: e._repr_mimebundle_(), lambda e: e._repr_latex_(),
], ids=["latex", "markdown", "expression", "notebook", "SymPy's name"])  # fmt: skip
def test_a_text_that_says_something_else_is_not_given_out(
    monkeypatch: pytest.MonkeyPatch, old: str, new: str, show: Any
) -> None:
    def changed(right: Any) -> Any:
        def wrong(*args: Any, **more: Any) -> str:
            text: str = right(*args, **more)
            at = text.find(old, text.find("=") + 1)
            return text if at < 0 else text[:at] + new + text[at + len(old) :]

        return wrong

    monkeypatch.setattr(alone, "display", changed(layout.display))
    monkeypatch.setattr(Printer, "inline", changed(Printer.inline))
    with pytest.raises(CheckError, match="is not printed as it was checked"):
        show(EQUATION)


def test_a_picture_that_says_something_else_is_not_given_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(
        alone, "formula_svg", lambda e, n: formula_svg(e, n).replace("∂L_2/∂W", "∂L_2/∂U", 1)
    )
    with pytest.raises(CheckError, match="is not printed as it was checked"):
        derive.svg(EQUATION)


def test_a_bare_symbol_is_printed_as_it_is() -> None:
    assert derive.latex(Symbol("n")) == "n"

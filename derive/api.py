"""The library: what a program or a notebook uses.

Takes the name of a cell; gives expressions, text and checks.
"""

from __future__ import annotations

from sympy import Basic

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.checks.checked import CheckedDerivation
from derive.checks.drawn import require_drawn
from derive.checks.loaded import load
from derive.checks.requested import (
    require_check,
    require_derivation,
    require_equation,
    require_steps,
    require_whole,
)
from derive.checks.tried import require_tried
from derive.checks.verify import Check, Verifier
from derive.expressions.equation import Equation
from derive.numerics.sample import samples
from derive.publishing import tried as readers
from derive.publishing.alone import picture, read_as, text


def derivation(cell: str | Cell = "elman", steps: int = 3, **options: object) -> Derivation:
    """Return the derivation of a cell's gradients over ``steps`` steps.

    ``cell`` is a name with the options of that cell (``activation="relu"``), or a cell of your own.
    Equations come by their ids, ``d["elman-grad-W-terms-3"]``; iterating yields all.  Each is
    checked before it is given out: a `CheckError` names one that fails.
    """
    require_tried()
    if isinstance(cell, Cell):
        if options:
            raise TypeError("options belong to a cell's name; a cell that is built has its own")
        made = CheckedDerivation(cell, steps)
        require_steps(made, steps)
        return made
    made = CheckedDerivation(load(cell, **options), steps)
    require_derivation(made, cell, steps, options)
    return made


def check(derivation: Derivation, equation: Equation | str, seed: int = 0) -> Check:
    """Return the check of one equation on random data; it tells whether the equation passed."""
    verifier = _verifier(derivation, seed)
    require_drawn(verifier.samples, seed, derivation.steps)
    if isinstance(equation, Equation):
        return require_check(verifier.check(equation), equation, verifier)
    found = require_equation(equation, derivation.find(equation), derivation.steps)
    return require_check(verifier.check(found), found, verifier)


def check_all(derivation: Derivation, seed: int = 0) -> tuple[Check, ...]:
    """Return the checks of all equations, in their order."""
    verifier = _verifier(derivation, seed)
    require_drawn(verifier.samples, seed, derivation.steps)
    made = tuple(
        require_check(verifier.check(equation), equation, verifier)
        for equation in Derivation.equations(derivation)
    )
    require_whole([check.id for check in made], derivation)
    return made


@read_as("latex")
def latex(value: Basic | Equation, notation: str = "source") -> str:
    """Return bare TeX, an equation broken over lines where it is long; without any delimiters.

    Like all below it is read back: a `CheckError` where it says something else than the value, or
    says it in another notation.
    """
    readers.require_tried(notation)
    return text(value, notation, "bare")


@read_as("markdown")
def markdown(value: Basic | Equation, notation: str = "source") -> str:
    """Return displayed mathematics as Markdown, temporal contributions in their colours."""
    readers.require_tried(notation)
    return f"$$\n{text(value, notation, 'markdown')}\n$$"


@read_as("plain")
def plain(value: Basic | Equation, notation: str = "source") -> str:
    """Return one line of Unicode text."""
    readers.require_tried(notation)
    return text(value, notation, "plain")


@read_as("svg")
def svg(equation: Equation, notation: str = "source") -> str:
    """Return a picture of an equation, for places that set no mathematics."""
    return picture(equation, notation)


def _verifier(derivation: Derivation, seed: int) -> Verifier:
    require_tried()
    return Verifier(derivation, samples(derivation.cell, derivation.steps, seed))

"""What reads a text back, tried on one that says something else: it must refuse it.

A reader that passes everything looks as one whose texts were all right.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import product

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.cells.zoo import elman
from derive.checks.verify import Verifier
from derive.errors import CheckError, DeriveError
from derive.expressions.algebra import add
from derive.expressions.equation import Equation
from derive.expressions.quantities import t
from derive.numerics.sample import samples
from derive.publishing.alone import require_text, text
from derive.publishing.shown import ShownEquations
from derive.typesetting import notation as notations
from derive.typesetting.printing import Dialect

MANNERS: dict[str, Dialect] = {"latex": "bare", "markdown": "markdown", "plain": "plain"}
"""In what way a text is shown, and what printer makes it."""


@cache
def require_tried(notation: str) -> None:
    """Raise a `CheckError` unless each reader of single equations refuses a text of another one."""
    derivation = Derivation(elman.build(elman.OPTIONS), 1)
    verifier = Verifier(derivation, samples(derivation.cell, 1, 0))
    reader = ShownEquations(verifier, notations.load(notation))
    # s_t = tanh(a_t), and beside it what is longer by a term, or of another quantity or step.
    right = unroll.forward(derivation.cell)[1]
    s, a = derivation.cell.states[0][t], right.right.arg
    others = (add(right.right, s), right.right.xreplace({a: s}), right.right.xreplace({t: t - 1}))
    for other, (manner, printer) in product(others, MANNERS.items()):
        said = text(replace(right, sides=(right.left, other)), notation, printer)
        made = f"$$\n{said}\n$$" if manner == "markdown" else said
        if _passes(reader, right, made, manner) or _passes_alone(right, made, notation, manner):
            raise CheckError(
                f"what reads {manner} back does not refuse what is false: nothing that it passes is to "
                "be relied on. Nothing is printed; please report it"
            )


def _passes(reader: ShownEquations, equation: Equation, made: str, manner: str) -> bool:
    try:
        reader.require(equation, made, manner)
    except DeriveError:
        return False
    return True


def _passes_alone(equation: Equation, made: str, notation: str, manner: str) -> bool:
    try:
        require_text(equation, made, notation, manner)
    except DeriveError:
        return False
    return True

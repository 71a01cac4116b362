"""What an answer rests on, checked before the answer is given."""

from __future__ import annotations

from collections.abc import Iterable

from derive.bptt.derivation import Derivation
from derive.checks.drawn import require_drawn
from derive.checks.verify import Verifier
from derive.expressions.equation import Equation
from derive.numerics.sample import samples

STEPS = 3
"""Enough for a first, an inner and a last step: what holds for the symbolic T is checked there."""


def require(derivation: Derivation, equations: Iterable[Equation], seed: int = 0) -> None:
    """Check equations of a derivation on random data; a `CheckError` names the first that fails."""
    drawn = samples(derivation.cell, STEPS, seed)
    require_drawn(drawn, seed, STEPS)
    verifier = Verifier(derivation, drawn)
    for equation in equations:
        verifier.require(equation)

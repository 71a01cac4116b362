"""A derivation of several lines, line by line."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from derive.expressions.equation import Equation


def is_in_steps(equation: Equation) -> bool:
    """Tell whether an equation has several lines, each with its reason."""
    return len(equation.reasons) > 1


def lines_of(equation: Equation) -> Iterator[Equation]:
    """Yield what each line of an equation says: that its left side is the side of the line."""
    for side in equation.sides[1:]:
        yield replace(equation, sides=(equation.left, side), reasons=())

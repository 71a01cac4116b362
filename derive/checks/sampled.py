"""Which data an equation is checked on, and what a place of a check is called."""

from __future__ import annotations

from derive.checks import termwise
from derive.expressions.equation import ANY_TARGETS, ZERO_START, Equation
from derive.expressions.quantities import T
from derive.expressions.types import IndexValues
from derive.numerics.sample import Sample


def applies(equation: Equation, sample: Sample) -> bool:
    """Tell whether an equation is claimed for data of that kind."""
    if sample.any_targets and ANY_TARGETS not in equation.assumes:
        return False
    return sample.zero_start or ZERO_START not in equation.assumes


def place_of(sample: Sample, indices: IndexValues) -> str:
    """Return the words for a point and for data."""
    names = {s: "term of step" if s == termwise.USE else str(s) for s in indices if s != T}
    named = ", ".join(f"{name} = {indices[s]}" for s, name in names.items())
    start = "s_0 = 0" if sample.zero_start else "s_0 ≠ 0"
    start += ", targets of any sum" if sample.any_targets else ""
    start += "" if sample.scale == 1 else f", parameters times {sample.scale}"
    return f"{named}, {start}" if named else start

"""What a check says of itself, counted and found anew: at how many places, and by which method."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from sympy import Expr, Symbol

from derive.checks.points import MOST_POINTS, points
from derive.checks.verify import Check, Verifier
from derive.errors import CheckError
from derive.expressions.equation import ANY_TARGETS, ZERO_START, Equation, Kind
from derive.expressions.quantities import T
from derive.numerics.sample import Sample, contrasted
from derive.typesetting.printing import plain

DERIVATIVES = ("∂", "∇")
"""The signs of derivatives, in the text of an equation."""


def require_recounted(
    equation: Equation, check: Check, checker: object, text: str | None = None
) -> None:
    """Raise a `CheckError` unless a check says its method and its places as they are found anew.

    Places are counted where it is a derivation that is checked, on data of its own.  ``text`` is that
    of the equation, if it is printed already.
    """
    wanted = method(equation, text)
    if check.method != wanted:
        raise _untrue(equation, f"its method is {wanted}, {check.method} is given")
    if type(checker) is Verifier:
        places = count(equation, checker)
        if check.count != places:
            raise _untrue(equation, f"it was checked at {places} places, {check.count} are given")


def method(equation: Equation, text: str | None = None) -> str:
    """Return how the left side of an equation is computed, by the signs in its text."""
    if equation.kind is Kind.ROUNDED:
        return "rounding"
    signs = plain(equation) if text is None else text
    return "complex-step" if any(sign in signs for sign in DERIVATIVES) else "forward"


def count(equation: Equation, verifier: Verifier) -> int:
    """Return at how many places an equation is checked, over all data that it holds on."""
    drawn = [*verifier.samples]
    if equation.kind is Kind.INEQUALITY:
        drawn += [other for sample in verifier.samples for other in contrasted(sample)]
    return sum(_on(equation, sample) for sample in drawn if _meant(equation, sample))


def _meant(equation: Equation, sample: Sample) -> bool:
    assumed = set(equation.assumes)
    return (ANY_TARGETS in assumed or not sample.any_targets) and (
        ZERO_START not in assumed or sample.zero_start
    )


def _on(equation: Equation, sample: Sample) -> int:
    """Return how many values the free indices have: all, or those chosen of many."""
    known: dict[Symbol, int] = {T: sample.trace.steps, **sample.trace.sizes}
    ranges = [range(int(_at(i.low, known)), int(_at(i.high, known)) + 1) for i in equation.free
              if not (i.low.free_symbols | i.high.free_symbols) - known.keys()]  # fmt: skip
    if len(ranges) == len(equation.free):
        total = 1
        for one in ranges:
            total *= len(one)
    else:
        total = sum(1 for _ in _nested(equation, known))
    if total <= MOST_POINTS:
        return total
    return len(points(equation.free, sample.trace.steps, sample.trace.sizes))


def _nested(equation: Equation, known: dict[Symbol, int]) -> Iterator[None]:
    """Yield once for each value of indices of which some are the bounds of others, up to a limit."""
    widest = range(0, max(known.values()) + 2)
    found = 0
    for values in product(widest, repeat=len(equation.free)):
        here = {**known, **{i.symbol: v for i, v in zip(equation.free, values, strict=True)}}
        if all(_at(i.low, here) <= here[i.symbol] <= _at(i.high, here) for i in equation.free):
            found += 1
            yield
            if found > MOST_POINTS:
                return


def _at(bound: Expr, known: dict[Symbol, int]) -> Expr:
    return bound.subs(known)


def _untrue(equation: Equation, problem: str) -> CheckError:
    return CheckError(
        f"the check of {equation.id} does not say of itself what is so: {problem}. Nothing is "
        "printed or written; please report it"
    )

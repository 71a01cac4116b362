"""What a check says of itself, counted and found anew: at how many places, and by which method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from weakref import WeakKeyDictionary

import numpy as np
from sympy import Expr, Symbol

from derive.checks.points import MOST_POINTS, points
from derive.checks.verify import Check, Verifier
from derive.errors import CheckError
from derive.expressions.equation import ANY_TARGETS, ZERO_START, Equation, Index, Kind
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
        drawn += _contrasted(verifier)
    return sum(_on(equation, sample) for sample in drawn if _meant(equation, sample))


_CONTRASTED: WeakKeyDictionary[Verifier, list[Sample]] = WeakKeyDictionary()


def _contrasted(verifier: Verifier) -> list[Sample]:
    """Return the further data of what is claimed of sizes, drawn once for all equations."""
    if verifier not in _CONTRASTED:
        with np.errstate(all="ignore"):
            drawn = [other for sample in verifier.samples for other in contrasted(sample)]
        _CONTRASTED[verifier] = drawn
    return _CONTRASTED[verifier]


def _meant(equation: Equation, sample: Sample) -> bool:
    assumed = set(equation.assumes)
    return (ANY_TARGETS in assumed or not sample.any_targets) and (
        ZERO_START not in assumed or sample.zero_start
    )


def _on(equation: Equation, sample: Sample) -> int:
    """Return how many values the free indices have: all, or those chosen of many."""
    steps, sizes = sample.trace.steps, sample.trace.sizes
    total = _counted(equation.free, {T: steps, **sizes})
    return total if total <= MOST_POINTS else len(points(equation.free, steps, sizes))


def _counted(free: Sequence[Index], known: Mapping[Symbol, int]) -> int:
    """Return how many values indices have together, of which the bounds may be those before them.

    Of very many not all are counted.
    """
    if not free:
        return 1
    first, rest = free[0], free[1:]
    low, high = _at(first.low, known), _at(first.high, known)
    if not rest:
        return max(0, high - low + 1)
    total = 0
    for value in range(low, high + 1):
        total += _counted(rest, {**known, first.symbol: value})
        if total > MOST_POINTS:
            break
    return total


def _at(bound: Expr, known: Mapping[Symbol, int]) -> int:
    """Return what a bound is: a number, a size or an index, or a sum or multiple of them."""
    if bound.is_Integer:
        return int(bound)
    if bound.is_Symbol:
        return known[bound]
    parts = [_at(part, known) for part in bound.args]
    return sum(parts) if bound.is_Add else prod(parts)


def _untrue(equation: Equation, problem: str) -> CheckError:
    return CheckError(
        f"the check of {equation.id} does not say of itself what is so: {problem}. Nothing is "
        "printed or written; please report it"
    )

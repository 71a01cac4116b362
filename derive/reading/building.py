"""Sums and products of what has been read.

Leniently, one whose shapes do not fit is built as it is written, so that it can be told to be wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Basic, Integer, MatrixExpr, Number, OneMatrix, Rational

from derive.errors import SpecError
from derive.expressions.algebra import Hadamard, Plus, Times, add, had, mul, neg
from derive.expressions.shown import Rounded


def negated(value: Basic, lenient: bool = False) -> Basic:
    """Return the negative, of decimals with the sign in the text."""
    from derive.reading.grids import negative_decimals

    known = negative_decimals(value)
    if known is not None:
        return known
    if isinstance(value, Number):
        return -value
    return _tried(lambda: neg(value), Times, (Integer(-1), value), lenient)


def added(values: Sequence[Basic], lenient: bool) -> Basic:
    """Return the sum; a number beside a matrix of one entry is one too."""
    if len(values) == 1:
        return values[0]
    values = list(map(exact, values))
    if any(isinstance(v, MatrixExpr) for v in values):
        values = [mul(v, OneMatrix(1, 1)) if isinstance(v, Number) else v for v in values]
        return _tried(lambda: add(*values), Plus, values, lenient)
    total = values[0]
    for value in values[1:]:
        total = total + value
    return total


def multiplied(values: Sequence[Basic], lenient: bool) -> Basic:
    """Return the product in the order that is written."""
    if len(values) > 1:
        values = list(map(exact, values))
    if all(isinstance(v, Number) for v in values):
        return mul(*values)
    return _tried(lambda: mul(*values), Times, values, lenient)


def exact(value: Basic) -> Basic:
    """Return a decimal as the number that it is: rounded ones stand alone, in no sum or product."""
    if isinstance(value, Rounded) and value.shape == (1, 1):
        return Rational(value.texts[0][0])
    return value


def pointwise(left: Basic, right: Basic, lenient: bool) -> Basic:
    """Return the product entry by entry."""
    return _tried(lambda: had(left, right), Hadamard, (left, right), lenient)


def _tried(build: Callable[[], Basic], kind: type, args: Sequence[Basic], lenient: bool) -> Basic:
    try:
        return build()
    except (SpecError, ValueError):
        if not lenient:
            raise
    flat: list[Basic] = []
    for a in args:
        flat += getattr(a, "args", ()) if isinstance(a, kind) else (a,)
    return Basic.__new__(kind, *flat)

"""The functions of whole columns, those of a generated module and our own, against a hundred digits.

What is a mean or a sum of exponentials loses its digits far out, where no random data are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal, localcontext
from typing import Any, TypeAlias

import numpy as np

from derive.arrays import Array

COLUMNS: tuple[tuple[float, ...], ...] = (
    (0.0, 0.0, 0.0), (1.5, -0.25, 3.0), (1e-12, -1e-12, 0.0), (1e6 + 1, 1e6 - 1, 1e6 + 3),
    (-1e4 + 0.5, -1e4, -1e4 - 0.25), (800.0, -800.0, 0.5), (-800.0, -801.5, -799.25),
    (40.0, 0.0, -3.0), (1e3, 1e3, 1e3),
)  # fmt: skip
"""Columns on which they are tried: apart and alike, small, large, and far from 0."""

ALONG = (0.75, -1.0, 0.5)
"""The direction in which they are differentiated."""

DIGITS, NUDGE = 100, Decimal("1e-30")
"""With so many digits is reckoned, and so far moved that half of them are those of a derivative."""

CLOSE = 1e-11
"""How far an entry may be from the right one, relative to it."""

ROUNDING = 1e-14
"""What rounding may leave of an entry, relative to the largest of its column, where one is taken off."""

VANISHED = 1e-250
"""As good as 0."""

STEP = 1e-100
"""The size of a complex step."""

_Column: TypeAlias = Sequence[Decimal]


def _mean(a: _Column) -> Decimal:
    return sum(a, Decimal(0)) / len(a)


def _deviation(a: _Column) -> Decimal:
    mean = _mean(a)
    return (_mean([(one - mean) ** 2 for one in a]) + Decimal("1e-5")).sqrt()


def _log_sum_exp(a: _Column) -> Decimal:
    return sum((one.exp() for one in a), Decimal(0)).ln()


EXACT: Mapping[str, Callable[[_Column], _Column]] = {
    "deviation": lambda a: [_deviation(a)],
    "layer_norm": lambda a: [(one - _mean(a)) / _deviation(a) for one in a],
    "log_sum_exp": lambda a: [_log_sum_exp(a)],
    "log_softmax": lambda a: [one - _log_sum_exp(a) for one in a],
    "softmax": lambda a: [(one - _log_sum_exp(a)).exp() for one in a],
}
"""What each of them is, as its definition says."""

_PRODUCTS = ("softmax",)
"""Nothing is taken off from something as large there: each entry has its digits, however small."""


def inexact(names: Mapping[str, Any]) -> Iterator[str]:
    """Yield what functions of columns among the ``names`` of a module give that is not so."""
    for name, exact in EXACT.items():
        if name not in names:
            continue
        for column in COLUMNS:
            given = np.array([[column]])
            with np.errstate(all="ignore"):
                value = np.ravel(names[name](given))
                moved = names[name](given + 1j * STEP * np.array(ALONG))
            found = (value, np.ravel(np.imag(moved)) / STEP)
            wholly = (name in _PRODUCTS, False)
            said = ("", "the slope of ")
            for one, wanted, whole, what in zip(
                found, _meant(exact, column), wholly, said, strict=True
            ):
                if not _near(column, one, wanted, whole):
                    yield f"{what}{name} at {column} is {one} instead of {wanted}"


def _meant(exact: Callable[[_Column], _Column], column: Sequence[float]) -> tuple[Array, Array]:
    """Return what a function is of a column, and how it changes along the direction."""
    with localcontext() as context:
        context.prec = DIGITS
        at = [Decimal(entry) for entry in column]
        there, back = (
            exact([a + sign * NUDGE * Decimal(b) for a, b in zip(at, ALONG, strict=True)])
            for sign in (1, -1)
        )
        along = [(a - b) / (2 * NUDGE) for a, b in zip(there, back, strict=True)]
        return np.array([*map(float, exact(at))]), np.array([*map(float, along)])


def _near(column: Sequence[float], found: Array, wanted: Array, whole: bool) -> bool:
    """Tell whether entries are as near as rounding allows; ``whole`` ones keep all of their digits."""
    if found.shape != wanted.shape:
        return False
    size = max(1.0, *map(abs, column)) * max(1.0, float(np.abs(wanted).max()))
    least = VANISHED if whole else ROUNDING * size
    return bool(np.all(np.abs(found - wanted) <= CLOSE * np.abs(wanted) + least))

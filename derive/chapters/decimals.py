"""Numbers as decimals: how many places say them exactly, and their texts."""

from __future__ import annotations

import math

import numpy as np

from derive.arrays import Array

MOST_DECIMALS = 6
"""Numbers that need more are rounded for print."""


def decimals(values: Array, places: int) -> list[list[str]]:
    """Return a matrix as text with a fixed number of places; a zero has no sign."""
    texts = [[f"{v:.{places}f}" for v in row] for row in values]
    return [[t.lstrip("-") if float(t) == 0 else t for t in row] for row in texts]


def exact_places(values: Array) -> int | None:
    """Return the fewest places that say every number exactly, or None if `MOST_DECIMALS` do not."""
    for places in range(MOST_DECIMALS + 1):
        if np.array_equal(np.vectorize(lambda v, p=places: float(f"{v:.{p}f}"))(values), values):
            return places
    return None


def scientific(values: Array, digits: int = 3) -> tuple[list[list[str]], int, int]:
    """Return numbers with so many digits of the largest: texts, places, and an exponent n.

    The numbers are the texts times 10 to the power −n, which is 0 where zeros do not get in the way.
    """
    largest = float(np.abs(values).max())
    order = math.floor(math.log10(largest)) if largest > 0.0 else 0
    exponent = -order if order < -1 else 0
    places = max(digits - 1 - order - exponent, 0)
    return decimals(values * 10.0**exponent, places), places, exponent


def telling_places(values: Array, least: int, digits: int = 3) -> int:
    """Return how many places show ``digits`` digits of the largest number, ``least`` or more."""
    largest = float(np.abs(values).max())
    if largest == 0.0:
        return least
    return max(least, digits - 1 - math.floor(math.log10(largest)))

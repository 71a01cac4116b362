"""The values of an equation's free indices at which it is checked: the points."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from itertools import islice, product

from sympy import Integer, Symbol

from derive.expressions.equation import Index
from derive.expressions.quantities import T
from derive.expressions.types import IndexValues

MOST_POINTS = 100
"""An equation with free indices is checked at all of their values, or at this many of them."""


def points(
    free: tuple[Index, ...], steps: int, sizes: Mapping[Symbol, int] | None = None
) -> list[IndexValues]:
    """Return all combinations of values where they are few.

    Of many, those at and beside both ends of every range, where boundaries go wrong, and a fixed
    random choice.  A later index may have an earlier one as bound, and that of a component the number
    of them, which ``sizes`` tell.
    """
    sizes = sizes or {}
    # Steps before components, and of these the last first.
    order = sorted(range(len(free)), key=lambda n: (free[n].high in sizes, -n))
    free = tuple(_sized(index, sizes) for index in free)
    every = list(islice(_every({T: steps}, free), MOST_POINTS + 1))
    if len(every) <= MOST_POINTS:
        return every
    found: dict[tuple[int, ...], IndexValues] = {}
    for ends in product((0, 1, -2, -1), repeat=len(free)):
        _note(found, _chosen(free, steps, [_beside(end) for end in ends]))
    rng = random.Random(0)
    # Where a range is empty for most values of another, few tries find a point.
    for _ in range(10 * MOST_POINTS):
        _note(found, _chosen(free, steps, [rng.randint] * len(free)))
        if len(found) >= MOST_POINTS:
            break
    # Neighbouring steps after one another, as quantities that are perturbed there share a pass.
    return sorted(found.values(), key=lambda at: [at[free[n].symbol] for n in order])


def _sized(index: Index, sizes: Mapping[Symbol, int]) -> Index:
    return Index(
        index.symbol, index.low, index.high.xreplace({s: Integer(n) for s, n in sizes.items()})
    )


def _every(known: IndexValues, free: tuple[Index, ...]) -> Iterator[IndexValues]:
    if not free:
        yield known
        return
    low, high = _range(free[0], known)
    for value in range(low, high + 1):
        yield from _every({**known, free[0].symbol: value}, free[1:])


def _range(index: Index, known: IndexValues) -> tuple[int, int]:
    rule = {symbol: Integer(value) for symbol, value in known.items()}
    return int(index.low.xreplace(rule)), int(index.high.xreplace(rule))


def _beside(end: int) -> Callable[[int, int], int]:
    def choose(low: int, high: int) -> int:
        return min(max(low + end if end >= 0 else high + 1 + end, low), high)

    return choose


def _chosen(
    free: tuple[Index, ...], steps: int, choices: list[Callable[[int, int], int]]
) -> IndexValues | None:
    known: IndexValues = {T: steps}
    for index, choose in zip(free, choices, strict=True):
        low, high = _range(index, known)
        if low > high:
            return None
        known[index.symbol] = choose(low, high)
    return known


def _note(found: dict[tuple[int, ...], IndexValues], chosen: IndexValues | None) -> None:
    if chosen is not None:
        found.setdefault(tuple(chosen.values()), chosen)

"""Ordered products over many ranges of steps, those together whose factors are partly the same."""

from __future__ import annotations

import numpy as np

from derive.arrays import Array, StepNumbers


def products_of(
    factors: Array, first: int, lows: StepNumbers, highs: StepNumbers, rising: bool
) -> Array:
    """Return the products of the factors from each lower end to its upper one, (ranges, rows, rows).

    ``factors`` are those of the steps from ``first`` on; the largest step stands leftmost, or, rising,
    the smallest one. Of all with one upper end each is the one before times a factor, and so it is of
    all with one lower end; of the two, those are taken of which there are fewer.
    """
    counts = highs - lows + 1
    size = factors.shape[-2:]
    # Only the range from t + 1 to t is the empty product; further apart there is none.
    found: Array = np.full((len(lows), *size), np.nan)
    found[counts == 0] = np.eye(size[0])
    places = np.flatnonzero(counts > 0)
    if not len(places):
        return found
    downward = len(np.unique(highs[places])) <= len(np.unique(lows[places]))
    fixed, step = (highs, -1) if downward else (lows, 1)
    ends, of = np.unique(fixed[places], return_inverse=True)
    reach = np.zeros(len(ends), dtype=int)
    np.maximum.at(reach, of, counts[places])
    # The longest first, so that those that go on are always the first ones.
    order = np.argsort(-reach, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(len(order))
    ends, reach, of = ends[order], reach[order], rank[of]
    by_length = np.argsort(counts[places], kind="stable")
    edges = np.searchsorted(counts[places][by_length], np.arange(1, int(reach[0]) + 2))
    going = np.searchsorted(-reach, -np.arange(int(reach[0]) + 1), side="left").tolist()
    # A new factor stands where the larger index does, or, rising, the smaller one.
    behind = downward != rising
    made = factors[ends - first]
    for length in range(1, int(reach[0]) + 1):
        if length > 1:
            more = factors[ends[: going[length - 1]] + step * (length - 1) - first]
            made = made[: len(more)]
            made = made @ more if behind else more @ made
        here = by_length[edges[length - 1] : edges[length]]
        if len(here):
            found[places[here]] = made[of[here]]
    return found

"""Perturbed forward passes that are kept, all together within a number of bytes."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar

P = TypeVar("P")


class PassCache(Generic[P]):
    """What was made last, by its key; what was not asked for longest makes room."""

    def __init__(self, limit: float) -> None:
        self.limit = limit
        self._kept: OrderedDict[Hashable, tuple[P, int]] = OrderedDict()
        self._bytes = 0

    def get(self, key: Hashable, make: Callable[[], tuple[P, int]]) -> P:
        """Return what is kept by this key, else what is made, with the bytes that it will take."""
        if key not in self._kept:
            made = make()
            self._kept[key] = made
            self._bytes += made[1]
            while self._bytes > self.limit and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1][1]
        self._kept.move_to_end(key)
        return self._kept[key][0]

"""Handouts that several tests of embedding look at, made once."""

from __future__ import annotations

from functools import cache

from derive.catalogue import load
from derive.chapters.handout import Handout, build


@cache
def handout(cell: str = "elman", steps: int = 2) -> Handout:
    """Return a checked handout."""
    return build(load(cell), steps, seed=0)

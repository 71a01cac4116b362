"""Where the factors of a product stand in the TeX of its equation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class FactorMark:
    """The TeX from ``start`` to ``stop`` is the factor ``number`` of an equation, counted from 0."""

    start: int
    stop: int
    number: int


def marks(tex: str, left: str, factors: Sequence[str]) -> tuple[FactorMark, ...]:
    """Return where each of the ``factors`` stands in ``tex`` behind the left side, from left to right.

    Of two that begin at one place the longer one counts.  Scripts count in pairs of bytes: text with
    signs that take two pairs has no marks, rather than wrong ones.
    """
    if any(ord(sign) > 0xFFFF for sign in tex):
        return ()
    found: list[FactorMark] = []
    at = tex.find(left) + len(left)
    while at < len(tex):
        here = [n for n, factor in enumerate(factors) if tex.startswith(factor, at)]
        if not here:
            at += 1
            continue
        longest = max(here, key=lambda n: len(factors[n]))
        found.append(FactorMark(at, at + len(factors[longest]), longest))
        at = found[-1].stop
    return tuple(found)


def written(found: Sequence[FactorMark]) -> str:
    """Return marks as an attribute: start, stop and number of each."""
    return " ".join(f"{mark.start} {mark.stop} {mark.number}" for mark in found)

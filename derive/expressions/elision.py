"""What is written out of something long: one rule for formulas, pictures and tables."""

from __future__ import annotations

WHOLE = 5
"""The longest horizon that is written out step by step."""


def shown_steps(last: int) -> tuple[int, ...]:
    """Return the steps that are written out, in order: all up to five, else two at each end."""
    if last <= WHOLE:
        return tuple(range(1, last + 1))
    return (1, 2, last - 1, last)

"""What the test of a formula comes to, and the places at which it was tested."""

from __future__ import annotations

from dataclasses import dataclass, field

from derive.arrays import Array
from derive.expressions.types import IndexValues
from derive.numerics.trace import ForwardPass


@dataclass(frozen=True)
class Trial:
    """Whether an equation holds, and the worst place where it does not.

    ``error`` is relative to the right side (absolute where that is 0; for ≤ the excess).  ``left``
    and ``right`` are the values there, if they are single numbers.  ``misfit`` says what does not
    fit in shape, where that is so, and ``sides_differ`` whether each side has a shape of its own;
    ``overflows`` whether it fails only where one side is no finite number.  ``count`` is the number of
    places, and ``tested`` are the data, with words that say which.
    """

    holds: bool
    error: float = 0.0
    where: str = ""
    left: float | None = None
    right: float | None = None
    misfit: str | None = None
    count: int = 0
    sides_differ: bool = False
    overflows: bool = False
    tested: tuple[tuple[str, ForwardPass], ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True)
class TestedPlace:
    """Where a formula was tested: the data, the values of its indices, and of its two sides."""

    trace: ForwardPass
    where: str
    indices: IndexValues
    left: Array
    right: Array

"""What printing an expression gives: its text, and what those around it need to know of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Printed(NamedTuple):
    """A text without the minus sign in front of it, how tightly it binds, and whether there is one.

    The sign stands apart, as it becomes that of a term in a sum: a − b, not a + −b.
    """

    body: str
    precedence: int
    negative: bool = False

    @property
    def whole(self) -> str:
        """Return the text with its sign."""
        return f"-{self.body}" if self.negative else self.body


def summed(
    terms: Iterable[Printed], precedence: int, plus: str = " + ", minus: str = " - "
) -> Printed:
    """Return terms joined by their signs; that of the first is the sign in front of the sum."""
    first, *others = terms
    rest = "".join((minus if term.negative else plus) + term.body for term in others)
    return Printed(first.body + rest, precedence, first.negative)

"""What may stand within a sentence: words by their keys, references, computed numbers, mathematics.

Nothing here imports SymPy or an expression at run time: figures are described by this too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import isclose, isfinite, nan
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote

if TYPE_CHECKING:
    from sympy import Basic

    from derive.expressions.equation import Equation


@dataclass(frozen=True)
class Ref:
    """A reference to a numbered block (equation, figure, table) or a heading by its id."""

    target: str


@dataclass(frozen=True)
class PageRef:
    """The page on which something stands, by its id; where there are no pages, a reference to it.

    ``spot`` is the id of an item of a list that stands there, which may be on a page behind it.
    """

    target: str
    spot: str = ""


@dataclass(frozen=True)
class Doi:
    """A digital object identifier, printed as a link to the text that it names."""

    name: str

    @property
    def address(self) -> str:
        """Return the address that it leads to."""
        return f"https://doi.org/{quote(self.name, safe='/.:;_-')}"


@dataclass(frozen=True)
class Number:
    """A computed number, printed as mathematics with ``digits`` significant digits or more.

    One that was chosen, which a few digits write in full, is printed in full.
    """

    value: float
    digits: int = 3

    @property
    def printed(self) -> int:
        """Return with how many significant digits it is printed."""
        return max(1, self.digits, written_in_full(self.value) or 0)


ROUNDED = "list.rounded_to_zero"
"""What is said instead of a number that is zero only because the computer rounds it."""


def numeric(value: object) -> float:
    """Return the value of a number, 0 for what is rounded to it, and nan for what is no number."""
    if isinstance(value, Text) and value.key == ROUNDED:
        return 0.0
    return float(value.value) if isinstance(value, Number) else nan


def exactly(value: float) -> Number:
    """Return a number with all digits that it takes to tell it from any other."""
    return Number(value, len(Decimal(repr(float(value))).normalize().as_tuple().digits))


def at_least(value: float, digits: int = 3) -> Number:
    """Return the number itself if a few digits write it in full, else the next above with ``digits``.

    What is nowhere larger than a number is nowhere larger than this one.
    """
    if written_in_full(value) is not None:
        return Number(value, 1)
    context = Context(prec=digits, rounding=ROUND_CEILING)
    return Number(float(context.create_decimal(Decimal(value))), digits)


def at_most(value: float, digits: int = 3) -> Number:
    """Return the next number below with ``digits``: what is no smaller than a number is no smaller."""
    context = Context(prec=digits, rounding=ROUND_FLOOR)
    return Number(float(context.create_decimal(Decimal(value))), digits)


MOST_CHOSEN = 6
"""With how many significant digits a number may be chosen; what is measured needs more."""


def written_in_full(value: float) -> int | None:
    """Return how many significant digits write a number in full, None if more than a few do.

    A rounding error of the arithmetic is no digit.
    """
    if not isfinite(value):
        return None
    digits = range(1, MOST_CHOSEN + 1)
    return next(
        (n for n in digits if isclose(float(f"{value:.{n - 1}e}"), value, rel_tol=1e-12)), None
    )


@dataclass(frozen=True)
class Bound:
    """A computed number printed only as the next power of ten above it (``< 10^{-12}``)."""

    value: float


@dataclass(frozen=True)
class Text:
    """A sentence of the language file inside another block: its key and its values."""

    key: str
    values: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True)
class Code:
    """Literal text in a fixed-width face (an id, a command)."""

    text: str


@dataclass(frozen=True)
class Url:
    """An address of the web, printed as it is and followed when it is clicked."""

    address: str


# str is the user's data or a name; int a count.  Basic is a SymPy expression, printed inline.
# An Equation as an inline value is printed "left = right"; it needs a check like a displayed one.
Value: TypeAlias = (
    "str | int | Basic | Equation | Ref | PageRef | Doi | Number | Bound | Text | Code | Url"
)

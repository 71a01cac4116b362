"""What may stand within a sentence: words by their keys, references, computed numbers, mathematics.

Nothing here imports SymPy or an expression at run time: figures are described by this too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    """The page on which something stands, by its id; where there are no pages, a reference to it."""

    target: str


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
    """A computed number, printed as mathematics with ``digits`` significant digits."""

    value: float
    digits: int = 3


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

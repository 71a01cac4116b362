"""An equation as one object: the printer and the checker read the same sides."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from enum import Enum

from sympy import Basic

from derive.expressions.display import display
from derive.expressions.walk import alike, hashed

ZERO_START = "zero-initial-state"
"""The assumption under which only data with s_0 = 0 apply."""

ANY_TARGETS = "any-targets"
"""The claim that an equation holds for targets of any sum; checked on such targets as well."""


class Kind(Enum):
    """What a displayed equation claims, and so how it is checked."""

    DEFINITION = "definition"
    IDENTITY = "identity"
    INEQUALITY = "inequality"
    REFUTED = "refuted"
    ROUNDED = "rounded"


@dataclass(frozen=True)
class Step:
    """How an equation came about: the rule, what it was applied to, and the equations it uses."""

    rule: str
    applied_to: tuple[Basic, ...] = ()
    uses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Index:
    """A free index of an equation and the range in which it holds (both ends included)."""

    symbol: Basic
    low: Basic
    high: Basic


@dataclass(frozen=True, eq=False)
class Equation:
    """``sides[0] = sides[1] = …`` (or ``≤`` between each two for an inequality).

    ``id`` is semantic and stable, for example ``elman-grad-W-terms``.  ``free`` are the indices for
    which it is claimed.  ``assumes`` are keys of stated assumptions, ``targets-sum-to-one`` say.
    ``sign`` is ``<=`` or ``!=`` where a text claims that instead of the sign of the kind.  ``reasons``
    are keys of the rules by which each side follows from the one before it, which stand beside the
    lines: one for each side but the first, or none at all.
    """

    id: str
    kind: Kind
    sides: tuple[Basic, ...]
    step: Step
    free: tuple[Index, ...] = ()
    assumes: tuple[str, ...] = ()
    digits: int | None = field(default=None)
    sign: str = ""
    reasons: tuple[str, ...] = ()

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Equation):
            return NotImplemented
        mine, theirs = (
            [getattr(one, part.name) for part in fields(one) if part.name != "sides"]
            for one in (self, other)
        )
        if mine != theirs or len(self.sides) != len(other.sides):
            return False
        return all(map(alike, self.sides, other.sides))

    def __hash__(self) -> int:
        return hash((self.id, self.kind, *map(hashed, self.sides)))

    @property
    def left(self) -> Basic:
        """The left side: for an identity, what is computed from the forward pass alone."""
        return self.sides[0]

    @property
    def right(self) -> Basic:
        """The last side."""
        return self.sides[-1]

    def __str__(self) -> str:
        return display().plain(self)

    def _repr_latex_(self) -> str:
        return self._repr_mimebundle_()["text/latex"]

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        # What a notebook shows.
        return display().bundle(None, [self])


def identifier(*parts: str) -> str:
    """Return an equation's id from its parts: letters, digits, ``_`` and ``-`` only."""
    return "-".join(parts).replace(".", "-").replace(",", "-")

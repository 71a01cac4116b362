"""What a derivation introduces beside a cell's own quantities: a role, and what it belongs to.

Equality is by these, never by a spelling; letters are given by `derive.typesetting.lettering`.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import cached_property
from typing import Any

from sympy import Basic, Integer
from sympy.core.symbol import Str

from derive.expressions.display import display
from derive.expressions.quantities import DiagonalSeries, Series
from derive.expressions.walk import atoms_of


class Role(Enum):
    """What a quantity that is introduced is to those that it belongs to."""

    STACK = "the states of a step, one above the other: of the states"
    SLOPE = "the derivative of an activation: of the variable and its argument"
    STEP_JACOBIAN = "the derivative of the state by that of the step before: of the state"
    BLOCK = "a block of it: of the state in whose rows, and the one in whose columns it stands"
    PART = "the derivative of a state by another of the same step: of the two"
    PATH = "the derivative of the state by a quantity of its step: of the state and the quantity"
    ADJOINT = "the gradient of the total loss by a quantity, ∇_{v_t} L: of the quantity"
    LAGGED_ADJOINT = "that of the loss of one step, ∇_{v_k} L_t: of the quantity"


class Introduced(Series):
    """A series that a derivation introduces: its args are its role and what it belongs to.

    ``roster`` is no part of what it is: there stand the others that its letter differs from.
    """

    roster: Roster | None = None

    def __new__(cls, role: Role | Str, *of: Basic) -> Introduced:
        return Basic.__new__(cls, Str(role.name), *of)

    @property
    def role(self) -> Role:
        """Return what it is to that which it belongs to."""
        return Role[self.args[0].name]

    @property
    def of(self) -> tuple[Any, ...]:
        """Return what it belongs to."""
        return self.args[1:]

    @property
    def name(self) -> str:
        """Refuse: SymPy's symbols of matrices have a name, this one has a role."""
        raise AttributeError("what a derivation introduces has no name; typesetting gives letters")

    @cached_property
    def shape(self) -> Any:
        """Return the shape, which follows from the role."""
        rows = self.of[0].shape[0]
        match self.role:
            case Role.STACK:
                return (sum((state.shape[0] for state in self.of), Integer(0)), Integer(1))
            case Role.ADJOINT | Role.LAGGED_ADJOINT:
                return self.of[0].shape
            case Role.STEP_JACOBIAN:
                return (rows, rows)
            case Role.SLOPE | Role.BLOCK | Role.PART | Role.PATH:
                return (rows, self.of[1].shape[0])

    @property
    def free_symbols(self) -> set[Any]:
        """Return itself, as SymPy's symbols of matrices do."""
        return {self}

    def _sympystr(self, printer: Any) -> str:
        return display().plain(self)

    def _latex(self, printer: Any) -> str:
        return display().tex(self)


class IntroducedDiagonal(Introduced, DiagonalSeries):
    """One that is a diagonal matrix."""


class Roster:
    """What is introduced beside the quantities of one cell: what letters must tell apart.

    ``names`` are those of the cell's own quantities, ``equations`` its variables with their right
    sides.
    """

    def __init__(
        self,
        names: frozenset[str],
        states: tuple[Series, ...] = (),
        equations: tuple[tuple[Series, Any], ...] = (),
    ) -> None:
        self.names, self.states, self.equations = names, states, equations
        self._introduced: dict[tuple[Role, tuple[Any, ...]], Introduced] = {}

    def __iter__(self) -> Iterator[Introduced]:
        return iter(tuple(self._introduced.values()))

    def __len__(self) -> int:
        return len(self._introduced)

    def __contains__(self, one: Introduced) -> bool:
        return (one.role, one.of) in self._introduced

    def introduce(self, role: Role, *of: Any, diagonal: bool = False) -> Introduced:
        """Return the series of that role and of those quantities."""
        made = (IntroducedDiagonal if diagonal else Introduced)(role, *of)
        made.roster = self
        self._introduced[role, of] = made
        return made


def roster_of(expr: Any) -> Roster | None:
    """Return the roster of what an expression reads of a derivation, or None if it reads nothing."""
    return next((one.roster for one in atoms_of(expr, Introduced)), None)

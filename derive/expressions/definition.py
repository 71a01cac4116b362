"""What a derivation introduces, known by its role and by what it belongs to, never by a name.

Its letter is given by `derive.typesetting.lettering` when it is printed, its name in a module by
`derive.codegen.names`: no spelling of a user's own name can make two of them one.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from typing import Any

from sympy import Basic, Integer, MatrixExpr, Symbol, ZeroMatrix
from sympy.core.symbol import Str

from derive.expressions.display import display
from derive.expressions.folding import folded
from derive.expressions.quantities import DiagonalSeries, Series
from derive.expressions.walk import atoms_of, series_in


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


@dataclass(frozen=True)
class Definition:
    """What a derivation introduces, with its meaning: ``series[indices] = expr``.

    Two are equal where role and referents are.  With ``backward`` the expression reads the quantity
    at the next step; after the last it is 0.
    """

    role: Role = field(init=False)
    of: tuple[Any, ...] = field(init=False)
    series: Introduced = field(compare=False)
    indices: tuple[Symbol, ...] = field(compare=False)
    expr: Any = field(compare=False)
    backward: bool = field(default=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "role", self.series.role)
        object.__setattr__(self, "of", self.series.of)


def roster_of(expr: Any) -> Roster | None:
    """Return the roster of what an expression reads of a derivation, or None if it reads nothing."""
    return next((one.roster for one in atoms_of(expr, Introduced)), None)


def ended(expr: MatrixExpr, steps: int, backward: Container[Series]) -> MatrixExpr:
    """Return an expression with every adjoint after the last step folded to 0.

    With it goes what it is multiplied by: no quantity of step T + 1 exists.
    """
    ends = {
        at: ZeroMatrix(*at.shape)
        for at in series_in(expr)
        if at.indices == (steps + 1,) and at.series in backward
    }
    return folded(expr, ends) if ends and expr not in ends else expr

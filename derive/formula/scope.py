"""What the names in a formula stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sympy import MatrixExpr, Symbol

from derive.calculus.activations import callable_in_formulas
from derive.expressions.named import FunctionFormula
from derive.expressions.quantities import At, Parameter, Series, T, j, k, t

INDICES: dict[str, Symbol] = {"t": t, "T": T, "k": k, "j": j}
"""Time indices that need no introduction; a sum or product introduces its own."""


@dataclass(frozen=True)
class Scope:
    """Names of quantities: ``series`` have a value per step, ``parameters`` have one for all.

    A name may be in both: ``L[t]`` is the loss of a step and ``L`` the total one.  ``states`` are
    the series that an immediate derivative ``d+`` holds fixed at the step before, ``sizes`` the
    symbols of shapes, for ``ones(n)``, ``own`` the functions that have a formula, ``shorthands`` names
    that stand for whole expressions.  ``rows`` gives the matrix of some rows of an identity,
    by the first, the last and its size: with it, components can be read, ``s[t-1][1:3]``.
    ``of_step`` is a formula of one step, in which only what can be differentiated may stand.
    In an ``entrywise`` formula, of a number that stands for each entry, ``*`` is a product of entries.
    ``hints`` say of names that are unknown what to write instead.
    """

    series: Mapping[str, Series]
    parameters: Mapping[str, Parameter]
    states: tuple[Series, ...] = ()
    sizes: Mapping[str, Symbol] = field(default_factory=dict)
    shorthands: Mapping[str, MatrixExpr] = field(default_factory=dict)
    own: Mapping[str, FunctionFormula] = field(default_factory=dict)
    functions: frozenset[str] = frozenset(callable_in_formulas())
    rows: Callable[[int, int, int], Parameter] | None = None
    of_step: bool = False
    entrywise: bool = False
    hints: Mapping[str, str] = field(default_factory=dict)

    def names(self) -> list[str]:
        """Return every name of a quantity."""
        return sorted({*self.series, *self.parameters, *self.shorthands})

    def held(self, num: MatrixExpr, den: MatrixExpr) -> tuple[At, ...]:
        """Return what ``d+(num)/d(den)`` holds fixed: the states of the step before.

        For a quantity that is not a state, the states of its own step too: o_t by s_{t-1} is 0, as
        o_t reads s_t only.
        """
        if not isinstance(num, At):
            return ()
        step = num.indices[0]
        own = () if num.series in self.states else tuple(s[step] for s in self.states)
        before = tuple(s[step - 1] for s in self.states)
        return tuple(at for at in (*own, *before) if at != den)

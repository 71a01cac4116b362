"""One side of an equation as the criteria of reasons look at it: its terms, factors and derivatives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from sympy import Basic, KroneckerDelta
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, Transpose

from derive.expressions.algebra import Scaled
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Quotient
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At, Parameter
from derive.expressions.sums import TimeSum
from derive.expressions.walk import atoms_of

Ends = tuple[Basic, Basic]
"""What is differentiated, and by what."""


@dataclass(frozen=True)
class Side:
    """One side of an equation, as the criteria look at it."""

    expr: Basic

    @cached_property
    def derivatives(self) -> frozenset[Basic]:
        return frozenset(atoms_of(self.expr, (Partial, Gradient)))

    @cached_property
    def totals(self) -> list[Partial]:
        """Return the derivatives by a parameter for which nothing is held fixed."""
        found = (d for d in self.derivatives if isinstance(d.den, Parameter))
        return [d for d in found if not d.held]

    @cached_property
    def sums(self) -> list[TimeSum]:
        return list(atoms_of(self.expr, TimeSum))

    @cached_property
    def terms(self) -> tuple[Basic, ...]:
        """Return the terms of the sum, or of the sum that is transposed."""
        expr = self.expr.arg if isinstance(self.expr, Transpose) else self.expr
        return expr.args if isinstance(expr, MatAdd) else (expr,)

    @cached_property
    def quantities(self) -> frozenset[Basic]:
        return frozenset(atoms_of(self.expr, (At, Parameter)))

    @cached_property
    def loose(self) -> Counter[Basic]:
        """Return quantities outside derivatives, with how often each stands."""
        return _loose(self.expr, {})

    def brings(self, before: Side) -> bool:
        """Tell whether it has a quantity that the side before has not, or has loose once less.

        What is put in for a derivative may be made of quantities that stand beside it already.
        """
        beside = bool(before.derivatives) and bool(before.loose)
        more = beside and bool(self.loose - before.loose)
        return more or bool(self.quantities - before.quantities)

    @property
    def quotients(self) -> int:
        return sum(len(list(atoms_of(term, Quotient))) for term in self.terms)

    @property
    def deltas(self) -> bool:
        return any(True for _ in atoms_of(self.expr, KroneckerDelta))

    @property
    def named(self) -> bool:
        """Tell whether it is one quantity that the derivation gave a name to."""
        return isinstance(self.expr, At) and isinstance(self.expr.series, Introduced)


def _loose(expr: Basic, known: dict[Basic, Counter[Basic]]) -> Counter[Basic]:
    if isinstance(expr, (Partial, Gradient)):
        return Counter()
    if isinstance(expr, (At, Parameter)):
        return Counter([expr])
    if expr not in known:
        known[expr] = sum((_loose(part, known) for part in expr.args), Counter())
    return known[expr]


def factors_of(expr: Basic) -> tuple[Basic, ...]:
    """Return the factors of a product, those of a scaling with it."""
    if isinstance(expr, Scaled):
        return (*factors_of(expr.args[0]), *factors_of(expr.args[1]))
    return expr.args if isinstance(expr, MatMul | HadamardProduct) else (expr,)


def ends_of(expr: Basic) -> Ends | None:
    """Return the ends of a derivative, or of an entry of one; None for all else."""
    if isinstance(expr, Partial | Gradient):
        return expr.num, expr.den
    if isinstance(expr, Component) and isinstance(expr.matrix, Partial):
        row, column = expr.indices
        return Component(expr.matrix.num, row), Component(expr.matrix.den, column)
    if isinstance(expr, Component) and isinstance(expr.matrix, Gradient):
        return expr.matrix.num, Component(expr.matrix.den, *expr.indices)
    return None


def links_of(expr: Basic) -> Iterator[Ends]:
    """Yield the ends of the derivatives in a product, from its left to its right."""
    for factor in factors_of(expr):
        if (ends := ends_of(factor)) is not None:
            yield ends

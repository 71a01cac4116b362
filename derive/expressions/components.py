"""One component of a column, one entry of a matrix, and sums over components."""

from __future__ import annotations

from typing import Self

from sympy import Basic, Expr, Integer, MatrixExpr, Symbol, sympify

from derive.expressions.algebra import Ordered
from derive.expressions.types import MatrixShape, Size, TimeIndex

p = Symbol("p", integer=True, positive=True)
"""A component: the row of an entry."""

q = Symbol("q", integer=True, positive=True)
"""Another component: the column of an entry."""

r = Symbol("r", integer=True, positive=True)
"""The component that a sum runs over."""

COMPONENTS = (p, q, r)


class Component(Ordered):
    """The p-th component of a column, or the entry in row p and column q of a matrix: a number."""

    def __new__(cls, matrix: MatrixExpr, *indices: TimeIndex) -> Self:
        return Basic.__new__(cls, matrix, *map(sympify, indices))

    @property
    def matrix(self) -> MatrixExpr:
        """Return what it is a component of."""
        return self.args[0]

    @property
    def indices(self) -> tuple[Expr, ...]:
        """Return the row, and of a matrix the column."""
        return self.args[1:]

    @property
    def shape(self) -> MatrixShape:
        return (Integer(1), Integer(1))


class ComponentSum(Ordered):
    """The sum of the body over all components of a column of so many rows."""

    def __new__(cls, body: MatrixExpr, index: Symbol, size: Size) -> Self:
        return Basic.__new__(cls, body, index, sympify(size))

    @property
    def body(self) -> MatrixExpr:
        """Return the body, in the index."""
        return self.args[0]

    @property
    def index(self) -> Symbol:
        """Return the bound index."""
        return self.args[1]

    @property
    def size(self) -> Expr:
        """Return the number of components."""
        return self.args[2]

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape

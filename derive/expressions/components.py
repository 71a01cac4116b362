"""One component of a column, one entry of a matrix, and sums over components."""

from __future__ import annotations

from collections.abc import Collection
from typing import Self

from sympy import Basic, Expr, Integer, MatrixExpr, Symbol, sympify

from derive.errors import UsageError
from derive.expressions.algebra import Ordered
from derive.expressions.types import MatrixShape, Size, TimeIndex

COMPONENTS = tuple(
    Symbol(letter, integer=True, positive=True)
    for letter in (*"pqcuvbfmnwl", "mu", "nu", "lambda", *"ABCDEFGHKMNPQRSUVWXYZ")
)
"""The letters of a component, in the order of their choice: none of them is one of a step.

Capitals come last, as they look like matrices.

Nor is one of them a letter that is customary for a state, an input or an output, as another notation
may print it for a quantity with another name; nor a, g and r, which are the scalar argument of an
activation, a gradient and the limit on its length; nor e, beside the base of the exponentials.
"""


def components_beside(taken: Collection[str]) -> tuple[Symbol, Symbol, Symbol]:
    """Return the letters of a row, of a column and of what a sum runs over, none of which is taken.

    Letters with which no name that is taken begins come first: b beside b_i is read as a bias.  Raises
    `UsageError` where too few are left.
    """
    free = [symbol for symbol in COMPONENTS if symbol.name not in taken]
    if len(free) < 3:
        raise UsageError(
            "no three single letters are left for the components of columns: rename some quantities"
        )
    begun = {name[0].lower() for name in taken}
    row, column, summed = sorted(free, key=lambda symbol: symbol.name.lower() in begun)[:3]
    return row, column, summed


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

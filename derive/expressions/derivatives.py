"""Derivatives with what they hold fixed."""

from __future__ import annotations

from typing import Self

from sympy import Basic, MatrixExpr, Tuple

from derive.expressions.algebra import Ordered
from derive.expressions.types import MatrixShape


def _flat(held: tuple[MatrixExpr, ...]) -> Tuple:
    # Rebuilding from args hands what is held over as the one Tuple that it is.
    return held[0] if len(held) == 1 and isinstance(held[0], Tuple) else Tuple(*held)


class Partial(Ordered):
    """The derivative ∂num/∂den in numerator layout; ``held`` is the set of quantities held fixed.

    Rows are the components of ``num``, columns those of ``den`` (of a matrix, row by row).  With
    nothing held it is the total derivative; with the previous state held, the immediate partial
    ∂⁺ of Pascanu, Mikolov and Bengio (2013).
    """

    def __new__(cls, num: MatrixExpr, den: MatrixExpr, *held: MatrixExpr) -> Self:
        return Basic.__new__(cls, num, den, _flat(held))

    @property
    def num(self) -> MatrixExpr:
        """Return what is differentiated."""
        return self.args[0]

    @property
    def den(self) -> MatrixExpr:
        """Return the variable."""
        return self.args[1]

    @property
    def held(self) -> tuple[MatrixExpr, ...]:
        """Return what is held fixed."""
        return tuple(self.args[2])

    @property
    def shape(self) -> MatrixShape:
        rows, columns = self.den.shape
        return (self.num.shape[0], rows * columns)


class Gradient(Ordered):
    """The gradient ∇_den num of a (1, 1) expression, in the shape of ``den``."""

    def __new__(cls, num: MatrixExpr, den: MatrixExpr, *held: MatrixExpr) -> Self:
        return Basic.__new__(cls, num, den, _flat(held))

    num = Partial.num
    den = Partial.den
    held = Partial.held

    @property
    def shape(self) -> MatrixShape:
        return self.den.shape

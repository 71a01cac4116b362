"""Powers with a constant exponent, and the larger and smaller of two, element by element."""

from __future__ import annotations

from typing import Self

from sympy import Basic, Integer, MatrixExpr, OneMatrix, Rational, sympify

from derive.expressions.algebra import Ordered, is_zero
from derive.expressions.shapes import same_shape
from derive.expressions.types import MatrixShape


class PointwisePower(Ordered):
    """Each entry to the power of one rational number: args are base and exponent."""

    def __new__(cls, base: MatrixExpr, exponent: Rational | int) -> Self:
        return Basic.__new__(cls, base, sympify(exponent))

    @property
    def arg(self) -> MatrixExpr:
        """Return the base."""
        return self.args[0]

    @property
    def exponent(self) -> Rational:
        """Return the exponent."""
        return self.args[1]

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape


class _OfTwo(Ordered):
    """A function of the entries of two expressions of one shape, at the same place."""

    sign: str

    def __new__(cls, left: MatrixExpr, right: MatrixExpr) -> Self:
        same_shape(cls.sign, (left, right))
        return Basic.__new__(cls, left, right)

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape


class Maximum(_OfTwo):
    """The larger of two entries; where they are equal, its derivative is that of the second."""

    sign = "max"


class Minimum(_OfTwo):
    """The smaller of two entries; where they are equal, its derivative is that of the second."""

    sign = "min"


def raised(base: MatrixExpr, exponent: Rational | int) -> MatrixExpr:
    """Return a power element by element; the powers 0 and 1 fold, and those of zeros and ones."""
    exponent = sympify(exponent)
    if exponent == 1 or isinstance(base, OneMatrix) or (is_zero(base) and exponent > 0):
        return base
    return OneMatrix(*base.shape) if exponent == Integer(0) else PointwisePower(base, exponent)

"""Operations over the components of a vector: mean, log-sum-exp and layer normalisation."""

from __future__ import annotations

from typing import Self

from sympy import Basic, Float, Integer, MatrixExpr, sympify

from derive.expressions.algebra import Ordered
from derive.expressions.functions import Unary
from derive.expressions.types import MatrixShape, Size

EPSILON = Float("1e-5")
"""What layer normalisation adds to the variance, so that a constant vector does not divide by 0."""


class _OverComponents(Ordered):
    """A (1, 1) expression made of the components of a column."""

    def __new__(cls, arg: MatrixExpr) -> Self:
        return Basic.__new__(cls, arg)

    @property
    def arg(self) -> MatrixExpr:
        """Return the column."""
        return self.args[0]

    @property
    def shape(self) -> MatrixShape:
        return (Integer(1), Integer(1))


class Mean(_OverComponents):
    """The mean of the components."""


class LogSumExp(_OverComponents):
    """The logarithm of the sum of the exponentials of the components, shifted so that none overflows."""


class Deviation(_OverComponents):
    """The standard deviation √(variance + ε) of the components."""


class LayerNorm(Unary):
    """(a − mean(a)) / √(variance(a) + ε) (Ba, Kiros and Hinton 2016), without gain and bias."""


class OneOver(Ordered):
    """The number 1/n for a size n, as a (1, 1) expression."""

    def __new__(cls, size: Size) -> Self:
        return Basic.__new__(cls, sympify(size))

    @property
    def size(self) -> Size:
        """Return n."""
        return self.args[0]

    @property
    def shape(self) -> MatrixShape:
        return (Integer(1), Integer(1))

"""Numbers of matrices, and powers."""

from __future__ import annotations

from typing import Self

from sympy import Basic, Integer, MatrixExpr, sympify
from sympy.core.symbol import Str

from derive.expressions.algebra import Ordered
from derive.expressions.types import MatrixShape, TimeIndex


class Norm(Ordered):
    """The spectral norm ‖A‖₂, as a (1, 1) expression."""

    def __new__(cls, arg: MatrixExpr) -> Self:
        return Basic.__new__(cls, arg)

    @property
    def arg(self) -> MatrixExpr:
        """Return the matrix."""
        return self.args[0]

    @property
    def shape(self) -> MatrixShape:
        return (Integer(1), Integer(1))


class Spectral(Ordered):
    """A number of a matrix, as a (1, 1) expression: ``rho``, ``sigma_max`` or ``sigma_min``.

    They are the spectral radius and the largest and smallest singular value.
    """

    def __new__(cls, kind: str | Str, arg: MatrixExpr) -> Self:
        return Basic.__new__(cls, kind if isinstance(kind, Str) else Str(kind), arg)

    @property
    def kind(self) -> str:
        """Return which number it is."""
        return str(self.args[0].name)

    @property
    def arg(self) -> MatrixExpr:
        """Return the matrix."""
        return self.args[1]

    @property
    def shape(self) -> MatrixShape:
        return (Integer(1), Integer(1))


class Power(Ordered):
    """A square expression to the power of an index expression: args are base and exponent."""

    def __new__(cls, base: MatrixExpr, exponent: TimeIndex) -> Self:
        return Basic.__new__(cls, base, sympify(exponent))

    @property
    def shape(self) -> MatrixShape:
        return (Integer(1), Integer(1)) if self.args[0].is_Number else self.args[0].shape

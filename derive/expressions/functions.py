"""Functions of columns, element by element and over the components."""

from __future__ import annotations

from typing import Self

from sympy import Basic
from sympy.core.symbol import Str
from sympy.matrices.expressions import MatrixExpr

from derive.expressions.algebra import Ordered, is_zero
from derive.expressions.shapes import same_shape
from derive.expressions.types import MatrixShape


class Unary(Ordered):
    """An operation on one expression of the same shape."""

    def __new__(cls, arg: MatrixExpr) -> Self:
        return Basic.__new__(cls, arg)

    @property
    def arg(self) -> MatrixExpr:
        """Return the operand."""
        return self.args[0]

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape


class Elementwise(Ordered):
    """Something of the activation table, by the name of its row, of each entry of a column."""

    def __new__(cls, function: str | Str, arg: MatrixExpr) -> Self:
        name = function if isinstance(function, Str) else Str(str(function))
        return Basic.__new__(cls, name, arg)

    @property
    def function(self) -> str:
        """Return the function's name."""
        return str(self.args[0].name)

    @property
    def arg(self) -> MatrixExpr:
        """Return the operand."""
        return self.args[1]

    @property
    def shape(self) -> MatrixShape:
        return self.args[1].shape


class Apply(Elementwise):
    """An elementwise function of the activation table, by name: ``Apply("tanh", a)``."""


class Slope(Elementwise):
    """The derivative f' of an elementwise function; a function of its own, with a slope f''."""


class Softmax(Unary):
    """The softmax of a column."""


class Log(Unary):
    """The natural logarithm, element by element; of a softmax it is evaluated by log-sum-exp."""


class Quotient(Ordered):
    """A quotient element by element."""

    def __new__(cls, above: MatrixExpr, below: MatrixExpr) -> Self:
        same_shape("⊘", (above, below))
        return Basic.__new__(cls, above, below)

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape


def divided(above: MatrixExpr, below: MatrixExpr) -> MatrixExpr:
    """Return a quotient element by element; one with zeros above is zero."""
    same_shape("⊘", (above, below))
    return above if is_zero(above) else Quotient(above, below)

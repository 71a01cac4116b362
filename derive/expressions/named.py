"""Functions that a user defines by a formula: they print by their name and mean what they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Self

from sympy import Basic, MatrixExpr
from sympy.core.symbol import Str

from derive.expressions.algebra import Ordered
from derive.expressions.types import Column, MatrixShape
from derive.expressions.walk import atoms_of

Written = Callable[[Column], Column]
"""Writes a function, or its derivative, of an argument."""


class FunctionFormula(Str):
    """The definition of a function as one text, ``swish(a) = a/(1 + exp(-a))``: that is what it is.

    Equal texts are equal functions.  ``build`` writes the function of an argument, ``build_slope``
    its derivative.
    """

    build: Written
    build_slope: Written

    def __new__(cls, text: str, build: Written, build_slope: Written) -> Self:
        made: Self = Str.__new__(cls, text)
        made.build, made.build_slope = build, build_slope
        return made

    @property
    def function(self) -> str:
        """Return the name of the function."""
        return str(self.name.partition("(")[0])


class _Named(Ordered):
    """A function by its formula, of an argument: args are these two."""

    def __new__(cls, formula: FunctionFormula, arg: MatrixExpr) -> Self:
        return Basic.__new__(cls, formula, arg)

    @property
    def formula(self) -> FunctionFormula:
        """Return the definition."""
        return self.args[0]

    @property
    def function(self) -> str:
        """Return the function's name."""
        return self.formula.function

    @property
    def arg(self) -> MatrixExpr:
        """Return the operand."""
        return self.args[1]

    @property
    def shape(self) -> MatrixShape:
        return self.args[1].shape


class Named(_Named):
    """A function that a user defined, element by element."""

    @property
    def expanded(self) -> MatrixExpr:
        """Return what it stands for."""
        return self.formula.build(self.arg)


class NamedSlope(_Named):
    """The derivative of a function that a user defined."""

    @property
    def expanded(self) -> MatrixExpr:
        """Return what it stands for."""
        return self.formula.build_slope(self.arg)


def named_in(exprs: Iterable[MatrixExpr]) -> list[Named]:
    """Return the functions that a user defined and that expressions have, each with one argument.

    Those by which they are defined are among them.
    """
    found: dict[FunctionFormula, Named] = {}
    waiting = list(exprs)
    while waiting:
        for node in atoms_of(waiting.pop(0), (Named, NamedSlope)):
            if node.formula not in found:
                found[node.formula] = Named(node.formula, node.arg)
                waiting += [node.formula.build(node.arg), node.formula.build_slope(node.arg)]
    return list(found.values())

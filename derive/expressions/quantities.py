"""Quantities: parameters, series with a value per time step, numbers made of the step."""

from __future__ import annotations

from typing import Self

from sympy import Basic, MatrixExpr, MatrixSymbol, Symbol, sympify

from derive.expressions.algebra import Ordered, Scalar
from derive.expressions.types import MatrixShape, TimeIndex

__all__ = [
    "At",
    "DiagonalSeries",
    "Parameter",
    "ParameterCopy",
    "Scalar",
    "Series",
    "T",
    "j",
    "k",
    "t",
]

t = Symbol("t", integer=True, positive=True)
"""The time step."""

T = Symbol("T", integer=True, positive=True)
"""The horizon: the number of steps."""

k = Symbol("k", integer=True)
"""The step at which a parameter is used, in a sum over temporal contributions."""

j = Symbol("j", integer=True)
"""The step in an ordered product of step Jacobians."""


class Parameter(Ordered, MatrixSymbol):
    """A matrix or vector that does not depend on time."""


class Series(MatrixSymbol):
    """A quantity with a value per time step (or per several indices); ``s[t - 1]`` is an `At`."""

    def __getitem__(self, index: TimeIndex | tuple[TimeIndex, ...]) -> At:
        indices = index if isinstance(index, tuple) else (index,)
        return At(self, *(sympify(i) for i in indices))


class DiagonalSeries(Series):
    """A series of diagonal matrices: transposing them changes nothing."""


class At(Ordered):
    """The value of a series at a time index: args are the series and its indices."""

    def __new__(cls, series: Series, *indices: Basic) -> At:
        return Basic.__new__(cls, series, *indices)

    @property
    def series(self) -> Series:
        """Return the series."""
        return self.args[0]

    @property
    def indices(self) -> tuple[Basic, ...]:
        """Return the time indices."""
        return self.args[1:]

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape

    def _eval_transpose(self) -> MatrixExpr | None:
        return self if isinstance(self.series, DiagonalSeries) else None


class ParameterCopy(Ordered):
    """A copy of a parameter that is used at one step only: args are the parameter and the step."""

    def __new__(cls, parameter: Parameter, step: TimeIndex) -> Self:
        return Basic.__new__(cls, parameter, sympify(step))

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape

"""What a derivation introduces: quantities with a name and an expression."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from sympy import MatrixExpr, Symbol, ZeroMatrix

from derive.expressions.folding import folded
from derive.expressions.quantities import Series
from derive.expressions.walk import series_in


@dataclass(frozen=True)
class Definition:
    """A quantity that a derivation gives a name: ``series[indices] = expr``.

    With ``backward`` the expression reads the quantity at the next step; after the last it is 0.
    """

    series: Series
    indices: tuple[Symbol, ...]
    expr: MatrixExpr
    backward: bool = False


def ended(expr: MatrixExpr, steps: int, backward: Container[Series]) -> MatrixExpr:
    """Return an expression with every adjoint after the last step folded to 0.

    With it goes what it is multiplied by: no quantity of step T + 1 exists.
    """
    ends = {
        at: ZeroMatrix(*at.shape)
        for at in series_in(expr)
        if at.indices == (steps + 1,) and at.series in backward
    }
    return folded(expr, ends) if ends and expr not in ends else expr

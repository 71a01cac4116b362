"""Products with sums in them, multiplied out."""

from __future__ import annotations

from itertools import product
from typing import Any

from sympy.matrices.expressions import MatAdd, MatMul

from derive.expressions.algebra import mul


def multiplied_out(expr: Any) -> tuple[Any, ...]:
    """Return the terms whose sum it is, without a sum of matrices as a factor of any.

    A sum of numbers stays the one factor that it is.
    """
    if isinstance(expr, MatAdd):
        return tuple(term for arg in expr.args for term in multiplied_out(arg))
    if not isinstance(expr, MatMul):
        return (expr,)
    factors = [(f,) if f.is_number or f.shape == (1, 1) else multiplied_out(f) for f in expr.args]
    return tuple(mul(*chosen) for chosen in product(*factors))

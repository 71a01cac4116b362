"""Expressions at values of their indices, as they are looked up thousands of times."""

from __future__ import annotations

from functools import lru_cache

from sympy import Basic, MatrixExpr, Symbol

from derive.expressions.sums import instantiate


@lru_cache(maxsize=1 << 16)
def placed(expr: MatrixExpr, values: tuple[tuple[Symbol, int], ...]) -> MatrixExpr:
    """Return an expression at values of its indices, the same object each time: known by identity."""
    return instantiate(expr, dict(values))


@lru_cache(maxsize=1 << 16)
def symbols_of(node: Basic) -> tuple[Symbol, ...]:
    """Return the symbols in a node, in a fixed order; series and parameters are none."""
    own = (s for s in node.free_symbols if isinstance(s, Symbol))
    return tuple(sorted(own, key=lambda symbol: symbol.name))

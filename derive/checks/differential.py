"""Derivatives of large scalar expressions: SymPy's, operation by operation."""

from __future__ import annotations

from functools import cache, lru_cache

from sympy import Add, Dummy, Expr, Integer, Symbol


class Differential:
    """Derivatives by one symbol; what expressions share is differentiated once.

    ``expr.diff`` is the same, but it walks through its whole result again at each level of nesting,
    as a tree, and an unrolled network shares nearly all that it nests.
    """

    def __init__(self, symbol: Symbol) -> None:
        self._memo: dict[Expr, Expr] = {symbol: Integer(1)}

    def of(self, expr: Expr) -> Expr:
        """Return the derivative of an expression: the chain rule over the operands of each node."""
        if expr not in self._memo:
            self._memo[expr] = self._chained(expr)
        return self._memo[expr]

    def _chained(self, expr: Expr) -> Expr:
        inner = [self.of(arg) for arg in expr.args]
        if not any(inner):
            return Integer(0)
        if isinstance(expr, Add):
            return Add(*inner)
        return Add(*(part * d for part, d in zip(_partials(expr, inner), inner, strict=True)))


def _partials(expr: Expr, inner: list[Expr]) -> list[Expr]:
    """Return SymPy's derivatives of an operation by those operands that vary, 0 for the others."""
    names = [
        _operand(i) if d else arg for i, (arg, d) in enumerate(zip(expr.args, inner, strict=True))
    ]
    values = dict(zip(names, expr.args, strict=True))
    return [
        _slope(expr.func, tuple(names), place).xreplace(values) if d else Integer(0)
        for place, d in enumerate(inner)
    ]


@lru_cache(maxsize=4096)
def _slope(operation: type[Expr], operands: tuple[Expr, ...], place: int) -> Expr:
    """Return SymPy's derivative of an operation by one of its operands; most are products of two."""
    return operation(*operands).diff(operands[place])


@cache
def _operand(place: int) -> Dummy:
    return Dummy(f"a{place}")

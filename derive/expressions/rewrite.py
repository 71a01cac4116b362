"""Expressions with some of their nodes replaced."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import MatAdd, MatMul, Transpose
from sympy.matrices.expressions import HadamardProduct

from derive.expressions.algebra import Scaled, add, had, mul, transpose
from derive.expressions.quantities import At


def folded(expr: Any, rule: Mapping[Any, Any]) -> Any:
    """Return an expression with nodes replaced and the zeros that this makes folded away."""
    if expr in rule:
        return rule[expr]
    if isinstance(expr, At) or not expr.args:
        return expr
    args = [folded(a, rule) for a in expr.args]
    if all(a is b for a, b in zip(args, expr.args, strict=True)):
        return expr
    return refold(expr, args)


def refold(expr: Any, args: list[Any]) -> Any:
    """Return a node like ``expr`` over other operands, by the constructor that folds."""
    for base, constructor in _FOLDING.items():
        if isinstance(expr, base):
            return constructor(*args)
    return expr.func(*args)


_FOLDING: dict[type, Callable[..., Any]] = {
    MatMul: mul,
    MatAdd: add,
    HadamardProduct: had,
    Transpose: transpose,
    Scaled: mul,
}

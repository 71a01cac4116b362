"""Systematic mutations of an expression: each node changed in each of the ways a slip would."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sympy import Basic, HadamardProduct, Integer, MatAdd, MatMul, Symbol, Transpose, Tuple
from sympy.core.symbol import Str

from derive.expressions.algebra import Diag, Ordered, Scaled, Times, Transposed
from derive.expressions.blocks import Stack
from derive.expressions.derivatives import Partial
from derive.expressions.functions import Apply, Quotient
from derive.expressions.quantities import (
    At,
    DiagonalSeries,
    Parameter,
    ParameterCopy,
    Scalar,
    Series,
)
from derive.expressions.shown import Coloured
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum

Mutant = tuple[str, Any]
RANGED = (TimeSum, OrderedProduct, RisingProduct)


def mutants(expr: Any, change: Callable[[Any], Iterator[Mutant]] | None = None) -> Iterator[Mutant]:
    """Yield every expression that differs from this one in one node, with what was done to it.

    ``change`` yields what can be made of one node, if not the slips of `_here`.
    """
    yield from (change or _here)(expr)
    for i, child in enumerate(expr.args):
        if _inside(expr, i):
            for what, changed in mutants(child, change):
                if not isinstance(expr, Expanded) or isinstance(changed, RANGED):
                    yield what, _with(expr, i, changed)


def _inside(expr: Any, i: int) -> bool:
    """Tell whether an operand is mathematics of its own (indices are mutated with their node)."""
    if isinstance(expr, (At, Parameter, Series, Symbol, Str, ParameterCopy, Scalar, Partial)):
        return False
    if isinstance(expr, (*RANGED, Coloured, Expanded)):
        return i == 0
    return not isinstance(expr.args[i], (Integer, Str, Tuple))


def _with(expr: Any, i: int, child: Any) -> Any:
    args = list(expr.args)
    args[i] = child
    # Unevaluated, as the node was: no constructor repairs what the mutation broke.
    return Basic.__new__(type(expr), *args) if isinstance(expr, Ordered) else expr.func(*args)


def _new(like: Any, *args: Any) -> Any:
    return args[0] if len(args) == 1 else Basic.__new__(type(like), *args)


def _here(expr: Any) -> Iterator[Mutant]:
    if isinstance(expr, Ordered) and not expr.is_Number:
        yield f"negate {expr}", Times(Integer(-1), expr)
    if isinstance(expr, (MatAdd, MatMul, HadamardProduct)):
        for i, part in enumerate(expr.args):
            yield f"drop {part} from {expr}", _new(expr, *expr.args[:i], *expr.args[i + 1 :])
    if isinstance(expr, MatMul):
        for i in range(len(expr.args) - 1):
            a, b = expr.args[i : i + 2]
            # Numbers commute, and so do diagonal matrices: swapping them changes nothing.
            number = a.is_Number or b.is_Number
            commute = number or a.shape == b.shape == (1, 1) or (_diagonal(a) and _diagonal(b))
            if not commute:
                swapped = (*expr.args[:i], b, a, *expr.args[i + 2 :])
                yield f"swap {a} and {b} in {expr}", _new(expr, *swapped)
    if isinstance(expr, Transpose):
        yield f"do not transpose {expr.arg}", expr.arg
    elif isinstance(expr, (At, Parameter)) and not _symmetric(expr):
        yield f"transpose {expr}", Transposed(expr)
    if isinstance(expr, (At, ParameterCopy)):
        yield from _shifted(expr)
    if isinstance(expr, Partial):
        yield from _derivatives(expr)
    if isinstance(expr, RANGED):
        yield from _ranges(expr)
    if isinstance(expr, Scaled):
        yield f"no {expr.args[0]} in {expr}", expr.args[1]
    if isinstance(expr, Apply):
        yield f"no {expr.function} in {expr}", expr.arg
    if isinstance(expr, Quotient):
        yield f"turn {expr} over", Basic.__new__(Quotient, *reversed(expr.args))
    if isinstance(expr, Diag):
        yield f"no diag in {expr}", expr.arg
    if isinstance(expr, Stack):
        yield f"turn {expr} over", Basic.__new__(Stack, *reversed(expr.args))


def _symmetric(expr: Any) -> bool:
    return expr.shape == (1, 1) or _diagonal(expr)


def _diagonal(expr: Any) -> bool:
    if isinstance(expr, Diag):
        return True
    return isinstance(expr, At) and isinstance(expr.series, DiagonalSeries)


def _shifted(expr: Any) -> Iterator[Mutant]:
    for i in range(1, len(expr.args)):
        for shift in (1, -1):
            changed = [*expr.args]
            changed[i] = changed[i] + shift
            yield f"{changed[i]} for {expr.args[i]} in {expr}", Basic.__new__(type(expr), *changed)


def _derivatives(expr: Any) -> Iterator[Mutant]:
    if expr.held:
        yield f"total for immediate {expr}", Partial(expr.num, expr.den)
    for i in (0, 1):
        for what, changed in (
            _shifted(expr.args[i]) if isinstance(expr.args[i], (At, ParameterCopy)) else ()
        ):
            args = [*expr.args]
            args[i] = changed
            yield f"{what} of {expr}", Basic.__new__(Partial, *args)


def _ranges(expr: Any) -> Iterator[Mutant]:
    body, index, low, high = expr.args
    for change in (1, -1):
        yield f"from {low + change} in {expr}", expr.func(body, index, low + change, high)
        yield f"to {high + change} in {expr}", expr.func(body, index, low, high + change)
    if isinstance(expr, (OrderedProduct, RisingProduct)):
        other = RisingProduct if isinstance(expr, OrderedProduct) else OrderedProduct
        yield f"reverse {expr}", other(*expr.args)

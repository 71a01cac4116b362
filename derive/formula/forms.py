"""Functions of formulas whose arguments are of a kind of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sympy import Identity, Number

from derive.algebra import Diag, Log, Parameter, Softmax, Stack, ones
from derive.averages import LayerNorm, Mean
from derive.errors import SpecError
from derive.nodes import (
    Copy,
    Gradient,
    Norm,
    OrderedProduct,
    RisingProduct,
    Spectral,
    TimeSum,
)

if TYPE_CHECKING:
    from derive.formula.parser import Parser

Form = Callable[["Parser"], Any]


def _over(node: Any, falling: bool) -> Form:
    def form(p: Parser) -> Any:
        token, outer = p.now, dict(p.indices)
        symbol, first, last = p.range()
        p.take(",")
        body = p.matrix()
        p.indices = outer
        low, high = (last, first) if falling else (first, last)
        if isinstance(low - high, Number) and low - high > 1:
            hint = (
                "prod runs down, prod(j=3..2, …), and prod_up runs up" if falling else "it runs up"
            )
            raise p.fail(f"the range {first}..{last} runs the wrong way: {hint}", token)
        return node(body, symbol, low, high)

    return form


def _of(node: Callable[[Any], Any]) -> Form:
    return lambda p: node(p.matrix())


def _two(p: Parser) -> tuple[Any, Any]:
    first = p.matrix()
    p.take(",")
    return first, p.variable()


def _copy(p: Parser) -> Any:
    parameter = p.quantity()
    if not isinstance(parameter, Parameter):
        raise SpecError("copy(W, k) is of a parameter, as it is used at step k")
    p.take(",")
    return Copy(parameter, p.index())


def _stack(p: Parser) -> Any:
    columns = [p.matrix()]
    while p.skip(","):
        columns.append(p.matrix())
    return Stack(*columns)


FORMS: dict[str, Form] = {
    "softmax": _of(Softmax),
    "layernorm": _of(LayerNorm),
    "mean": _of(Mean),
    "log": _of(Log),
    "diag": _of(Diag),
    "norm": _of(Norm),
    "rho": _of(lambda a: Spectral("rho", a)),
    "sigma_max": _of(lambda a: Spectral("sigma_max", a)),
    "sigma_min": _of(lambda a: Spectral("sigma_min", a)),
    "sum": _over(TimeSum, falling=False),
    "prod": _over(OrderedProduct, falling=True),
    "prod_up": _over(RisingProduct, falling=False),
    "grad": lambda p: Gradient(*_two(p)),
    "copy": _copy,
    "stack": _stack,
    "ones": lambda p: ones(p.size()),
    "I": lambda p: Identity(p.size()),
}

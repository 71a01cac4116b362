"""Functions of formulas whose arguments are of a kind of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias

from sympy import Basic, Expr, Identity, MatrixExpr, Number, Symbol

from derive.errors import SpecError
from derive.expressions.algebra import Diag, ones
from derive.expressions.averages import LayerNorm, LogSumExp, Mean
from derive.expressions.blocks import Stack
from derive.expressions.derivatives import Gradient
from derive.expressions.functions import Log, Softmax
from derive.expressions.quantities import Parameter, ParameterCopy
from derive.expressions.shapes import is_vector, shape_text
from derive.expressions.spectra import Norm, Spectral
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum
from derive.formula.building import Builder
from derive.formula.tokens import FormulaError, Token


class Reader(Protocol):
    """What a form asks of the parser that calls it, which stands behind the opening parenthesis."""

    indices: dict[str, Symbol]
    builder: Builder

    @property
    def now(self) -> Token: ...
    def range(self) -> tuple[Symbol, Expr, Expr]: ...
    def take(self, sign: str) -> Token: ...
    def skip(self, sign: str) -> bool: ...
    def fail(self, problem: str, token: Token | None = None) -> FormulaError: ...
    def matrix(self) -> MatrixExpr: ...
    def block(self) -> MatrixExpr: ...
    def two(self, build: Callable[[Basic, Basic], Basic]) -> Basic: ...
    def variable(self) -> MatrixExpr: ...
    def quantity(self) -> MatrixExpr: ...
    def index(self) -> Expr: ...
    def size(self) -> Expr: ...


Form: TypeAlias = Callable[[Reader], MatrixExpr]
"""Reads the arguments of a function and returns what it is of them."""


def _over(node: Callable[..., MatrixExpr], falling: bool) -> Form:
    def form(p: Reader) -> MatrixExpr:
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


def _of(node: Callable[[MatrixExpr], MatrixExpr]) -> Form:
    return lambda p: node(p.matrix())


def _of_column(name: str, node: Callable[[MatrixExpr], MatrixExpr]) -> Form:
    def form(p: Reader) -> MatrixExpr:
        token, arg = p.now, p.matrix()
        if not is_vector(arg):
            raise p.fail(
                f"{name} is an operation on columns, and {arg} has the shape {shape_text(arg.shape)}; "
                "expected a column",
                token,
            )
        return node(arg)

    return form


def _two(p: Reader) -> tuple[MatrixExpr, MatrixExpr]:
    first = p.matrix()
    p.take(",")
    return first, p.variable()


def _copy(p: Reader) -> ParameterCopy:
    parameter = p.quantity()
    if not isinstance(parameter, Parameter):
        raise SpecError("copy(W, k) is of a parameter, as it is used at step k")
    p.take(",")
    return ParameterCopy(parameter, p.index())


def _stack(p: Reader) -> Stack:
    columns = [p.block()]
    while p.skip(","):
        columns.append(p.block())
    return Stack(*columns)


FORMS: dict[str, Form] = {
    "softmax": _of_column("softmax", Softmax),
    "layernorm": _of_column("layernorm", LayerNorm),
    "mean": _of_column("mean", Mean),
    "log": _of_column("log", Log),
    "logsumexp": _of_column("logsumexp", LogSumExp),
    "diag": _of_column("diag", Diag),
    "max": lambda p: p.two(p.builder.larger),
    "min": lambda p: p.two(p.builder.smaller),
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

_OVER_STEPS = "over steps, let a state add up or multiply what each step gives"

INSTEAD = {
    **dict.fromkeys(
        ("inv", "inverse"),
        "no rule differentiates the inverse of a matrix. An orthogonal "
        "matrix may be a product of reflections, each h - 2*v*(v'*h)/(v'*v)",
    ),
    "pow": "a power is a^2; with an exponent p that is trained it is exp(p*log(a))",
    "hardtanh": "it is max(-1, min(1, a))",
    "σ": "it is called sigmoid",
    "norm": "the length of a column s is sqrt(s'*s)",
    "sum": f"the sum of the entries of a column s of n is ones(n)'*s; {_OVER_STEPS}",
    "prod": _OVER_STEPS,
    "prod_up": _OVER_STEPS,
    "rho": "a spectral radius is measured, by derive flow, and is not differentiated",
    "sigma_max": "singular values are measured, by derive flow, and are not differentiated",
    "sigma_min": "singular values are measured, by derive flow, and are not differentiated",
    "grad": "derivatives are what the program finds",
    "copy": "each use of a parameter is found by the program",
}
"""What is no function of a step, as claims may have it, and what to write in a cell instead."""

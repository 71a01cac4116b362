"""Expressions as NumPy source for rows: a column v of the formulas is an array (..., rows).

A matrix acts from the right, W·v becomes ``v @ W.T``, a diagonal matrix multiplies, and no matrix is
formed that is not a parameter.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sympy import (
    Identity,
    KroneckerDelta,
    MatAdd,
    MatMul,
    Number,
    OneMatrix,
    Pow,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions import HadamardProduct

from derive.algebra import (
    Apply,
    At,
    Blocks,
    Diag,
    DiagonalSeries,
    Log,
    Parameter,
    Quotient,
    Scalar,
    Scaled,
    Slope,
    Softmax,
    Stack,
    T,
    is_zero,
    t,
    transpose,
)
from derive.averages import Deviation, LayerNorm, Mean, OneOver
from derive.errors import DerivationError

SUM, MATRIX_PRODUCT, PRODUCT, ATOM = range(4)
"""How tightly source binds; a @ beside a * is put in parentheses, as Python goes from left to right."""

Text = tuple[str, int]


@dataclass
class Emitter:
    """Writes expressions; ``every`` step at once (slices), the step t of a loop, or a ``fixed`` one.

    ``names`` are the variables of the module, ``logs`` the outputs whose logarithm goes from their
    logits, ``hoisted`` are columns that have a variable of their own.  ``used`` collects the functions
    of `derive.codegen.parts` that the source calls.
    """

    names: Mapping[Any, str]
    logs: Mapping[Any, tuple[Any, Any]]
    every: bool = False
    used: set[str] = field(default_factory=set)
    fixed: int | None = None
    hoisted: dict[Any, str] = field(default_factory=dict)

    def text(self, expr: Any, least: int = SUM) -> str:
        """Yield the source of a column, in parentheses where it binds less than ``least``."""
        source, precedence = self._column(expr)
        return source if precedence >= least else f"({source})"

    def call(self, function: str, *args: str) -> Text:
        """Yield a call of a function of the parts."""
        self.used.add(function)
        return f"{function}({', '.join(args)})", ATOM

    def at(self, name: str, shift: int) -> str:
        """Yield a series at step t + shift, or at all steps 1 + shift … T + shift."""
        if self.fixed is not None:
            return f"{name}[{self.fixed + shift}]"
        if not self.every:
            return (
                f"{name}[t]"
                if shift == 0
                else f"{name}[t {'+' if shift > 0 else '-'} {abs(shift)}]"
            )
        high = "T" if shift == -1 else f"T + {shift + 1}"
        return f"{name}[{shift + 1}:{high}]"

    def _column(self, expr: Any) -> Text:
        if expr in self.hoisted:
            return self.at(self.hoisted[expr], 0), ATOM
        for base in type(expr).__mro__:
            if base in COLUMNS:
                return COLUMNS[base](self, expr)
        raise DerivationError(f"cannot write {type(expr).__name__} in {expr} as NumPy code")

    def applied(self, matrix: Any, column: Text) -> Text:
        """Yield the source of matrix·column."""
        for base in type(matrix).__mro__:
            if base in MATRICES:
                return MATRICES[base](self, matrix, column)
        raise DerivationError(f"cannot apply {type(matrix).__name__} {matrix} in NumPy code")


def product(a: Text, b: Text, sign: str = " * ") -> Text:
    """Yield the source of a product, element by element."""
    return f"{_guard(a)}{sign}{_guard(b, ATOM if sign == ' / ' else PRODUCT)}", PRODUCT


def _guard(text: Text, least: int = PRODUCT) -> str:
    return text[0] if text[1] >= least else f"({text[0]})"


def _sum(e: Emitter, expr: Any) -> Text:
    source = ""
    for n, term in enumerate(expr.args):
        # Beside others a number spreads by itself; alone it must have the width of its column.
        text = "1.0" if isinstance(term, OneMatrix) else e.text(term)
        negative = text.startswith("-")
        if n == 0:
            source = text
        else:
            source += f" - {text[1:]}" if negative else f" + {text}"
    return source, SUM


def _product(e: Emitter, expr: Any) -> Text:
    number, factors = None, list(expr.args)
    if factors[0].is_number:
        number, factors = factors[0], factors[1:]
    text = e._column(factors[-1]) if factors else _number(e, number)
    for factor in reversed(factors[:-1]):
        text = e.applied(factor, text)
    if number is None or not factors:
        return text
    if number == -1:
        return f"-{_guard(text)}", SUM
    return product(_number(e, number), text)


def _number(e: Emitter, expr: Any) -> Text:
    value = float(expr)
    return (repr(value), ATOM) if value >= 0 else (repr(value), SUM)


def _scalar(e: Emitter, expr: Any) -> Text:
    number = expr.number
    if isinstance(number, KroneckerDelta):
        others = [a for a in number.args if a != t]
        if e.every and others == [T]:
            return "(np.arange(1, T + 1) == T)[:, None, None]", ATOM
        if others == [T]:
            return "float(t == T)", ATOM
    if isinstance(number, Pow) and number.base == T and number.exp == -1:
        return "1 / T", PRODUCT
    raise DerivationError(f"cannot write the weight {number} as NumPy code")


def _at(e: Emitter, expr: Any) -> Text:
    return e.at(e.names[expr.series], int(expr.indices[0] - t)), ATOM


def _log(e: Emitter, expr: Any) -> Text:
    known = e.logs.get(expr.arg)
    if known is None:
        return f"np.log({e.text(expr.arg)})", ATOM
    function, argument = known
    if function == "log_softmax":
        return e.call(function, e.text(argument))
    source, _ = e.call("softplus", e.text(argument))
    return f"-{source}", SUM


def _function(e: Emitter, name: str, arg: Any) -> Text:
    if name == "tanh":
        return f"np.tanh({e.text(arg)})", ATOM
    return e.call(name, e.text(arg))


def _slope(e: Emitter, expr: Any) -> Text:
    return e.call(f"{expr.function}_slope", e.text(expr.arg))


def _softmax(e: Emitter, expr: Any) -> Text:
    return e.call("softmax", e.text(expr.arg))


def _hadamard(e: Emitter, expr: Any) -> Text:
    return " * ".join(e.text(a, PRODUCT) for a in expr.args), PRODUCT


def _count(size: Any) -> str:
    """Yield the source of a size, as a number of the tables' sizes."""
    text = str(size)
    return f"size_of({text!r}, sizes)" if size.is_Symbol else text


def _ones(e: Emitter, expr: Any) -> Text:
    if expr.shape[1] != 1:
        raise DerivationError(f"cannot write the matrix {expr} of ones as NumPy code")
    return ("1.0" if expr.shape == (1, 1) else f"np.ones({sum_of(expr.shape[0])})"), ATOM


COLUMNS: dict[type, Callable[[Emitter, Any], Text]] = {
    At: _at,
    Parameter: lambda e, x: (e.names[x], ATOM),
    Number: _number,
    Scalar: _scalar,
    OneMatrix: _ones,
    ZeroMatrix: lambda e, x: ("0.0", ATOM),
    MatAdd: _sum,
    MatMul: _product,
    HadamardProduct: _hadamard,
    Quotient: lambda e, x: product(e._column(x.args[0]), e._column(x.args[1]), " / "),
    Scaled: lambda e, x: product(e._column(x.args[0]), e._column(x.args[1])),
    Apply: lambda e, x: _function(e, x.function, x.arg),
    Slope: _slope,
    Softmax: _softmax,
    Log: _log,
    Mean: lambda e, x: (f"{e.text(x.arg, ATOM)}.mean(axis=-1, keepdims=True)", ATOM),
    Deviation: lambda e, x: e.call("deviation", e.text(x.arg)),
    LayerNorm: lambda e, x: e.call("layer_norm", e.text(x.arg)),
    OneOver: lambda e, x: (f"1.0 / {_count(x.size)}", PRODUCT),
    Stack: lambda e, x: e.call("stacked", *(e.text(a) for a in x.args)),
}


def _by_parameter(e: Emitter, matrix: Any, column: Text) -> Text:
    if matrix.shape == (1, 1):
        return product((e.names[matrix], ATOM), column)
    if matrix.shape[1] == 1:
        return product((e.names[matrix], ATOM), column)
    return f"{_guard(column, ATOM)} @ {e.names[matrix]}.T", MATRIX_PRODUCT


def _by_transpose(e: Emitter, matrix: Any, column: Text) -> Text:
    inner = matrix.arg
    if inner.shape[1] == 1:
        return e.call("dot", e.text(inner), column[0])
    if isinstance(inner, Parameter):
        return f"{_guard(column, ATOM)} @ {e.names[inner]}", MATRIX_PRODUCT
    if isinstance(inner, MatAdd):
        return " + ".join(_guard(e.applied(transpose(a), column), SUM) for a in inner.args), SUM
    raise DerivationError(f"cannot apply the transpose of {inner} in NumPy code")


def _by_series(e: Emitter, matrix: Any, column: Text) -> Text:
    if not isinstance(matrix.series, DiagonalSeries) and matrix.shape[1] != 1:
        raise DerivationError(f"cannot apply the matrix {matrix} in NumPy code: it is not stored")
    return product(_at(e, matrix), column)


def _by_product(e: Emitter, matrix: Any, column: Text) -> Text:
    for factor in reversed(matrix.args):
        column = (
            product(_number(e, factor), column) if factor.is_number else e.applied(factor, column)
        )
    return column


def _by_sum(e: Emitter, matrix: Any, column: Text) -> Text:
    return " + ".join(_guard(e.applied(a, column), SUM) for a in matrix.args), SUM


def _by_column(e: Emitter, matrix: Any, column: Text) -> Text:
    if matrix.shape[1] != 1:
        raise DerivationError(f"cannot apply the matrix {matrix} in NumPy code")
    return product(e._column(matrix), column)


def _by_blocks(e: Emitter, matrix: Any, column: Text) -> Text:
    """Blocks above each other are stacked; beside each other, each takes its part of the column."""
    stacked = []
    for row in matrix.rows_of_blocks:
        terms, start = [], "0"
        for block in row:
            end = f"{start} + {sum_of(block.shape[1])}" if start != "0" else sum_of(block.shape[1])
            part = (
                column if len(row) == 1 else (f"{_guard(column, ATOM)}[..., {start}:{end}]", ATOM)
            )
            if not is_zero(block):
                terms.append(_guard(e.applied(block, part), SUM))
            elif len(row) == 1:
                terms.append(f"np.zeros(({sum_of(block.shape[0])},))")
            start = end
        stacked.append(" + ".join(terms))
    if len(stacked) == 1:
        return stacked[0], SUM
    return e.call("stacked", *stacked)


def sum_of(size: Any) -> str:
    """Yield the source of a size that may be a sum."""
    return " + ".join(_count(part) for part in summands(size))


def summands(size: Any) -> list[Any]:
    """Yield a size as symbols and numbers that add up: of 2n + 1, n, n and 1."""
    found = []
    for term in size.args if size.is_Add else (size,):
        number, symbol = term.as_coeff_Mul()
        found += [symbol] * int(number) if symbol.is_Symbol else [term]
    return found


def _constant(e: Emitter, matrix: Any, column: Text) -> Text:
    return product(e._column(matrix), column)


MATRICES: dict[type, Callable[[Emitter, Any, Text], Text]] = {
    Parameter: _by_parameter,
    Transpose: _by_transpose,
    At: _by_series,
    Diag: lambda e, x, c: product(e._column(x.arg), c),
    Scaled: lambda e, x, c: product(e._column(x.args[0]), e.applied(x.args[1], c)),
    Identity: lambda e, x, c: c,
    MatMul: _by_product,
    MatAdd: _by_sum,
    HadamardProduct: _by_column,
    Apply: _by_column,
    Softmax: _by_column,
    LayerNorm: _by_column,
    OneMatrix: _by_column,
    Stack: _by_column,
    Blocks: _by_blocks,
    Scalar: _constant,
    Quotient: _constant,
    OneOver: _constant,
    Mean: _constant,
    Deviation: _constant,
}

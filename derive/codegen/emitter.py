"""What all of the emitted source shares: the emitter, how tightly source binds, sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from sympy import Basic, Expr, MatrixExpr

from derive.codegen.library import NUMPY, Library
from derive.codegen.loops import HandedOn
from derive.expressions.quantities import At, t
from derive.expressions.shapes import is_vector
from derive.expressions.table import Table
from derive.expressions.types import Column
from derive.typesetting.printed import Printed

SUM, SIGNED, MATRIX_PRODUCT, PRODUCT, ATOM = range(5)
"""How tightly source binds; a @ beside a * is put in parentheses, as Python goes from left to right.

What is signed is one term, or none of its sign is left: that of a product goes in front of the whole.
"""

ONE = "1.0"


COLUMNS: Table[Callable[[Emitter, MatrixExpr], Printed]] = Table("write as NumPy code")
"""How each node is written as a column; filled by `derive.codegen.columns`."""

WHOLES: Table[Callable[[Emitter, MatrixExpr], Printed]] = Table("form in NumPy code")
"""How each node is written as a matrix that is stored; filled by `derive.codegen.wholes`."""

MATRICES: Table[Callable[[Emitter, MatrixExpr, Printed], Printed]] = Table("apply in NumPy code")
"""How each node acts on a column; filled by `derive.codegen.matrices`."""


@dataclass
class Emitter:
    """Writes expressions; ``every`` step at once (slices), the step t of a loop, or a ``fixed`` one.

    ``names`` are the variables of the module, ``logs`` the outputs whose logarithm goes from their
    logits, ``hoisted`` are columns that have a variable of their own, and ``ended`` are 0 behind the
    last step, where not all of their parts need have a value.  ``used`` collects the functions of
    `derive.codegen.parts` that the source calls, and ``library`` is what has the arrays.
    """

    names: Mapping[Basic, str]
    logs: Mapping[Basic, tuple[str, Column]]
    every: bool = False
    used: set[str] = field(default_factory=set)
    fixed: int | None = None
    hoisted: dict[Basic, str] = field(default_factory=dict)
    library: Library = NUMPY
    ended: set[Basic] = field(default_factory=set)

    def text(self, expr: MatrixExpr, least: int = SUM) -> str:
        """Return the source of a column, in parentheses where it binds less than ``least``."""
        return guard(self.column(expr), least)

    def call(self, function: str, *args: str) -> Printed:
        """Return a call of a function of the parts."""
        self.used.add(function)
        return Printed(f"{function}({', '.join(args)})", ATOM)

    def at(self, name: str, shift: int) -> str:
        """Return a series at step t + shift, or at all steps 1 + shift … T + shift."""
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

    def column(self, expr: MatrixExpr) -> Printed:
        """Return the source of a column, or of a matrix that is stored, and how tightly it binds."""
        if expr in self.hoisted:
            return Printed(self.at(self.hoisted[expr], 0), ATOM)
        stands = isinstance(expr, MatrixExpr) and not is_vector(expr)
        made = (WHOLES if stands else COLUMNS)[expr](self, expr)
        return self.before_the_end(made) if expr in self.ended else made

    def enter(self, names: Sequence[str], beside: str, fresh: Callable[[str], str]) -> None:
        """Begin the lines of a loop that computes the arrays of these names, step by step."""

    def carried(self) -> list[HandedOn]:
        """Return what the loop computes and hands on, where that has names other than its arrays'."""
        return []

    def before_the_end(self, text: Printed) -> Printed:
        """Return the source of what comes back from the next step, where there is one."""
        return Printed(self.library.back.format(text.whole), ATOM)

    def matrix_product(self, left: str, right: str) -> Printed:
        """Return the source of a product of matrices, each for a step."""
        return Printed(f"{left} @ {right}", MATRIX_PRODUCT)

    def part(self, column: str, start: str, end: str) -> Printed:
        """Return the source of some components of a column."""
        return Printed(f"{column}[..., {start}:{end}]", ATOM)

    def count(self, size: Expr) -> str:
        """Return the source of a size, as a number of the tables' sizes."""
        text = str(size)
        return self.library.size.format(size=text) if size.is_Symbol else text

    def sum_of(self, size: Expr) -> str:
        """Return the source of a size that may be a sum."""
        return " + ".join(self.count(part) for part in summands(size))

    def stored(self, series: MatrixExpr) -> str:
        """Return the source of the sizes of an array for a step: rows, and the columns of a matrix."""
        sizes = series.shape[:1] if is_vector(series) else series.shape
        return ", ".join(map(self.sum_of, sizes))

    def applied(self, matrix: MatrixExpr, column: Printed) -> Printed:
        """Return the source of matrix·column."""
        return MATRICES[matrix](self, matrix, column)


class Inverted(Printed):
    """Source that begins with one over something: a factor beside it takes the place of the one."""

    __slots__ = ()


def product(a: Printed, b: Printed, sign: str = " * ") -> Printed:
    """Return the source of a product, or a quotient, element by element: without factors of one."""
    negative = (a.negative and a.precedence == SIGNED) != (b.negative and b.precedence == SIGNED)
    made = _product(_unsigned(a), _unsigned(b), sign)
    return negated(made) if negative else made


def _product(a: Printed, b: Printed, sign: str) -> Printed:
    if b.body == ONE:
        return a
    if sign == " / ":
        kind = Inverted if a.body == ONE or isinstance(a, Inverted) else Printed
        return kind(f"{guard(a)} / {guard(b, ATOM)}", PRODUCT)
    if a.body == ONE:
        return b
    if isinstance(a, Inverted) and not isinstance(b, Inverted):
        a, b = b, a
    if isinstance(b, Inverted):
        return type(a)(guard(a) + b.body.removeprefix(ONE), PRODUCT)
    return Printed(f"{guard(a)} * {guard(b)}", PRODUCT)


def _unsigned(text: Printed) -> Printed:
    """Return a signed term without its sign, and what is none as it is."""
    if text.precedence != SIGNED:
        return text
    single = text.body.replace(".", "").isdigit()
    return text._replace(precedence=ATOM if single else PRODUCT, negative=False)


def negated(text: Printed) -> Printed:
    """Return the source of the opposite, of which two signs are none."""
    if text.precedence == SIGNED and text.negative:
        return _unsigned(text)
    if text.precedence >= PRODUCT:
        return text._replace(precedence=SIGNED, negative=True)
    return Printed(guard(text), SIGNED, negative=True)


def guard(text: Printed, least: int = PRODUCT) -> str:
    """Return source, in parentheses where it binds less."""
    return text.whole if text.precedence >= least else f"({text.whole})"


def number(e: Emitter, expr: Expr) -> Printed:
    """Return a number."""
    value = float(expr)
    return (
        Printed(repr(value), ATOM) if value >= 0 else Printed(repr(-value), SIGNED, negative=True)
    )


def at_step(e: Emitter, expr: At) -> Printed:
    """Return a series at its step."""
    return Printed(e.at(e.names[expr.series], int(expr.indices[0] - t)), ATOM)


def summands(size: Expr) -> list[Expr]:
    """Return a size as symbols and numbers that add up: of 2n + 1, n, n and 1."""
    found = []
    for term in size.args if size.is_Add else (size,):
        number, symbol = term.as_coeff_Mul()
        found += [symbol] * int(number) if symbol.is_Symbol else [term]
    return found

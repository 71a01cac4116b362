"""What all of the emitted source shares: the emitter, how tightly source binds, sizes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from derive.expressions.quantities import t
from derive.expressions.table import Table

SUM, MATRIX_PRODUCT, PRODUCT, ATOM = range(4)
"""How tightly source binds; a @ beside a * is put in parentheses, as Python goes from left to right."""

Text = tuple[str, int]


COLUMNS: Table[Callable[[Emitter, Any], Text]] = Table("write as NumPy code")
"""How each node is written as a column; filled by `derive.codegen.columns`."""

MATRICES: Table[Callable[[Emitter, Any, Text], Text]] = Table("apply in NumPy code")
"""How each node acts on a column; filled by `derive.codegen.matrices`."""


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
        """Return the source of a column, in parentheses where it binds less than ``least``."""
        source, precedence = self.column(expr)
        return source if precedence >= least else f"({source})"

    def call(self, function: str, *args: str) -> Text:
        """Return a call of a function of the parts."""
        self.used.add(function)
        return f"{function}({', '.join(args)})", ATOM

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

    def column(self, expr: Any) -> Text:
        """Return the source of a column, and how tightly it binds."""
        if expr in self.hoisted:
            return self.at(self.hoisted[expr], 0), ATOM
        return COLUMNS[expr](self, expr)

    def applied(self, matrix: Any, column: Text) -> Text:
        """Return the source of matrix·column."""
        return MATRICES[matrix](self, matrix, column)


def product(a: Text, b: Text, sign: str = " * ") -> Text:
    """Return the source of a product, element by element."""
    return f"{guard(a)}{sign}{guard(b, ATOM if sign == ' / ' else PRODUCT)}", PRODUCT


def guard(text: Text, least: int = PRODUCT) -> str:
    """Return source, in parentheses where it binds less."""
    return text[0] if text[1] >= least else f"({text[0]})"


def number(e: Emitter, expr: Any) -> Text:
    """Return a number."""
    value = float(expr)
    return (repr(value), ATOM) if value >= 0 else (repr(value), SUM)


def at_step(e: Emitter, expr: Any) -> Text:
    """Return a series at its step."""
    return e.at(e.names[expr.series], int(expr.indices[0] - t)), ATOM


def count(size: Any) -> str:
    """Return the source of a size, as a number of the tables' sizes."""
    text = str(size)
    return f"size_of({text!r}, sizes)" if size.is_Symbol else text


def sum_of(size: Any) -> str:
    """Return the source of a size that may be a sum."""
    return " + ".join(count(part) for part in summands(size))


def summands(size: Any) -> list[Any]:
    """Return a size as symbols and numbers that add up: of 2n + 1, n, n and 1."""
    found = []
    for term in size.args if size.is_Add else (size,):
        number, symbol = term.as_coeff_Mul()
        found += [symbol] * int(number) if symbol.is_Symbol else [term]
    return found

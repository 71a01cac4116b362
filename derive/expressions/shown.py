"""What is shown in its own way: a term in a colour, a deep nesting with dots, decimals."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Self

from sympy import Basic, Integer, MatrixExpr, Symbol, Tuple, sympify
from sympy.core.symbol import Str

from derive.expressions.algebra import Ordered
from derive.expressions.types import MatrixShape, TimeIndex
from derive.expressions.walk import atoms_of


class Coloured(Ordered):
    """A term of temporal contribution ``step`` of ``steps``, shown in that contribution's colour."""

    def __new__(cls, expr: MatrixExpr, step: TimeIndex, steps: TimeIndex) -> Self:
        return Basic.__new__(cls, expr, sympify(step), sympify(steps))

    @property
    def expr(self) -> MatrixExpr:
        """Return the term itself."""
        return self.args[0]

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape


class Nested(Ordered):
    """A quantity of the forward pass written by substitution down to the first step.

    ``expr`` is the whole.  A deep one prints as ``outer``, the levels of the last steps, with
    ``inner``, the first step, between dots where ``hole``, a state, stands in it.
    """

    def __new__(
        cls,
        expr: MatrixExpr,
        outer: MatrixExpr | None = None,
        inner: MatrixExpr | None = None,
        hole: MatrixExpr | None = None,
    ) -> Self:
        return Basic.__new__(cls, expr, *([] if hole is None else [outer, inner, hole]))

    @property
    def expr(self) -> MatrixExpr:
        """Return the nested expression."""
        return self.args[0]

    @property
    def outer(self) -> MatrixExpr:
        """Return the levels that are written out."""
        return self.args[1]

    @property
    def inner(self) -> MatrixExpr:
        """Return the innermost level."""
        return self.args[2]

    @property
    def hole(self) -> MatrixExpr | None:
        """Return what the inner levels replace, or None if all are written out."""
        return self.args[3] if len(self.args) > 1 else None

    @property
    def free_symbols(self) -> set[Symbol]:
        """Return the symbols without SymPy's recursion, which a thousand levels exhaust."""
        return set(atoms_of(self, Symbol))

    @property
    def shape(self) -> MatrixShape:
        return self.args[-3].shape if len(self.args) > 1 else self.args[0].shape


class Rounded(Ordered):
    """Computed numbers as they are printed: a matrix of decimals with ``digits`` places."""

    def __new__(cls, rows: Iterable[Iterable[str | Str]], digits: int | Integer) -> Self:
        return Basic.__new__(
            cls, Tuple(*(Tuple(*map(_text, row)) for row in rows)), sympify(digits)
        )

    @property
    def texts(self) -> list[list[str]]:
        """Return the decimals as text."""
        return [[cell.name for cell in row] for row in self.args[0]]

    @property
    def digits(self) -> int:
        """Return the number of places."""
        return int(self.args[1])

    @property
    def shape(self) -> MatrixShape:
        return (Integer(len(self.args[0])), Integer(len(self.args[0][0])))


def _text(cell: str | Str) -> Str:
    return cell if isinstance(cell, Str) else Str(cell)

"""What is shown in its own way: a term in a colour, a deep nesting with dots, decimals."""

from __future__ import annotations

from typing import Any

from sympy import Basic, Integer, Symbol, Tuple, sympify
from sympy.core.symbol import Str

from derive.expressions.algebra import Ordered
from derive.expressions.walk import atoms_of


class Coloured(Ordered):
    """A term of temporal contribution ``step`` of ``steps``, shown in that contribution's colour."""

    def __new__(cls, expr: Any, step: Any, steps: Any) -> Any:
        return Basic.__new__(cls, expr, sympify(step), sympify(steps))

    @property
    def expr(self) -> Any:
        """Return the term itself."""
        return self.args[0]

    @property
    def shape(self) -> Any:
        return self.args[0].shape


class Nested(Ordered):
    """A quantity of the forward pass written by substitution down to the first step.

    ``expr`` is the whole.  A deep one prints as ``outer``, the levels of the last steps, with
    ``inner``, the first step, between dots where ``hole``, a state, stands in it.
    """

    def __new__(cls, expr: Any, outer: Any = None, inner: Any = None, hole: Any = None) -> Any:
        return Basic.__new__(cls, expr, *([] if hole is None else [outer, inner, hole]))

    @property
    def expr(self) -> Any:
        """Return the nested expression."""
        return self.args[0]

    @property
    def outer(self) -> Any:
        """Return the levels that are written out."""
        return self.args[1]

    @property
    def inner(self) -> Any:
        """Return the innermost level."""
        return self.args[2]

    @property
    def hole(self) -> Any | None:
        """Return what the inner levels replace, or None if all are written out."""
        return self.args[3] if len(self.args) > 1 else None

    @property
    def free_symbols(self) -> set[Any]:
        """Return the symbols without SymPy's recursion, which a thousand levels exhaust."""
        return set(atoms_of(self, Symbol))

    @property
    def shape(self) -> Any:
        return self.args[-3].shape if len(self.args) > 1 else self.args[0].shape


class Rounded(Ordered):
    """Computed numbers as they are printed: a matrix of decimals with ``digits`` places."""

    def __new__(cls, rows: Any, digits: Any) -> Any:
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
    def shape(self) -> Any:
        return (Integer(len(self.args[0])), Integer(len(self.args[0][0])))


def _text(cell: Any) -> Str:
    return cell if isinstance(cell, Str) else Str(cell)

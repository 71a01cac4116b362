"""Some components of a column, as the file of a cell writes them: ``s[t-1][2]`` and ``s[t][1:3]``."""

from __future__ import annotations

from sympy import Basic, Integer

from derive.expressions.quantities import At
from derive.formula.cursor import Cursor


def components(p: Cursor, column: At) -> Basic:
    """Return one component of a quantity, or those from one to another: what comes next in brackets.

    The rows of an identity that choose them are a constant of the cell, so that each rule of the
    calculus holds as for any matrix.  A `FormulaError` for a column whose size is no number, or that
    has no such component.
    """
    opening = p.take("[")
    if p.scope.rows is None:
        raise p.fail("components of a quantity can be read in the file of a cell only", opening)
    rows, columns = column.shape
    name = column.series.name
    if not isinstance(rows, Integer) or columns != 1:
        raise p.fail(
            f"{name} has {rows} rows; components can be read of a column whose size is a number, such "
            f"as {name} = 4",
            opening,
        )
    first = last = _component(p, int(rows))
    if p.skip(":"):
        last = _component(p, int(rows))
    if last < first:
        raise p.fail(f"there are no components {first} to {last}; the first comes first", opening)
    p.close("]", opening)
    return p.built(opening, p.builder.product, p.scope.rows(first, last, int(rows)), column)


def _component(p: Cursor, size: int) -> int:
    token = p.now
    if token.kind != "number" or not token.text.isdigit() or not 1 <= int(token.text) <= size:
        raise p.fail(f"expected a component from 1 to {size}, found {token.text!r}", token)
    p.at += 1
    return int(token.text)

"""Facts of how large a step Jacobian can be, from the ranges of what it is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce
from itertools import product
from math import exp, inf

from sympy import Basic, Identity, MatAdd, MatMul, MatrixExpr, OneMatrix, sympify

from derive.chapters.facts.facts import CellFacts, fact
from derive.expressions.algebra import Diag, Hadamard, Scalar, Scaled
from derive.expressions.functions import Apply
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At

Range = tuple[float, float]
"""An open interval; where both ends are one number, that number."""

ALL: Range = (-inf, inf)

UNIT: Range = (0.0, 1.0)


@fact
def _diagonal_jacobian(f: CellFacts) -> bool:
    """Tell whether the step Jacobian of one state is put together of diagonal matrices alone."""
    return _one_column(f) and _is_diagonal(f, f.derivation.shared.expression_of(_jacobian(f)))


@fact
def _shrinking_jacobian(f: CellFacts) -> bool:
    """Tell whether the step Jacobian is diagonal, with entries between 0 and 1 whatever is given.

    The entries are looked up in the equations of the cell, down to functions whose range is known.
    """
    if not _one_column(f):
        return False
    expr = f.derivation.shared.expression_of(_jacobian(f))
    low, high = range_of(f, expr.args[0]) if isinstance(expr, Diag) else ALL
    return UNIT[0] <= low < high <= UNIT[1]


def _one_column(f: CellFacts) -> bool:
    return len(f.cell.states) == 1 and not f.cell.has_matrices


def _jacobian(f: CellFacts) -> Introduced:
    found: Introduced = f.derivation.shared.J
    return found


def _is_diagonal(f: CellFacts, expr: MatrixExpr) -> bool:
    if isinstance(expr, At) and isinstance(expr.series, Introduced):
        return _is_diagonal(f, f.derivation.shared.expression_of(expr.series))
    if isinstance(expr, MatAdd | MatMul | Scaled):
        return all(
            _is_diagonal(f, part)
            for part in expr.args
            if isinstance(part, MatrixExpr) and part.shape != (1, 1)
        )
    return isinstance(expr, Diag | Identity)


def range_of(f: CellFacts, expr: Basic) -> Range:
    """Return between what all components of an expression lie, for any parameters and inputs."""
    if isinstance(expr, At):
        # The start of a state may be anything, and so may what is made of it.
        known = f.cell.defines(expr.series) and expr.series not in f.cell.states
        return range_of(f, f.cell.definition(expr.series).expr) if known else ALL
    if isinstance(expr, Apply):
        return _applied(expr.function, range_of(f, expr.arg))
    if isinstance(expr, MatAdd):
        ranges = [range_of(f, term) for term in expr.args]
        return sum(low for low, _ in ranges), sum(high for _, high in ranges)
    if isinstance(expr, Hadamard | Scaled) or _numbered(expr):
        return reduce(_times, (range_of(f, factor) for factor in expr.args))
    return _constant(expr)


def _numbered(expr: MatrixExpr) -> bool:
    """Tell whether an expression is a number times something."""
    return isinstance(expr, MatMul) and len(expr.args) == 2 and bool(expr.args[0].is_number)


def _constant(expr: Basic) -> Range:
    """Return the one value of a number, or of a column of ones; anything else may be any number."""
    number = 1 if isinstance(expr, OneMatrix) else expr.number if isinstance(expr, Scalar) else expr
    return (float(number), float(number)) if sympify(number).is_number else ALL


def _times(one: Range, other: Range) -> Range:
    # An end at 0 is never passed, however large the other factor is.
    ends = [a * b if a and b else 0.0 for a, b in product(one, other)]
    return min(ends), max(ends)


def _applied(function: str, inner: Range) -> Range:
    """Return the range of a function, narrower where it only rises and that of its argument is known."""
    rising = RISING.get(function)
    low, high = RANGES.get(function, ALL)
    if rising is None:
        return low, high
    ends = [rising(end) if abs(end) < inf else (low, high)[end > 0] for end in inner]
    return ends[0], ends[1]


RANGES: Mapping[str, Range] = {
    "sigmoid": UNIT, "softplus": (0.0, inf), "exp": (0.0, inf), "tanh": (-1.0, 1.0),
}  # fmt: skip
"""Between what the values of functions lie, which take neither end."""

RISING: Mapping[str, Callable[[float], float]] = {"exp": exp}
"""Functions whose values at the ends of a range are the ends of theirs."""

"""Products and sums of Jacobians in the form in which people write them."""

from __future__ import annotations

from sympy import MatAdd, MatMul, MatrixExpr, Transpose

from derive.expressions.algebra import (
    Diag,
    Scalar,
    Scaled,
    add,
    had,
    mul,
    neg,
    ones,
    scaled,
    transpose,
)
from derive.expressions.functions import Quotient
from derive.expressions.shapes import is_vector
from derive.expressions.types import Column


def gathered(terms: list[MatrixExpr]) -> MatrixExpr:
    """Return a sum of Jacobians; diagonal ones become one diagonal, a positive term first."""
    if len(terms) > 1 and terms[0].shape == (1, 1):
        return add(*sorted(terms, key=_is_negative))
    vectors = [_on_diagonal(term) for term in terms]
    if len(terms) < 2 or any(v is None for v in vectors):
        return add(*terms)
    return Diag(add(*sorted(vectors, key=_is_negative)))


def _is_negative(term: MatrixExpr) -> bool:
    if isinstance(term, Scalar):
        return bool(term.number.is_negative)
    return isinstance(term, MatMul) and term.args[0].is_number and bool(term.args[0] < 0)


def factored(terms: list[MatrixExpr]) -> MatrixExpr:
    """Return a sum with the first factors that all its terms share taken out: AB + AC = A(B + C)."""
    shared: list[MatrixExpr] = []
    rest = terms
    while len(rest) > 1 and all(
        isinstance(r, MatMul) and r.args[0] == rest[0].args[0] for r in rest
    ):
        if rest[0].args[0].is_number:
            break
        shared.append(rest[0].args[0])
        rest = [mul(*r.args[1:]) for r in rest]
    return mul(*shared, add(*rest)) if shared else add(*terms)


def _on_diagonal(term: MatrixExpr) -> MatrixExpr | None:
    """Return v for diag(v) and −v for −diag(v), else None."""
    if isinstance(term, Diag):
        return term.arg
    if isinstance(term, Scaled) and isinstance(term.args[1], Diag):
        return scaled(term.args[0], term.args[1].arg)
    if isinstance(term, MatMul) and len(term.args) == 2 and term.args[0] == -1:
        inner = _on_diagonal(term.args[1])
        return None if inner is None else neg(inner)
    return None


def applied(matrix: MatrixExpr, column: Column) -> MatrixExpr:
    """Return matrix·column as one writes it: a diagonal matrix multiplies element by element."""
    if isinstance(column, Scaled):
        return scaled(column.args[0], applied(matrix, column.args[1]))
    if isinstance(matrix, Diag):
        return had(matrix.arg, column)
    if isinstance(matrix, Scaled):
        return scaled(matrix.args[0], applied(matrix.args[1], column))
    if isinstance(matrix, MatMul) and any(
        isinstance(f, (Diag, Scaled, MatAdd)) for f in matrix.args
    ):
        # From the right, as the last factor meets the column first.
        for factor in reversed(matrix.args):
            column = mul(factor, column) if factor.is_number else applied(factor, column)
        return column
    if isinstance(matrix, MatAdd) and not any(_is_outer(term) for term in matrix.args):
        terms = factored(list(matrix.args))
        if not isinstance(terms, MatAdd):
            return applied(terms, column)
        if any(isinstance(f, Diag) for term in terms.args for f in _factors(term)):
            return add(*(applied(term, column) for term in terms.args))
    return mul(matrix, column)


def _factors(term: MatrixExpr) -> tuple[MatrixExpr, ...]:
    return term.args if isinstance(term, MatMul) else (term,)


def _is_outer(term: MatrixExpr) -> bool:
    """Tell whether a term is a column times a row, as in diag(o) − ooᵀ, which reads best whole."""
    return any(f.shape[1] == 1 for f in _factors(term) if not f.is_number)


def chain(outer: MatrixExpr, inner: MatrixExpr) -> MatrixExpr:
    """Return outer·inner with diagonal factors merged: diag(u) diag(v) = diag(u⊙v)."""
    if isinstance(outer, Diag) and isinstance(inner, Diag):
        return Diag(had(outer.arg, inner.arg))
    if isinstance(outer, MatAdd) and outer.shape[0] == 1 and outer.shape[1] != 1:
        return add(*(chain(term, inner) for term in outer.args))
    if isinstance(outer, Scaled):
        return scaled(outer.args[0], chain(outer.args[1], inner))
    if isinstance(inner, Scaled):
        return scaled(inner.args[0], chain(outer, inner.args[1]))
    if isinstance(inner, Diag) and isinstance(outer, MatMul):
        factors = list(outer.args)
        # rowᵀ diag(v) = (row ⊙ v)ᵀ, and ones vanish in it: −yᵀ diag(1⊘o) = −(y ⊘ o)ᵀ.
        if isinstance(factors[-1], Transpose) and is_vector(factors[-1].arg):
            return mul(*factors[:-1], transpose(_times(factors[-1].arg, inner.arg)))
    if isinstance(outer, Transpose) and is_vector(outer.arg) and isinstance(inner, Diag):
        return transpose(_times(outer.arg, inner.arg))
    return mul(outer, inner)


def column_and_row(expr: MatrixExpr) -> tuple[MatrixExpr, MatrixExpr] | None:
    """Return u and wᵀ of a product u wᵀ, its number with u; else None."""
    if not isinstance(expr, MatMul) or is_vector(expr):
        return None
    for place in range(1, len(expr.args)):
        left = expr.args[place - 1]
        if not left.is_number and left.shape[1] == 1:
            return mul(*expr.args[:place]), mul(*expr.args[place:])
    return None


def _times(vector: MatrixExpr, diagonal: MatrixExpr) -> MatrixExpr:
    """Return vector ⊙ diagonal, with ``v ⊙ (1 ⊘ w)`` as ``v ⊘ w``."""
    if isinstance(diagonal, Quotient) and diagonal.args[0] == ones(vector.shape[0]):
        return Quotient(vector, diagonal.args[1])
    return had(vector, diagonal)

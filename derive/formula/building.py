"""From the parts of a formula to expressions.

Strictly: a product or sum whose shapes do not fit is an error.  Or leniently: such a formula is
built as it is written, so that it can be printed as a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic, Expr, Identity, MatrixExpr, Number, OneMatrix, Symbol, ZeroMatrix

from derive.budgets import within
from derive.errors import SpecError
from derive.expressions.algebra import Hadamard, Plus, Times, add, had, mul, neg, transpose
from derive.expressions.quantities import Scalar
from derive.expressions.spectra import Power

EYE = Symbol("I")
"""The identity whose size is not yet known."""


class Builder:
    """The operations of a formula; a `SpecError` where shapes do not fit, if strict."""

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict

    def product(self, a: Basic, b: Basic) -> Basic:
        """Return a·b; a number or a (1, 1) expression scales."""
        if EYE in (a, b):
            return b if a == EYE else a
        if isinstance(a, Number) and isinstance(b, Number):
            return _moderate(a * b)
        made = self._tried(lambda: mul(a, b), Times, a, b)
        # A number times a number times a matrix: the two have become one.
        if made.args and isinstance(made.args[0], Number):
            _moderate(made.args[0])
        return made

    def elementwise(self, a: Basic, b: Basic) -> Basic:
        """Return the product element by element."""
        a, b = _alike(a, b)
        if isinstance(a, Number) and isinstance(b, Number):
            return _moderate(a * b)
        return self._tried(lambda: had(a, b), Hadamard, a, b)

    def sum(self, a: Basic, b: Basic) -> Basic:
        """Return a + b; a number is that number in every entry, the identity fits itself in."""
        a, b = _alike(a, b)
        if isinstance(a, Number) and isinstance(b, Number):
            return _moderate(a + b)
        # A bare number beside a (1, 1) expression, as in 2 - alpha, is a matrix of one entry too.
        a, b = (mul(v, OneMatrix(1, 1)) if isinstance(v, Number) else v for v in (a, b))
        return self._tried(lambda: add(a, b), Plus, a, b)

    def difference(self, a: Basic, b: Basic) -> Basic:
        """Return a − b."""
        a, b = _alike(a, b)
        return self.sum(a, self.negative(b))

    def negative(self, a: Basic) -> Basic:
        """Return −a."""
        return -a if isinstance(a, Number) else neg(a)

    def quotient(self, a: Basic, b: Basic) -> Basic:
        """Return a / b for a number or index expression b."""
        if isinstance(b, Scalar) and isinstance(a, (Number, Scalar)):
            return Scalar((a.number if isinstance(a, Scalar) else a) / b.number)
        if not isinstance(b, Number):
            raise SpecError(
                "only numbers divide; expected a number or a time index after the slash"
            )
        if b == 0:
            raise SpecError("division by zero")
        return _moderate(a / b) if isinstance(a, Number) else self.product(1 / b, a)

    def transposed(self, a: Basic) -> Basic:
        """Return aᵀ."""
        return a if isinstance(a, Number) or a == EYE else transpose(a)

    def power(self, a: Basic, exponent: Expr) -> Basic:
        """Return a to the power of an integer index expression; a must be square."""
        if exponent.is_number:
            said = f"the power {exponent} is too large"
            within("power", abs(int(exponent)), said)
        if isinstance(a, Number) and exponent.is_number:
            if a == 0 and exponent < 0:
                raise SpecError("division by zero")
            return _moderate(a**exponent)
        if isinstance(a, MatrixExpr) and a.shape[0] != a.shape[1]:
            raise SpecError(f"only square matrices have powers; {a} has the shape {a.shape}")
        return Power(a, exponent)

    def sides(self, left: Basic, right: Basic) -> tuple[Basic, Basic]:
        """Return the sides of a relation with a bare number or identity in the other's shape."""
        return _alike(left, right)

    def _tried(self, build: Callable[[], Basic], kind: type, *args: Basic) -> Basic:
        try:
            return build()
        except (SpecError, ValueError):
            if self.strict:
                raise
            flat: list[Basic] = []
            for a in args:
                flat += getattr(a, "args", ()) if isinstance(a, kind) else (a,)
            return Basic.__new__(kind, *flat)


def _moderate(number: Number) -> Number:
    """Return a number; a `SpecError` if it has grown beyond what can be worked with."""
    # Exact numbers: a rational one is as long as its two parts.
    bits = max(int(number.p).bit_length(), int(number.q).bit_length())
    within("exponent", int(bits * 0.30103), "a number worked out from others is out of range")
    return number


def _alike(a: Basic, b: Basic) -> tuple[Basic, Basic]:
    return _in_shape_of(a, b), _in_shape_of(b, a)


def _in_shape_of(value: Basic, other: Basic) -> Basic:
    if not isinstance(other, MatrixExpr):
        return value
    if value == EYE:
        return Identity(other.shape[0])
    if not isinstance(value, Number) or (other.shape == (1, 1) and value not in (0, 1)):
        return value
    if value == 0:
        return ZeroMatrix(*other.shape)
    ones = OneMatrix(*other.shape)
    return ones if value == 1 else mul(value, ones)

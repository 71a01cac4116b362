"""From the parts of a formula to expressions.

Strictly: a product or sum whose shapes do not fit is an error.  Or leniently: such a formula is
built as it is written, so that it can be printed as a wrong one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sympy import (
    Basic,
    Expr,
    Identity,
    Integer,
    MatAdd,
    MatrixExpr,
    Number,
    OneMatrix,
    Symbol,
    ZeroMatrix,
)

from derive.budgets import within
from derive.errors import SpecError
from derive.expressions.algebra import Hadamard, Plus, Times, add, had, mul, neg, transpose
from derive.expressions.functions import Quotient, divided
from derive.expressions.pointwise import Maximum, Minimum, raised
from derive.expressions.quantities import Scalar
from derive.expressions.spectra import Power
from derive.formula.refused import BY_COLUMN, OVER_COLUMN

EYE = Symbol("I")
"""The identity whose size is not yet known."""


class ScaledEye(Basic):
    """A number, or a (1, 1) expression, times that identity: ``gamma*I``."""


class Builder:
    """The operations of a formula; a `SpecError` where shapes do not fit, if strict."""

    def __init__(self, strict: bool = True) -> None:
        self.strict = strict

    def product(self, a: Basic, b: Basic) -> Basic:
        """Return a·b; a number or a (1, 1) expression scales."""
        if isinstance(a, ScaledEye):
            return self.product(a.args[0], b)
        if isinstance(b, ScaledEye):
            return self.product(self.product(a, b.args[0]), EYE)
        if EYE in (a, b):
            return _by_eye(b if a == EYE else a)
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
        if self.strict and _is_single(a) != _is_single(b):
            # One number beside many: element by element, it multiplies each.
            return self.product(a, b) if _is_single(a) else self.product(b, a)
        if any(isinstance(v, Number) and _is_single(w) for v, w in ((a, b), (b, a))):
            # Of one entry too, as where units are one: a bare number has no shape to be compared.
            return self.product(a, b)
        with _told(a, b, BY_COLUMN):
            return self._tried(lambda: had(a, b), Hadamard, a, b)

    def sum(self, a: Basic, b: Basic) -> Basic:
        """Return a + b; a number is that number in every entry, the identity fits itself in."""
        a, b = _spread(*_alike(a, b))
        if isinstance(a, Number) and isinstance(b, Number):
            return _moderate(a + b)
        # A bare number beside a (1, 1) expression, as in 2 - alpha, is a matrix of one entry too.
        a, b = (mul(v, OneMatrix(1, 1)) if isinstance(v, Number) else v for v in (a, b))
        return self._tried(lambda: add(a, b), Plus, a, b)

    def difference(self, a: Basic, b: Basic) -> Basic:
        """Return a − b."""
        a, b = _alike(a, b)
        if not self.strict and isinstance(b, MatAdd):
            # As it is written: 1 - (1 - u) is no 1 - 1 + u.
            return self.sum(a, Times(Integer(-1), b))
        return self.sum(a, self.negative(b))

    def negative(self, a: Basic) -> Basic:
        """Return −a."""
        if a == EYE or isinstance(a, ScaledEye):
            return ScaledEye(self.negative(a.args[0]) if isinstance(a, ScaledEye) else Integer(-1))
        return -a if isinstance(a, Number) else neg(a)

    def quotient(self, a: Basic, b: Basic) -> Basic:
        """Return a / b, element by element; a number divides each entry, or is divided by each."""
        if isinstance(b, Scalar) and isinstance(a, (Number, Scalar)):
            return Scalar((a.number if isinstance(a, Scalar) else a) / b.number)
        if isinstance(b, MatrixExpr):
            return self._by_entries(a, b)
        if not isinstance(b, Number):
            raise SpecError("the identity does not divide; expected numbers or vectors of one size")
        if b == 0:
            raise SpecError("division by zero")
        return _moderate(a / b) if isinstance(a, Number) else self.product(1 / b, a)

    def _by_entries(self, above: Basic, below: MatrixExpr) -> Basic:
        if isinstance(above, Number):
            ones = OneMatrix(*below.shape)
            # The one above is the same one whether a factor stands beside the quotient or a number.
            above = ones if above == 1 else mul(above, ones)
        if below.shape == (1, 1) and above.shape != (1, 1):
            return self.product(Quotient(OneMatrix(1, 1), below), above)
        if above.shape == (1, 1) and 1 not in below.shape:
            return self.product(above, Quotient(OneMatrix(*below.shape), below))
        above, below = _spread(above, below)
        with _told(above, below, OVER_COLUMN):
            return self._tried(lambda: divided(above, below), Quotient, above, below)

    def larger(self, a: Basic, b: Basic) -> Basic:
        """Return max(a, b), element by element."""
        return Maximum(*self._of_one_shape(a, b))

    def smaller(self, a: Basic, b: Basic) -> Basic:
        """Return min(a, b), element by element."""
        return Minimum(*self._of_one_shape(a, b))

    def _of_one_shape(self, a: Basic, b: Basic) -> tuple[Basic, Basic]:
        a, b = _spread(*_alike(a, b))
        if isinstance(a, Number) and isinstance(b, Number):
            raise SpecError("expected a vector beside the number")
        ones = OneMatrix(1, 1)
        a, b = (mul(v, ones) if isinstance(v, Number) else v for v in (a, b))
        return a, b

    def transposed(self, a: Basic) -> Basic:
        """Return aᵀ."""
        sizeless = isinstance(a, (Number, ScaledEye)) or a == EYE
        return a if sizeless else transpose(a)

    def power(self, a: Basic, exponent: Expr) -> Basic:
        """Return a power: of a column entry by entry, of a square matrix by its own product."""
        if exponent.is_number:
            said = f"the power {exponent} is too large"
            within("power", int(max(abs(exponent.p), exponent.q)), said)
        if isinstance(a, Number) and exponent.is_Integer:
            if a == 0 and exponent < 0:
                raise SpecError("division by zero")
            return _moderate(a**exponent)
        if isinstance(a, MatrixExpr) and a.shape[1] == 1 and exponent.is_number:
            return raised(a, exponent)
        if exponent.is_number and not exponent.is_Integer:
            raise SpecError(f"the power {exponent} is of vectors and (1, 1) quantities only")
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


@contextmanager
def _told(a: Basic, b: Basic, instead: str) -> Iterator[None]:
    """Say what to write instead where one of two operands is a matrix and the other a column or row."""
    try:
        yield
    except SpecError as error:
        columns = [1 in getattr(value, "shape", (1, 1)) for value in (a, b)]
        raise SpecError(f"{error}; {instead}" if sum(columns) == 1 else str(error)) from None


def _moderate(number: Number) -> Number:
    """Return a number; a `SpecError` if it has grown beyond what can be worked with."""
    # Exact numbers: a rational one is as long as its two parts.
    bits = max(int(number.p).bit_length(), int(number.q).bit_length())
    within("exponent", int(bits * 0.30103), "a number worked out from others is out of range")
    return number


def _alike(a: Basic, b: Basic) -> tuple[Basic, Basic]:
    return _in_shape_of(a, b), _in_shape_of(b, a)


def _by_eye(other: Basic) -> Basic:
    """Return something times the identity: a number waits for a size, all else is itself."""
    return ScaledEye(other) if _is_single(other) and other != 1 else EYE if other == 1 else other


def _is_single(value: Basic) -> bool:
    return isinstance(value, Number) or getattr(value, "shape", None) == (1, 1)


def _spread(a: Basic, b: Basic) -> tuple[Basic, Basic]:
    """Return two operands of which a (1, 1) one beside a column is that number in every entry."""
    if not (isinstance(a, MatrixExpr) and isinstance(b, MatrixExpr)) or a.shape == b.shape:
        return a, b
    if a.shape == (1, 1) and b.shape[1] == 1:
        return mul(a, OneMatrix(*b.shape)), b
    if b.shape == (1, 1) and a.shape[1] == 1:
        return a, mul(b, OneMatrix(*a.shape))
    return a, b


def _in_shape_of(value: Basic, other: Basic) -> Basic:
    if not isinstance(other, MatrixExpr):
        return value
    if isinstance(value, ScaledEye):
        return mul(value.args[0], Identity(other.shape[0]))
    if value == EYE:
        return Identity(other.shape[0])
    if not isinstance(value, Number) or (other.shape == (1, 1) and value not in (0, 1)):
        return value
    if value == 0:
        return ZeroMatrix(*other.shape)
    ones = OneMatrix(*other.shape)
    return ones if value == 1 else mul(value, ones)

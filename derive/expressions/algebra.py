"""The algebra: SymPy matrix expressions whose sums and products keep their author's order.

Every quantity is a matrix: vectors are columns (n, 1), scalars are (1, 1).  The operators of
SymPy's own ``MatrixExpr`` call ``doit`` and sort; those of `Ordered` build the unevaluated SymPy
node instead, so that ``U * x[t] + W * s[t - 1]`` prints as it was written.  The functions `mul`,
`add`, `had` fold zeros and identities, nothing else.
"""

from __future__ import annotations

from functools import cached_property, reduce
from math import prod
from typing import Self

from sympy import Basic, Expr, Integer, Number, sympify
from sympy.matrices.expressions import (
    HadamardProduct,
    Identity,
    MatAdd,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Transpose,
    ZeroMatrix,
)

from derive.expressions.display import display
from derive.expressions.shapes import no_product, same_shape
from derive.expressions.types import MatrixShape, Operand, Size


class Ordered(MatrixExpr):
    """A matrix expression whose operators keep the order and fold only zeros and identities."""

    _op_priority = 20.0

    def __mul__(self, other: Operand) -> MatrixExpr:
        return mul(self, other)

    def __rmul__(self, other: Operand) -> MatrixExpr:
        return mul(other, self)

    __matmul__ = __mul__
    __rmatmul__ = __rmul__

    def __add__(self, other: Operand) -> MatrixExpr:
        return add(self, _matrix(other, self))

    def __radd__(self, other: Operand) -> MatrixExpr:
        return add(_matrix(other, self), self)

    def __sub__(self, other: Operand) -> MatrixExpr:
        return add(self, neg(_matrix(other, self)))

    def __rsub__(self, other: Operand) -> MatrixExpr:
        return add(_matrix(other, self), neg(self))

    def __neg__(self) -> MatrixExpr:
        return neg(self)

    @property
    def T(self) -> MatrixExpr:
        """Return the transpose."""
        return transpose(self)

    def doit(self, **hints: object) -> Self:
        """Return the expression itself: nothing in here is evaluated behind the author's back."""
        return self

    def _eval_transpose(self) -> MatrixExpr | None:
        """Return the transpose where a node has one of its own (SymPy's hook), else None."""
        return None

    def _latex(self, printer: object) -> str:
        # SymPy's printers ask the node first: what it prints is what the documents print.
        return display().tex(self)

    def _sympystr(self, printer: object) -> str:
        return display().plain(self)

    def _entry(self, i: Size, j: Size, **kwargs: object) -> Expr:
        from sympy.matrices.expressions.matexpr import MatrixElement

        return MatrixElement(self, i, j)


class Times(Ordered, MatMul):
    """A matrix product in its written order."""

    # Kept, as SymPy asks for it at every construction: an expression may be nested a thousand deep.
    shape = cached_property(MatMul.shape.fget)


class Plus(Ordered, MatAdd):
    """A sum in its written order."""

    shape = cached_property(MatAdd.shape.fget)


class Hadamard(Ordered, HadamardProduct):
    """A product element by element."""

    shape = cached_property(HadamardProduct.shape.fget)


class Transposed(Ordered, Transpose):
    """A transpose."""


class Diag(Ordered):
    """The diagonal matrix of a column."""

    def __new__(cls, vector: MatrixExpr) -> MatrixExpr:
        if isinstance(vector, Scaled):
            return Scaled(vector.args[0], Diag(vector.args[1]))
        if isinstance(vector, MatMul) and vector.args[0].is_number and vector.shape != (1, 1):
            return mul(vector.args[0], Diag(mul(*vector.args[1:])))
        return vector if vector.shape == (1, 1) else Basic.__new__(cls, vector)

    @property
    def arg(self) -> MatrixExpr:
        """Return the column on the diagonal."""
        return self.args[0]

    @property
    def shape(self) -> MatrixShape:
        return (self.args[0].shape[0], self.args[0].shape[0])

    def _eval_transpose(self) -> MatrixExpr | None:
        return self


class Scaled(Ordered):
    """A (1, 1) expression times a matrix that it does not conform with."""

    def __new__(cls, scale: MatrixExpr, matrix: MatrixExpr) -> MatrixExpr:
        if is_zero(scale) or is_zero(matrix):
            return ZeroMatrix(*matrix.shape)
        return Basic.__new__(cls, scale, matrix)

    @property
    def shape(self) -> MatrixShape:
        return self.args[1].shape


class Scalar(Ordered):
    """A number as a (1, 1) matrix: the weight 1/T of a step, or the 2 of ``2 - g``."""

    def __new__(cls, number: Expr | int | float) -> Self:
        return Basic.__new__(cls, sympify(number))

    @property
    def number(self) -> Expr:
        """Return the number."""
        return self.args[0]

    @property
    def shape(self) -> MatrixShape:
        return (Integer(1), Integer(1))


def is_zero(expr: Basic) -> bool:
    """Tell whether an expression is a structural zero."""
    return isinstance(expr, ZeroMatrix) or expr == 0


def _matrix(other: Operand, like: MatrixExpr) -> MatrixExpr:
    """Read a number as that number in every entry, as in ``1 - u``."""
    if isinstance(other, MatrixExpr):
        return other
    number, ones = sympify(other), OneMatrix(*like.shape)
    return ones if number == 1 else mul(number, ones)


def mul(*factors: Operand) -> MatrixExpr:
    """Return the matrix product, flat, with its number in front; a zero factor makes it zero."""
    number: Number = Integer(1)
    flat: list[MatrixExpr] = []
    shaped = False
    for factor in factors:
        for part in _parts(factor, flat):
            if isinstance(part, Number):
                number = number * part
            elif isinstance(part, Scalar) and part.number.is_Number:
                number, shaped = number * part.number, True
            else:
                flat.append(part)
    if not flat and not shaped:
        return number
    if not flat:
        # Twice a number that is a (1, 1) matrix is one too, and has a shape.
        flat = [Identity(1)]
    flat = reduce(_conform, flat, [])
    scales = [f.args[0] for f in flat if isinstance(f, Scaled)]
    if scales and len(flat) > 1:
        # A scaling anywhere in a product scales the product.
        bare = mul(number, *(f.args[1] if isinstance(f, Scaled) else f for f in flat))
        return reduce(lambda matrix, scale: scaled(scale, matrix), reversed(scales), bare)
    shape = (flat[0].shape[0], flat[-1].shape[1])
    if number == 0 or any(map(is_zero, flat)):
        return ZeroMatrix(*shape)
    kept = [f for f in flat if not _is_one(f)]
    if not kept and number != 1 and shape == (1, 1):
        # A number beside numbers is itself: 2 − g, not 2 I − g.
        return Scalar(number)
    kept = kept or [Identity(shape[0])]
    if number == 1 and len(kept) == 1:
        return kept[0]
    if number == -1 and len(kept) == 1 and isinstance(kept[0], MatAdd):
        # A minus before a sum is printed before each of its terms.
        return add(*(mul(-1, term) for term in kept[0].args))
    return Times(*([] if number == 1 else [number]), *kept)


def _parts(factor: Operand, before: list[MatrixExpr]) -> tuple[Basic, ...]:
    """Return the factors of a product; one that is a number, and fits nowhere, stays whole."""
    if not isinstance(factor, MatMul):
        return (sympify(factor),)
    first = factor.args[0]
    apart = factor.shape == (1, 1) and bool(before) and not first.is_number
    return (factor,) if apart and before[-1].shape[1] != first.shape[0] else factor.args


def _is_one(factor: MatrixExpr) -> bool:
    single = isinstance(factor, OneMatrix) and factor.shape == (1, 1)
    return isinstance(factor, Identity) or single


def _conform(left: list[MatrixExpr], right: MatrixExpr) -> list[MatrixExpr]:
    """Append a factor, as a scaling where a (1, 1) meets a matrix that it does not conform with."""
    if not left or left[-1].shape[1] == right.shape[0]:
        return [*left, right]
    rows = left[0].shape[0]
    if rows == 1 and left[-1].shape[1] == 1:
        return [Scaled(mul(*left), right)]
    if right.shape == (1, 1):
        return [_scaled_last(right, mul(*left))]
    if left[-1].shape == (1, 1):
        return [*left[:-1], Scaled(left[-1], right)]
    raise no_product(left[-1], right)


def _scaled_last(scale: MatrixExpr, matrix: MatrixExpr) -> MatrixExpr:
    """Return a scaled matrix, the scale behind those that it has: numbers stay in their order."""
    if not isinstance(matrix, Scaled):
        return Scaled(scale, matrix)
    return Scaled(matrix.args[0], _scaled_last(scale, matrix.args[1]))


def add(*terms: MatrixExpr) -> MatrixExpr:
    """Return the sum, flat, without its zeros, nor one and minus one; the terms must have one shape."""
    flat = [p for term in terms for p in (term.args if isinstance(term, MatAdd) else (term,))]
    same_shape("+", flat)
    kept = _without_ones([p for p in flat if not is_zero(p)])
    if not kept:
        return ZeroMatrix(*flat[0].shape)
    return kept[0] if len(kept) == 1 else Plus(*kept)


def _without_ones(terms: list[MatrixExpr]) -> list[MatrixExpr]:
    """Return the terms of a number's sum without pairs of one and minus one, as of 1 - (1 - e)."""
    ones = [n for n, p in enumerate(terms) if p == Identity(1)]
    minus = [n for n, p in enumerate(terms) if p == mul(-1, Identity(1))]
    gone = {n for pair in zip(ones, minus, strict=False) for n in pair}
    return [p for n, p in enumerate(terms) if n not in gone]


def neg(expr: MatrixExpr) -> MatrixExpr:
    """Return the negative; of a sum, term by term."""
    return mul(-1, expr)


def had(*factors: MatrixExpr) -> MatrixExpr:
    """Return the product element by element, flat; ones drop out."""
    flat = [p for f in factors for p in (f.args if isinstance(f, HadamardProduct) else (f,))]
    same_shape("⊙", flat)
    if any(map(is_zero, flat)):
        return ZeroMatrix(*flat[0].shape)
    for n, factor in enumerate(flat):
        if isinstance(factor, Scaled):
            return scaled(factor.args[0], had(*flat[:n], factor.args[1], *flat[n + 1 :]))
        if isinstance(factor, MatMul) and factor.args[0].is_number:
            number, *rest = factor.args
            if len(flat) > 1:
                # In front of the product, where it meets other numbers.
                return mul(number, had(*flat[:n], mul(*rest), *flat[n + 1 :]))
    kept = [p for p in flat if not isinstance(p, OneMatrix)]
    if not kept:
        return flat[0]
    return kept[0] if len(kept) == 1 else Hadamard(*kept)


def numbered(expr: MatrixExpr) -> tuple[Number, MatrixExpr]:
    """Return the numbers in a product, in diagonals and by components too, as one, and the rest.

    So one matrix has one spelling: ¼ and diag(u ⊙ v), of diag(¼ u ⊙ v) as well.
    """
    if expr.is_number:
        return expr, Integer(1)
    if isinstance(expr, Diag):
        number, bare = numbered(expr.arg)
        return number, Diag(bare)
    if isinstance(expr, (MatMul, HadamardProduct)):
        parts = [numbered(factor) for factor in expr.args]
        if any(number != 1 for number, _ in parts):
            join = mul if isinstance(expr, MatMul) else had
            return prod(number for number, _ in parts), join(*(bare for _, bare in parts))
    return Integer(1), expr


def scaled(scale: MatrixExpr, matrix: MatrixExpr) -> MatrixExpr:
    """Return a (1, 1) expression times a matrix, a number in the matrix first."""
    if isinstance(matrix, MatMul) and matrix.args[0].is_number:
        return mul(matrix.args[0], scaled(scale, mul(*matrix.args[1:])))
    return Scaled(scale, matrix)


def transpose(expr: MatrixExpr) -> MatrixExpr:
    """Return the transpose, moved inwards: (AB)ᵀ = BᵀAᵀ; of a diagonal matrix, itself."""
    if isinstance(expr, (Identity, Diag)) or expr.shape == (1, 1):
        return expr
    if isinstance(expr, Transpose):
        return expr.arg
    if isinstance(expr, ZeroMatrix):
        return ZeroMatrix(expr.shape[1], expr.shape[0])
    if isinstance(expr, OneMatrix):
        return Transposed(expr)
    if isinstance(expr, MatMul):
        number, factors = expr.as_coeff_matrices()
        return mul(number, *(transpose(f) for f in reversed(factors)))
    if isinstance(expr, MatAdd) and _turns(expr):
        return add(*(transpose(a) for a in expr.args))
    if isinstance(expr, Scaled):
        return Scaled(expr.args[0], transpose(expr.args[1]))
    turned = expr._eval_transpose() if isinstance(expr, Ordered) else None
    return Transposed(expr) if turned is None else turned


def _turns(expr: MatAdd) -> bool:
    """Tell whether transposing each term reads better than transposing the sum."""
    if all(isinstance(a, (Transpose, MatMul)) for a in expr.args):
        return True
    kinds = (Transpose, MatMul, Diag, Identity, Scaled)
    return expr.shape[1] != 1 and all(isinstance(a, kinds) for a in expr.args)


def ones(rows: Size) -> MatrixExpr:
    """Return the column of ones."""
    return OneMatrix(rows, 1)

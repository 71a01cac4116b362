"""The expressions: SymPy matrix expressions whose sums and products keep their author's order.

Every quantity is a matrix: vectors are columns (n, 1), scalars are (1, 1).  The operators of
SymPy's own ``MatrixExpr`` call ``doit`` and sort; those of `Ordered` build the unevaluated SymPy
node instead, so that ``U * x[t] + W * s[t - 1]`` prints as it was written.  The functions `mul`,
`add`, `had` fold zeros and identities, nothing else.  `derive.expressions.nodes` adds derivatives, sums
over time and ordered products.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property, reduce
from typing import Any

from sympy import Basic, Integer, MatrixSymbol, Number, Symbol, sympify
from sympy.core.symbol import Str
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

from derive.errors import SpecError
from derive.expressions.display import display

t = Symbol("t", integer=True, positive=True)
"""The time step."""
T = Symbol("T", integer=True, positive=True)
"""The horizon: the number of steps."""
k = Symbol("k", integer=True)
"""The step at which a parameter is used, in a sum over temporal contributions."""
j = Symbol("j", integer=True)
"""The step in an ordered product of step Jacobians."""


class Ordered(MatrixExpr):
    """A matrix expression whose operators keep the order and fold only zeros and identities."""

    _op_priority = 20.0

    def __mul__(self, other: Any) -> Any:
        return mul(self, other)

    def __rmul__(self, other: Any) -> Any:
        return mul(other, self)

    __matmul__ = __mul__
    __rmatmul__ = __rmul__

    def __add__(self, other: Any) -> Any:
        return add(self, _matrix(other, self))

    def __radd__(self, other: Any) -> Any:
        return add(_matrix(other, self), self)

    def __sub__(self, other: Any) -> Any:
        return add(self, neg(_matrix(other, self)))

    def __rsub__(self, other: Any) -> Any:
        return add(_matrix(other, self), neg(self))

    def __neg__(self) -> Any:
        return neg(self)

    @property
    def T(self) -> Any:
        """Return the transpose."""
        return transpose(self)

    def doit(self, **hints: Any) -> Any:
        """Return the expression itself: nothing in here is evaluated behind the author's back."""
        return self

    def _eval_transpose(self) -> Any:
        return None

    def _latex(self, printer: Any) -> str:
        # SymPy's printers ask the node first: what it prints is what the documents print.
        return display().tex(self)

    def _sympystr(self, printer: Any) -> str:
        return display().plain(self)

    def _entry(self, i: Any, j: Any, **kwargs: Any) -> Any:
        from sympy.matrices.expressions.matexpr import MatrixElement

        return MatrixElement(self, i, j)


class Parameter(Ordered, MatrixSymbol):
    """A matrix or vector that does not depend on time."""


class Series(MatrixSymbol):
    """A quantity with a value per time step (or per several indices); ``s[t - 1]`` is an `At`."""

    def __getitem__(self, index: Any) -> At:
        indices = index if isinstance(index, tuple) else (index,)
        return At(self, *(sympify(i) for i in indices))


class DiagonalSeries(Series):
    """A series of diagonal matrices: transposing them changes nothing."""


class At(Ordered):
    """The value of a series at a time index: args are the series and its indices."""

    def __new__(cls, series: Series, *indices: Basic) -> At:
        return Basic.__new__(cls, series, *indices)

    @property
    def series(self) -> Series:
        """Return the series."""
        return self.args[0]

    @property
    def indices(self) -> tuple[Basic, ...]:
        """Return the time indices."""
        return self.args[1:]

    @property
    def shape(self) -> Any:
        return self.args[0].shape


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


class Unary(Ordered):
    """An operation on one expression of the same shape."""

    def __new__(cls, arg: MatrixExpr) -> Any:
        return Basic.__new__(cls, arg)

    @property
    def arg(self) -> Any:
        """Return the operand."""
        return self.args[0]

    @property
    def shape(self) -> Any:
        return self.args[0].shape


class Elementwise(Ordered):
    """Something of the activation table, by the name of its row, of each entry of a column."""

    def __new__(cls, function: Any, arg: MatrixExpr) -> Any:
        name = function if isinstance(function, Str) else Str(str(function))
        return Basic.__new__(cls, name, arg)

    @property
    def function(self) -> str:
        """Return the function's name."""
        return str(self.args[0].name)

    @property
    def arg(self) -> Any:
        """Return the operand."""
        return self.args[1]

    @property
    def shape(self) -> Any:
        return self.args[1].shape


class Apply(Elementwise):
    """An elementwise function of the activation table, by name: ``Apply("tanh", a)``."""


class Slope(Elementwise):
    """The derivative f' of an elementwise function; a function of its own, with a slope f''."""


class Softmax(Unary):
    """The softmax of a column."""


class Log(Unary):
    """The natural logarithm, element by element; of a softmax it is evaluated by log-sum-exp."""


class Quotient(Ordered):
    """A quotient element by element; 0/0 does not occur, as outputs are positive."""

    def __new__(cls, above: MatrixExpr, below: MatrixExpr) -> Any:
        _same_shape("⊘", (above, below))
        return Basic.__new__(cls, above, below)

    @property
    def shape(self) -> Any:
        return self.args[0].shape


class Diag(Ordered):
    """The diagonal matrix of a column."""

    def __new__(cls, vector: MatrixExpr) -> Any:
        if isinstance(vector, Scaled):
            return Scaled(vector.args[0], Diag(vector.args[1]))
        return vector if vector.shape == (1, 1) else Basic.__new__(cls, vector)

    @property
    def arg(self) -> Any:
        """Return the column on the diagonal."""
        return self.args[0]

    @property
    def shape(self) -> Any:
        return (self.args[0].shape[0], self.args[0].shape[0])

    def _eval_transpose(self) -> Any:
        return self


class Scaled(Ordered):
    """A (1, 1) expression times a matrix that it does not conform with."""

    def __new__(cls, scale: MatrixExpr, matrix: MatrixExpr) -> Any:
        if is_zero(scale) or is_zero(matrix):
            return ZeroMatrix(*matrix.shape)
        return Basic.__new__(cls, scale, matrix)

    @property
    def shape(self) -> Any:
        return self.args[1].shape


class Scalar(Ordered):
    """A number that depends on the time indices, as a (1, 1) matrix: the weight 1/T of a step."""

    def __new__(cls, number: Any) -> Any:
        return Basic.__new__(cls, sympify(number))

    @property
    def number(self) -> Any:
        """Return the number."""
        return self.args[0]

    @property
    def shape(self) -> Any:
        return (Integer(1), Integer(1))


class Stack(Ordered):
    """Columns one above the other: the stacked state of a cell with several states."""

    def __new__(cls, *columns: MatrixExpr) -> Any:
        return Basic.__new__(cls, *columns)

    @property
    def shape(self) -> Any:
        return (sum((c.shape[0] for c in self.args), Integer(0)), self.args[0].shape[1])


class Blocks(Ordered):
    """A block matrix: args are the number of block columns and the blocks, row by row."""

    def __new__(cls, columns: Any, *blocks: MatrixExpr) -> Any:
        return Basic.__new__(cls, sympify(columns), *blocks)

    @property
    def rows_of_blocks(self) -> list[tuple[Any, ...]]:
        """Return the blocks, row by row."""
        width, blocks = int(self.args[0]), self.args[1:]
        return [blocks[i : i + width] for i in range(0, len(blocks), width)]

    @property
    def shape(self) -> Any:
        rows = self.rows_of_blocks
        return (
            sum((row[0].shape[0] for row in rows), Integer(0)),
            sum((block.shape[1] for block in rows[0]), Integer(0)),
        )


def is_zero(expr: Any) -> bool:
    """Tell whether an expression is a structural zero."""
    return isinstance(expr, ZeroMatrix) or expr == 0


def _matrix(other: Any, like: MatrixExpr) -> Any:
    """Read a number as that number in every entry, as in ``1 - u``."""
    if isinstance(other, MatrixExpr):
        return other
    number = sympify(other)
    ones = OneMatrix(*like.shape)
    return ones if number == 1 else mul(number, ones)


def _same_shape(operation: str, args: Iterable[Any]) -> None:
    shapes = [a.shape for a in args]
    if any(s != shapes[0] for s in shapes):
        listed = " and ".join(f"{a} is {shape_text(a.shape)}" for a in args)
        raise SpecError(f"the operands of {operation} must have one shape, but {listed}")


def shape_text(shape: tuple[Any, ...]) -> str:
    """Return a shape as people write it: ``(n, 1)``."""
    return f"({', '.join(str(s) for s in shape)})"


def mul(*factors: Any) -> Any:
    """Return the matrix product, flat, with its number in front; a zero factor makes it zero."""
    number: Any = Integer(1)
    flat: list[Any] = []
    for factor in factors:
        for part in factor.args if isinstance(factor, MatMul) else (sympify(factor),):
            if isinstance(part, Number):
                number = number * part
            else:
                flat.append(part)
    if not flat:
        return number
    flat = reduce(_conform, flat, [])
    scales = [f.args[0] for f in flat if isinstance(f, Scaled)]
    if scales and len(flat) > 1:
        # A scaling anywhere in a product scales the product.
        bare = mul(number, *(f.args[1] if isinstance(f, Scaled) else f for f in flat))
        return reduce(lambda matrix, scale: scaled(scale, matrix), reversed(scales), bare)
    shape = (flat[0].shape[0], flat[-1].shape[1])
    if number == 0 or any(map(is_zero, flat)):
        return ZeroMatrix(*shape)
    kept = [f for f in flat if not _is_one(f)] or [Identity(shape[0])]
    if number == 1 and len(kept) == 1:
        return kept[0]
    return Times(*([] if number == 1 else [number]), *kept)


def _is_one(factor: Any) -> bool:
    single = isinstance(factor, OneMatrix) and factor.shape == (1, 1)
    return isinstance(factor, Identity) or single


def _conform(left: list[Any], right: Any) -> list[Any]:
    """Append a factor, as a scaling where a (1, 1) meets a matrix that it does not conform with."""
    if not left or left[-1].shape[1] == right.shape[0]:
        return [*left, right]
    rows = left[0].shape[0]
    if rows == 1 and left[-1].shape[1] == 1:
        return [Scaled(mul(*left), right)]
    if right.shape == (1, 1):
        return [Scaled(right, mul(*left))]
    if left[-1].shape == (1, 1):
        return [*left[:-1], Scaled(left[-1], right)]
    raise SpecError(
        f"the product of {left[-1]} {shape_text(left[-1].shape)} and {right} "
        f"{shape_text(right.shape)} does not exist: the columns of the first must equal the rows "
        "of the second"
    )


def add(*terms: Any) -> Any:
    """Return the sum, flat, without its zeros; the terms must have one shape."""
    flat = [p for term in terms for p in (term.args if isinstance(term, MatAdd) else (term,))]
    _same_shape("+", flat)
    kept = [p for p in flat if not is_zero(p)]
    if not kept:
        return flat[0]
    return kept[0] if len(kept) == 1 else Plus(*kept)


def neg(expr: Any) -> Any:
    """Return the negative; of a sum, term by term."""
    if isinstance(expr, MatAdd):
        return add(*(neg(term) for term in expr.args))
    return mul(-1, expr)


def had(*factors: Any) -> Any:
    """Return the product element by element, flat; ones drop out."""
    flat = [p for f in factors for p in (f.args if isinstance(f, HadamardProduct) else (f,))]
    _same_shape("⊙", flat)
    if any(map(is_zero, flat)):
        return ZeroMatrix(*flat[0].shape)
    for n, factor in enumerate(flat):
        if isinstance(factor, Scaled):
            return scaled(factor.args[0], had(*flat[:n], factor.args[1], *flat[n + 1 :]))
    kept = [p for p in flat if not isinstance(p, OneMatrix)]
    if not kept:
        return flat[0]
    return kept[0] if len(kept) == 1 else Hadamard(*kept)


def scaled(scale: Any, matrix: Any) -> Any:
    """Return a (1, 1) expression times a matrix, a number in the matrix first."""
    if isinstance(matrix, MatMul) and matrix.args[0].is_number:
        return mul(matrix.args[0], scaled(scale, mul(*matrix.args[1:])))
    return Scaled(scale, matrix)


def transpose(expr: Any) -> Any:
    """Return the transpose, moved inwards: (AB)ᵀ = BᵀAᵀ; of a diagonal matrix, itself."""
    if isinstance(expr, (Identity, Diag)) or expr.shape == (1, 1):
        return expr
    if isinstance(expr, At) and isinstance(expr.series, DiagonalSeries):
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
    if isinstance(expr, Blocks):
        rows = expr.rows_of_blocks
        return Blocks(
            len(rows), *(transpose(block) for column in zip(*rows, strict=True) for block in column)
        )
    return Transposed(expr)


def _turns(expr: MatAdd) -> bool:
    """Tell whether transposing each term reads better than transposing the sum."""
    if all(isinstance(a, (Transpose, MatMul)) for a in expr.args):
        return True
    kinds = (Transpose, MatMul, Diag, Identity, Scaled)
    return expr.shape[1] != 1 and all(isinstance(a, kinds) for a in expr.args)


def ones(rows: Any) -> Any:
    """Return the column of ones."""
    return OneMatrix(rows, 1)

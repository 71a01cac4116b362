"""The calculus: one rule per operation, in one table.

A rule yields the local Jacobian of an operation with respect to one of its operands, rows for the
components of the result and columns for those of the operand (numerator layout).  ``out`` is the
quantity that the operation's result is known by, so that a derivative can be written in the output.
All else — chains, sums over paths, adjoints — is built from these rules by `jacobian` and `pullbacks`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from sympy import Identity, MatAdd, MatMul, MatrixExpr, Transpose, ZeroMatrix
from sympy.matrices.expressions import HadamardProduct

from derive.calculus.activations import activation
from derive.calculus.simplify import applied, chain, gathered
from derive.errors import DerivationError
from derive.expressions.algebra import (
    Diag,
    Hadamard,
    Plus,
    Scaled,
    Times,
    Transposed,
    add,
    had,
    is_zero,
    mul,
    neg,
    ones,
    transpose,
)
from derive.expressions.averages import Deviation, LayerNorm, Mean, OneOver
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.folding import folded
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax, divided
from derive.expressions.named import Named, NamedSlope
from derive.expressions.nodes import (
    CONSTANTS,
    DERIVATIVES,
    NUMBERS,
    OF_COMPONENTS,
    OVER_TIME,
    SERIES,
    SHOWN,
    SIZES,
)
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower, raised
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar, Series, t
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.table import Table
from derive.expressions.types import Column

Rule: TypeAlias = Callable[[MatrixExpr, int, MatrixExpr], MatrixExpr]
"""Returns the local Jacobian of a node with respect to operand i, given what its result is called."""

RULES: Table[Rule] = Table("differentiate")


@dataclass(frozen=True)
class Pullback:
    """One path from an expression to a variable: the derivative is ``left ⊗ right``.

    For a vector variable ``right`` is None and ``left`` the Jacobian.  For a matrix P that enters
    as P·right, a change dP changes the expression by left·dP·right; so a column g on the
    expression contributes (leftᵀ g)·rightᵀ, in the shape of P, to the gradient; ``transposed`` is
    for Pᵀ·right.
    """

    left: MatrixExpr
    right: MatrixExpr | None = None
    transposed: bool = False

    def gradient(self, column: Column) -> MatrixExpr:
        """Return what the column ``g`` contributes to the gradient, in the variable's shape."""
        pulled = applied(transpose(self.left), column)
        if self.right is None:
            return pulled
        if self.transposed:
            return mul(self.right, transpose(pulled))
        return mul(pulled, transpose(self.right))


def rule(*operations: type) -> Callable[[Rule], Rule]:
    """Register a rule for some operations."""

    def register(function: Rule) -> Rule:
        RULES.add({operations: function})
        return function

    return register


@rule(Plus)
def _sum(node: MatAdd, i: int, out: MatrixExpr) -> MatrixExpr:
    return Identity(node.args[i].shape[0])


@rule(Times)
def _product(node: MatMul, i: int, out: MatrixExpr) -> MatrixExpr:
    # A·x: the Jacobian is A.  A·xᵀB with a (1, 1) result xᵀB = Bᵀx: it is A·Bᵀ.
    before, operand, after = node.args[:i], node.args[i], node.args[i + 1 :]
    if not after:
        return mul(*before)
    rest = mul(*after)
    if operand.shape == (1, 1):
        return mul(*before, rest)
    if isinstance(operand, Transpose) and (operand.shape[0], rest.shape[1]) == (1, 1):
        return mul(*before, transpose(rest))
    if rest.shape == (1, 1) and operand.shape[1] == 1:
        return Scaled(rest, mul(*before, Identity(operand.shape[0])))
    raise DerivationError(
        f"no rule for {operand} inside the product {node}: expected it as a column at the end, or "
        "transposed before a column"
    )


@rule(Transposed)
def _transpose(node: Transpose, i: int, out: MatrixExpr) -> MatrixExpr:
    # Only of columns: transposing them does not move a component.
    return Identity(node.arg.shape[0])


@rule(Hadamard)
def _hadamard(node: HadamardProduct, i: int, out: MatrixExpr) -> MatrixExpr:
    return Diag(had(*(f for n, f in enumerate(node.args) if n != i)))


def _diagonal(vector: MatrixExpr) -> MatrixExpr:
    return ZeroMatrix(vector.shape[0], vector.shape[0]) if is_zero(vector) else Diag(vector)


@rule(Apply)
def _apply(node: Apply, i: int, out: MatrixExpr) -> MatrixExpr:
    row = activation(node.function)
    if row.in_output is not None:
        return _diagonal(row.in_output(out))
    if row.in_argument is not None and row.short:
        return _diagonal(row.in_argument(node.arg))
    return Diag(Slope(node.function, node.arg))


@rule(Slope)
def _slope(node: Slope, i: int, out: MatrixExpr) -> MatrixExpr:
    # f' is written in f, whose slope is known: f'' = ∂(1 − y ⊙ y)/∂a for y = tanh(a); or in a.  Where
    # it is not, f' is piecewise constant: its derivative is 0 but at the kinks.
    row, rows = activation(node.function), node.shape[0]
    place = Series("a'", *node.shape)[t]
    if row.in_output is not None:
        written = row.in_output(Apply(node.function, place))
    elif row.in_argument is not None:
        written = row.in_argument(place)
    else:
        return ZeroMatrix(rows, rows)
    return folded(jacobian(written, place), {place: node.arg})


@rule(Named)
def _named(node: Named, i: int, out: MatrixExpr) -> MatrixExpr:
    return Diag(NamedSlope(node.formula, node.arg))


@rule(NamedSlope)
def _named_slope(node: NamedSlope, i: int, out: MatrixExpr) -> MatrixExpr:
    place = Series("a'", *node.shape)[t]
    return folded(jacobian(node.formula.build_slope(place), place), {place: node.arg})


@rule(Softmax)
def _softmax(node: Softmax, i: int, out: MatrixExpr) -> MatrixExpr:
    return add(Diag(out), neg(mul(out, transpose(out))))


@rule(Log)
def _log(node: Log, i: int, out: MatrixExpr) -> MatrixExpr:
    return Diag(Quotient(ones(node.shape[0]), node.arg))


@rule(Quotient)
def _quotient(node: Quotient, i: int, out: MatrixExpr) -> MatrixExpr:
    # Of q = a/b: 1/b, and −q/b.
    below = node.args[1]
    return Diag(divided(ones(node.shape[0]), below)) if i == 0 else neg(Diag(divided(out, below)))


@rule(PointwisePower)
def _power(node: PointwisePower, i: int, out: MatrixExpr) -> MatrixExpr:
    return Diag(mul(node.exponent, raised(node.arg, node.exponent - 1)))


@rule(Maximum)
def _maximum(node: Maximum, i: int, out: MatrixExpr) -> MatrixExpr:
    # 1 where the operand is what the result is; where both are, the second.
    first = Apply("step", add(node.args[0], neg(node.args[1])))
    return Diag(first if i == 0 else 1 - first)


@rule(Minimum)
def _minimum(node: Minimum, i: int, out: MatrixExpr) -> MatrixExpr:
    first = Apply("step", add(node.args[1], neg(node.args[0])))
    return Diag(first if i == 0 else 1 - first)


@rule(Scaled)
def _scaled(node: Scaled, i: int, out: MatrixExpr) -> MatrixExpr:
    scale, matrix = node.args
    return matrix if i == 0 else Scaled(scale, Identity(matrix.shape[0]))


@rule(Stack)
def _stack(node: Stack, i: int, out: MatrixExpr) -> MatrixExpr:
    # A column of blocks: the identity where the operand stands, 0 elsewhere.
    rows = node.args[i].shape[0]
    eye = [
        Identity(rows) if n == i else ZeroMatrix(c.shape[0], rows) for n, c in enumerate(node.args)
    ]
    return Blocks(1, *eye)


@rule(Mean)
def _mean(node: Mean, i: int, out: MatrixExpr) -> MatrixExpr:
    size = node.arg.shape[0]
    return Scaled(OneOver(size), transpose(ones(size)))


@rule(LayerNorm)
def _layer_norm(node: LayerNorm, i: int, out: MatrixExpr) -> MatrixExpr:
    # y = (a − mean)/d: the mean and the deviation move too: out go the parts along 1 and y.
    size = node.arg.shape[0]
    along = add(mul(ones(size), transpose(ones(size))), mul(out, transpose(out)))
    inner = add(Identity(size), neg(Scaled(OneOver(size), along)))
    return Scaled(Quotient(ones(1), Deviation(node.arg)), inner)


RULES.omit(
    "it does not depend on a quantity", *NUMBERS, *SIZES, *SERIES, *CONSTANTS, Scalar, OneOver
)
RULES.omit("a quantity depends on itself only", At, Parameter, ParameterCopy)
RULES.omit("it is a matrix, and what is differentiated are columns", Diag, Blocks)
RULES.omit("it arises in derivatives, which are not differentiated again", Deviation)
RULES.omit(
    "its derivative takes singular vectors or eigenvectors, which are no nodes", Norm, Spectral
)
RULES.omit("its derivative is a sum over its factors, which no cell has asked for", Power)
RULES.omit("an equation of a cell is about one step", *DERIVATIVES, *OVER_TIME)
RULES.omit("equations are of whole columns; components explain their derivatives", *OF_COMPONENTS)
RULES.omit("it is for show", *SHOWN)


def local(node: MatrixExpr, i: int, out: MatrixExpr) -> MatrixExpr:
    """Return the local Jacobian of an operation; a `DerivationError` where there is no rule."""
    try:
        found = RULES[node]
    except DerivationError as refused:
        name = type(node).__name__
        raise DerivationError(f"no rule for the operation {name} in {node}: {refused}") from None
    return found(node, i, out)


def depends(expr: MatrixExpr, variable: MatrixExpr) -> bool:
    """Tell whether a variable stands in an expression."""
    return expr == variable or any(depends(a, variable) for a in expr.args)


def pullbacks(
    expr: MatrixExpr, variable: MatrixExpr, out: MatrixExpr | None = None
) -> list[Pullback]:
    """Return the paths from an expression to a variable, one per place where it stands.

    ``out`` is the quantity that the expression defines, if it has a name.
    """
    if expr == variable:
        return [Pullback(Identity(expr.shape[0]))]
    if isinstance(expr, (At, Parameter)) or not depends(expr, variable):
        return []
    found: list[Pullback] = []
    for i, operand in enumerate(expr.args):
        if not hasattr(operand, "shape") or not depends(operand, variable):
            continue
        made = _of_matrix(expr, i, variable)
        if made is not None:
            found.append(made)
            continue
        worked = _worked_out(expr, i, variable)
        if worked is not None:
            found += worked
            continue
        outer = local(expr, i, out if out is not None else expr)
        for inner in pullbacks(operand, variable):
            found.append(Pullback(chain(outer, inner.left), inner.right, inner.transposed))
    return [p for p in found if not is_zero(p.left)]


def _of_matrix(expr: MatrixExpr, i: int, variable: MatrixExpr) -> Pullback | None:
    """Return the path to a matrix P that stands in a product as P·right or Pᵀ·right, else None."""
    if (
        not isinstance(expr, MatMul)
        or not isinstance(variable, Parameter)
        or not expr.args[i + 1 :]
    ):
        return None
    operand, right = expr.args[i], mul(*expr.args[i + 1 :])
    left = mul(*expr.args[:i], Identity(operand.shape[0]))
    if operand == variable:
        return Pullback(left, right)
    if operand == transpose(variable) and variable.shape[1] != 1:
        return Pullback(left, right, transposed=True)
    return None


def _worked_out(expr: MatrixExpr, i: int, variable: MatrixExpr) -> list[Pullback] | None:
    """Return the paths through a matrix that stands before a column, else None.

    What stands beside it is held: a placeholder takes the variable's place there, as each of these
    has paths of its own.
    """
    if _opened(expr, i) is None:
        return None
    is_parameter = isinstance(variable, Parameter)
    held = Parameter("…", *variable.shape) if is_parameter else Series("…", *variable.shape)[t]
    factors = [
        folded(factor, {variable: held}) if n != i and depends(factor, variable) else factor
        for n, factor in enumerate(expr.args)
    ]
    opened, back = _opened(Times(*factors), i), {held: variable}
    return [
        Pullback(
            folded(path.left, back),
            None if path.right is None else folded(path.right, back),
            path.transposed,
        )
        for path in pullbacks(opened, variable)
    ]


def _opened(expr: MatrixExpr, i: int) -> MatrixExpr | None:
    """Return a product that acts on a column with a matrix in it worked out, else None.

    (A + B)·v is A·v + B·v, diag(u)·v is u ⊙ v and A²·v is A·A·v: what a matrix depends on is then
    differentiated by the rules for columns.
    """
    if not isinstance(expr, MatMul) or expr.shape[1] != 1 or not expr.args[i + 1 :]:
        return None
    before, operand, after = expr.args[:i], expr.args[i], mul(*expr.args[i + 1 :])
    if isinstance(operand, Transpose) and isinstance(operand.arg, MatAdd):
        operand = add(*map(transpose, operand.arg.args))
    if isinstance(operand, MatAdd) and operand.shape[1] != 1:
        return add(*(mul(*before, mul(term, after)) for term in operand.args))
    if isinstance(operand, Diag):
        return mul(*before, had(operand.arg, after))
    if isinstance(operand, Power) and operand.exponent.is_Integer and operand.exponent > 0:
        return mul(*before, *[operand.base] * int(operand.exponent), after)
    return None


def jacobian(expr: MatrixExpr, variable: MatrixExpr, out: MatrixExpr | None = None) -> MatrixExpr:
    """Return the Jacobian of a column with respect to a column, the sum over all paths."""
    paths = pullbacks(expr, variable, out)
    if not paths:
        return ZeroMatrix(expr.shape[0], variable.shape[0])
    # Equal paths are counted, not repeated: ½(o − y)ᵀ + ½(o − y)ᵀ is (o − y)ᵀ.
    counts = Counter(p.left for p in paths)
    return gathered([mul(count, left) for left, count in counts.items()])

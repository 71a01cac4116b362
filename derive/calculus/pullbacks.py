"""Derivatives of whole expressions: the paths from an expression to a variable, and their sum.

Each path is a chain of the local Jacobians that `rules` has.
"""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Identity, MatAdd, MatMul, MatrixExpr, Number, Transpose, ZeroMatrix

from derive.calculus.activations import activation
from derive.calculus.rules import local, rule
from derive.calculus.simplify import applied, chain, gathered
from derive.expressions.algebra import (
    Diag,
    Times,
    add,
    had,
    is_zero,
    mul,
    numbered,
    transpose,
)
from derive.expressions.folding import folded
from derive.expressions.functions import Apply, Slope
from derive.expressions.named import Named, NamedSlope
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.types import Column


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

    (A + B)·v is A·v + B·v and diag(u)·v is u ⊙ v: what a matrix depends on is then differentiated by
    the rules for columns.
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
    return None


def jacobian(expr: MatrixExpr, variable: MatrixExpr, out: MatrixExpr | None = None) -> MatrixExpr:
    """Return the Jacobian of a column with respect to a column, the sum over all paths."""
    paths = pullbacks(expr, variable, out)
    if not paths:
        return ZeroMatrix(expr.shape[0], variable.shape[0])
    # Equal paths are counted, not repeated: ½(o − y)ᵀ + ½(o − y)ᵀ is (o − y)ᵀ.
    counts: dict[MatrixExpr, list[tuple[Number, MatrixExpr]]] = {}
    for path in paths:
        number, bare = numbered(path.left)
        counts.setdefault(bare, []).append((number, path.left))
    # One that is alone stays as it was written.
    return gathered([
        found[0][1] if len(found) == 1 else mul(sum(number for number, _ in found), bare)
        for bare, found in counts.items()
    ])  # fmt: skip


# -- rules for slopes, which are worked out by the calculus itself ---------------------------------


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

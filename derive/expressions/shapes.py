"""What the shapes of expressions say."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sympy import Expr, Symbol
from sympy.matrices.expressions import MatrixExpr

from derive.errors import SpecError
from derive.expressions.types import Size


def is_vector(expr: MatrixExpr) -> bool:
    """Tell whether an expression is a column or a (1, 1) scalar."""
    return bool(expr.shape[1] == 1)


def number(size: Expr, sizes: Mapping[Symbol, int]) -> int:
    """Return a number of rows or columns, ``n`` or ``n + m``, where its letters are numbers."""
    if size.is_Integer:
        return int(size)
    known = sizes.get(size)
    return int(size.subs(sizes) if known is None else known)


def same_shape(operation: str, args: Iterable[MatrixExpr]) -> None:
    """Raise a `SpecError` unless all operands of an operation have one shape."""
    shapes = [a.shape for a in args]
    if any(s != shapes[0] for s in shapes):
        listed = " and ".join(f"{a} is {shape_text(a.shape)}" for a in args)
        raise SpecError(f"the operands of {operation} must have one shape, but {listed}")


def shape_text(shape: tuple[Size, ...]) -> str:
    """Return a shape as people write it: ``(n, 1)``."""
    return f"({', '.join(str(s) for s in shape)})"


def no_product(left: MatrixExpr, right: MatrixExpr) -> SpecError:
    """Return the error for two factors whose shapes do not fit."""
    columns = left.shape == right.shape and left.shape[1] == 1
    return SpecError(
        f"the product of {left} {shape_text(left.shape)} and {right} {shape_text(right.shape)} does "
        "not exist: the columns of the first must equal the rows of the second"
        + ("; of their entries it is written .*" if columns else "")
    )

"""A product of a column and a row as blocks, each as high and as wide as its shape says."""

from __future__ import annotations

from sympy import Basic, MatMul, MatrixExpr, Tuple

from derive.document.diagram import Diagram, Node, NodeRole
from derive.expressions.algebra import transpose
from derive.expressions.equation import Equation
from derive.expressions.quantities import At

_LENGTHS = (0.95, 1.7, 2.4)  # cm for the size one, for the rows of the gradient, for other sizes
_APART = 0.75  # cm between blocks, for the sign of equality
_CLOSE = 0.12  # cm between the factors of a product


def factors(equation: Equation) -> tuple[MatrixExpr, MatrixExpr] | None:
    """Return the column and the row whose product an equation says a gradient to be, if it does.

    Each is one quantity: a block has no room for more than a name.
    """
    product = equation.sides[-1]
    if not isinstance(product, MatMul) or len(product.args) != 2:
        return None
    column, row = product.args
    if not (isinstance(column, At) and isinstance(row, MatrixExpr)):
        return None
    fits = column.shape[1] == row.shape[0] == 1 and 1 not in (column.shape[0], row.shape[1])
    return (column, row) if fits and isinstance(transpose(row), At) else None


def outer_blocks(id: str, equation: Equation) -> Diagram:
    """Return the sides of an equation as blocks: a gradient, and the column and row it is made of.

    Raises ValueError for an equation that says something else.
    """
    found = factors(equation)
    if found is None:
        raise ValueError(f"figure {id}: {equation.id} has no product of a column and a row")
    sizes = {*equation.left.shape, *found[0].shape, *found[1].shape}
    lengths = _lengths(equation.left.shape, sizes)
    nodes: list[Node] = []
    left = 0.0
    for name, one in zip(("gradient", "column", "row"), (equation.left, *found), strict=True):
        high, wide = (lengths[size] for size in one.shape)
        nodes.append(Node(name, left + wide / 2, 0.0, one, NodeRole.BLOCK, size=(wide, high)))
        shape = Tuple(*one.shape)
        below = -high / 2 - 0.3
        nodes.append(Node(f"{name}-shape", left + wide / 2, below, shape, NodeRole.WORDS))
        left += wide + (_APART if name == "gradient" else _CLOSE)
        if name == "gradient":
            nodes.append(Node("equals", left - _APART / 2, 0.0, "=", NodeRole.WORDS))
    return Diagram(id, tuple(nodes), ())


def _lengths(shape: tuple[Basic, ...], sizes: set[Basic]) -> dict[Basic, float]:
    one, rows, others = _LENGTHS
    return {size: one if size == 1 else rows if size == shape[0] else others for size in sizes}

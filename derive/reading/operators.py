"""What operators make of their operands: sums, products, fractions, derivatives, powers."""

from __future__ import annotations

from sympy import Basic, Integer, MatrixExpr, Number, Rational

from derive.expressions.algebra import transpose
from derive.expressions.averages import OneOver
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Quotient
from derive.expressions.quantities import Scalar
from derive.expressions.shapes import shape_text
from derive.expressions.spectra import Norm, Power
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.reading import tree
from derive.reading.building import added, multiplied, negated, pointwise
from derive.reading.calls import called
from derive.reading.grids import stacked
from derive.reading.passage import UnshapedError
from derive.reading.shapes import ANY, NodeReader, Wanted, number_in


def total(r: NodeReader, node: tree.Sum, wanted: Wanted) -> Basic:
    """Return a sum; what has no shape of its own takes that of another term."""
    found = [r.attempt(term.node) for term in node.terms]
    beside: Wanted = next((v.shape for v in found if v is not None), wanted)
    values = []
    for term, known in zip(node.terms, found, strict=True):
        value = r.expr(term.node, beside) if known is None else known
        values.append(negated(value, r.lenient) if term.sign < 0 else value)
    return added(values, r.lenient)


def product(r: NodeReader, node: tree.Product, wanted: Wanted) -> Basic:
    """Return a product in the written order."""
    values = [None if r.open(f) else _tried(r, f) for f in node.factors]
    for n, factor in enumerate(node.factors):
        if values[n] is None:
            beside = ANY if isinstance(factor, tree.Numeral) else _between(values, n, wanted)
            if _unread(node.factors, values, n + 1):
                # What comes next is not known yet: of 𝟏𝟏ᵀ the whole says nothing of the first.
                beside = beside[0], None
            values[n] = r.expr(factor, beside)
    return multiplied(values, r.lenient)


def _unread(factors: tuple[tree.TreeNode, ...], values: list[Basic | None], n: int) -> bool:
    """Tell whether the factor at a place is one whose shape is still to be found."""
    left = (
        value is None
        for factor, value in zip(factors[n:], values[n:], strict=True)
        if not isinstance(factor, tree.Numeral) and (value is None or _tells(value))
    )
    return next(left, False)


def _tried(r: NodeReader, node: tree.TreeNode) -> Basic | None:
    try:
        return r.expr(node)
    except UnshapedError:
        return None


def infix(r: NodeReader, node: tree.Infix, wanted: Wanted) -> Basic:
    """Return what an operator between two operands makes of them."""
    if node.operator == "/":
        return _divided(r, node.left, node.right, node.at)
    if node.operator == "\\times":
        raise r.fail("a cross stands between the numbers of a shape only", node.at)
    found = [r.attempt(node.left), r.attempt(node.right)]
    beside: Wanted = next((v.shape for v in found if v is not None), wanted)
    left, right = (
        r.expr(operand, beside) if value is None else value
        for operand, value in zip((node.left, node.right), found, strict=True)
    )
    if node.operator == "\\oslash":
        return Quotient(left, right)
    return pointwise(left, right, r.lenient)


def fraction(r: NodeReader, node: tree.FractionNode, wanted: Wanted) -> Basic:
    """Return a quotient of numbers."""
    return _divided(r, node.above, node.below, node.at)


def _divided(r: NodeReader, above: tree.TreeNode, below: tree.TreeNode, at: int) -> Basic:
    lower = r.expr(below)
    upper = r.expr(above)
    if isinstance(upper, Number) and isinstance(lower, Number):
        if lower == 0:
            raise r.fail("division by zero", at)
        return Rational(upper, lower)
    if isinstance(lower, Scalar) and isinstance(upper, Number):
        if upper == 1 and lower.number in r.vocabulary.sizes.values():
            return OneOver(lower.number)
        return Scalar(upper / lower.number)
    if isinstance(lower, Number):
        return multiplied([1 / lower, upper], r.lenient)
    if isinstance(upper, Number):
        upper = number_in(upper, lower.shape)
    if upper.shape != (1, 1) or lower.shape != (1, 1):
        shapes = f"{shape_text(upper.shape)} by {shape_text(lower.shape)}"
        raise r.fail(f"a fraction is of numbers, not of {shapes}", at)
    return Quotient(upper, lower)


def derivative(r: NodeReader, node: tree.Derivative, wanted: Wanted) -> Basic:
    """Return a derivative, with what it holds fixed if it is immediate."""
    num, den = r.matrix(node.num), r.matrix(node.den)
    held = r.vocabulary.held(num, den) if node.immediate else ()
    if node.immediate and not held:
        raise r.fail("nothing can be held fixed in this immediate derivative", node.at)
    return Partial(num, den, *held)


def nabla(r: NodeReader, node: tree.Nabla, wanted: Wanted) -> Basic:
    """Return a gradient."""
    return Gradient(r.matrix(node.num), r.matrix(node.den))


def call(r: NodeReader, node: tree.Call, wanted: Wanted) -> Basic:
    """Return a function of its argument."""
    argument = r.matrix(node.argument)
    return called(node.function, node.primes, argument, lambda p: r.fail(p, node.at))


def transposed(r: NodeReader, node: tree.Transposition, wanted: Wanted) -> Basic:
    """Return a transpose."""
    value = r.expr(node.node, (wanted[1], wanted[0]))
    return value if isinstance(value, Number) else transpose(value)


def raised(r: NodeReader, node: tree.Raised, wanted: Wanted) -> Basic:
    """Return a power."""
    value, exponent = r.expr(node.node), r.index(node.exponent)
    if isinstance(value, Number) and isinstance(exponent, Integer):
        return value**exponent
    return Power(value, exponent)


def over(r: NodeReader, node: tree.Over, wanted: Wanted) -> Basic:
    """Return a sum or an ordered product over steps."""
    low, high = r.index(node.low), r.index(node.high)
    with r.bound(node.index) as symbol:
        body = r.matrix(node.body, wanted)
    kind = TimeSum if node.sign == "\\sum" else OrderedProduct
    return kind(body, symbol, low, high)


def norm(r: NodeReader, node: tree.NormOf, wanted: Wanted) -> Basic:
    """Return a norm."""
    return Norm(r.matrix(node.node))


def grid(r: NodeReader, node: tree.Grid, wanted: Wanted) -> Basic:
    """Return a matrix."""
    return stacked(r, node, wanted)


def row(r: NodeReader, node: tree.RowNode, wanted: Wanted) -> Basic:
    """Return values beside one another."""
    return stacked(r, tree.Grid((node.nodes,), node.at), wanted)


def _between(values: list[Basic], n: int, wanted: Wanted) -> Wanted:
    """Return the shape of a factor from those beside it; numbers and scalings tell nothing."""
    before = [v for v in values[:n] if _tells(v)]
    after = [v for v in values[n + 1 :] if _tells(v)]
    return (before[-1].shape[1] if before else wanted[0], after[0].shape[0] if after else wanted[1])


def _tells(value: Basic) -> bool:
    return isinstance(value, MatrixExpr) and value.shape != (1, 1)

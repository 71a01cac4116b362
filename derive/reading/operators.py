"""What operators make of their operands: sums, products, fractions, derivatives, powers."""

from __future__ import annotations

from collections.abc import Iterable

from sympy import Add, Basic, Expr, Identity, Integer, MatrixExpr, Mul, Number, Rational, ZeroMatrix

from derive.expressions.algebra import transpose
from derive.expressions.averages import OneOver
from derive.expressions.components import Component, ComponentSum
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Quotient
from derive.expressions.named import Named, NamedSlope
from derive.expressions.pointwise import PointwisePower
from derive.expressions.quantities import Scalar
from derive.expressions.shapes import shape_text
from derive.expressions.spectra import Norm, Power
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.reading import leaves, tree
from derive.reading.building import added, exact, multiplied, negated, pointwise
from derive.reading.calls import OF_TWO, called
from derive.reading.grids import stacked
from derive.reading.indices import OF_ENTRIES, exponent_of, index_of
from derive.reading.passage import UnshapedError
from derive.reading.shapes import ANY, NodeReader, Wanted, number_in
from derive.reading.tokens import TexToken


def name(r: NodeReader, node: tree.NameNode, wanted: Wanted) -> Basic:
    """Return what a letter stands for, or an identity with its size below it."""
    if node.letter == "I" and len(node.subs) == 1 and node.marks is None:
        terms = [_size_term(r, term, node.at) for term in _split(node.subs[0].words, ("+",))]
        if None not in terms and not r.vocabulary.meanings(node, r.indices):
            return Identity(Add(*terms))
    return leaves.name(r, node, wanted)


def sized_zero(r: NodeReader, node: tree.SizedZero, wanted: Wanted) -> Basic:
    """Return the zeros of a matrix whose sizes are written."""
    return ZeroMatrix(_size_of(r, node.rows), _size_of(r, node.columns))


def total(r: NodeReader, node: tree.Sum, wanted: Wanted) -> Basic:
    """Return a sum; what has no shape of its own takes that of another term."""
    found = [r.attempt(term.node) for term in node.terms]
    beside: Wanted = next((v.shape for v in found if v is not None), wanted)
    if None in beside:
        rows, columns = (_of_terms(r, node, axis) for axis in (0, 1))
        beside = beside[0] or rows, beside[1] or columns
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
                beside = beside[0], length(r, node.factors[n + 1], 0)
            values[n] = r.expr(factor, beside)
    return multiplied(values, r.lenient)


def length(r: NodeReader, node: tree.TreeNode, axis: int) -> Basic | None:
    """Return how many rows (axis 0) or columns (1) something has whose whole shape may not be told.

    Of a product the first factor tells the rows and the last the columns, of a sum any term.
    """
    value = r.attempt(node)
    if value is not None:
        return value.shape[axis] if _tells(value) else None
    if isinstance(node, tree.Product):
        factors = [f for f in node.factors if not isinstance(f, tree.Numeral)]
        return length(r, factors[-1 if axis else 0], axis) if factors else None
    if isinstance(node, tree.Sum):
        return _of_terms(r, node, axis)
    if isinstance(node, tree.Transposition):
        return length(r, node.node, 1 - axis)
    return None


def _of_terms(r: NodeReader, node: tree.Sum, axis: int) -> Basic | None:
    return next(filter(None, (length(r, term.node, axis) for term in node.terms)), None)


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
    left, right = _alike(r, node.left, node.right, wanted)
    if node.operator == "\\oslash":
        return Quotient(left, right)
    return pointwise(left, right, r.lenient)


def fraction(r: NodeReader, node: tree.FractionNode, wanted: Wanted) -> Basic:
    """Return a quotient of numbers."""
    return _divided(r, node.above, node.below, node.at)


def _divided(r: NodeReader, above: tree.TreeNode, below: tree.TreeNode, at: int) -> Basic:
    lower, upper = exact(r.expr(below)), exact(r.expr(above))
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
    if node.function in OF_TWO and isinstance(node.argument, tree.RowNode):
        return _of_two(r, node, node.argument.nodes, wanted)
    argument = r.matrix(node.argument)
    own = r.vocabulary.own.get(node.function)
    if own is not None and node.primes < 2:
        return (NamedSlope if node.primes else Named)(own, argument)
    return called(node.function, node.primes, argument, lambda p: r.fail(p, node.at))


def _of_two(
    r: NodeReader, node: tree.Call, nodes: tuple[tree.TreeNode, ...], wanted: Wanted
) -> Basic:
    if len(nodes) != 2 or node.primes:
        raise r.fail(f"{node.function} is of two arguments, without a prime", node.at)
    return OF_TWO[node.function](*_alike(r, *nodes, wanted))


def _alike(
    r: NodeReader, left: tree.TreeNode, right: tree.TreeNode, wanted: Wanted
) -> tuple[Basic, Basic]:
    """Return two operands of one shape; what has none of its own takes that of the other."""
    found = [r.attempt(left), r.attempt(right)]
    beside: Wanted = next((v.shape for v in found if v is not None), wanted)
    first, second = (
        r.expr(operand, beside) if value is None else value
        for operand, value in zip((left, right), found, strict=True)
    )
    return first, second


def transposed(r: NodeReader, node: tree.Transposition, wanted: Wanted) -> Basic:
    """Return a transpose."""
    value = r.expr(node.node, (wanted[1], wanted[0]))
    return value if isinstance(value, Number) else transpose(value)


def raised(r: NodeReader, node: tree.Raised, wanted: Wanted) -> Basic:
    """Return a power."""
    value, number = exact(r.expr(node.node)), exponent_of(node.exponent.words)
    if number is not None and isinstance(value, MatrixExpr):
        entrywise = node.exponent.words[0].text == "\\odot"
        if entrywise or value.shape == (1, 1):
            return PointwisePower(value, number)
    exponent = r.index(node.exponent)
    if isinstance(value, Number) and isinstance(exponent, Integer):
        return value**exponent
    return Power(value, exponent)


def entry(r: NodeReader, node: tree.EntryOf, wanted: Wanted) -> Basic:
    """Return a component of a column or an entry of a matrix."""
    found = [index_of(item.words, OF_ENTRIES) for item in node.indices]
    if len(found) > 2 or any(index is None for index in found):
        written = ", ".join(item.text for item in node.indices)
        listed = ", ".join(OF_ENTRIES)
        raise r.fail(f"expected a component, one or two of {listed}, found '{written}'", node.at)
    return Component(r.matrix(node.node), *found)


def over(r: NodeReader, node: tree.Over, wanted: Wanted) -> Basic:
    """Return a sum or an ordered product over steps, or a sum over components."""
    if node.sign == "\\sum" and node.index.text in OF_ENTRIES and node.low.text == "1":
        size = _size_of(r, node.high)
        return ComponentSum(r.matrix(node.body, wanted), OF_ENTRIES[node.index.text], size)
    low, high = r.index(node.low), r.index(node.high)
    with r.bound(node.index) as symbol:
        body = r.matrix(node.body, wanted)
    kind = TimeSum if node.sign == "\\sum" else OrderedProduct
    return kind(body, symbol, low, high)


def _size_of(r: NodeReader, item: tree.WordGroup) -> Expr:
    """Return a number of components, which may stand in parentheses."""
    if [word.text for word in (*item.words[:1], *item.words[-1:])] == ["(", ")"]:
        item = tree.WordGroup(item.words[1:-1], item.at)
    terms = [_size_term(r, term, item.at) for term in _split(item.words, ("+",))]
    if None in terms:
        raise r.fail(f"expected a number of components, found '{item.text}'", item.at)
    return Add(*terms)


def _size_term(r: NodeReader, words: tuple[TexToken, ...], at: int) -> Expr | None:
    """Return a product of names of sizes, before which a whole number may stand, or None."""
    count = sum(word.kind == "number" for word in words[:1])
    parts = [words[:count], *_split(words[count:], ("\\cdot", "·"))]
    names = [tree.WordGroup(part, at).text for part in parts if part]
    sizes = [Integer(x) if x.isdecimal() else r.vocabulary.sizes.get(x) for x in names]
    return None if None in sizes else Mul(*sizes)


def _split(words: Iterable[TexToken], signs: tuple[str, ...]) -> list[tuple[TexToken, ...]]:
    parts: list[tuple[TexToken, ...]] = [()]
    for word in words:
        if word.text in signs:
            parts.append(())
        else:
            parts[-1] += (word,)
    return parts


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

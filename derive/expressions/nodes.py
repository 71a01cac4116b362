"""Nodes that SymPy lacks: derivatives with what they hold fixed, sums over time, ordered products."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sympy import (
    Basic,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixExpr,
    Symbol,
    Transpose,
    Tuple,
    sympify,
)
from sympy.core.symbol import Str
from sympy.matrices.expressions import HadamardProduct

from derive.expressions.algebra import At, Ordered, Parameter, Scaled, add, had, mul, transpose


class ParameterCopy(Ordered):
    """A copy of a parameter that is used at one step only: args are the parameter and the step."""

    def __new__(cls, parameter: Parameter, step: Any) -> Any:
        return Basic.__new__(cls, parameter, sympify(step))

    @property
    def shape(self) -> Any:
        return self.args[0].shape


def _flat(held: tuple[Any, ...]) -> Tuple:
    # Rebuilding from args hands what is held over as the one Tuple that it is.
    return held[0] if len(held) == 1 and isinstance(held[0], Tuple) else Tuple(*held)


class Partial(Ordered):
    """The derivative ∂num/∂den in numerator layout; ``held`` is the set of quantities held fixed.

    Rows are the components of ``num``, columns those of ``den`` (of a matrix, row by row).  With
    nothing held it is the total derivative; with the previous state held, the immediate partial
    ∂⁺ of Pascanu, Mikolov and Bengio (2013).
    """

    def __new__(cls, num: Any, den: Any, *held: Any) -> Any:
        return Basic.__new__(cls, num, den, _flat(held))

    @property
    def num(self) -> Any:
        """Return what is differentiated."""
        return self.args[0]

    @property
    def den(self) -> Any:
        """Return the variable."""
        return self.args[1]

    @property
    def held(self) -> tuple[Any, ...]:
        """Return what is held fixed."""
        return tuple(self.args[2])

    @property
    def shape(self) -> Any:
        rows, columns = self.den.shape
        return (self.num.shape[0], rows * columns)


class Gradient(Ordered):
    """The gradient ∇_den num of a (1, 1) expression, in the shape of ``den``."""

    def __new__(cls, num: Any, den: Any, *held: Any) -> Any:
        return Basic.__new__(cls, num, den, _flat(held))

    num = Partial.num
    den = Partial.den
    held = Partial.held

    @property
    def shape(self) -> Any:
        return self.den.shape


class _Over(Ordered):
    """A body over an index from ``low`` to ``high``, both ends included."""

    def __new__(cls, body: Any, index: Symbol, low: Any, high: Any) -> Any:
        return Basic.__new__(cls, body, index, sympify(low), sympify(high))

    @property
    def body(self) -> Any:
        """Return the body, in the index."""
        return self.args[0]

    @property
    def index(self) -> Any:
        """Return the bound index."""
        return self.args[1]

    @property
    def low(self) -> Any:
        """Return the first value of the index."""
        return self.args[2]

    @property
    def high(self) -> Any:
        """Return the last value of the index."""
        return self.args[3]

    @property
    def shape(self) -> Any:
        return self.args[0].shape

    def at(self, value: Any) -> Any:
        """Return the body at one value of the index."""
        return instantiate(self.body, {self.index: sympify(value)})


class TimeSum(_Over):
    """The sum of the body over a range of steps."""


class OrderedProduct(_Over):
    """The ordered product with the LARGEST index leftmost; over an empty range, the identity."""

    def steps(self) -> range:
        """Return the concrete values of the index, from the left factor to the right one."""
        return range(int(self.high), int(self.low) - 1, -1)


class RisingProduct(_Over):
    """The ordered product with the SMALLEST index leftmost: what transposing the other one gives."""

    def steps(self) -> range:
        """Return the concrete values of the index, from the left factor to the right one."""
        return range(int(self.low), int(self.high) + 1)


class Expanded(Ordered):
    """A sum over a concrete range, written out term by term, or a product, factor by factor.

    Sums run from the highest index down (the latest contribution first) unless ``rising``.  Long
    ones print with dots; the evaluation always takes every term.
    """

    def __new__(cls, node: Any, rising: Any = False) -> Any:
        return Basic.__new__(cls, node, sympify(bool(rising)))

    @property
    def node(self) -> Any:
        """Return the sum or product that is written out."""
        return self.args[0]

    @property
    def shape(self) -> Any:
        return self.args[0].shape

    def steps(self) -> range:
        """Return the values of the index in the order in which the terms are written."""
        node = self.node
        if isinstance(node, TimeSum):
            rising = range(int(node.low), int(node.high) + 1)
            return rising if self.args[1] == True else rising[::-1]  # noqa: E712
        return range(node.steps().start, node.steps().stop, node.steps().step)

    def part(self, step: int) -> Any:
        """Return one term or factor, its own products written out as well."""
        return expand(self.node.at(step))


class Coloured(Ordered):
    """A term of temporal contribution ``step`` of ``steps``, shown in that contribution's colour."""

    def __new__(cls, expr: Any, step: Any, steps: Any) -> Any:
        return Basic.__new__(cls, expr, sympify(step), sympify(steps))

    @property
    def expr(self) -> Any:
        """Return the term itself."""
        return self.args[0]

    @property
    def shape(self) -> Any:
        return self.args[0].shape


class Norm(Ordered):
    """The spectral norm ‖A‖₂, as a (1, 1) expression."""

    def __new__(cls, arg: Any) -> Any:
        return Basic.__new__(cls, arg)

    @property
    def arg(self) -> Any:
        """Return the matrix."""
        return self.args[0]

    @property
    def shape(self) -> Any:
        return (Integer(1), Integer(1))


class Spectral(Ordered):
    """A number of a matrix, as a (1, 1) expression: ``rho``, ``sigma_max`` or ``sigma_min``.

    They are the spectral radius and the largest and smallest singular value.
    """

    def __new__(cls, kind: Any, arg: Any) -> Any:
        return Basic.__new__(cls, kind if isinstance(kind, Str) else Str(kind), arg)

    @property
    def kind(self) -> str:
        """Return which number it is."""
        return str(self.args[0].name)

    @property
    def arg(self) -> Any:
        """Return the matrix."""
        return self.args[1]

    @property
    def shape(self) -> Any:
        return (Integer(1), Integer(1))


class Power(Ordered):
    """A square expression to the power of an index expression: args are base and exponent."""

    def __new__(cls, base: Any, exponent: Any) -> Any:
        return Basic.__new__(cls, base, sympify(exponent))

    @property
    def shape(self) -> Any:
        return (Integer(1), Integer(1)) if self.args[0].is_Number else self.args[0].shape


class Nested(Ordered):
    """A quantity of the forward pass written by substitution down to the first step.

    ``expr`` is the whole.  A deep one prints as ``outer``, the levels of the last steps, with
    ``inner``, the first step, between dots where ``hole``, a state, stands in it.
    """

    def __new__(cls, expr: Any, outer: Any = None, inner: Any = None, hole: Any = None) -> Any:
        return Basic.__new__(cls, expr, *([] if hole is None else [outer, inner, hole]))

    @property
    def expr(self) -> Any:
        """Return the nested expression."""
        return self.args[0]

    @property
    def outer(self) -> Any:
        """Return the levels that are written out."""
        return self.args[1]

    @property
    def inner(self) -> Any:
        """Return the innermost level."""
        return self.args[2]

    @property
    def hole(self) -> Any | None:
        """Return what the inner levels replace, or None if all are written out."""
        return self.args[3] if len(self.args) > 1 else None

    @property
    def free_symbols(self) -> set[Any]:
        """Return the symbols without SymPy's recursion, which a thousand levels exhaust."""
        return set(atoms_of(self, Symbol))

    @property
    def shape(self) -> Any:
        return self.args[-3].shape if len(self.args) > 1 else self.args[0].shape


class Rounded(Ordered):
    """Computed numbers as they are printed: a matrix of decimals with ``digits`` places."""

    def __new__(cls, rows: Any, digits: Any) -> Any:
        return Basic.__new__(
            cls, Tuple(*(Tuple(*map(_text, row)) for row in rows)), sympify(digits)
        )

    @property
    def texts(self) -> list[list[str]]:
        """Return the decimals as text."""
        return [[cell.name for cell in row] for row in self.args[0]]

    @property
    def digits(self) -> int:
        """Return the number of places."""
        return int(self.args[1])

    @property
    def shape(self) -> Any:
        return (Integer(len(self.args[0])), Integer(len(self.args[0][0])))


def _text(cell: Any) -> Str:
    return cell if isinstance(cell, Str) else Str(cell)


def expand(expr: Any) -> Any:
    """Return the expression with its ordered products over concrete ranges written out as factors.

    A product over an empty range is the identity, and drops out.
    """
    if isinstance(expr, (OrderedProduct, RisingProduct)):
        if len(expr.steps()) == 0:
            return Identity(expr.shape[0])
        return expr.at(expr.steps()[0]) if len(expr.steps()) == 1 else Expanded(expr)
    if isinstance(expr, Coloured):
        return Coloured(expand(expr.expr), *expr.args[1:])
    if isinstance(expr, Ordered) and expr.is_MatMul:
        return mul(*(expand(f) for f in expr.args))
    if isinstance(expr, Ordered) and expr.is_MatAdd:
        return add(*(expand(f) for f in expr.args))
    return expr


def instantiate(expr: Any, values: Mapping[Any, Any]) -> Any:
    """Return the expression with its free indices replaced; bound ones stay."""
    rule = {key: sympify(value) for key, value in values.items()}
    return _instantiate(expr, rule)


def _instantiate(expr: Any, rule: dict[Any, Any]) -> Any:
    if expr in rule:
        return rule[expr]
    if not expr.args or not (expr.free_symbols & rule.keys()):
        return expr
    if isinstance(expr, _Over):
        inner = {key: value for key, value in rule.items() if key != expr.index}
        body = _instantiate(expr.body, inner) if inner else expr.body
        return expr.func(body, expr.index, *(_instantiate(a, rule) for a in expr.args[2:]))
    return expr.func(*(_instantiate(a, rule) for a in expr.args))


def folded(expr: Any, rule: Mapping[Any, Any]) -> Any:
    """Return an expression with nodes replaced and the zeros that this makes folded away."""
    if expr in rule:
        return rule[expr]
    if isinstance(expr, At) or not expr.args:
        return expr
    args = [folded(a, rule) for a in expr.args]
    if all(a is b for a, b in zip(args, expr.args, strict=True)):
        return expr
    return refold(expr, args)


def refold(expr: Any, args: list[Any]) -> Any:
    """Return a node like ``expr`` over other operands, by the constructor that folds."""
    for base, constructor in _FOLDING.items():
        if isinstance(expr, base):
            return constructor(*args)
    return expr.func(*args)


_FOLDING: dict[type, Callable[..., Any]] = {
    MatMul: mul,
    MatAdd: add,
    HadamardProduct: had,
    Transpose: transpose,
    Scaled: mul,
}


def atoms_of(expr: Any, kind: type | tuple[type, ...]) -> Iterator[Any]:
    """Yield the nodes of a class, each once; no recursion, and shared parts are walked once."""
    seen: set[Any] = set()
    stack = [expr]
    while stack:
        node = stack.pop()
        if node in seen:
            continue
        seen.add(node)
        if isinstance(node, kind):
            yield node
        stack.extend(node.args)


def series_in(expr: Any) -> Iterator[At]:
    """Yield the series values that an expression reads."""
    return atoms_of(expr, At)


def is_vector(expr: MatrixExpr) -> bool:
    """Tell whether an expression is a column or a (1, 1) scalar."""
    return bool(expr.shape[1] == 1)

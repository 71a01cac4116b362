"""Sums over time and ordered products: a body over an index, whole or written out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Self

from sympy import Basic, Expr, Identity, MatrixExpr, MatrixSymbol, Symbol, sympify

from derive.expressions.algebra import Ordered, Plus, Times, add, mul
from derive.expressions.rewrite import rewrite
from derive.expressions.shown import Coloured
from derive.expressions.types import MatrixShape, TimeIndex
from derive.expressions.walk import hashed


class _Over(Ordered):
    """A body over an index from ``low`` to ``high``, both ends included."""

    def __new__(cls, body: MatrixExpr, index: Symbol, low: TimeIndex, high: TimeIndex) -> Self:
        return Basic.__new__(cls, body, index, sympify(low), sympify(high))

    @property
    def body(self) -> MatrixExpr:
        """Return the body, in the index."""
        return self.args[0]

    @property
    def index(self) -> Symbol:
        """Return the bound index."""
        return self.args[1]

    @property
    def low(self) -> Expr:
        """Return the first value of the index."""
        return self.args[2]

    @property
    def high(self) -> Expr:
        """Return the last value of the index."""
        return self.args[3]

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape

    def at(self, value: TimeIndex) -> MatrixExpr:
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

    def __new__(cls, node: MatrixExpr, rising: bool | Basic = False) -> Self:
        return Basic.__new__(cls, node, sympify(bool(rising)))

    @property
    def node(self) -> MatrixExpr:
        """Return the sum or product that is written out."""
        return self.args[0]

    @property
    def shape(self) -> MatrixShape:
        return self.args[0].shape

    def steps(self) -> range:
        """Return the values of the index in the order in which the terms are written."""
        node = self.node
        if isinstance(node, TimeSum):
            rising = range(int(node.low), int(node.high) + 1)
            return rising if self.args[1] == True else rising[::-1]  # noqa: E712
        return range(node.steps().start, node.steps().stop, node.steps().step)

    def part(self, step: int) -> MatrixExpr:
        """Return one term or factor, its own products written out as well."""
        return expand(self.node.at(step))


def expand(expr: MatrixExpr) -> MatrixExpr:
    """Return the expression with its ordered products over concrete ranges written out as factors.

    A product over an empty range is the identity, and drops out.
    """

    def written(node: Basic) -> Basic | None:
        if isinstance(node, (OrderedProduct, RisingProduct)):
            steps = node.steps()
            if len(steps) == 0:
                return Identity(node.shape[0])
            return node.at(steps[0]) if len(steps) == 1 else Expanded(node)
        return None if type(node) in _EXPANDED else node

    return rewrite(expr, written, lambda node, operands: _EXPANDED[type(node)](*operands))


_EXPANDED: dict[type, Callable[..., MatrixExpr]] = {Times: mul, Plus: add, Coloured: Coloured}
"""What a product that is written out may stand in, and what makes such a node anew."""


def instantiate(expr: MatrixExpr, values: Mapping[Symbol, TimeIndex]) -> MatrixExpr:
    """Return the expression with its free indices replaced; bound ones stay."""
    return _instantiated(expr, {key: sympify(value) for key, value in values.items()})


def _instantiated(expr: MatrixExpr, values: dict[Symbol, Expr]) -> MatrixExpr:
    def found(node: Basic) -> Basic | None:
        if node in values:
            return values[node]
        if isinstance(node, MatrixSymbol):
            # Its sizes are none of the indices.
            return node
        if not isinstance(node, _Over) or node.index not in values:
            return None
        body, index, *ends = node.args
        free = {key: value for key, value in values.items() if key != index}
        inner = _instantiated(body, free) if free else body
        return node.func(inner, index, *(_instantiated(end, values) for end in ends))

    return rewrite(hashed(expr), found)

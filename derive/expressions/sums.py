"""Sums over time and ordered products: a body over an index, whole or written out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sympy import Basic, Identity, Symbol, sympify

from derive.expressions.algebra import Ordered, add, mul
from derive.expressions.shown import Coloured


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

"""The arithmetic of the second reader of claims, which keeps shapes: else there is a `ShapeMisfit`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from derive.arrays import Array
from derive.checks.secondarithmetic import Evaluated, Eye


class ShapeMisfit(Exception):  # noqa: N818 - a finding, not a fault
    """Two things in a formula whose shapes do not fit, with these."""

    def __init__(self, first: Evaluated, second: Evaluated) -> None:
        super().__init__()
        self.first, self.second = _shape(first), _shape(second)


class SidesMisfit(ShapeMisfit):
    """Two sides of a relation that have a value each, in shapes that differ."""


def _shape(value: Evaluated) -> tuple[int, ...]:
    """Return a shape; an identity takes that of what is beside it, and a number is one entry."""
    return () if isinstance(value, Eye) else value.shape or (1, 1)


def sided(value: Evaluated, other: Evaluated) -> Array:
    """Return a side in the shape of the other where it is a bare number or an identity."""
    shape = () if isinstance(other, Eye) else other.shape
    if isinstance(value, Eye):
        return np.asarray(value.factor * (np.eye(shape[0]) if shape else np.ones((1, 1))))
    if value.shape != ():
        return value
    return np.full(shape or (1, 1), value.item())


def fitting(a: Evaluated, b: Evaluated) -> tuple[Array, Array]:
    """Return two operands of one shape: a number spreads, and one entry beside a column."""
    first, second = (sided(*pair) if isinstance(pair[0], Eye) else pair[0]
                     for pair in ((a, b), (b, a)))  # fmt: skip
    spreads = () in (first.shape, second.shape)
    for one, other in ((first, second), (second, first)):
        spreads |= one.shape == (1, 1) and other.shape[1:] == (1,)
    if first.shape != second.shape and not spreads:
        raise ShapeMisfit(first, second)
    return first, second


def plus(a: Evaluated, b: Evaluated) -> Evaluated:
    """Return a sum; a bare number, or one entry beside a column, is that number in every entry."""
    if isinstance(a, Eye) and isinstance(b, Eye):
        return Eye(a.factor + b.factor)
    first, second = fitting(a, b)
    return first + second


def times(a: Evaluated, b: Evaluated) -> Evaluated:
    """Return a product of matrices, or a multiple."""
    for one, other in ((a, b), (b, a)):
        if isinstance(one, Eye):
            if isinstance(other, Eye):
                return Eye(one.factor * other.factor)
            return Eye(one.factor * other) if other.size == 1 else one.factor * other
    assert not isinstance(a, Eye)
    assert not isinstance(b, Eye)
    if a.shape in ((), (1, 1)) or b.shape in ((), (1, 1)):
        return a * b
    if a.shape[1] != b.shape[0]:
        raise ShapeMisfit(a, b)
    return a @ b


def beside(a: Evaluated, b: Evaluated) -> Evaluated:
    """Return a product entry by entry."""
    first, second = (sided(*pair) for pair in ((a, b), (b, a)))
    if first.shape != second.shape:
        raise ShapeMisfit(first, second)
    return first * second


def over(a: Evaluated, b: Evaluated) -> Evaluated:
    """Return a quotient, entry by entry."""
    if isinstance(b, Eye):
        raise ShapeMisfit(a, b)
    if isinstance(a, Eye):
        return Eye(a.factor / b)
    if b.size == 1:
        return a / b
    first, second = fitting(a, b)
    return first / second


UNARY = 3
BETWEEN: Mapping[str, tuple[int, Callable[[Evaluated, Evaluated], Evaluated]]] = {
    "+": (1, plus),
    "-": (1, lambda a, b: plus(a, times(np.array(-1.0), b))),
    "*": (2, times),
    ".*": (2, beside),
    "/": (2, over),
}
REPEATED: Mapping[str, tuple[bool, Callable[[Evaluated, Evaluated], Evaluated], Evaluated]] = {
    "sum": (True, plus, np.array(0.0)),
    "prod": (False, times, Eye(np.array(1.0))),
    "prod_up": (True, times, Eye(np.array(1.0))),
}
"""What runs over an index: whether upwards, what is done with two terms, and what no term is."""

"""The smallest parts in which two expressions differ.

A whole may have one value where its parts have not: what is multiplied by a zero is not seen in it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sympy import Basic, Integer, MatrixExpr

from derive.expressions.components import ComponentSum
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Index
from derive.expressions.quantities import At, Parameter, ParameterCopy, Scalar
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum

_LEAVES = (At, Parameter, ParameterCopy, Scalar, Partial, Gradient)


@dataclass(frozen=True)
class Unlike:
    """Two parts that differ, and the indices on which their values depend."""

    read: Basic
    meant: Basic
    free: tuple[Index, ...]


def differing(read: Basic, meant: Basic, free: tuple[Index, ...]) -> Iterator[Unlike]:
    """Yield the parts in which two expressions differ, as far as both are built alike."""
    if read == meant:
        return
    pairs = _operands(read, meant)
    if pairs is None:
        yield Unlike(read, meant, free)
        return
    if isinstance(meant, (TimeSum, OrderedProduct, RisingProduct)):
        free = (*free, Index(meant.index, meant.low, meant.high))
    if isinstance(meant, ComponentSum):
        free = (*free, Index(meant.index, Integer(1), meant.size))
    for one, other in pairs:
        yield from differing(one, other, free)


def _operands(read: Basic, meant: Basic) -> list[tuple[Basic, Basic]] | None:
    """Return the operands by pairs where nothing else tells the two nodes apart, else None."""
    if type(read) is not type(meant) or isinstance(read, _LEAVES):
        return None
    if len(read.args) != len(meant.args) or not read.args:
        return None
    pairs = list(zip(read.args, meant.args, strict=True))
    matrices = [pair for pair in pairs if all(isinstance(a, MatrixExpr) for a in pair)]
    others = [pair for pair in pairs if pair not in matrices]
    if any(one != other for one, other in others):
        return None
    return matrices if all(a.shape == b.shape for a, b in matrices) else None

"""The steps that a formula reads: all must exist, or the formula says nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from sympy import Expr, Integer, Symbol, sympify

from derive.budgets import within
from derive.cells.cell import Cell
from derive.checks.points import points
from derive.errors import SpecError
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Index
from derive.expressions.quantities import At, ParameterCopy, Scalar, T
from derive.expressions.spectra import Power
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum
from derive.expressions.types import IndexValues
from derive.formula import Scope

DEEPEST = 4
"""Sums inside each other."""

SUMS = (TimeSum, OrderedProduct, RisingProduct)

Known: TypeAlias = Mapping[Symbol, int]


def chosen(equation: Equation, cell: Cell, scope: Scope, steps: int) -> list[IndexValues]:
    """Return the values of the free indices at which an equation is tested.

    A `SpecError` if there are none, or if a step is read that does not exist there.
    """
    _check_free(equation.free, steps)
    found = points(equation.free, steps)
    if not found:
        listed = ", ".join(f"{i.symbol}={i.low}..{i.high}" for i in equation.free)
        raise SpecError(f"the range {listed} is empty for T = {steps}: it must hold a value")
    reader = _Reader(cell, scope, steps)
    terms = 0
    for indices in found:
        terms += sum(reader.read(side, indices, 0) for side in equation.sides)
        within("claim-terms", terms, "its sums and products are too long")
    return found


def _check_free(free: Iterable[Index], steps: int) -> None:
    # The values of the indices before, at both ends of their ranges.
    corners: list[IndexValues] = [{T: steps}]
    for count, index in enumerate(free, 1):
        name = str(index.symbol)
        if count > 3:
            raise SpecError("more than 3 indices have a range: expected at most 3")
        if index.symbol == T:
            raise SpecError("T is the number of steps, and has no range: set it with T = …")
        if index.symbol in corners[0]:
            raise SpecError(f"the index {name} has two ranges: remove one")
        grown = []
        for known in corners:
            low, high = _number(index.low, known), _number(index.high, known)
            if low <= high:
                for value in (low, high):
                    if not 0 <= value <= steps:
                        raise SpecError(
                            f"the range {name}={index.low}..{index.high} reaches {value}: the "
                            f"steps are 0 to T = {steps}"
                        )
                grown += [{**known, index.symbol: value} for value in {low, high}]
        if not grown:
            raise SpecError(
                f"the range {name}={index.low}..{index.high} is empty for T = {steps}: it must "
                "hold a value"
            )
        corners = grown


def _number(expr: Expr, known: Known) -> int:
    value = sympify(sympify(expr).xreplace({s: Integer(v) for s, v in known.items()}))
    if not value.is_Integer:
        names = ", ".join(sorted(str(s) for s in value.free_symbols))
        raise SpecError(
            f'no range is given for {names or expr}: write one, such as for = "{names or "t"}=1..T"'
        )
    return int(value)


class _Reader:
    """Walks through a formula at given values of its free indices."""

    def __init__(self, cell: Cell, scope: Scope, steps: int) -> None:
        self.states, self.scope, self.steps = set(cell.states), scope, steps

    def read(self, node: Expr, known: Known, depth: int) -> int:
        """Check the steps that an expression reads; the number of terms that it adds up."""
        for size in getattr(node, "shape", ()):
            if size.is_Integer:
                within("size", int(size), f"a vector or matrix has the size {size}")
        if isinstance(node, At):
            self._at(node, known)
            return 1
        if isinstance(node, SUMS):
            return self._sum(node, known, depth)
        if isinstance(node, ParameterCopy):
            step = _number(node.args[1], known)
            if not 1 <= step <= self.steps:
                raise self._absent(f"copy({node.args[0]}, {step})", 1)
            return 1
        if isinstance(node, (Partial, Gradient)):
            # What d+ holds fixed is the step before, which step 0 does not have.
            own = isinstance(node, Partial) and node.held != self.scope.held(node.num, node.den)
            parts = (node.num, node.den, *(node.held if own else ()))
            return sum(self.read(part, known, depth) for part in parts)
        if isinstance(node, Power):
            _number(node.args[1], known)
            return self.read(node.args[0], known, depth)
        if isinstance(node, Scalar):
            for symbol in node.number.free_symbols:
                _number(symbol, known)
            return 1
        if isinstance(node, Symbol) or not getattr(node, "args", ()):
            return 0
        return sum(self.read(part, known, depth) for part in node.args)

    def _at(self, at: At, known: Known) -> None:
        low = 0 if at.series in self.states else 1
        for index in at.indices:
            step = _number(index, known)
            if not low <= step <= self.steps:
                raise self._absent(f"{at.series.name}[{step}]", low)

    def _absent(self, what: str, low: int) -> SpecError:
        return SpecError(
            f"{what} does not exist: its steps are {low} to T = {self.steps}; change the index, "
            "its range, or T"
        )

    def _sum(self, node: Expr, known: Known, depth: int) -> int:
        if depth >= DEEPEST:
            raise SpecError(f"more than {DEEPEST} sums and products stand inside each other")
        if node.index == T:
            raise SpecError("T is the number of steps: take another letter as the index of a sum")
        low, high = _number(node.low, known), _number(node.high, known)
        if high < low - 1:
            raise SpecError(
                f"the range from {low} to {high} of the index {node.index} runs the wrong way"
            )
        if high < low:
            return 0
        within("sum-range", high - low + 1, f"a sum or product has {high - low + 1} terms")
        # Indices are linear: what happens inside shows at the ends, and beside them.
        ends = sorted({low, min(low + 1, high), max(high - 1, low), high})
        largest = max(self.read(node.body, {**known, node.index: v}, depth + 1) for v in ends)
        return (high - low + 1) * max(largest, 1)

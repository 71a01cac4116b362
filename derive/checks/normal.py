"""One form of expressions that say the same in the same order, to compare what was read by.

Colours, and what only says how much is written out, are taken away; sums, products and transposes
are rebuilt by the constructors that fold.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import reduce

from sympy import (
    Basic,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixExpr,
    Number,
    OneMatrix,
    ZeroMatrix,
)

from derive.errors import SpecError
from derive.expressions.algebra import Hadamard, Scalar, Scaled, add, had, is_zero, mul, neg
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.folding import refold
from derive.expressions.functions import Quotient
from derive.expressions.pointwise import PointwisePower
from derive.expressions.quantities import At
from derive.expressions.shown import Coloured, Nested, Rounded
from derive.expressions.spectra import Power
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, TimeSum


class Normal:
    """The normal forms of expressions, each made once."""

    def __init__(self) -> None:
        self._known: dict[Basic, Basic] = {}

    def __call__(self, expr: Basic) -> Basic:
        """Return the normal form."""
        if expr not in self._known:
            self._known[expr] = self._made(expr)
        return self._known[expr]

    def _made(self, expr: Basic) -> Basic:
        if isinstance(expr, Coloured) or (isinstance(expr, Nested) and expr.hole is None):
            return self(expr.expr)
        if isinstance(expr, Expanded):
            parts = [self(expr.part(step)) for step in expr.steps()]
            return reduce(add if isinstance(expr.node, TimeSum) else mul, parts)
        if isinstance(expr, Rounded):
            return _zeros_and_ones(expr)
        if isinstance(expr, Identity) and expr.shape == (1, 1):
            return OneMatrix(1, 1)
        if isinstance(expr, At) or not expr.args:
            return expr
        if isinstance(expr, (TimeSum, OrderedProduct, RisingProduct)):
            return expr.func(self(expr.body), *expr.args[1:])
        if isinstance(expr, (Partial, Gradient)):
            held = sorted(map(self, expr.held), key=str)
            return expr.func(self(expr.num), self(expr.den), *held)
        if isinstance(expr, (Power, PointwisePower)):
            return self._power(expr)
        if isinstance(expr, Blocks) and expr.args[0] == 1:
            return Stack(*map(self, expr.args[1:]))
        args = [self(a) if isinstance(a, (MatrixExpr, Number)) else a for a in expr.args]
        try:
            return _signed(
                _product(_one_number(_last_over(_scaled_one_by_one(refold(expr, args)))))
            )
        except (SpecError, ValueError):
            # A product that does not exist, as a text has it that is wrong.
            return Basic.__new__(expr.func, *args)

    def _power(self, expr: Basic) -> Basic:
        base, exponent = self(expr.args[0]), expr.args[1]
        single = isinstance(base, MatrixExpr) and base.shape == (1, 1)
        if single and isinstance(exponent, Integer) and exponent >= 1:
            return _product(had(*[base] * int(exponent)))
        return expr.func(base, exponent)


def _zeros_and_ones(numbers: Rounded) -> Basic:
    """Return the blocks that print as these whole numbers; numbers that are rounded as they are."""
    made = {"0": ZeroMatrix(1, 1), "1": OneMatrix(1, 1)}
    cells = [cell for row in numbers.texts for cell in row]
    if len(cells) == 1 or not made.keys() >= set(cells):
        return numbers
    blocks, width = [made[cell] for cell in cells], len(numbers.texts[0])
    return Stack(*blocks) if width == 1 else Blocks(width, *blocks)


def _scaled_one_by_one(expr: Basic) -> Basic:
    """Return a matrix scaled by several numbers as scaled by one after the other."""
    if not isinstance(expr, Scaled) or not isinstance(expr.args[0], MatMul):
        return expr
    factors = expr.args[0].args
    if not all(isinstance(factor, MatrixExpr) for factor in factors):
        return expr
    # A number among the factors is one of them, or a row times what stands behind it: E_1 p.
    ends = (n for n, factor in enumerate(factors, 1) if factor.shape[1] == 1)
    end = next(ends, len(factors))
    if factors[0].shape[0] != 1 or end == len(factors):
        return expr
    first, rest = mul(*factors[:end]), mul(*factors[end:])
    return Scaled(first, _scaled_one_by_one(Scaled(rest, expr.args[1])))


def _last_over(expr: Basic) -> Basic:
    """Return a fraction of a product of numbers as a product with a fraction: (a b)/c as a (b/c).

    So is a column that is scaled and then divided, entry by entry.
    """
    if isinstance(expr, Quotient) and isinstance(expr.args[0], Scaled):
        number, column = expr.args[0].args
        return Scaled(number, _last_over(Quotient(column, expr.args[1])))
    if not isinstance(expr, Quotient) or not isinstance(expr.args[0], MatMul):
        return expr
    (*before, last), below = expr.args[0].args, expr.args[1]
    if not all(a.is_number or a.shape == (1, 1) for a in (*before, last)):
        return expr
    return mul(*before, Quotient(last, below))


def _one_number(expr: Basic) -> Basic:
    """Return a product entry by entry with the numbers of its factors in front of it."""
    if not isinstance(expr, Hadamard):
        return expr
    numbers = [a.args[0] for a in expr.args if isinstance(a, MatMul) and _is_number(a.args[0])]
    if not numbers:
        return expr
    rest = [mul(*a.args[1:]) if isinstance(a, MatMul) and _is_number(a.args[0]) else a
            for a in expr.args]  # fmt: skip
    return mul(*numbers, had(*rest))


def _product(expr: Basic) -> Basic:
    """Return numbers that are multiplied component by component as the product that is written."""
    one = isinstance(expr, Hadamard) and expr.shape == (1, 1)
    return mul(*expr.args) if one else expr


def _signed(expr: Basic) -> Basic:
    """Return a sum with a minus sign before it as one whose terms have the other signs.

    Within a product sums begin with no minus, as (−(1 − a)) b may be read as (−1 + a) b.
    """
    if not isinstance(expr, MatMul):
        return expr
    if len(expr.args) == 2 and expr.args[0] == -1 and isinstance(expr.args[1], MatAdd):
        return neg(expr.args[1])
    turned = [neg(a) if _begins_with_minus(a) else a for a in expr.args]
    signs = [Integer(-1) for a, b in zip(expr.args, turned, strict=True) if a is not b]
    return mul(*signs, *turned) if signs else expr


def _begins_with_minus(expr: Basic) -> bool:
    if not isinstance(expr, MatAdd):
        return False
    first = expr.args[0]
    number = _factor(first.args[0] if isinstance(first, MatMul) else first)
    return number is not None and bool(number < 0)


def _is_number(expr: Basic) -> bool:
    return isinstance(expr, Number)


def factors(expr: Basic, backwards: bool = False) -> Iterator[Basic]:
    """Yield the factors of a product in order, or from its end; long ones one after the other."""
    if isinstance(expr, (MatMul, Scaled)):
        parts: Basic = expr.args
    elif isinstance(expr, Expanded) and not isinstance(expr.node, TimeSum):
        steps = expr.steps()
        parts = (expr.part(step) for step in (steps[::-1] if backwards else steps))
        for part in parts:
            yield from factors(part, backwards)
        return
    else:
        yield expr
        return
    for part in reversed(parts) if backwards else parts:
        yield from factors(part, backwards)


def numbered(factors: Iterable[tuple[Basic, int]]) -> Iterator[tuple[Basic, int]]:
    """Yield factors with their places, each multiplied by the numbers right before it."""
    number, last = Integer(1), 0
    for factor, at in factors:
        if (known := _factor(factor)) is not None:
            number, last = number * known, at
        else:
            yield (factor if number == 1 else mul(number, factor)), at
            number = Integer(1)
    if number != 1:
        yield number, last


def with_numbers(factors: Iterator[Basic], backwards: bool) -> Iterator[Basic]:
    """Yield factors as `numbered` does, also from the end: those of a long product one by one."""
    if not backwards:
        yield from (factor for factor, _ in numbered((factor, 0) for factor in factors))
        return
    held: list[Basic] = []
    for factor in factors:
        if held and _factor(factor) is None:
            yield held[0] if len(held) == 1 else mul(*held)
            held = []
        held.insert(0, factor)
    if held:
        yield held[0] if len(held) == 1 else mul(*held)


def _factor(factor: Basic) -> Number | None:
    """Return a factor that is a number, also where it was read as a matrix of one entry."""
    number = factor.number if isinstance(factor, Scalar) else factor
    return number if isinstance(number, Number) else None


def exact_numbers(expr: Basic) -> list[list[Number]] | None:
    """Return the entries of a matrix of numbers that were not rounded, row by row; None for others."""
    if not isinstance(expr, (Blocks, Stack)):
        return None
    rows = expr.rows_of_blocks if isinstance(expr, Blocks) else [(arg,) for arg in expr.args]
    found = [[number for block in row if (number := _single(block)) is not None] for row in rows]
    return found if [*map(len, found)] == [*map(len, rows)] else None


def _single(block: Basic) -> Number | None:
    """Return a block that is one number."""
    if getattr(block, "shape", None) != (1, 1):
        return None
    if isinstance(block, Scalar) and isinstance(block.number, Number):
        return block.number
    if is_zero(block):
        return Integer(0)
    return Integer(1) if isinstance(block, (Identity, OneMatrix)) else None

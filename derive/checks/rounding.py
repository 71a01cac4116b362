"""Derivatives that are 0 but for rounding: two ways to compute one have no digit in common.

What scales every state alike, as the stabiliser of exponential gates, cancels in the output; the
derivative by it is a sum whose terms cancel to their last digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property

import numpy as np
from sympy import MatrixExpr, Symbol

from derive.arrays import Array, Steps
from derive.expressions.definition import Definition
from derive.expressions.derivatives import Gradient
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

NOTHING = 1e-11
"""Beside the largest gradient, what is as much smaller may be what rounding leaves of 0: if also it
changes with the last digits of everything else."""

FEW = 1e-4
"""Beside the largest gradient, what is as much smaller may be a sum that cancelled to a few digits."""

SHARE = 0.1
"""What rounding leaves of 0 changes by such a share of itself where the last digits do."""

SEEDS = range(3)

FELT = 1e-6
"""A larger violation of a bound is none of rounding."""

TIMES = 4
"""How often as far as some other last digits move a number, rounding may have moved it."""


class Residues:
    """Tells numbers that rounding left of 0 from others, on one forward pass."""

    def __init__(self, trace: ForwardPass, definitions: Iterable[Definition]) -> None:
        self._trace, self._definitions = trace, list(definitions)

    @cached_property
    def largest(self) -> float:
        """Return the largest entry of all gradients by parameters."""
        cell, evaluator = self._trace.cell, Evaluator(self._trace)
        by = (evaluator.value(Gradient(cell.total, p)) for p in cell.parameters)
        return max((float(np.abs(one).max()) for one in by), default=0.0)

    @cached_property
    def _nearby(self) -> list[Evaluator]:
        rounded = (self._trace.rounded(seed) for seed in SEEDS)
        return [Evaluator(trace, self._definitions) for trace in rounded]

    def moved(
        self, exprs: Sequence[MatrixExpr], indices: Mapping[Symbol, Steps], sides: list[Array]
    ) -> float:
        """Return by how much rounding moves sides, relative to the largest entry of the last one.

        What is left of numbers that almost cancel, as the slopes of a saturated softmax, has lost the
        digits in which a bound and what attains it could be compared.
        """
        scale = float(np.abs(sides[-1]).max()) or 1.0
        apart = [
            np.abs(near.at(expr, indices) - side).max()
            for near in self._nearby
            for expr, side in zip(exprs, sides, strict=True)
        ]
        return TIMES * float(max(apart)) / scale

    def error(self, sides: list[Array], again: Callable[[Evaluator], Array]) -> float | None:
        """Return the difference of sides beside the largest gradient, if they are such numbers.

        So it is of small sides that are no residues of 0, where they differ in no digit that they keep
        when the forward pass is rounded otherwise: divided by its own root, a first step that is
        scaled by it, as Adam's, leaves of terms of order 1 what a small constant does.

        ``again`` evaluates the last side on another forward pass.  None where a side is larger, or
        keeps its digits.
        """
        if len({side.shape for side in sides}) > 1 or not self.largest:
            return None
        size = max(float(np.abs(side).max()) for side in sides)
        if not size <= FEW * self.largest:
            return None
        moved = max(float(np.abs(again(near) - sides[-1]).max()) for near in self._nearby)
        apart = max(float(np.abs(side - sides[-1]).max()) for side in sides)
        residue = size <= NOTHING * self.largest and moved >= SHARE * size
        if not (residue or 0 < apart <= min(TIMES * moved, NOTHING * self.largest)):
            return None
        return apart / self.largest

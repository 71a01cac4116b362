"""Which quantities are perturbed in one forward pass."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from sympy import Basic, MatrixExpr

from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import At, ParameterCopy, T
from derive.expressions.sums import instantiate
from derive.expressions.types import IndexValues


class Movable(Protocol):
    """What groups need of a forward pass: how much memory a pass takes in which quantities move."""

    steps: int

    def bytes_moved(self, dens: Iterable[MatrixExpr]) -> int: ...


class Groups:
    """Copies of a parameter, or values of a series, at many steps: as many as fit into a pass.

    ``limit`` is the number of bytes of a pass; a single quantity may take more.
    """

    def __init__(self, trace: Movable, limit: float) -> None:
        # In the order of their numbers, each with its own; a group that is made again has the same.
        self.groups: dict[tuple[MatrixExpr, ...], int] = {}
        self._trace, self._limit = trace, limit
        self._of: dict[Basic, tuple[MatrixExpr, ...]] = {}

    def dissolve(self) -> None:
        """Let every quantity move alone again."""
        self._of.clear()

    def of(self, den: MatrixExpr) -> tuple[int | MatrixExpr, tuple[MatrixExpr, ...]]:
        """Return those that move with a quantity, and a short key of them all."""
        group = self._of.get(den)
        return (den, (den,)) if group is None else (self.groups[group], group)

    def add(self, nodes: list[Partial | Gradient], places: list[IndexValues]) -> None:
        """Group what these derivatives are by at the places, but for what they hold fixed."""
        found: dict[Basic, dict[MatrixExpr, None]] = {}
        for node in nodes:
            if node.held or not isinstance(node.den, (At, ParameterCopy)):
                continue
            for indices in places:
                den = instantiate(node.den, {**indices, T: self._trace.steps})
                if den not in self._of and all(i.is_Integer for i in den.args[1:]):
                    found.setdefault(den.args[0], {})[den] = None
        for group in found.values():
            # Those of neighbouring steps together: a pass begins at the first of them.
            waiting = sorted(group, key=lambda den: [int(i) for i in den.args[1:]])
            while waiting:
                chunk = tuple(waiting[: self._fitting(waiting)])
                self.groups.setdefault(chunk, len(self.groups))
                self._of.update(dict.fromkeys(chunk, chunk))
                del waiting[: len(chunk)]

    def _fitting(self, dens: list[MatrixExpr]) -> int:
        """Return how many of these fit into a pass: bisected, as a pass costs more than its parts."""
        low, high = 1, len(dens) + 1
        while high - low > 1:
            middle = (low + high) // 2
            fits = self._trace.bytes_moved(dens[:middle]) <= self._limit
            low, high = (middle, high) if fits else (low, middle)
        return low

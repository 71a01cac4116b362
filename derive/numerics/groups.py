"""Which quantities are perturbed in one forward pass."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from sympy import Basic, MatrixExpr

from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import At, ParameterCopy, T
from derive.expressions.types import IndexValues
from derive.numerics.places import placed, symbols_of


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
        # The number beside it, as a key of hundreds of quantities is slow to hash.
        self._of: dict[Basic, tuple[int, tuple[MatrixExpr, ...]]] = {}

    def of(self, den: MatrixExpr) -> tuple[int | MatrixExpr, tuple[MatrixExpr, ...]]:
        """Return those that move with a quantity, and a short key of them all."""
        return self._of.get(den) or (den, (den,))

    def add(self, nodes: list[Partial | Gradient], places: list[IndexValues]) -> None:
        """Group what these derivatives are by at the places, but for what they hold fixed."""
        found: dict[Basic, dict[MatrixExpr, None]] = {}
        for node in nodes:
            if node.held or not isinstance(node.den, (At, ParameterCopy)):
                continue
            for den in self._placed(node.den, places):
                if den not in self._of and all(i.is_Integer for i in den.args[1:]):
                    found.setdefault(den.args[0], {})[den] = None
        for group in found.values():
            # Those of neighbouring steps together: a pass begins at the first of them.
            waiting = sorted(group, key=lambda den: [int(i) for i in den.args[1:]])
            while waiting:
                chunk = tuple(waiting[: self._fitting(waiting)])
                number = self.groups.setdefault(chunk, len(self.groups))
                self._of.update(dict.fromkeys(chunk, (number, chunk)))
                del waiting[: len(chunk)]

    def _placed(self, den: MatrixExpr, places: Iterable[IndexValues]) -> Iterator[MatrixExpr]:
        """Yield a quantity at each of the places, each value once."""
        symbols = symbols_of(den)
        values = (
            tuple((s, self._trace.steps if s == T else at[s]) for s in symbols if s == T or s in at)
            for at in places
        )
        for known in dict.fromkeys(values):
            yield placed(den, known)

    def _fitting(self, dens: list[MatrixExpr]) -> int:
        """Return how many of these fit into a pass: bisected, as a pass costs more than its parts."""
        low, high = 1, len(dens) + 1
        while high - low > 1:
            middle = (low + high) // 2
            fits = self._trace.bytes_moved(dens[:middle]) <= self._limit
            low, high = (middle, high) if fits else (low, middle)
        return low

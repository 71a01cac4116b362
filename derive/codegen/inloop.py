"""Lines of loops that are none of Python: compiled by Numba, or a function of one step in JAX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import reduce

from derive.codegen.emitter import ATOM, Emitter
from derive.codegen.loops import HandedOn
from derive.typesetting.printed import Printed

BY_STEP = frozenset(
    "log_sum_exp log_softmax softmax deviation layer_norm stacked dot crossed turned act".split()
)
"""The functions that Numba compiles in a form of their own, for arrays of one step."""


class CompiledEmitter(Emitter):
    """Writes the lines of a loop that Numba compiles, which has products of two axes only."""

    def call(self, function: str, *args: str) -> Printed:
        """Return a call of a function, in its form for a step where it has one."""
        if function not in BY_STEP:
            return super().call(function, *args)
        name = f"{function}_now"
        if function != "stacked":
            return super().call(name, *args)
        # Of arrays that are of different kinds it takes two at a time.
        self.used.add(name)
        return Printed(reduce(lambda above, below: f"{name}({above}, {below})", args), ATOM)

    def matrix_product(self, left: str, right: str) -> Printed:
        """Return the source of a product of matrices, one for each sequence."""
        return self.call("product_now", left, right)

    def part(self, column: str, start: str, end: str) -> Printed:
        """Return the source of some components of a column, together in memory as a product wants."""
        return Printed(f"np.ascontiguousarray({column}[..., {start}:{end}])", ATOM)


@dataclass
class ScannedEmitter(Emitter):
    """Writes the lines of a function of one step, which is handed what the step beside it computed."""

    _held: dict[str, tuple[str, str]] = field(default_factory=dict)
    _read: set[str] = field(default_factory=set)

    def enter(self, names: Sequence[str], beside: str, fresh: Callable[[str], str]) -> None:
        """Begin the function of a step: a quantity has a name for now and one for the step beside."""
        self._held = {name: (fresh(f"{name}_now"), fresh(f"{name}_{beside}")) for name in names}
        self._read = set()

    def at(self, name: str, shift: int) -> str:
        """Return a series at step t + shift: what is computed in the loop is no array there."""
        if name not in self._held:
            return super().at(name, shift)
        if shift:
            self._read.add(name)
        return self._held[name][bool(shift)]

    def carried(self) -> list[HandedOn]:
        """Return what the loop computes, and which of it is handed on."""
        return [
            HandedOn(name, now, beside, name in self._read)
            for name, (now, beside) in self._held.items()
        ]

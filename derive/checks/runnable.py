"""The lines of an algorithm in the order in which they can run."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import zip_longest

from derive.document.blocks import Algorithm
from derive.errors import CheckError
from derive.expressions.equation import Equation

_PARTS = ("algorithm.end", "algorithm.adjoint", "algorithm.gradient")
_BEFORE = ("", "algorithm.loop", "algorithm.then")
_KNOWN = "algorithm.known"

_Line = tuple[str, Equation | None, int]


def require_runnable(made: Algorithm, parts: Sequence[Iterable[Equation]]) -> Algorithm:
    """Return an algorithm in which ends, steps and gradients follow one another, as they must.

    ``parts`` are their equations: what holds after the last step, what the loop over the steps does,
    and what is summed then. A `CheckError` for a line that stands elsewhere.
    """
    wanted: list[_Line] = []
    for key, before, equations in zip(_PARTS, _BEFORE, parts, strict=True):
        wanted += [(before, None, 0)] if before else []
        wanted += [(key, equation, int(bool(before))) for equation in equations]
    lines: list[_Line] = [(line.text.key, line.equation, line.indent) for line in made.lines]
    for found, meant in zip_longest(lines, wanted):
        # A gradient that was shown before is named by its number alone.
        known = found is not None and meant is not None and found[0] == _KNOWN
        if found != meant and not (known and meant == ("algorithm.gradient", *meant[1:])):
            raise CheckError(
                f"algorithm {made.id} does not run as it is written: {found and found[0]} stands where "
                f"{meant and meant[0]} is meant. Nothing is written; correct what fills it"
            )
    return made

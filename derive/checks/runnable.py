"""The lines of an algorithm in an order in which they can run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from derive.document.blocks import Algorithm, AlgorithmLine
from derive.document.text import Ref
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.expressions.quantities import At, t
from derive.expressions.walk import series_in

_PARTS = ("algorithm.end", "algorithm.adjoint", "algorithm.gradient")
_BEFORE = ("", "algorithm.loop", "algorithm.then")
_MORE = "algorithm.more"
_KNOWN = "algorithm.known"

_Line = tuple[str, str, int]
"""The key of a line's words, the id of its equation, how far it is set in."""


def require_runnable(made: Algorithm, parts: Sequence[Iterable[Equation]]) -> Algorithm:
    """Return an algorithm in which ends, steps and gradients follow one another, as they must.

    ``parts`` are their equations: what holds after the last step, what the loop over the steps does,
    and what is summed then. What one of them computes is not read by one before it in its part,
    which may be in another order. What the step after the last one would have computed is said to be
    zero where a line reads it, and there only. A `CheckError` for a line that stands elsewhere.
    """
    whole = [list(equations) for equations in parts]
    begun = [one.text.key for one in made.lines if one.text.key in (_PARTS[0], _MORE)]
    if begun != [_PARTS[0], *[_MORE] * (len(begun) - 1)][: len(begun)]:
        raise _failed(made, f"it begins with {begun}")
    found = [line for one in made.lines for line in _lines(one)]
    for key, before, equations in zip(_PARTS, _BEFORE, whole, strict=True):
        own = {equation.id: equation for equation in equations}
        wanted = [(before, "", 0)] if before else []
        part, found = found[: len(wanted) + len(own)], found[len(wanted) + len(own) :]
        wanted += [(key, id, int(bool(before))) for id in own]
        if part[: bool(before)] != wanted[: bool(before)] or sorted(part) != sorted(wanted):
            raise _failed(made, f"{part} stands where {wanted} is meant")
        _require_computed_first(made, [own[id] for _, id, _ in part if id])
    if found:
        raise _failed(made, f"{found} is left over")
    _require_ends_that_are_read(made, *whole)
    return made


def _lines(line: AlgorithmLine) -> Iterator[_Line]:
    """Yield a line, once for each of the equations that it stands for."""
    key, shown = line.text.key, [one.equation for one in line.instances]
    # What the first of these lines says is said of those below it.
    key = _PARTS[0] if key == _MORE else key
    known = line.text.values.get("equation")
    if key == _KNOWN and isinstance(known, Ref):
        # A gradient that was shown before is named by its number alone.
        yield _PARTS[-1], known.target, line.indent
        return
    if line.equation is None:
        yield key, "", line.indent
        return
    for equation in shown or [line.equation]:
        yield key, equation.id, line.indent


def _require_computed_first(made: Algorithm, equations: Sequence[Equation]) -> None:
    below: set[At] = set()
    for equation in reversed(equations):
        late = below & set(series_in(equation.right))
        if late:
            raise _failed(made, f"{equation.id} reads {min(map(str, late))}, computed below it")
        below |= {side for side in equation.sides[:-1] if isinstance(side, At)}


def _require_ends_that_are_read(
    made: Algorithm, ends: list[Equation], steps: list[Equation], sums: list[Equation]
) -> None:
    begun = {at.series for equation in ends for at in series_in(equation.left)}
    reads = {at for equation in (*steps, *sums) for at in series_in(equation.right)}
    computed = {side.series for e in steps for side in e.sides if isinstance(side, At)}
    read = {at.series for at in reads if at.indices == (t + 1,)} & computed
    if begun != read:
        odd = ", ".join(sorted(str(series[t]) for series in begun ^ read))
        raise _failed(
            made, f"{odd} is begun and not read after the last step, or read and not begun"
        )


def _failed(made: Algorithm, problem: str) -> CheckError:
    return CheckError(
        f"algorithm {made.id} does not run as it is written: {problem}. Nothing is written; correct "
        "what fills it"
    )

"""All that is put in from one line of a derivation to the next is named there, in the order of the text.

Who finds what to name, and who reads it back, are told by one function. Here each equation that stands
before a line is tried by the second way to see what is put in, whether it is named there or not.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from itertools import pairwise

from sympy import Basic

from derive.checks.putin import is_put_in
from derive.checks.sides import ends_of
from derive.document.blocks import Document
from derive.document.used import CITING, Used
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Kind
from derive.expressions.quantities import At
from derive.expressions.walk import atoms_of


def require_all_named(document: Document, found: Mapping[str, Sequence[Used]]) -> None:
    """Raise a `CheckError` where an equation is put in beside a line and not named, or out of order."""
    before: list[Equation] = []
    for display in document.displays():
        shown = [display.equation, *(one.equation for one in display.instances)]
        for equation in shown:
            lines = zip(equation.reasons, pairwise(equation.sides), strict=bool(equation.reasons))
            for n, (reason, line) in enumerate(lines):
                if reason in CITING and found[equation.id][n]:
                    for problem in _problems(before, line, found[equation.id][n]):
                        raise CheckError(
                            f"equation {equation.id} of {document.id} {problem} beside its side "
                            f"{n + 2}. Nothing is written; correct what finds which equation is put in"
                        )
        before += (one for one in shown if one.kind in (Kind.IDENTITY, Kind.DEFINITION))


def _problems(before: Sequence[Equation], line: tuple[Basic, Basic], used: Used) -> Iterator[str]:
    order = {equation.id: n for n, equation in enumerate(before)}
    places = [order.get(id, -1) for id in used]
    if places != sorted({*places}):
        yield f"names {', '.join(used)}, which is not their order in the text,"
    named = {of for equation in before if equation.id in used for of in _of(equation)}
    gone = _derivatives(line[0]) - _derivatives(line[1])
    for equation in before:
        own = _of(equation)
        # What is put in for a derivative that another one is named for needs no name of its own.
        if own & _kinds(gone) and not own & named and is_put_in(equation, *line):
            yield f"does not name {equation.id}, which is put in"


def _derivatives(expr: Basic) -> set[Basic]:
    return {*atoms_of(expr, (Partial, Gradient))}


def _kinds(found: set[Basic]) -> set[Hashable]:
    return {_kind(one) for one in found}


def _of(equation: Equation) -> set[Hashable]:
    """Return of what by what the sides of an equation are derivatives, whatever their steps."""
    return _kinds({side for side in equation.sides if isinstance(side, Partial | Gradient)})


def _kind(derivative: Basic) -> Hashable:
    return tuple(end.series if isinstance(end, At) else end for end in ends_of(derivative) or ())

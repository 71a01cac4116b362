"""The numbers beside the lines of a derivation: whether what they name is what is put in there.

A second way to see it: each equation that is named is taken at all values that its indices may have in
the line, and at one of them a side of it must be gone from the next line, and all that another of its
sides is made of must be there.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from itertools import pairwise, product

from sympy import Basic

from derive.checks.sides import ends_of
from derive.document.blocks import Document
from derive.document.used import CITING, Used, used_in
from derive.errors import CheckError
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Kind
from derive.expressions.functions import Quotient
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At
from derive.expressions.sums import TimeSum, instantiate
from derive.expressions.walk import atoms_of

_REPLACED = (At, Component, Gradient, Partial, Quotient, TimeSum)
_MADE_OF = (At, Gradient, Partial)


def require_used(document: Document) -> dict[str, tuple[Used, ...]]:
    """Return what is put in at each line of a document; a `CheckError` where it is not put in there."""
    found = used_in(document)
    before: dict[str, Equation] = {}
    for display in document.displays():
        shown = [display.equation, *(one.equation for one in display.instances)]
        for equation in shown:
            for n, used in enumerate(found.get(equation.id, ())):
                for id in used:
                    if id not in before or not _may_be_named(equation, n, before[id]):
                        raise CheckError(
                            f"equation {equation.id} of {document.id} names {id} beside its side "
                            f"{n + 2}, but that is not put in there. Nothing is written; correct what "
                            "finds which equation is put in"
                        )
        before |= {one.id: one for one in shown}
    return found


def _may_be_named(equation: Equation, line: int, other: Equation) -> bool:
    claims = other.kind in (Kind.IDENTITY, Kind.DEFINITION)
    one, after = [*pairwise(equation.sides)][line]
    return claims and equation.reasons[line] in CITING and is_put_in(other, one, after)


def is_put_in(equation: Equation, one: Basic, other: Basic) -> bool:
    """Tell whether an equation is put in from one line to the next, at some values of its indices."""
    stood, stand = _things(one), _things(other)
    made_of = {*atoms_of(other, _MADE_OF)}
    symbols = [index.symbol for index in equation.free]
    for values in product(_indices(one), repeat=len(symbols)):
        at = dict(zip(symbols, values, strict=True))
        sides = [instantiate(side, at) for side in equation.sides]
        for n, side in enumerate(sides):
            # For a quantity of the network itself nothing is put in, whatever it is equal to.
            of_network = isinstance(side, At) and not isinstance(side.series, Introduced)
            if of_network or _thing(side) not in stood or _thing(side) in stand:
                continue
            for come in (*sides[:n], *sides[n + 1 :]):
                if _thing(come) not in stood and {*atoms_of(come, _MADE_OF)} <= _loose(made_of):
                    return True
    return False


def _loose(found: set[Basic]) -> set[Basic]:
    """Return derivatives and quantities, each derivative both as a row and as a gradient."""
    turned = {
        kind(one.num, one.den, *one.held)
        for one in found
        if isinstance(one, Partial | Gradient) and one.num.shape == (1, 1)
        for kind in (Partial, Gradient)
    }
    return found | turned


def _things(expr: Basic) -> set[Hashable]:
    return {_thing(node) for node in atoms_of(expr, _REPLACED)}


def _thing(expr: Basic) -> Hashable:
    """Return what tells an expression from others, whatever letter a sum runs over."""
    if isinstance(expr, TimeSum):
        return expr.at(expr.low), expr.low, expr.high
    if isinstance(expr, Partial | Gradient):
        # A gradient is the derivative, transposed.
        return ends_of(expr), frozenset(expr.held)
    return expr


def _indices(expr: Basic) -> list[Basic]:
    """Return the values that an index may have in a line."""

    def every() -> Iterator[Basic]:
        for node in atoms_of(expr, (At, Component, TimeSum)):
            yield from (
                (node.low, node.high, node.index) if isinstance(node, TimeSum) else node.indices
            )

    return [*dict.fromkeys(every())]

"""The numbers beside the lines of a derivation: whether what they name is what is put in there.

A second way to see it: each equation that is named is taken at all values that its indices may have in
the line, and at one of them a side of it must be gone from the next line, and all that another of its
sides is made of must be there.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import pairwise, product

from sympy import Basic
from sympy.matrices.expressions import MatAdd

from derive.checks.sides import ends_of
from derive.document.blocks import Document
from derive.document.used import ADJOINTS, CITING, Used, told_by, used_in
from derive.errors import CheckError
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Kind
from derive.expressions.functions import Quotient
from derive.expressions.introduced import Introduced, Role
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
                if used:
                    _require_told(document, equation, n, [before[id] for id in used])
        before |= {one.id: one for one in shown}
    return found


def _may_be_named(equation: Equation, line: int, other: Equation) -> bool:
    claims = other.kind in (Kind.IDENTITY, Kind.DEFINITION)
    one, after = [*pairwise(equation.sides)][line]
    if equation.reasons[line] == ADJOINTS:
        return claims and _is_of_adjoint(other, one, after)
    return claims and equation.reasons[line] in CITING and is_put_in(other, one, after)


def _is_of_adjoint(equation: Equation, one: Basic, after: Basic) -> bool:
    """Tell whether an equation is what an adjoint is that the line before has not got.

    It is the gradient by a quantity, and has no derivative left in its last line; the adjoint stands in
    the line after, or what it is multiplied by does, as where one adjoint is made of another.
    """
    gradient, last = equation.left, equation.sides[-1]
    if not isinstance(gradient, Gradient) or {*atoms_of(last, (Gradient, Partial, TimeSum))}:
        return False
    of = {at.series.of for at in _named(after) - _named(one)}
    hosts = {at.series.of for at in _named(last)}
    known = {at.series.of for at in _named(one)}
    own = (gradient.den.series,) if isinstance(gradient.den, At) else ()
    return own in of or (own not in known and bool(hosts & known))


def _named(expr: Basic) -> set[At]:
    return {at for at in atoms_of(expr, At) if isinstance(at.series, Introduced)}


def _require_told(
    document: Document, equation: Equation, line: int, named: Sequence[Equation]
) -> None:
    """Raise a `CheckError` unless a line says of the equations beside it what becomes of them there.

    By what the line itself does: a sum is gone for its name, derivatives come in as the rows of a
    recursion do where columns stand, what is put in leaves none, or what it is multiplied by stands in
    more terms than before.
    """
    one, after = [*pairwise(equation.sides)][line]
    told = told_by(equation.reasons[line], tuple(other.id for other in named)).key
    meant = "ui.used.put_in"
    if all(_is_of_adjoint(other, one, after) for other in named):
        meant = "ui.used.adjoints"
    elif any(_names_a_sum(other, one, after) for other in named):
        meant = "ui.used.named"
    elif {*atoms_of(after, (Gradient, Partial))} - {*atoms_of(one, (Gradient, Partial))}:
        meant = "ui.used.transposed"
    elif 0 < _with_adjoints(one) < _with_adjoints(after):
        meant = "ui.used.put_in_multiplied"
    if told != meant:
        raise CheckError(
            f"equation {equation.id} of {document.id} says {told!r} beside its side {line + 2}, where "
            f"{meant!r} is so. Nothing is written; correct what words a line with numbers"
        )


def _with_adjoints(side: Basic) -> int:
    """Return how many terms of a side have an adjoint as a factor."""
    terms = side.args if isinstance(side, MatAdd) else (side,)
    return sum(any(at.series.role is Role.ADJOINT for at in _named(term)) for term in terms)


def _names_a_sum(equation: Equation, one: Basic, after: Basic) -> bool:
    """Tell whether a sum of a line stands in the next one by a name that an equation gives to it."""
    letters = {
        side.series
        for side in equation.sides
        if isinstance(side, At) and isinstance(side.series, Introduced)
    }
    summed = any(isinstance(side, TimeSum) for side in equation.sides)
    fewer = len([*atoms_of(after, TimeSum)]) < len([*atoms_of(one, TimeSum)])
    return summed and fewer and any(at.series in letters for at in atoms_of(after, At))


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

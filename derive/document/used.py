"""Which equations of a document are put in, line by line, in its derivations.

An equation is put in where one of its sides, at some values of its indices, stands in a line and no
longer in the next, and another of its sides stands there instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sympy import Add, Basic
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, Transpose

from derive.document.blocks import Document
from derive.document.text import Ref, Text, Value
from derive.expressions.algebra import Diag, Scaled, add, mul, transpose
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Kind
from derive.expressions.functions import Quotient
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At
from derive.expressions.rewrite import rebuilt, rewrite
from derive.expressions.sums import TimeSum, instantiate
from derive.expressions.walk import atoms_of, hashed

CITING: Mapping[str, str] = {
    "reason.jacobians": "ui.used.put_in",
    "reason.named-sum": "ui.used.named",
    "reason.paths": "ui.used.put_in",
    "reason.put-in": "ui.used.put_in",
    "reason.row-recursion": "ui.used.transposed",
    "reason.step-jacobian": "ui.used.put_in",
}
"""The reasons that are told by what is put in, and the sentence of each that names it."""

Used = tuple[str, ...]
"""The ids of the equations that are put in at one line, in the order of the document."""

_REPLACED = (Component, Gradient, Partial, Quotient, TimeSum)


def used_in(document: Document) -> dict[str, tuple[Used, ...]]:
    """Return what is put in at each line of a derivation, by the id of its equation.

    Only what is on display before it counts: that is where a reader has seen it.
    """
    found: dict[str, tuple[Used, ...]] = {}
    known: list[Equation] = []
    for display in document.displays():
        shown = [display.equation, *(one.equation for one in display.instances)]
        for equation in shown:
            if equation.reasons:
                lines = zip(pairwise(equation.sides), equation.reasons, strict=True)
                found[equation.id] = tuple(
                    _used(known, *pair) if reason in CITING else () for pair, reason in lines
                )
        known += (e for e in shown if e.kind in (Kind.IDENTITY, Kind.DEFINITION))
    return found


def told_by(reason: str, used: Used) -> Text:
    """Return what stands beside a line in place of its reason: what is put in there, by its number."""
    *others, last = map(Ref, used)
    listed: Value = last
    for one in reversed(others):
        listed = Text("ui.used.more", {"equation": one, "rest": listed})
    return Text(CITING[reason], {"equations": listed})


def _used(known: Sequence[Equation], one: Basic, other: Basic) -> Used:
    """Return what is put in from one line to the next: for each thing that is replaced, the first."""
    gone: set[Basic] = set()
    found = []
    for equation in known:
        new = {*_replaced(equation, one, other)} - gone
        if new:
            gone |= new
            found.append(equation.id)
    return tuple(found)


def _replaced(equation: Equation, one: Basic, other: Basic) -> Iterator[Basic]:
    """Yield what the equation is put in for from one line to the next."""
    free = frozenset(index.symbol for index in equation.free)
    for n, left in enumerate(equation.sides):
        if not _is_replaced(left):
            continue
        rest = (*equation.sides[:n], *equation.sides[n + 1 :])
        for pattern, node in ((p, found) for p in _both(left) for found in atoms_of(one, type(p))):
            values = _values(pattern, node, free)
            if values is None or _stands_in(node, other):
                continue
            if any(_comes(instantiate(side, values), one, other) for side in rest):
                yield node


def _is_replaced(side: Basic) -> bool:
    """Tell whether a side is one quantity, a derivative say, that something may be put in for."""
    named = isinstance(side, At) and isinstance(side.series, Introduced)
    return named or isinstance(side, _REPLACED)


def _both(side: Basic) -> tuple[Basic, ...]:
    """Return a side, and where it is the derivative of a number by a column, its transpose by name."""
    if isinstance(side, Partial | Gradient) and (side.num.shape[0], side.den.shape[1]) == (1, 1):
        turned = Gradient if isinstance(side, Partial) else Partial
        return side, turned(side.num, side.den, *side.held)
    return (side,)


def _comes(side: Basic, one: Basic, other: Basic) -> bool:
    """Tell whether a side, or its transpose, stands in a line and not in the one before."""
    terms = side.args if isinstance(side, MatAdd) else (side,)
    return any(
        _stands_in(turned, other) and not _stands_in(turned, one)
        for turned in (side, add(*map(transpose, terms)))
    )


def _values(pattern: Basic, node: Basic, free: frozenset[Basic]) -> dict[Basic, Basic] | None:
    """Return the values of the free indices at which a pattern is a node; None if there are none."""
    values: dict[Basic, Basic] = {}
    later: list[tuple[Basic, Basic]] = []
    waiting = [(pattern, node)]
    while waiting:
        mine, theirs = waiting.pop()
        if mine in free:
            if values.setdefault(mine, theirs) != theirs:
                return None
        elif isinstance(mine, TimeSum) and isinstance(theirs, TimeSum):
            # What a sum runs over has another letter in another sum.
            waiting.append((mine.body, instantiate(theirs.body, {theirs.index: mine.index})))
            waiting += [(mine.low, theirs.low), (mine.high, theirs.high)]
        elif isinstance(mine, Add):
            # A step before or after: known once the step is.
            later.append((mine, theirs))
        elif isinstance(mine, At) and isinstance(theirs, At):
            if mine.series != theirs.series or len(mine.indices) != len(theirs.indices):
                return None
            waiting += reversed([*zip(mine.indices, theirs.indices, strict=True)])
        elif type(mine) is not type(theirs) or len(mine.args) != len(theirs.args):
            return None
        elif not mine.args:
            if mine != theirs:
                return None
        else:
            waiting += reversed([*zip(mine.args, theirs.args, strict=True)])
    if any(mine.xreplace(values) != theirs for mine, theirs in later):
        return None
    return values


def _stands_in(part: Basic, whole: Basic) -> bool:
    """Tell whether a part stands in a whole: by itself, or as neighbours in a product or a sum."""
    return _is_within(_flat(part), _flat(whole))


def _is_within(part: Basic, whole: Basic) -> bool:
    if isinstance(part, Scaled):
        scale, body = part.args
        return any(
            node.args[0] == scale and _is_within(body, node.args[1])
            for node in atoms_of(whole, Scaled)
        )
    if isinstance(part, Diag) and _is_component_by_component(part.arg, whole):
        return True
    if isinstance(part, MatAdd):
        return any(set(part.args) <= set(node.args) for node in atoms_of(whole, MatAdd))
    if isinstance(part, MatMul):
        return any(_within(part.args, node.args) for node in atoms_of(whole, MatMul))
    return any(node == part for node in atoms_of(whole, type(part)))


def _is_component_by_component(column: Basic, whole: Basic) -> bool:
    """Tell whether a column multiplies another one component by component, as its diagonal would."""
    factors = set(column.args) if isinstance(column, HadamardProduct) else {column}
    return any(factors < set(node.args) for node in atoms_of(whole, HadamardProduct))


def _within(few: Sequence[Basic], many: Sequence[Basic]) -> bool:
    places = range(len(many) - len(few) + 1)
    return any(tuple(many[n : n + len(few)]) == tuple(few) for n in places)


def _flat(expr: Basic) -> Basic:
    """Return an expression with its transposes moved inwards, and products within products as one."""

    def built(node: Basic, operands: list[Basic]) -> Basic:
        if isinstance(node, Transpose):
            return transpose(operands[0])
        if isinstance(node, MatMul):
            return mul(*operands)
        return add(*operands) if isinstance(node, MatAdd) else rebuilt(node, operands)

    return rewrite(hashed(expr), lambda node: node if isinstance(node, At) else None, built)

"""Which equations of a document are put in, line by line, in its derivations.

An equation is put in where one of its sides, at some values of its indices, stands in a line and no
longer in the next, and another of its sides stands there instead.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from sympy import Add, Basic
from sympy.matrices.expressions import HadamardProduct, Identity, MatAdd, MatMul, Transpose

from derive.document.blocks import Document
from derive.document.text import Ref, Text, Value
from derive.expressions.algebra import Diag, Scaled, add, had, mul, transpose
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.distributed import multiplied_out
from derive.expressions.equation import Equation, Kind
from derive.expressions.functions import Quotient
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At
from derive.expressions.rewrite import rebuilt, rewrite
from derive.expressions.sums import TimeSum, instantiate
from derive.expressions.walk import atoms_of, hashed

CITING: Mapping[str, str] = {
    "reason.jacobians": "ui.used.put_in",
    "reason.named-sum": "ui.used.named",
    "reason.paths": "ui.used.adjoints",
    "reason.put-in": "ui.used.put_in",
    "reason.row-recursion": "ui.used.transposed",
    "reason.step-jacobian": "ui.used.put_in",
    "reason.step-jacobian-and-multiplied": "ui.used.put_in_multiplied",
}
"""The reasons that are told by what is put in, and the sentence of each that names it."""

ADJOINTS = "reason.paths"
"""The reason of a line in which adjoints stand for what they are."""

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
                found[equation.id] = tuple(_told(known, *pair, reason) for pair, reason in lines)
        known += (e for e in shown if e.kind in (Kind.IDENTITY, Kind.DEFINITION))
    return found


def told_by(reason: str, used: Used) -> Text:
    """Return what stands beside a line in place of its reason: what is put in there, by its number."""
    *others, last = map(Ref, used)
    listed: Value = last
    for one in reversed(others):
        listed = Text("ui.used.more", {"equation": one, "rest": listed})
    return Text(CITING[reason], {"equations": listed})


def _told(known: Sequence[Equation], one: Basic, other: Basic, reason: str) -> Used:
    if reason not in CITING:
        return ()
    return adjoints_by(known, one, other) if reason == ADJOINTS else _used(known, one, other)


def adjoints_by(known: Sequence[Equation], one: Basic, other: Basic) -> Used:
    """Return the equations of the adjoints that come in, and of those within these; none of all or none.

    What an adjoint is of its own step stands in the last line of its equation.
    """
    before = _adjoints(one)
    lines = {e.left.den.series: e for e in known if e.reasons and isinstance(e.left, Gradient)
             and isinstance(e.left.den, At) and not _is_sum(e)}  # fmt: skip
    waiting, found = [*(_adjoints(other) - before)], set[str]()
    while waiting:
        equation = lines.get(waiting.pop().of[0])
        if equation is None:
            return ()
        if equation.id not in found:
            found.add(equation.id)
            waiting += _adjoints(equation.sides[-1]) - before
    return tuple(equation.id for equation in known if equation.id in found)


def _adjoints(expr: Basic) -> set[Introduced]:
    """Return the adjoints in an expression, of whatever step."""
    return {
        at.series
        for at in atoms_of(expr, At)
        if isinstance(at.series, Introduced) and at.series.role is Role.ADJOINT
    }


def _is_sum(equation: Equation) -> bool:
    """Tell whether an equation adds up over the losses, as one that only names an adjoint does."""
    return isinstance(equation.sides[-1], TimeSum)


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
            values = values_of(pattern, node, free)
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
    if isinstance(side, Identity):
        # It leaves the product in which it is put in.
        return True
    terms = side.args if isinstance(side, MatAdd) else (side,)
    return any(
        _stands_in(turned, other) and not _stands_in(turned, one)
        for turned in (side, add(*map(transpose, terms)))
    )


def values_of(pattern: Basic, node: Basic, free: frozenset[Basic]) -> dict[Basic, Basic] | None:
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
            node.args[0] == scale and (isinstance(body, Identity) or _is_within(body, node.args[1]))
            for node in atoms_of(whole, Scaled)
        )
    if isinstance(part, Diag) and _is_component_by_component(part.arg, whole):
        return True
    if isinstance(part, MatAdd):
        return any(
            set(part.args) <= set(node.args) or _is_multiplied_out(part, node)
            for node in atoms_of(whole, MatAdd)
        )
    if isinstance(part, MatMul):
        return any(
            _within(part.args, node.args) or _acts(part.args, node)
            for node in atoms_of(whole, MatMul)
        )
    return any(node == part for node in atoms_of(whole, type(part)))


def _is_multiplied_out(part: MatAdd, whole: MatAdd) -> bool:
    """Tell whether a sum stands in another one by terms of its own, each beside what it multiplies."""
    terms = multiplied_out(part)
    found = [
        next((n for n, a in enumerate(whole.args) if _is_within(term, a)), -1) for term in terms
    ]
    return -1 not in found and len({*found}) == len(terms)


def _is_component_by_component(column: Basic, whole: Basic) -> bool:
    """Tell whether a column multiplies another one component by component, as its diagonal would."""
    factors = set(column.args) if isinstance(column, HadamardProduct) else {column}
    return any(factors < set(node.args) for node in atoms_of(whole, HadamardProduct))


def _acts(factors: Sequence[Basic], column: Basic) -> bool:
    """Tell whether a column is a product that acts on another, its diagonals by components."""
    if not factors:
        return True
    first, *rest = factors
    if isinstance(column, MatMul):
        return column.args[0] == first and _acts(rest, mul(*column.args[1:]))
    if not isinstance(first, Diag) or not isinstance(column, HadamardProduct):
        return False
    within = first.arg.args if isinstance(first.arg, HadamardProduct) else (first.arg,)
    left = [factor for factor in column.args if factor not in within]
    return set(within) <= set(column.args) and bool(left) and _acts(rest, had(*left))


def _within(few: Sequence[Basic], many: Sequence[Basic]) -> bool:
    places = range(len(many) - len(few) + 1)
    return any(tuple(many[n : n + len(few)]) == tuple(few) for n in places)


def _flat(expr: Basic) -> Basic:
    """Return an expression with its transposes moved inwards, and products within products as one."""

    def built(node: Basic, operands: list[Basic]) -> Basic:
        if isinstance(node, Transpose):
            return transpose(operands[0])
        if isinstance(node, MatMul):
            # A number may stand before a product or behind it, as where the product was transposed.
            *numbers, last = operands
            if isinstance(last, Scaled) and all(one.is_number for one in numbers):
                # What is weighted stands together with its sign.
                return Scaled(last.args[0], mul(*numbers, last.args[1]))
            if node.shape != (1, 1):
                operands.sort(key=lambda one: not one.is_number and one.shape != (1, 1))
            return mul(*operands)
        return add(*operands) if isinstance(node, MatAdd) else rebuilt(node, operands)

    return rewrite(hashed(expr), lambda node: node if isinstance(node, At) else None, built)

"""The reasons beside lines in which sums over steps change: whether each is what its reason says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from sympy import Basic, Integer, MatrixExpr
from sympy.matrices.expressions import HadamardProduct, MatAdd, MatMul, Transpose

from derive.checks.sides import Side, ends_of, factors_of, links_of
from derive.expressions.algebra import Scaled, had, mul, transpose
from derive.expressions.derivatives import Gradient
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, T
from derive.expressions.sums import TimeSum
from derive.expressions.walk import atoms_of


def sum_of_all(one: Side, other: Side) -> bool:
    """Tell whether a gradient of the total loss became the sum of those of the losses of all steps."""
    if not isinstance(one.expr, Gradient) or not isinstance(other.expr, TimeSum):
        return False
    whole, (low, high) = one.expr, (other.expr.low, other.expr.high)
    found = list(atoms_of(other.expr.body, Gradient))
    if len(found) != 1 or (low, high) != (Integer(1), T):
        return False
    loss = found[0].num
    of_step = isinstance(loss, At) and loss.indices == (other.expr.index,)
    return of_step and found[0].den == whole.den and not isinstance(whole.num, At)


def exchanged(one: Side, other: Side) -> bool:
    """Tell whether two sums changed places, over the same pairs of steps."""
    outer, inner = _nested(one.expr), _nested(other.expr)
    if outer is None or inner is None:
        return False
    (losses, uses), (then, later) = outer, inner
    pairs = (uses.low, uses.high) == (losses.low, losses.index)
    same = (later.low, later.high) == (uses.index, losses.high)
    places = (then.index, later.index) == (uses.index, losses.index)
    ends = (then.low, then.high) == (losses.low, losses.high)
    # A factor before the inner sum came into it.
    within = losses.body.xreplace({uses: uses.body})
    return pairs and same and places and ends and _terms(within) == _terms(later.body)


def collected(one: Side, other: Side) -> bool:
    """Tell whether what does not change in an inner sum came to stand outside of it."""
    found = _nested(one.expr)
    if found is None or not isinstance(other.expr, TimeSum):
        return False
    outer, inner = found
    left = _inner(other.expr)
    if not left or outer.body != inner:
        return False
    alike = all((s.index, s.low, s.high) == (inner.index, inner.low, inner.high) for s in left)
    multiplied = other.expr.body.xreplace({s: s.body for s in left})
    return alike and _terms(multiplied) == _terms(inner.body) and other.expr.body != inner


def named_sum(one: Side, other: Side) -> bool:
    """Tell whether sums over the losses from a step on became the adjoint that is this sum."""
    if not isinstance(one.expr, TimeSum) or not isinstance(other.expr, TimeSum):
        return False
    names = {at.series.of: at for at in _of_role(other.expr, Role.ADJOINT)}
    put = {}
    for inner in _inner(one.expr):
        lagged = [*_of_role(inner, Role.LAGGED_ADJOINT)]
        if len(lagged) != 1 or lagged[0].series.of not in names:
            return False
        name = names[lagged[0].series.of]
        places = (lagged[0].indices, name.indices)
        if places != ((inner.index, inner.low), (inner.low,)) or inner.high != T:
            return False
        put[inner] = name
    return bool(put) and one.expr.xreplace(put) == other.expr


def _nested(expr: Basic) -> tuple[TimeSum, TimeSum] | None:
    """Return a sum and the one sum within it; None of all else."""
    if not isinstance(expr, TimeSum):
        return None
    found = _inner(expr)
    return (expr, found[0]) if len(found) == 1 else None


AddedTerm = tuple[frozenset[tuple[Basic, int]], Basic]
"""The numbers that multiply a term, each with how often, and the rest of it."""


def _terms(expr: Basic) -> Counter[AddedTerm]:
    """Return the terms of an expression, wherever in each of them its numbers stand."""
    numbers, rest = _apart(expr)
    found: Counter[AddedTerm] = Counter()
    for term in rest.args if isinstance(rest, MatAdd) else (rest,):
        more, last = _apart(term)
        found[frozenset(Counter([*numbers, *more]).items()), last] += 1
    return found


def _apart(expr: Basic) -> tuple[list[Basic], Basic]:
    """Return the numbers in a product, and the product without them."""
    if isinstance(expr, Scaled | MatMul):
        return _together(expr.args, mul)
    if isinstance(expr, HadamardProduct):
        return _together(expr.args, had)
    if isinstance(expr, Transpose):
        numbers, rest = _apart(expr.arg)
        return numbers, transpose(rest)
    return [], expr


def _together(factors: tuple[Basic, ...], made: Callable[..., Basic]) -> tuple[list[Basic], Basic]:
    numbers: list[Basic] = []
    rest = []
    for factor in factors:
        if not isinstance(factor, MatrixExpr) or factor.shape == (1, 1):
            # Of a network of numbers, what stood in an inner sum is a product of numbers itself.
            numbers += factors_of(factor) if _of_numbers(factor) else [factor]
            continue
        more, last = _apart(factor)
        numbers += more
        rest.append(last)
    return numbers, made(*rest)


def _of_numbers(expr: Basic) -> bool:
    return all(not isinstance(f, MatrixExpr) or f.shape == (1, 1) for f in factors_of(expr))


def _inner(expr: TimeSum) -> list[TimeSum]:
    return list(dict.fromkeys(atoms_of(expr.body, TimeSum)))


def _of_role(expr: Basic, role: Role) -> list[At]:
    found = atoms_of(expr, At)
    return [at for at in found if isinstance(at.series, Introduced) and at.series.role is role]


def by_reads(one: Side, other: Side) -> bool:
    """Tell whether a derivative became a sum, by each of several quantities that depend on the same.

    Each is a derivative of another quantity of the step by the same, times what has none. Terms
    without any are those by which the derivative is taken at once.
    """
    whole = ends_of(one.expr)
    links = [list(links_of(term)) for term in other.terms]
    if whole is None or len(links) < 2 or any(len(found) > 1 for found in links):
        return False
    read = [found[0] for found in links if found]
    of = {num for num, _ in read} - {whole[0]}
    # Each once, and all of the step that the derivative is of.
    several = len(of) == len(read) > 0 and {_step(num) for num in of} == {_step(whole[0])}
    return several and {by for _, by in read} == {whole[1]}


def _step(of: Basic) -> Basic | None:
    return of.indices[0] if isinstance(of, At) else None

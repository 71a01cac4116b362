"""The reasons beside lines: whether the step from one side to the next is what its reason says.

Each reason has a criterion, computed from the two sides that it stands between.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from math import prod

from sympy import Basic, Integer, KroneckerDelta
from sympy.matrices.expressions import MatAdd, Transpose

from derive.checks import sumreasons
from derive.checks.sides import Ends, Side, ends_of, factors_of, links_of
from derive.expressions.algebra import Diag, mul, transpose
from derive.expressions.components import Component, ComponentSum
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At
from derive.expressions.walk import atoms_of


def _chained(one: Basic, other: Basic) -> bool:
    """Tell whether a derivative became a product of several, each by what the next one is of."""
    whole, parts = ends_of(one), list(links_of(other))
    if whole is None or len(parts) < 2:
        return False
    linked = all(left[1] == right[0] for left, right in pairwise(parts))
    return linked and (parts[0][0], parts[-1][1]) == whole


def _chain(one: Side, other: Side) -> bool:
    """Tell whether the chain rule was applied, with a sum over components where there is one."""
    right = other.expr.body if isinstance(other.expr, ComponentSum) else other.expr
    return _chained(one.expr, right)


def _put_in(one: Side, other: Side) -> bool:
    """Tell whether something that is not on the left came in, for something that is gone."""
    return (
        # What is put in may be a sum itself, as the output minus the target.
        len(one.terms) <= len(other.terms)
        and (not other.named or other.expr.series.role is Role.SLOPE)
        and not other.derivatives
        and other.brings(one)
        and (bool(one.derivatives) or other.quotients < one.quotients)
        # What the same lines say of the next step is not put in for what it is.
        and not _step_later(one, other)
        # Nor is a derivative that is worked out at once, with no line between.
        and not _differentiated(one, other)
    )


def _differentiated(one: Side, other: Side) -> bool:
    """Tell whether a derivative became what has none, of the quantities of its own two steps."""
    ends = ends_of(one.expr)
    if ends is None or other.derivatives or other.named:
        return False
    steps = {at.indices[-1] for at in ends if isinstance(at, At)}
    return {at.indices[-1] for at in other.quantities if isinstance(at, At)} <= steps


def _name(one: Side, other: Side) -> bool:
    return other.named and one.expr != other.expr


def _entry(one: Side, other: Side) -> bool:
    ends = ends_of(one.expr)
    return isinstance(one.expr, Component) and ends is not None and ends == ends_of(other.expr)


def _quotient_rule(one: Side, other: Side) -> bool:
    """Tell whether a derivative became a difference of quotients."""
    return bool(
        ends_of(one.expr) and not other.derivatives and len(other.terms) == 2 and other.quotients
    )


def _multiplied_out(one: Side, other: Side) -> bool:
    """Tell whether a product became a sum, of as many quotients as it has terms."""
    several = len(other.terms) > len(one.terms) == 1 and other.quotients == len(other.terms)
    return several and not one.derivatives and len(factors_of(one.expr)) > 1


def _quotients(one: Side, other: Side) -> bool:
    """Tell whether quotients are gone, and nothing came in."""
    return len(one.terms) == len(other.terms) and _without_quotients(one, other)


def _without_quotients(one: Side, other: Side) -> bool:
    gone = other.quotients == 0 < one.quotients and not one.derivatives
    return gone and other.quantities <= one.quantities and not isinstance(other.expr, Transpose)


def _rows(one: Side, other: Side) -> bool:
    """Tell whether a sum of rows became the sum of their columns, transposed."""
    if not isinstance(one.expr, MatAdd) or not isinstance(other.expr, Transpose):
        return False
    return Counter(map(transpose, other.terms)) == Counter(one.terms)


def _own_row(one: Side, other: Side) -> bool:
    """Tell whether a derivative within a sum became 1 at one component and 0 at all others."""
    both = isinstance(one.expr, ComponentSum) and isinstance(other.expr, ComponentSum)
    return both and other.deltas and not one.deltas and other.derivatives < one.derivatives


def _one_term(one: Side, other: Side) -> bool:
    """Tell whether a sum became its term at the component where the others are 0."""
    if not isinstance(one.expr, ComponentSum) or not one.deltas:
        return False
    deltas = list(atoms_of(one.expr, KroneckerDelta))
    if len(deltas) != 1 or one.expr.index not in deltas[0].args:
        return False
    row = next(arg for arg in deltas[0].args if arg != one.expr.index)
    kept = [f for f in factors_of(one.expr.body) if not f.has(KroneckerDelta)]
    return [f.xreplace({one.expr.index: row}) for f in kept] == list(factors_of(other.expr))


def _outer(one: Side, other: Side) -> bool:
    """Tell whether a product of two components became the entry of a column times a row."""
    if not isinstance(other.expr, Component) or len(other.expr.indices) != 2:
        return False
    parts = factors_of(one.expr)
    if len(parts) != 2 or not all(isinstance(p, Component) for p in parts):
        return False
    column, row = parts
    places = (*column.indices, *row.indices)
    product = mul(column.matrix, transpose(row.matrix))
    return (product, places) == (other.expr.matrix, other.expr.indices)


def _split(one: Side, other: Side) -> bool:
    """Tell whether the last total derivative by a parameter became an immediate one and a product."""
    if len(one.totals) != 1 or len(other.totals) != 1:
        return False
    left, right = one.totals[0], other.totals[0]
    return bool(
        left.den == right.den
        and Partial(left.num, left.den, right.num) in other.derivatives
        and Partial(left.num, right.num) in other.derivatives
    )


def _directly(one: Side, other: Side) -> bool:
    return isinstance(one.expr, Partial) and _split(one, other)


def _again(one: Side, other: Side) -> bool:
    return not isinstance(one.expr, Partial) and _split(one, other)


def _start(one: Side, other: Side) -> bool:
    """Tell whether no total derivative is left, and there are no more products than before."""
    return _flat(one, other) and len(other.terms) == len(one.terms)


def _start_and_multiplied(one: Side, other: Side) -> bool:
    """Tell whether no total derivative is left, and more products than there were."""
    return _flat(one, other) and len(other.terms) > len(one.terms)


def _flat(one: Side, other: Side) -> bool:
    """Tell whether the last total derivative became immediate ones, in products without sums."""
    within = (f for term in other.terms for f in factors_of(term))
    flat = not any(True for factor in within for _ in atoms_of(factor, MatAdd))
    return len(one.totals) == 1 and not other.totals and len(other.terms) > 1 and flat


def _row_transposed(one: Side, other: Side) -> bool:
    """Tell whether a gradient became the row of the same derivative, transposed."""
    if not isinstance(one.expr, Gradient) or not isinstance(other.expr, Transpose):
        return False
    links, factors = list(links_of(other.expr.arg)), factors_of(other.expr.arg)
    if len(factors) < 2 or not links or links[0][0] != one.expr.num:
        return False
    # The product over the steps ends at the quantity itself, unless a derivative leads on from it.
    return len(links) == 1 or links[-1][1] == one.expr.den


def _transpose(one: Side, other: Side) -> bool:
    if not isinstance(one.expr, Transpose):
        return False
    turned = [transpose(factor) for factor in reversed(factors_of(one.expr.arg))]
    return turned == list(factors_of(other.expr))


def _from_here_on(one: Side, other: Side) -> bool:
    """Tell whether a gradient, or its name, became a sum over the losses of this and later steps."""
    of = one.expr if one.named else getattr(one.expr, "den", None)
    if one.sums or len(other.sums) != 1 or not isinstance(of, At):
        return False
    return bool(other.sums[0].low - of.indices[0] == len(other.terms) - 1)


def _own_and_later(one: Side, other: Side) -> bool:
    return isinstance(one.expr, Partial) and len(other.terms) == 2 and _from_here_on(one, other)


def _sum_of_losses(one: Side, other: Side) -> bool:
    return one.named and len(other.terms) == 1 and _from_here_on(one, other)


def _chain_next(one: Side, other: Side) -> bool:
    """Tell whether each derivative in a sum was split by the state of the next step."""
    if len(one.sums) != 1 or len(other.sums) != 1:
        return False
    split = list(links_of(other.sums[0].body))
    whole = list(links_of(one.sums[0].body))
    joined = len(split) == 2 and split[0][1] == split[1][0]
    return joined and [(split[0][0], split[1][1])] == whole and _next(split[1])


def _next(ends: Ends) -> bool:
    return isinstance(ends[0], At) and ends[0].indices[0] - ends[1].indices[0] == Integer(1)


def _factored(one: Side, other: Side) -> bool:
    """Tell whether a factor in a sum came to stand behind it."""
    if len(one.sums) != 1 or len(other.sums) != 1:
        return False
    *_, last = factors_of(one.sums[0].body)
    behind = (factors_of(term)[-1] for term in other.terms if other.sums[0] in factors_of(term))
    return last in behind and not other.sums[0].has(last)


def _sum_is_total(one: Side, other: Side) -> bool:
    """Tell whether a sum over later losses became the derivative of the total loss."""
    if len(one.sums) != 1 or other.sums:
        return False
    come = Counter(other.derivatives) - Counter(one.derivatives)
    by = {ends[1] for ends in links_of(one.sums[0].body)}
    steps = {at.indices[0] for at in by if isinstance(at, At)}
    return len(come) == 1 and {d.den for d in come} == by and steps == {one.sums[0].low}


def _row_recursion(one: Side, other: Side) -> bool:
    """Tell whether the derivative by a state became that of its own loss, and one by the next state."""
    gone, come = one.derivatives - other.derivatives, other.derivatives - one.derivatives
    if len(gone) != 1 or len(come) != 3:
        return False
    (whole,) = gone
    state = whole.den
    if not isinstance(state, At):
        return False
    later = state.series[state.indices[0] + 1]
    rest = come - {Partial(whole.num, later), Partial(later, state)}
    return len(rest) == 1 and {d.den for d in rest} == {state}


def _jacobians(one: Side, other: Side) -> bool:
    """Tell whether derivatives are gone for what they are, and one is left, by the next state."""
    fewer = len(other.derivatives) == 1 < len(one.derivatives) - 1
    return fewer and other.derivatives < one.derivatives and bool(other.quantities - one.quantities)


def _come_and_gone(one: Side, other: Side) -> tuple[set[tuple[Role, Basic]], ...]:
    """Return what has a name and came in, and what is gone, each with its role and its last step."""
    sets = (other.quantities - one.quantities, one.quantities - other.quantities)
    return tuple(
        {
            (at.series.role, at.indices[-1])
            for at in found
            if isinstance(at, At) and isinstance(at.series, Introduced)
        }
        for found in sets
    )


def _step_later(one: Side, other: Side) -> bool:
    """Tell whether the derivative by the next state, and what stands before it, became an adjoint.

    What stands before it are slopes of that step, or the Jacobian of its output.
    """
    (derivative,) = one.derivatives if len(one.derivatives) == 1 else (None,)
    if derivative is None or other.derivatives or other.named:
        return False
    if not isinstance(derivative.den, At):
        return False
    later = derivative.den.indices[0]
    come, gone = _come_and_gone(one, other)
    return come == {(Role.ADJOINT, later)} and gone <= {(Role.SLOPE, later)}


def _step_jacobian(one: Side, other: Side) -> bool:
    """Tell whether a step Jacobian, times an adjoint of its step, was written out as one term."""
    return len(other.terms) == len(one.terms) and _jacobian_written(one, other)


def _step_jacobian_multiplied(one: Side, other: Side) -> bool:
    """Tell whether it was written out as several terms, each of which acts on the adjoint."""
    return len(other.terms) > len(one.terms) and _jacobian_written(one, other)


def _jacobian_written(one: Side, other: Side) -> bool:
    if one.derivatives or other.derivatives:
        return False
    come, gone = _come_and_gone(one, other)
    steps = {step for _, step in gone}
    return (
        {role for role, _ in gone} == {Role.STEP_JACOBIAN}
        and steps == _steps_of_adjoints(one)
        and {step for _, step in come} <= steps
        and Role.ADJOINT not in {role for role, _ in come}
    )


def _paths(one: Side, other: Side) -> bool:
    """Tell whether a product with an adjoint became a sum with adjoints that have names, too."""
    if one.derivatives or other.derivatives:
        return False
    come, gone = _come_and_gone(one, other)
    # Of the loss of the own step, something may have a name of its own as well.
    return {role for role, _ in come} == {Role.ADJOINT} and {role for role, _ in gone} <= {
        Role.SLOPE,
        Role.ADJOINT,
    }


def _by_component(one: Side, other: Side) -> bool:
    """Tell whether only the way changed in which a diagonal matrix stands before a column.

    A sum of such matrices acts term by term.
    """
    alike = len(other.terms) in (len(one.terms), sum(map(_summands, one.terms)))
    same = one.quantities == other.quantities and alike
    before, after = (len(list(atoms_of(side.expr, Diag))) for side in (one, other))
    kept = one.quotients == other.quotients and not one.derivatives
    return same and after < before and kept


def _summands(term: Basic) -> int:
    """Return the number of terms that a term is, sums with diagonal matrices multiplied out."""
    sums = (f for f in factors_of(term) if isinstance(f, MatAdd) and any(atoms_of(f, Diag)))
    return prod(len(f.args) for f in sums)


def _residual(one: Side, other: Side) -> bool:
    """Tell whether a product with a sum became a sum, and the quotients of the loss are gone."""
    grown = len(one.terms) == 1 < len(other.terms) and bool(_steps_of_adjoints(one))
    return grown and _without_quotients(one, other)


def _steps_of_adjoints(side: Side) -> set[Basic]:
    return {at.indices[-1] for at in side.quantities if isinstance(at, At) and _is_adjoint(at)}


def _is_adjoint(at: At) -> bool:
    return isinstance(at.series, Introduced) and at.series.role is Role.ADJOINT


CRITERIA: dict[str, Callable[[Side, Side], bool]] = {
    "reason.again": _again,
    "reason.chain": _chain,
    "reason.chain-next": _chain_next,
    "reason.collected": sumreasons.collected,
    "reason.differentiated": _differentiated,
    "reason.entry": _entry,
    "reason.exchanged": sumreasons.exchanged,
    "reason.factored": _factored,
    "reason.immediate-and-through": _directly,
    "reason.multiplied-out": _multiplied_out,
    "reason.name": _name,
    "reason.one-term": _one_term,
    "reason.outer": _outer,
    "reason.own-and-later": _own_and_later,
    "reason.own-row": _own_row,
    "reason.jacobians": _jacobians,
    "reason.paths": _paths,
    "reason.by-component": _by_component,
    "reason.residual": _residual,
    "reason.step-jacobian": _step_jacobian,
    "reason.step-jacobian-and-multiplied": _step_jacobian_multiplied,
    "reason.put-in": _put_in,
    "reason.row-recursion": _row_recursion,
    "reason.step-later": _step_later,
    "reason.quotient-rule": _quotient_rule,
    "reason.reads": sumreasons.by_reads,
    "reason.quotients": _quotients,
    "reason.row-transposed": _row_transposed,
    "reason.rows": _rows,
    "reason.start": _start,
    "reason.start-and-multiplied": _start_and_multiplied,
    "reason.named-sum": sumreasons.named_sum,
    "reason.sum": sumreasons.sum_of_all,
    "reason.sum-is-total": _sum_is_total,
    "reason.sum-of-losses": _sum_of_losses,
    "reason.transpose": _transpose,
}
"""Of each reason, what makes it true of a side and the one after it."""


def unfounded(equation: Equation) -> tuple[int, str] | None:
    """Return the first side that does not follow by its reason, counted from 1, and that reason."""
    if not equation.reasons:
        return None
    if len(equation.reasons) != len(equation.sides) - 1:
        return len(equation.reasons) + 1, "of a side that is not there"
    sides = map(Side, equation.sides)
    for n, ((one, other), reason) in enumerate(
        zip(pairwise(sides), equation.reasons, strict=True), 2
    ):
        if reason not in CRITERIA or not CRITERIA[reason](one, other):
            return n, reason
    return None

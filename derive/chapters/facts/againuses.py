"""Second ways of facts on what acts where, and on what is written: by numbers, by what is printed."""

from __future__ import annotations

import numpy as np
from sympy import Transpose

from derive.arrays import Array
from derive.chapters.facts.facts import CellFacts, again, surely
from derive.checks.probe import NOW, StepProbe, UsePlace, places
from derive.checks.roles import of_parameter
from derive.checks.tables import members
from derive.document.text import Value
from derive.expressions.derivatives import Partial
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, ParameterCopy
from derive.numerics.evaluate import Evaluator
from derive.numerics.stress import far_passes, saturated_passes
from derive.numerics.trace import STEP
from derive.typesetting.printing import plain

DRAWN = range(3)
"""By which the numbers of a step are drawn that decide what a parameter acts on."""

APART = 1e-6
"""Of 1: how far the directions of what a parameter acts on may be apart, and still be one."""


@surely
def _multiplies_input(f: CellFacts, parameter: Parameter) -> bool | None:
    """Tell whether what a parameter is multiplied by has a direction that no state moves.

    By matrices with one column, and by what is no product with one column, nothing is told of a
    user's network.
    """
    found = [place for e in f.cell.equations for place in places(f.cell, e.expr, parameter)]
    if any(_turned_by_others(f, place) for place in found):
        return False
    return of_parameter(f.cell, parameter, "input") if f.cell.title is None else None


def _turned_by_others(f: CellFacts, place: UsePlace) -> bool:
    """Tell whether what a parameter acts on changes where all but the first input does."""
    if any(isinstance(node, Transpose) for node in place.around):
        return False
    first = next(iter(f.cell.inputs), None)
    for seed in DRAWN:
        probe = place.probe(seed)
        before = _acted_on(place, probe)
        for quantity, value in list(probe.values.items()):
            if isinstance(quantity, At) and quantity.series != first:
                probe.values[quantity] = value + probe.drawn(quantity.shape)
        after = _acted_on(place, probe)
        if before is not None and after is not None and abs(before @ after) < 1 - APART:
            return True
    return False


def _acted_on(place: UsePlace, probe: StepProbe) -> Array | None:
    """Return the direction of the column that a parameter is multiplied by, None if there is none."""
    held = probe.parameter(place.held)
    if held.shape[1] < 2:
        return None
    slopes = np.zeros(held.shape)
    for at in np.ndindex(*held.shape):
        moved = held.astype(complex)
        moved[at] += 1j * STEP
        value = probe.of(place.expr, {place.held: moved}).imag / STEP
        slopes[at] = (value * np.cos(np.arange(value.size)).reshape(value.shape)).sum()
    if not np.isfinite(slopes).all():
        return None
    _, sizes, directions = np.linalg.svd(slopes)
    alone = sizes[0] > 0 and (len(sizes) == 1 or sizes[1] <= APART * sizes[0])
    return np.asarray(directions[0]) if alone else None


@surely
def _example_some_zero(f: CellFacts, parameter: Parameter) -> bool | None:
    """Tell it by the forward pass alone, with the parameter moved at one step at a time."""
    assert f.example is not None, "the chapter notes its numbers before it speaks of them"
    last, run = f.example.cell.loss_series, f.example
    sizes = []
    for n in range(1, run.steps + 1):
        moved = run.perturbed((ParameterCopy(parameter, n),), ()).value(last, run.steps)
        sizes.append(float(np.abs(np.asarray(moved).imag).max()) / STEP)
    if any(size == 0.0 for size in sizes):
        return True
    return False if min(sizes) > APART else None


# -- what is nearly zero where units are far from it

CLOSED, OPEN = 0.02, 0.2
"""A step Jacobian smaller than the first is almost zero, and a larger one than the second is not."""


def _largest_far(f: CellFacts) -> float | None:
    """Return the largest entry of a step Jacobian with units far from zero, by complex steps.

    On passes on which all else is large as well, and on passes on which it is not.
    """
    s, found = f.derivation.shared.state, []
    with np.errstate(all="ignore"):
        for trace in (*far_passes(f.cell), *saturated_passes(f.cell)):
            evaluator = Evaluator(trace, f.derivation.definitions)
            each = [evaluator.at(Partial(s[n], s[n - 1])) for n in range(2, trace.steps + 1)]
            if all(np.isfinite(J).all() for J in each):
                found += [float(np.abs(J).max()) for J in each]
    return max(found, default=None)


@surely
def _saturation_closes(f: CellFacts) -> bool | None:
    largest = _largest_far(f)
    return None if largest is None or CLOSED < largest < OPEN else largest <= CLOSED


@surely
def _saturation_passes(f: CellFacts) -> bool | None:
    # Nothing is said of networks whose step Jacobians have no numbers there.
    return False if _saturation_closes(f) else None


# -- what has a name, and what is written


def _slope_rows(f: CellFacts) -> list[bool]:
    """Return of each quantity that is defined as slopes whether it is those of a number."""
    found = (definition.series for definition in f.derivation.definitions)
    slopes = (s for s in found if isinstance(s, Introduced) and s.role is Role.SLOPE)
    return [s.shape == (1, 1) for s in slopes]


@surely
def _column_slopes(f: CellFacts) -> bool:
    return not all(_slope_rows(f))


@surely
def _number_slopes(f: CellFacts) -> bool:
    return any(_slope_rows(f))


@surely
def _slopes_in_output(f: CellFacts) -> bool | None:
    """Deny it where slopes move with the arguments of their functions; flat ones do in no way."""
    shared = f.derivation.shared
    found = [(f.cell.definition(v).expr.arg, D) for v, D in shared.jacobians.diagonals.items()]

    def stays(arg: object, D: Introduced) -> bool:
        if not isinstance(arg, At):
            return True
        probe, expr = StepProbe(f.cell, 0), shared.expression_of(D)
        before = probe.of(expr, {})
        moved = probe.of(expr, {arg.series[NOW]: probe.of(arg, {}) + 0.5})
        return bool(np.array_equal(before, moved, equal_nan=True))

    return None if all(stays(arg, D) for arg, D in found) else False


@again
def _products_of_columns(f: CellFacts) -> bool | None:
    """Tell whether the sign stands in an equation of a step, as it is printed."""
    own = [e.expr for e in f.cell.equations if e.variable != f.cell.loss_series]
    return True if any(" ⊙ " in plain(expr) for expr in own) else None


@surely
def _inner_activation(f: CellFacts, applied: Value) -> bool:
    """Tell whether functions stand in printed equations with more beside them."""
    texts, sides = [plain(e.expr) for e in f.cell.equations], [*members(applied)]
    parts = [plain(one) for one in sides]
    return bool(parts) and all(any(p in one and p != one for one in texts) for p in parts)


@again
def _past_states(f: CellFacts, given: At) -> bool:
    """Tell whether the output of the first step moves with its input where the states are held."""
    states, output = f.cell.states, f.cell.output
    if output in states:
        return False
    slope = Partial(output[1], given.series[1], *(s[1] for s in states))
    return any(bool(np.any(e.at(slope))) for e in f.evaluators)

"""Facts of the step Jacobian and of the activations, each computed a second way, on numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from sympy import MatrixExpr

from derive.arrays import Array
from derive.bptt.scalar import scalar
from derive.chapters.facts.again import every, traces
from derive.chapters.facts.facts import AGAIN, NEAR, CellFacts, Second, again, small
from derive.checks.probe import NOW, StepProbe
from derive.checks.secondarithmetic import FUNCTIONS
from derive.checks.tables import members
from derive.document.text import Value
from derive.errors import SpecError
from derive.expressions.derivatives import Partial
from derive.expressions.functions import Apply
from derive.expressions.quantities import At, Series, j, t
from derive.expressions.sums import instantiate
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import samples
from derive.numerics.trace import STEP
from derive.typesetting.printing import plain

# -- the step Jacobian


@again
def _changing_jacobian(f: CellFacts) -> bool:
    """Tell whether two steps hand on what moves in the same way, by the forward pass alone."""
    if f.steps == 1:
        return False
    s = f.cell.state
    slopes = [[e.at(Partial(s[n], s[n - 1])) for n in (1, 2)] for e in f.evaluators]
    return any(not small(second - first) for first, second in slopes)


@again
def _same_jacobian(f: CellFacts) -> bool | None:
    """Deny it where two steps differ; over one step nothing is seen."""
    return False if _changing_jacobian(f) else None


@again
def _one_scalar_weight(f: CellFacts) -> bool | None:
    """Deny it where no parameter is what a number hands itself on by, on all data."""
    cell = scalar(f.cell)
    try:
        found = samples(cell, 1, 0)
    except SpecError:
        # With sizes of one a parameter may cancel.
        return None
    slopes = [
        (s.trace, Evaluator(s.trace).at(Partial(cell.state[1], cell.state[0]))) for s in found
    ]
    may_be = any(
        all(
            trace.parameter(p).shape == slope.shape
            and np.allclose(trace.parameter(p), slope, rtol=NEAR)
            for trace, slope in slopes
        )
        for p in cell.parameters
    )
    # Where all slopes of a rectifier happen to be 1 it may be so, and is not.
    return None if may_be else False


@again
def _slopes_times_weights(f: CellFacts) -> bool | None:
    """Tell whether the Jacobians of two steps have parallel rows, or parallel columns."""
    s, steps = f.cell.state, range(1, min(f.steps, 3) + 1)
    found = [[e.at(Partial(s[n], s[n - 1])) for n in steps] for e in f.evaluators]
    parallel = all(_parallel(list(each)) or _parallel([J.T for J in each]) for each in found)
    # That they are says nothing of how they are written.
    return None if parallel else False


def _parallel(matrices: list[Array]) -> bool:
    first = matrices[0]
    return all(
        abs(abs(a @ b) - np.linalg.norm(a) * np.linalg.norm(b)) <= NEAR * (1 + a @ a + b @ b)
        for other in matrices[1:]
        for a, b in zip(first, other, strict=True)
    )


@again
def _trained_factor(f: CellFacts, factor: MatrixExpr) -> bool:
    """Tell whether a factor changes with a parameter where all that a step reads stays as it is."""
    expr, probe = instantiate(factor, {j: t}), StepProbe(f.cell, 0)
    before = probe.of(expr, {})
    return any(
        bool(np.any(probe.of(expr, {p: probe.parameter(p) + 0.5}) != before))
        for p in f.cell.parameters
    )


@again
def _constant_factor(f: CellFacts, factor: MatrixExpr) -> bool:
    """Tell whether a factor is the same for all data and parameters that a step may have."""
    expr = instantiate(factor, {j: t})
    first, *others = (StepProbe(f.cell, seed).of(expr, {}) for seed in range(SEEDS))
    return all(bool(np.array_equal(first, other)) for other in others)


@again
def _hands_on(f: CellFacts, state: Value, factor: MatrixExpr) -> bool | None:
    """Tell whether states change with themselves one step before by the factor, all else held fixed."""
    found = [_moves_by(f, at.series, factor) for at in members(state) if isinstance(at, At)]
    return None if None in found else all(found)


def _moves_by(f: CellFacts, series: Series, factor: MatrixExpr) -> bool | None:
    expr = f.cell.definition(series).expr
    weight = instantiate(factor, {j: t})

    def apart(seed: int) -> Array:
        probe = StepProbe(f.cell, seed)
        by, before = probe.drawn(series.shape), probe.of(series[t - 1], {})
        key = instantiate(series[t - 1], {t: NOW})
        moved = probe.of(expr, {key: before + by}) - probe.of(expr, {})
        wanted = probe.of(weight, {}) * by
        with np.errstate(all="ignore"):
            return np.asarray(np.abs(moved - wanted) / (1 + np.abs(wanted)))

    # On some numbers there is no root: they say nothing.
    found = np.concatenate([apart(seed).ravel() for seed in range(SEEDS)])
    known = found[np.isfinite(found)]
    return bool(known.max() <= NEAR) if known.size else None


@again
def _terms_beside(f: CellFacts, factor: MatrixExpr) -> bool:
    """Tell it by the derivative of the first state by the initial one, without the factor on it."""
    s, weight = f.cell.state, instantiate(factor, {j: 1})
    if len(f.cell.states) > 1:
        return False

    def rest(e: Evaluator) -> Array:
        whole = e.at(Partial(s[1], s[0]))
        return whole - np.diag(np.broadcast_to(e.at(weight).ravel(), len(whole)))

    return any(not small(rest(e)) for e in f.evaluators)


SEEDS = 4
"""How often the numbers of a step are drawn."""


def _in_numbers(f: CellFacts) -> Iterator[Array]:
    for trace in traces(f):
        for e in f.cell.equations:
            if e.variable not in (f.cell.output, *f.cell.states, f.cell.weight):
                yield every(trace, e.variable)


@again
def _gates_between(f: CellFacts) -> bool | None:
    """Tell whether something that is no state, output or weight lies between 0 and 1."""
    found = any(bool(np.all((v > 0) & (v < 1))) for v in _in_numbers(f))
    return None if found else False


@again
def _carries(f: CellFacts) -> bool | None:
    """Tell whether a state moves only with its own component one step before, all else held fixed."""
    return None if any(_by_itself(f, s) for s in f.cell.states) else False


def _by_itself(f: CellFacts, series: Series) -> bool:
    probe, expr = StepProbe(f.cell, 0), f.cell.definition(series).expr
    key, before = instantiate(series[t - 1], {t: NOW}), probe.of(series[t - 1], {})
    by = np.zeros(before.size)
    by[0] = 1.0
    moved = probe.of(expr, {key: before + by.reshape(before.shape)}) - probe.of(expr, {})
    return bool(np.any(moved)) and not np.any(moved.ravel()[1:])


@again
def _back_in_two_steps(f: CellFacts, state: At) -> bool:
    """Tell it by the forward pass alone, with the other states held fixed where a derivative begins."""
    c, others = state.series, [s for s in f.cell.states if s != state.series]

    def over(last: int, first: int) -> list[Array]:
        whole = Partial(c[last], c[first], *(s[first] for s in others))
        return [e.at(whole) for e in f.evaluators]

    found = zip(over(2, 0), over(2, 1), over(1, 0), strict=True)
    return any(not small(both - later @ early) for both, later, early in found)


# -- activations


def _slopes(applied: Apply) -> Array:
    """Return the slopes of a function from −40 to 40, by complex steps of a second writing of it."""
    with np.errstate(all="ignore"):
        return np.asarray(
            FUNCTIONS[applied.function](np.linspace(-40.0, 40.0, 2001) + 1j * STEP).imag / STEP
        )


@again
def _bell(f: CellFacts, applied: Apply) -> bool:
    slopes = _slopes(applied)
    middle = slopes.max()
    left, right = np.split(slopes, [int(slopes.argmax())])
    ordered = all(small(np.maximum.accumulate(v) - v) for v in (left, right[::-1]) if v.size)
    return bool(ordered and max(abs(slopes[0]), abs(slopes[-1])) < 1e-9 < middle)


@again
def _step(f: CellFacts, applied: Apply) -> bool:
    slopes = _slopes(applied)
    below, above = slopes[:1000], slopes[1001:]
    return bool((below == 0).all() and (above == 1).all())


@again
def _rising(f: CellFacts, applied: Apply) -> bool:
    slopes = _slopes(applied)
    ordered = small(np.sort(slopes) - slopes)
    low, high = slopes[0], slopes[-1]
    inner = int(((slopes > 0.1 * high) & (slopes < 0.9 * high)).sum())
    # What grows without end, as that of exp, has no bound to rise to.
    settled = small((high - slopes[-100]) / max(high, 1.0))
    return bool(ordered and settled and abs(low) < 1e-9 < high and inner)


@again
def _passes_above(f: CellFacts, applied: Apply) -> bool:
    # What falls short of 1 by less than a float can tell does so only far above zero.
    return bool((np.abs(_slopes(applied)[1001:] - 1) < NEAR * NEAR).all())


def _of_each(shape: Second) -> Second:
    def found(f: CellFacts, applied: Value) -> bool:
        return all(shape(f, one) for one in members(applied))

    return found


AGAIN |= {
    "bell": _of_each(_bell), "step": _of_each(_step), "rising": _of_each(_rising),
    "passes-above": _of_each(_passes_above),
}  # fmt: skip


def _some(shape: Second) -> Callable[[CellFacts], bool]:
    def found(f: CellFacts) -> bool:
        named = f.derivation.shared.jacobians.diagonals
        return any(shape(f, f.cell.definition(v).expr) for v in named)

    return found


AGAIN |= {"some-bell": _some(_bell)}


@again
def _circled_dot(f: CellFacts) -> bool | None:
    """Tell whether the sign stands in an equation of the network, as it is printed."""
    return True if any(" ⊙ " in plain(e.expr) for e in f.cell.equations) else None

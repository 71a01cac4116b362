"""Seeded random data for a cell: sizes all different, so that a transposed factor has no place."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
from sympy import Expr

from derive.arrays import Array
from derive.calculus.activations import ACTIVATIONS, Activation
from derive.cells.cell import Cell
from derive.errors import RangeError, SpecError, StartError
from derive.expressions.derivatives import Gradient
from derive.expressions.functions import Apply
from derive.expressions.quantities import Series
from derive.expressions.shapes import is_vector, number
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.moderate import is_moderate
from derive.numerics.trace import ForwardPass

SampleNumbers: TypeAlias = tuple[dict[str, Array], dict[str, Array], dict[str, Array]]

DRAWS = 500
"""How often data are drawn in search of good ones, and again as often ever smaller: a cell may have
none."""

PATIENCE = 100
"""How many draws may be too large before weights and inputs are drawn smaller."""

ROUNDING = 1e-13
"""A gradient as much smaller than the largest one is what rounding leaves of 0."""

UNDEFINED = 50
"""How many draws may have a quantity that is no number before more numbers are drawn positive."""

POSITIVE = ("starts", "columns", "all")
"""Which numbers are drawn positive, each with those before: of a mean of squares the root is meant,
of a probability the logarithm."""

NOWHERE = 20
"""After so many draws without a number at the first step there is none from the state 0."""

BESIDE = 1e-3
"""How far from 0 states begin where it is asked whether something is infinite because of 0."""

LIVELY = 3
"""The steps at which the units of a network with kinks are made to differ."""

ALWAYS_ON = 50
"""After so many draws without a unit that is off, as with relu of a softplus, there is no such draw."""


@dataclass(frozen=True)
class Sample:
    """A trace on random data, with the seed that it came from.

    ``any_targets`` marks data on which equations that assume targets with a sum of one do not hold;
    ``shrunk`` is by what weights and inputs were multiplied so that nothing grows too large.
    """

    trace: ForwardPass
    seed: int
    zero_start: bool
    any_targets: bool = False
    scale: Fraction = Fraction(1)
    shrunk: float = 1.0


SMALLER, LARGER = (Fraction(1, 8),), tuple(map(Fraction, (8, 6, 4, 3, 2)))
"""By what parameters are multiplied, so that norms are on both sides of 1: the first of each that
saturates nothing."""

SHORT = 4
"""Steps of scaled data.  Inputs and initial states are as many times smaller where parameters are
larger: else the last of these steps would be saturated."""


def contrasted(found: Sample) -> list[Sample]:
    """Return the first steps of data with all parameters scaled down, and with all scaled up.

    What bounds a norm by a power of another may hold by the size of the numbers alone: where they
    are below 1 a power that is too high is too small, and above it one that is too low.
    """
    trace, made = found.trace, []
    steps = range(1, min(trace.steps, SHORT) + 1)
    cell, inputs = trace.cell, {s.name for s in trace.cell.inputs}
    series = {s.name: np.array([trace.value(s, n)[:, 0] for n in steps]) for s in cell.given}
    for side in (SMALLER, LARGER):
        for scale in side:
            small = min(1.0, float(scale) ** -SHORT)
            parameters = {p.name: float(scale) * trace.parameter(p) for p in cell.parameters}
            fed = {name: a * small if name in inputs else a for name, a in series.items()}
            initial = {name: small * start for name, start in trace.begin().items()}
            moved = ForwardPass(cell, parameters, fed, initial)
            if is_finite(moved) and is_moderate(moved):
                made.append(replace(found, trace=moved, scale=scale))
                break
    return made


def is_finite(trace: ForwardPass) -> bool:
    """Tell whether all that is computed has a value that float64 holds."""
    steps = np.arange(1, trace.steps + 1)
    return all(np.isfinite(trace.value(e.variable, steps)).all() for e in trace.cell.equations)


def sample(
    cell: Cell, steps: int, seed: int, zero_start: bool, any_targets: bool = False
) -> Sample:
    """Return random float64 data: weights of order 1/√n, inputs of order 1.

    Targets sum to one where the loss assumes it, unless ``any_targets``.
    """
    rng = np.random.default_rng([seed, steps])
    immoderate = undefined = on = 0
    # What is taken where no draw is good: the last one of the usual size.
    usual: SampleNumbers = {}, {}, {}
    # What grows beyond float64 is drawn anew, or refused below, and needs no warning.
    with np.errstate(all="ignore"):
        for number in range(2 * DRAWS):
            positive = POSITIVE[: undefined // UNDEFINED]
            drawn = _positive(_draw(cell, steps, rng, zero_start, any_targets), cell, positive)
            shrunk = _shrunk(number, immoderate)
            if shrunk != 1.0:
                drawn = _smaller(drawn, cell, shrunk)
            usual = drawn if number < DRAWS else usual
            # Of draws that are smaller than usual, and of the last before these, size alone decides.
            if number < DRAWS - 1 and _has_kinks(cell) and on < ALWAYS_ON:
                begun = _begun(cell, drawn)
                patterns = _patterns(begun)
                if not _lively(patterns):
                    on = on + 1 if all(map(all, patterns)) else 0
                    undefined += not _has_values(begun)
                    continue
            trace = ForwardPass(cell, *drawn)
            if is_moderate(trace):
                break
            immoderate += 1
            undefined += not _has_values(trace)
            if zero_start and undefined == number + 1 == NOWHERE:
                _require_start(trace, _beside(cell, drawn))
        else:
            drawn, shrunk = usual, 1.0
        trace = ForwardPass(cell, *drawn)
        if zero_start:
            _require_start(trace, _beside(cell, drawn))
    _require_finite(trace)
    return Sample(trace, seed, zero_start, any_targets, shrunk=shrunk)


def _has_values(trace: ForwardPass) -> bool:
    """Tell whether all that is computed is a number, however large."""
    steps = np.arange(1, trace.steps + 1)
    return not any(np.isnan(trace.value(e.variable, steps)).any() for e in trace.cell.equations)


def _beside(cell: Cell, drawn: SampleNumbers) -> ForwardPass:
    """Return the same run from a state beside the one where it begins."""
    parameters, series, initial = drawn
    return ForwardPass(cell, parameters, series, {n: a + BESIDE for n, a in initial.items()})


def _require_start(trace: ForwardPass, beside: ForwardPass) -> None:
    """Check that the first step has values from the state 0; a `StartError` that names what has none.

    What is infinite there and finite on the run ``beside``, which begins with other states, is so by
    its start, as a logarithm of 0, and has not grown.
    """
    for equation in trace.cell.equations:
        name = equation.variable.name
        found = trace.value(equation.variable, 1)
        if np.isinf(found).any():
            if np.isinf(beside.value(equation.variable, 1)).any():
                # It has grown, and what is no number further on comes of that.
                return
            found = np.where(np.isinf(found), np.nan, found)
        if np.isnan(found).any():
            raise StartError(
                f"cell {trace.cell.name}: {name} at step 1 is no number where the states begin at 0, "
                "whatever the data are: 0/0 or 1/0, or the logarithm or root of what is not positive "
                'there. Add a small constant to what is divided by, or write initial = "given" (or '
                '"trainable") if the states begin elsewhere'
            )


def _positive(drawn: SampleNumbers, cell: Cell, which: tuple[str, ...]) -> SampleNumbers:
    """Return data with some numbers positive."""
    parameters, series, initial = drawn
    inputs = {s.name for s in cell.inputs}
    if "starts" in which:
        initial = {name: np.abs(array) for name, array in initial.items()}
    if "columns" in which:
        every = "all" in which
        parameters = {
            name: np.abs(array) if every or array.shape[1] == 1 else array
            for name, array in parameters.items()
        }
        series = {n: np.abs(a) if every and n in inputs else a for n, a in series.items()}
    return parameters, series, initial


def _shrunk(number: int, immoderate: int) -> float:
    """Return by what a draw is multiplied: 1, and less after many in vain."""
    # Where other reasons than size refuse most draws, as with relu, few of them were too large.
    late = 0.8 ** max(0, (number - DRAWS) // 10 + 1)
    return float(late * 2.0 ** -(max(0, immoderate - PATIENCE) // 4))


def _smaller(drawn: SampleNumbers, cell: Cell, scale: float) -> SampleNumbers:
    """Return data with smaller weights and inputs, for a cell whose states grow beyond the rest."""
    parameters, series, initial = drawn
    inputs = {s.name for s in cell.inputs}
    return (
        {name: scale * array for name, array in parameters.items()},
        {name: scale * a if name in inputs else a for name, a in series.items()},
        {name: scale * array for name, array in initial.items()},
    )


def _require_finite(trace: ForwardPass) -> None:
    """Check that the forward pass stays within float64; a `SpecError` that names what does not."""
    for step in range(1, trace.steps + 1):
        for equation in trace.cell.equations:
            value = trace.value(equation.variable, step)
            if not np.isfinite(value).all():
                raise RangeError(
                    f"cell {trace.cell.name}: on random data {equation.variable.name} at step "
                    f"{step} is {value[~np.isfinite(value)][0]}, beyond what float64 holds; the "
                    "equations cannot be checked there. Take fewer steps, smaller constants, or a "
                    "function that is bounded, such as tanh"
                )


def _draw(
    cell: Cell, steps: int, rng: np.random.Generator, zero_start: bool, any_targets: bool
) -> SampleNumbers:
    # The order of the dimensions decides: d = 2, n = 3, m = 4 for the simple network.
    shape = {symbol: size for size, symbol in enumerate(cell.dimensions, 2)}

    def size(symbol: Expr) -> int:
        return number(symbol, shape)

    def shaped(series: Series) -> tuple[int, ...]:
        return tuple(size(s) for s in (series.shape[:1] if is_vector(series) else series.shape))

    parameters = {}
    for p in cell.parameters:
        rows, columns = size(p.shape[0]), size(p.shape[1])
        parameters[p.name] = rng.normal(size=(rows, columns)) * (0.9 / np.sqrt(columns))
    series: dict[str, Array] = {
        s.name: rng.normal(size=(steps, size(s.shape[0]))) for s in cell.inputs
    }
    rows = size(cell.target.shape[0])
    if cell.loss.assumes and not any_targets:
        series[cell.target.name] = rng.dirichlet(np.ones(rows), size=steps)
    else:
        series[cell.target.name] = rng.uniform(0.1, 0.9, size=(steps, rows))
    if cell.weight is not None and cell.weight in cell.given:
        series[cell.weight.name] = rng.uniform(0.5, 1.5, size=(steps, 1))
    initial: dict[str, Array] = {
        s.name: np.zeros(shaped(s)) if zero_start else rng.normal(size=shaped(s)) / 2
        for s in cell.states
    }
    if _has_kinks(cell):
        # The first unit is never off: with relu, one step at which all are makes every gradient
        # through it 0, and a check of 0 = 0 says nothing.
        parameters = {
            name: np.vstack([np.abs(array[:1]), array[1:]]) for name, array in parameters.items()
        }
        series |= {s.name: np.abs(series[s.name]) for s in cell.inputs}
        initial = {name: np.abs(array) for name, array in initial.items()}
    return parameters, series, initial


def _has_kinks(cell: Cell) -> bool:
    used = (f for e in cell.equations for f in atoms_of(e.expr, Apply))
    return any(_can_be_off(ACTIVATIONS[f.function]) for f in used)


def _can_be_off(row: Activation) -> bool:
    """Tell whether a function is flat on one side of its kink, as relu is."""
    return bool(row.kinks) and bool(row.slope(np.full(1, -1.0))[0] == 0)


def _patterns(begun: ForwardPass) -> list[tuple[bool, ...]]:
    """Return which units of the first state are on at each step."""
    state = begun.cell.states[0]
    return [tuple(begun.value(state, s).ravel() > 0) for s in range(1, begun.steps + 1)]


def _lively(patterns: list[tuple[bool, ...]]) -> bool:
    """Tell whether at the first steps some units are off, and not the same ones at two of them.

    Else the slopes of these steps are equal, or 1, and where they stand would not matter.
    """
    return not any(map(all, patterns)) and len(set(patterns)) == len(patterns)


def _begun(cell: Cell, drawn: SampleNumbers) -> ForwardPass:
    """Return the first steps of a draw."""
    parameters, series, initial = drawn
    return ForwardPass(cell, parameters, {n: rows[:LIVELY] for n, rows in series.items()}, initial)


def samples(cell: Cell, steps: int, seed: int) -> list[Sample]:
    """Return what every equation is checked on: data with s_0 = 0 and with s_0 ≠ 0.

    A third set, with targets of any sum, is for the equations that hold there.  Where the states do not
    begin at 0, and no step has values from there, the first is left out.
    """
    found = []
    for zero_start in (True, False):
        try:
            found.append(sample(cell, steps, seed, zero_start))
        except StartError:
            if cell.initial == "zero":
                raise
    if cell.loss.assumes:
        found.append(sample(cell, steps, seed, zero_start=False, any_targets=True))
    if cell.title is not None:
        # A cell of the user's: those that ship have no such parameter.
        _require_felt(next(s for s in found if not s.zero_start).trace)
    return found


def _require_felt(trace: ForwardPass) -> None:
    """Check that no gradient is 0 but for rounding, as of mean(softmax(W*x)); else a `SpecError`.

    What is left of it is noise, and a right equation would differ from it.
    """
    cell, evaluator = trace.cell, Evaluator(trace)
    with np.errstate(all="ignore"):
        norms = {
            p.name: float(np.abs(evaluator.value(Gradient(cell.total, p))).max())
            for p in cell.parameters
        }
    largest = max(norms.values(), default=0.0)
    for name, norm in norms.items():
        if 0 < norm < ROUNDING * largest:
            raise SpecError(
                f"cell {cell.name}: the gradient by {name} is 0 but for rounding, on random data: "
                "what it does cancels, or is too small beside the rest to be checked; take "
                f"{name} out, or make the numbers in the equations less different"
            )

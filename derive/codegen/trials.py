"""The data that a generated module is tried on.

What is right on few steps and small numbers may be cut off on many, overflow on large ones, or take the
wrong side at a kink.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from sympy import Integer

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.checks.required import STEPS
from derive.codegen.trialdata import DIGITS, TrialData, is_below, is_conditioned, is_defined
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.expressions.named import named_in
from derive.expressions.quantities import Parameter, t
from derive.expressions.sums import instantiate
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

SEQUENCES = 2
"""Sequences of a batch."""

LONG = (12, 8, 6, 4)
"""Steps of the long sequences, the first over which nothing grows: a recursion that stops early is
not felt on a few."""

FAR = (30.0, 10.0, 3.0, 1.0)
"""By what parameters and inputs are multiplied so that units are saturated: the first at which the
equations of the cell keep their digits, as an exponential that is divided by does not far out."""

NEAR = (0.0, 1e-11)
"""By what parameters are multiplied so that units are at a kink, or beside it on both sides."""

HUGE = 1e75
"""The largest quantity on saturated data: float64 holds its cube and its fourth power."""

LARGE = 800.0
"""The largest logit on saturated data: its exponential is beyond float64."""


GROWN = 1e6
"""A quantity that is as large has grown."""

APART, TRIED = 1000, 20
"""How far from each other seeds are tried for data on which nothing grows, and how many."""


def trials(cell: Cell, names: Mapping[str, Any], seed: int) -> Iterator[TrialData]:
    """Yield short and long sequences, saturated ones, and those on which every unit is at a kink.

    From the first seed also one step of one sequence, and units beside a kink.
    """
    short = drawn(cell, names, moderate_seed(cell, names, seed, STEPS), STEPS)
    if not is_defined(cell, short):
        raise _undefined(cell, short)
    yield short
    steps = long_steps(cell, names, seed)
    yield drawn(cell, names, moderate_seed(cell, names, seed, steps), steps)
    others = [_saturated(cell, names, short)]
    if seed == 0:
        others.append(drawn(cell, names, seed, 1, sequences=1))
    others += [shrunk(cell, short, near) for near in NEAR[: 1 + (seed == 0)]]
    # Near 0 as far out equations may lose their digits, as what divides is all but 0.
    yield from (data for data in others if is_defined(cell, data) and is_conditioned(cell, data))


def _undefined(cell: Cell, data: TrialData) -> CheckError:
    """Return the error for data on which some quantity is no number, and what makes it none."""
    with np.errstate(all="ignore"):
        passes = data.passes(cell.without_assumptions())
    columns = [
        (e.variable.name, one.columns[e.variable][1 : one.steps + 1])
        for one in passes
        for e in one.cell.equations
    ]
    undefined = [(name, np.isnan(column).any(axis=(1, 2))) for name, column in columns]
    # The first step of all, and in the order of the equations the first quantity there.
    step, _, name = min(
        (int(at.argmax()) + 1, n, name) for n, (name, at) in enumerate(undefined) if at.any()
    )
    grown = next((name for name, column in columns if np.isinf(column[:step]).any()), "")
    said = (
        f"cell {cell.name}: on random data and initial states, and on positive ones, {name} at step "
        f"{step} is not a number, as"
    )
    apart = "the code cannot be compared with the equations there"
    if grown:
        return CheckError(
            f"{said} {grown} has grown beyond float64; {apart}. Write what grows less, such as a small "
            "constant before what is added at each step"
        )
    return CheckError(
        f"{said} the root or logarithm of a negative one is none, nor 0/0; {apart}. Write what "
        "has a value everywhere, such as abs(…) or a square below the root"
    )


def moderate_seed(
    cell: Cell, names: Mapping[str, Any], seed: int, steps: int, sequences: int = SEQUENCES
) -> int:
    """Return the seed, or the first far from it on whose data no quantity grows over the steps.

    What is divided by may come near 0 on random data, step by step; no digits are kept there.
    """
    return next(_moderate_seeds(cell, names, seed, steps, sequences), seed)


def long_steps(cell: Cell, names: Mapping[str, Any], seed: int) -> int:
    """Return over how many steps long sequences go: those of a cubic map, say, are soon infinite."""
    found = (n for n in LONG if any(True for _ in _moderate_seeds(cell, names, seed, n, SEQUENCES)))
    return next(found, LONG[0])


def _moderate_seeds(
    cell: Cell, names: Mapping[str, Any], seed: int, steps: int, sequences: int
) -> Iterator[int]:
    tried = (seed + n * APART for n in range(TRIED))
    return (s for s in tried if is_moderate(cell, names, drawn(cell, names, s, steps, sequences)))


def is_moderate(cell: Cell, names: Mapping[str, Any], data: TrialData) -> bool:
    """Tell whether no quantity grows, of which two ways to compute it would differ in the last digits.

    And whether each gradient is a number: the root of a quantity that is 0 has no slope there.
    """
    general = cell.without_assumptions()
    if not is_conditioned(general, data):
        return False
    with np.errstate(all="ignore"):
        passes = data.passes(general)
        return is_below(general, data, GROWN) and not has_no_slope(general, names, data, passes)


def has_no_slope(
    cell: Cell, names: Mapping[str, Any], data: TrialData, passes: list[ForwardPass]
) -> bool:
    """Tell whether some gradient of the module is no number, and none by the derivation either."""
    _, found = names["gradients"](data.parameters, data.data, data.initial)
    if all(np.isfinite(gradient).all() for gradient in found.values()):
        return False
    derivation = Derivation(cell, passes[0].steps)
    every = (derivation.recursion.accumulated(p).right for p in cell.parameters)
    evaluators = [Evaluator(one, derivation.definitions) for one in passes]
    return not all(np.isfinite(e.value(right)).all() for right in every for e in evaluators)


def drawn(
    cell: Cell, names: Mapping[str, Any], seed: int, steps: int, sequences: int = SEQUENCES
) -> TrialData:
    """Return random data: sequences of a length, in sizes that all differ."""
    rng = np.random.default_rng(seed)
    sizes = {str(size): n for n, size in enumerate(cell.dimensions, 2)}
    size_of: Callable[[Any, Mapping[str, int]], int] = names["size_of"]

    def draw(size: Any, *more: int) -> Array:
        parts = size if isinstance(size, list) else [size]
        found: Array = rng.normal(size=(*more, *(size_of(part, sizes) for part in parts))) / 2
        return found

    parameters: dict[str, Array] = {
        name: rng.normal(size=[size_of(size, sizes) for size in shape]) / 2
        for name, shape in names["PARAMETERS"].items()
    }
    data = {name: draw(size, steps, sequences) for name, size in names["DATA"].items()}
    target = cell.target.name
    data[target] = rng.uniform(size=data[target].shape)
    initial = {name: draw(size, sequences) for name, size in names["INITIAL"].items()}
    positive = names.get("POSITIVE", ())
    given = [
        {name: np.abs(a) if name in positive else a for name, a in part.items()}
        for part in (parameters, data, initial)
    ]
    return TrialData(given[0], given[1], given[2])


def _readout(cell: Cell) -> set[str]:
    """Return the names of the parameters in the definition of the logits."""
    return {p.name for p in atoms_of(cell.definition(cell.logits).expr, Parameter)}


def _saturated(cell: Cell, names: Mapping[str, Any], given: TrialData) -> TrialData:
    """Return data on which units are far from 0, and the largest logit is about `LARGE`.

    A slope that is written out, of a function of the user's own, may be 0 · ∞ far out, and in code also
    for a step beyond the last: data are taken on which it is a number.
    """
    general = cell.without_assumptions()
    derivation = Derivation(general, STEPS)
    each = (_multiplied(cell, given, far) for far in FAR[:-1])
    own = bool(named_in(e.expr for e in general.equations))
    found = (
        data
        for data in each
        if _keeps_digits(derivation, data)
        and is_conditioned(general, data)
        and is_below(general, data, HUGE)
        and not (own and _breaks(names, data))
    )
    return next(found, _multiplied(cell, given, FAR[-1]))


def _breaks(names: Mapping[str, Any], data: TrialData) -> bool:
    """Tell whether some gradient of a module is no number."""
    with np.errstate(all="ignore"):
        _, found = names["gradients"](data.parameters, data.data, data.initial)
    return not all(np.isfinite(gradient).all() for gradient in found.values())


def _keeps_digits(derivation: Derivation, data: TrialData) -> bool:
    """Tell whether the derived gradients are those of complex steps: else no code has them."""
    cell = derivation.cell
    for one in data.passes(cell):
        evaluator = Evaluator(one, derivation.definitions)
        # As many digits of each are compared as of every other: none may have lost them.
        recursion = derivation.recursion
        equations = (*map(recursion.accumulated, cell.parameters), *recursion.of_initial())
        sides = [equation.sides for equation in equations]
        sides += [
            (Gradient(cell.total, s[n]), instantiate(recursion.pulled(s[t], s[t - 1]), {t: n}))
            for s in cell.inputs
            for n in map(Integer, range(1, STEPS + 1))
        ]
        for pair in sides:
            derived, wanted = map(evaluator.value, pair)
            error, scale = np.abs(derived - wanted).max(), max(1.0, np.abs(wanted).max())
            # What is not finite is no number that could be compared either.
            if not error <= DIGITS * scale:
                return False
    return True


def _multiplied(cell: Cell, given: TrialData, by: float) -> TrialData:
    last, inputs = _readout(cell), {s.name for s in cell.inputs}
    parameters = {n: a if n in last else by * a for n, a in given.parameters.items()}
    data = {n: by * a if n in inputs else a for n, a in given.data.items()}
    far = TrialData(parameters, data, given.initial)
    steps = np.arange(1, STEPS + 1)
    largest = max(float(np.abs(p.value(cell.logits, steps)).max()) for p in far.passes(cell))
    scale = LARGE / largest if 0 < largest < float("inf") else 1.0
    return TrialData(
        {n: scale * a if n in last else a for n, a in parameters.items()}, data, far.initial
    )


def shrunk(cell: Cell, given: TrialData, by: float) -> TrialData:
    """Return data on which what comes before the logits is small, or 0: a slope at a kink is 0 there."""
    last = _readout(cell)
    small = {n: a if n in last else by * a for n, a in given.parameters.items()}
    return TrialData(small, given.data, given.initial, by in NEAR)


def lifted(given: TrialData) -> TrialData:
    """Return data whose vectors of parameters are at least 1, as what is divided by is meant to be."""
    large = {n: np.abs(a) + 1.0 if a.ndim < 2 else a for n, a in given.parameters.items()}
    return TrialData(large, given.data, given.initial, given.near)

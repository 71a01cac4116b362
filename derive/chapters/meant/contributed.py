"""What is meant of contributions: the first one, terms of matrices, and what is only added."""

from __future__ import annotations

import numpy as np

from derive.arrays import Array
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import (
    own,
)
from derive.checks.probe import acts_in, is_added, multiplies
from derive.checks.tables import members
from derive.document.text import Ref, Value
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import ParameterCopy, Series
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass


def lines_of_outer(place: Occurrence, value: Value) -> bool:
    """Tell whether the equation that is referred to is the one on an outer product, on display."""
    shown = (e.id for e in place.speaker.equations if "-entries-outer-" in e.id)
    return any(value == Ref(id) for id in shown)


def added(place: Occurrence, value: Value) -> bool:
    """Tell whether these act on the state, and are only added where they enter."""
    cell = place.cell
    wanted = [
        p for p in place.speaker.recurrent
        if all(is_added(cell, cell.definition(s).expr, p) for s in acts_in(cell, p))
    ]  # fmt: skip
    found = [*members(value)]
    if place.cell.written is None:
        return bool(found) and found == wanted
    # In a network of one's own, what is added may be added through a function of it.
    return bool(found) and found == [p for p in wanted if p in found]


def multiplied(place: Occurrence, value: Value) -> bool:
    """Tell whether these act on the state, and multiply component by component where they enter."""
    found = [*members(value)]
    return bool(found) and found == [
        p for p in place.speaker.recurrent if p in found and multiplies(place.cell, p)
    ]


def columns(place: Occurrence, value: Value) -> bool:
    """Tell whether these are columns that act on the state, and all that do it in no simpler way."""
    cell, found = place.cell, [*members(value)]
    wanted = [p for p in place.speaker.recurrent if p.shape[1] == 1]
    simple = [
        p for p in wanted
        if multiplies(cell, p)
        or all(is_added(cell, cell.definition(s).expr, p) for s in acts_in(cell, p))
    ]  # fmt: skip
    several = [p for p in wanted if p in found or p not in simple]
    return bool(found) and found == several


def is_column(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the parameter of the chapter, and a column."""
    named = own(place)
    return named is not None and value == named and named.shape[1] == 1


def computed_later(place: Occurrence, value: Value) -> bool:
    """Tell whether the equation that is referred to is that of the algorithm for the adjoint."""
    adjoint = place.values["adjoint"]
    return any(value == Ref(e.id) and adjoint in e.sides for e in place.speaker.algorithm)


def only_added(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the parameter of the chapter, and is only added where it stands."""
    cell, named = place.cell, own(place)
    if named is None or value != named:
        return False
    return all(is_added(cell, cell.definition(s).expr, named) for s in acts_in(cell, named))


def unrolled_steps(place: Occurrence, value: Value) -> bool:
    """Tell whether the lines on display are of the state of this step."""
    lefts = [Partial(place.cell.state[value], own(place))] if isinstance(value, int) else []
    return any(left in place.speaker.lefts for left in lefts)


def part_at_start(place: Occurrence, value: Value) -> bool:
    """Tell whether the first contribution is 0 where these parts of the initial state are, no fewer."""
    named = [*members(value)]
    parts = [s for s in place.cell.states if s[0] in named]
    if len(parts) != len(named) or not parts:
        return False
    return _first_is_zero(place, parts) and not _first_is_zero(place, parts[1:])


def _first_is_zero(place: Occurrence, parts: list[Series]) -> bool:
    """Tell whether the first use of the parameter moves no state of its step with these parts at 0.

    What it moves may be without effect on the last loss for another reason, as over a few steps where
    states are read from far back.
    """
    parameter = own(place)
    assert parameter is not None, "a section on contributions is on a parameter"
    copy = ParameterCopy(parameter, 1)
    moved_by_it = [Partial(s[1], copy) for s in place.cell.states]
    moved = [s.trace for s in place.facts.samples if not s.zero_start]
    passes = []
    for trace in moved:
        start = {s: np.zeros_like(v) if s in parts else v for s, v in _starts(trace).items()}
        parameters = {p.name: trace.parameter(p) for p in trace.cell.parameters}
        steps = np.arange(1, trace.steps + 1)
        series = {s.name: trace.value(s, steps)[..., 0] for s in trace.cell.given}
        begins = {s.name: v for s, v in start.items()}
        passes.append(ForwardPass(trace.cell, parameters, series, begins))
    values = (Evaluator(one, {}).value(slope) for one in passes for slope in moved_by_it)
    return not any(map(np.any, values))


def _starts(trace: ForwardPass) -> dict[Series, Array]:
    return {s: trace.value(s, 0)[:, 0] for s in trace.cell.states}

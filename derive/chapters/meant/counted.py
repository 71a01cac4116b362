"""How often quantities stand in others, and what parts of a state do to a loss, computed anew."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from derive.arrays import Array
from derive.chapters.meant.place import Occurrence
from derive.checks.tables import members
from derive.checks.verify import TOLERANCE
from derive.document.text import Text, Value
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import At, Series, t


def _between_steps(place: Occurrence, left: object) -> list[int]:
    """Return how often each state of the step before stands in a quantity, all else put in."""
    found = []
    for one in place.cell.states:
        counts: dict[object, int] = {one[t - 1]: 1}
        for equation in place.cell.equations:
            counts[equation.left] = sum(counts.get(a, 0) for a in every(equation.expr))
        found.append(counts[left])
    return found


def places(place: Occurrence, value: Value) -> bool:
    """Tell whether this is how often the initial states stand in the last output: paths, counted."""
    step = np.array([_between_steps(place, s[t]) for s in place.cell.states], dtype=object)
    row = np.array(_between_steps(place, place.cell.output[t]), dtype=object)
    for _ in range(place.steps - 1):
        row = row @ step
    return value == Text("list.places", {"count": int(row.sum())})


def each_step(place: Occurrence, value: Value) -> bool:
    """Tell whether these act on the state, and stand in what each step makes of the one before."""
    counts = [_stands(place, parameter) for parameter in place.speaker.recurrent]
    return [*members(value)] == place.speaker.recurrent and min(counts) >= 1


def _stands(place: Occurrence, parameter: object) -> int:
    counts: dict[object, int] = {}

    def count(expr: object) -> int:
        if expr == parameter or isinstance(expr, At):
            return 1 if expr == parameter else counts.get(expr, 0)
        return sum(map(count, getattr(expr, "args", ())))

    for equation in place.cell.equations:
        counts[equation.left] = count(equation.expr)
    return counts[place.cell.state[t]]


def by_a_part(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the derivative of the loss by a part that differs from that in the column."""
    parts = [s for s in place.cell.states if value == Partial(place.cell.loss_series[t], s[t])]
    return any(np.abs(a - b).max() > TOLERANCE for s in parts for a, b in _rows(place, s))


def _rows(place: Occurrence, part: Series) -> Iterator[tuple[Array, Array]]:
    """Yield of each sample the derivative of the loss by a part: in the column, and alone."""
    last = place.steps
    loss, column = place.cell.loss_series[last], place.cell.state[last]
    for evaluator in place.facts.evaluators:
        sizes = [len(evaluator.at(s[last])) for s in place.cell.states]
        ends = np.cumsum([0, *sizes])
        at = place.cell.states.index(part)
        whole = evaluator.at(Partial(loss, column))[0]
        yield whole[ends[at] : ends[at + 1]], evaluator.at(Partial(loss, part[last]))[0]


def silent(place: Occurrence, value: Value) -> bool:
    """Tell whether the loss has a slope by these parts, and by no other, that is 0 in the column."""
    wanted = []
    for part in place.cell.states:
        inside, alone = (
            np.abs(rows).max() > TOLERANCE for rows in zip(*_rows(place, part), strict=True)
        )
        if alone and not inside:
            wanted.append(part[t])
    return bool(wanted) and [*members(value)] == wanted


def unread(place: Occurrence, value: Value) -> bool:
    """Tell whether these parts, and no other, have no slope in the loss of their step, alone or not."""
    wanted = []
    for part in place.cell.states:
        rows = [row for pair in _rows(place, part) for row in pair]
        if all(np.abs(row).max() <= TOLERANCE for row in rows):
            wanted.append(part[t])
    return bool(wanted) and [*members(value)] == wanted


def every(expr: object) -> Iterator[At]:
    """Yield the quantities of an expression, each as often as it stands there."""
    if isinstance(expr, At):
        yield expr
        return
    for part in getattr(expr, "args", ()):
        yield from every(part)

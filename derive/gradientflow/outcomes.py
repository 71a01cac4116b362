"""What is said of training, beside the outcomes of it: shares of right answers, computed anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.document.blocks import Prose, TableBlock
from derive.document.plot import Curve, Plot
from derive.document.text import Number, Text, Value
from derive.errors import CheckError
from derive.numerics.trace import ForwardPass

LEARNT = 0.9
"""From which share of right answers on a task is said to be learnt."""

COLUMNS = ("steps", "method", "learnt", "low", "middle", "high")
"""What stands in a table of outcomes, column by column."""

SEQUENCES = 3
"""How many answers of each network are computed anew, one by one."""


@dataclass(frozen=True)
class Update:
    """One update of some networks: the parameters before and after, and the momentum before."""

    number: int
    inputs: Mapping[str, Array]
    before: Mapping[str, Array]
    velocity: Mapping[str, Array]
    after: Mapping[str, Array]

    def of(self, networks: slice) -> Update:
        """Return the update of some of the networks."""
        before, velocity, after = (
            {name: values[networks] for name, values in part.items()}
            for part in (self.before, self.velocity, self.after)
        )
        return Update(self.number, self.inputs, before, velocity, after)


@dataclass(frozen=True)
class Training:
    """What is left of training some networks: the parameters at both ends, and some updates.

    ``tested`` are the sequences on which they answered.  ``followed`` are a network and its parameters
    before the first update and after each.
    """

    start: Mapping[str, Array]
    end: Mapping[str, Array]
    updates: tuple[Update, ...]
    tested: Mapping[str, Array]
    followed: tuple[int, Sequence[Mapping[str, Array]]] = (0, ())

    def of(self, networks: slice) -> Training:
        """Return what is left of some of the networks."""
        start, end = (
            {name: values[networks] for name, values in part.items()}
            for part in (self.start, self.end)
        )
        updates = tuple(update.of(networks) for update in self.updates)
        return Training(start, end, updates, self.tested)


def require_network(prose: Prose, outcomes: Mapping[tuple[str, int], Sequence[float]]) -> Prose:
    """Return what is said of the networks; a `CheckError` for another number of seeds."""
    for (name, length), found in outcomes.items():
        if prose.values["seeds"] != len(found):
            raise _untrue(prose.key, f"{name} was trained {len(found)} times for {length} steps")
    return prose


def shares(accuracies: Sequence[float]) -> tuple[float, float, float]:
    """Return the smallest, the middle and the largest share."""
    found = sorted(accuracies)
    middle = (found[(len(found) - 1) // 2] + found[len(found) // 2]) / 2
    return found[0], middle, found[-1]


def require_answers(
    derivation: Derivation,
    parameters: Mapping[str, Array],
    inputs: Mapping[str, Array],
    right: NDArray[np.bool_],
    classes: NDArray[np.int_],
) -> None:
    """Raise a `CheckError` unless the first answers are those of the networks, run one by one.

    ``parameters`` are (networks, rows, columns), ``inputs`` (steps, rows, sequences), ``right``
    (networks, sequences).
    """
    cell = derivation.cell
    start = {s.name: np.zeros(parameters["W"].shape[1]) for s in cell.states}
    for network in range(len(right)):
        own = {name: value[network] for name, value in parameters.items()}
        for n in range(SEQUENCES):
            rows = {name: values[:, :, n] for name, values in inputs.items()}
            trace = ForwardPass(cell, own, rows, start)
            answer = int(np.argmax(trace.value(cell.output, trace.steps)[:, 0]))
            if bool(right[network, n]) != (answer == classes[n]):
                raise CheckError(
                    f"network {network + 1} answers {answer} on sequence {n + 1} of the test, where "
                    f"{classes[n]} is right: it is counted otherwise. Nothing is said; please report it"
                )


def require_table(
    table: TableBlock, outcomes: Mapping[tuple[str, int], Sequence[float]]
) -> TableBlock:
    """Return a table of outcomes, by method and steps; a `CheckError` for a row that is another's."""
    if table.header != tuple(Text(f"table.learning.{name}") for name in COLUMNS):
        raise _untrue(table.id, f"its columns are not {', '.join(COLUMNS)}")
    for (steps, method, learnt, *cells), ((name, length), found) in zip(
        table.rows, outcomes.items(), strict=True
    ):
        if (steps, method) != (length, Text(f"label.learning.{name}")):
            raise _untrue(table.id, f"the row of {name} for {length} steps is called otherwise")
        if learnt != sum(share >= LEARNT for share in found):
            raise _untrue(table.id, f"{learnt} networks of {name} are said to have learnt")
        for cell, share in zip(cells, shares(found), strict=True):
            if not isinstance(cell, Number) or not np.isclose(float(cell.value), 100 * share):
                raise _untrue(table.id, f"{cell} is written where {name} has {100 * share:g}")
    return table


def require_plot(plot: Plot, outcomes: Mapping[tuple[str, int], Sequence[float]]) -> Plot:
    """Return a plot of the middle shares by steps, between the others; errors as `require_table`."""
    curves = [item for panel in plot.panels for item in panel.items if isinstance(item, Curve)]
    methods = {name for name, _ in outcomes}
    labels = [curve.label for curve in curves]
    if len(labels) != len(methods) or any(
        Text(f"label.learning.{name}") not in labels for name in methods
    ):
        raise _untrue(plot.id, f"its curves are not those of {', '.join(sorted(methods))}")
    for curve in curves:
        named = {
            length: shares(found)
            for (name, length), found in outcomes.items()
            if curve.label == Text(f"label.learning.{name}")
        }
        # Over a single length there is no room for a band.
        drawn = [curve.y, *(curve.band or ())]
        wanted = [
            [100 * s[i] for s in named.values()] for i in ((1, 0, 2) if len(named) > 1 else (1,))
        ]
        if [*curve.x] != [*named] or not np.allclose(drawn, wanted):
            raise _untrue(plot.id, f"the curve {curve.label} is another's")
    return plot


def require_longest(
    said: Mapping[str, Value],
    outcomes: Mapping[tuple[str, int], Sequence[float]],
    methods: Mapping[str, str],
) -> None:
    """Raise a `CheckError` unless numbers are the longest steps that all networks of methods learnt."""
    for key, method in methods.items():
        own = {length: found for (name, length), found in outcomes.items() if name == method}
        learnt = [length for length, found in own.items() if min(found) >= LEARNT]
        if said[key] != max(learnt, default=0):
            raise _untrue(key, f"{method} learnt {max(learnt, default=0)} steps")


def require_limit(
    said: Mapping[str, Value], outcomes: Mapping[tuple[str, int], Sequence[float]], method: str
) -> None:
    """Raise a `CheckError` unless these are the first steps that not all networks of a method learnt."""
    for (name, length), found in sorted(outcomes.items(), key=lambda one: one[0][1]):
        learnt = sum(share >= LEARNT for share in found)
        if name == method and learnt < len(found):
            wanted = {"steps": length, "learnt": learnt, "seeds": len(found)}
            if dict(said) != wanted:
                raise _untrue("prose.learning.limit", f"{method} has {wanted}")
            return
    raise _untrue("prose.learning.limit", f"{method} was learnt by all")


def require_farthest(
    said: Mapping[str, Value], outcomes: Mapping[tuple[str, int], Sequence[float]], method: str
) -> None:
    """Raise a `CheckError` unless these are the longest training of a method and how many learnt."""
    far = max(length for name, length in outcomes if name == method)
    wanted = {"far": far, "rest": sum(share >= LEARNT for share in outcomes[method, far])}
    if dict(said) != wanted:
        raise _untrue("prose.learning.limit_farthest", f"{method} has {wanted}")


def _untrue(what: str, problem: str) -> CheckError:
    return CheckError(
        f"{what} does not say of the training what came out: {problem}. Nothing is written; correct "
        "what fills it"
    )

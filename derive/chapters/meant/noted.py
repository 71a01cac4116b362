"""What is meant by numbers of runs that a chapter notes: their scale, units, seeds and steps."""

from __future__ import annotations

from dataclasses import replace
from math import isclose

import numpy as np

from derive.arrays import Array
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import MeantRule, said
from derive.checks.seeded import require_run
from derive.document.blocks import FigureBlock
from derive.document.figures import Curve, Plot
from derive.document.text import Number, Value
from derive.errors import CheckError
from derive.gradientflow.runs import carry_out, experiment
from derive.gradientflow.weights import UNITS
from derive.numerics.trace import ForwardPass


def units(name: str) -> MeantRule:
    """Return the rule that a number is that of the components that each state of a run has."""

    def rule(place: Occurrence, value: Value) -> bool:
        trace = place.facts.traces[name]
        return {value} == {len(trace.value(s, 1)) for s in trace.cell.states}

    return rule


def sizes_of_states(name: str, place: Occurrence) -> list[object]:
    """Return how many components each state has in a run, by its array at the last step."""
    trace = place.facts.traces[name]
    return [int(np.prod(trace.columns[s][trace.steps].shape)) for s in trace.cell.states]


def units_beside(place: Occurrence, value: Value) -> bool:
    """Tell whether this is how many units networks beside this one have, which say no number."""
    return units("memory")(place, value)


def scale_of(name: str) -> MeantRule:
    """Return the rule that the weights of a run are those of its seed times a number."""

    def rule(place: Occurrence, value: Value) -> bool:
        scale = value.value if isinstance(value, Number) else np.nan
        seed = min(sample.seed for sample in place.facts.samples)
        try:
            with np.errstate(all="ignore"):
                require_run(place.facts.traces[name], seed, stream=UNITS, scale=scale)
        except CheckError:
            return False
        return True

    return rule


def seeds(begins: str) -> MeantRule:
    """Return the rule that a number is how many runs were noted of each kind, none of them twice."""

    def rule(place: Occurrence, value: Value) -> bool:
        kinds: dict[str, list[ForwardPass]] = {}
        for name, trace in place.facts.traces.items():
            if name.startswith(f"{begins} "):
                kinds.setdefault(name.rpartition(" ")[0], []).append(trace)
        return {value} == {len({_given(one) for one in found}) for found in kinds.values()}

    return rule


def _given(trace: ForwardPass) -> bytes:
    """Return the inputs of a run, as bytes."""
    steps = np.arange(1, trace.steps + 1)
    return b"".join(trace.value(s, steps).tobytes() for s in trace.cell.inputs)


# -- truncation and clipping


def last_row(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the longest span in the table on truncation."""
    return value == max(row[0] for row in place.speaker.table("truncation-bias").rows)  # type: ignore[type-var]


def turns(place: Occurrence, value: Value) -> bool:
    """Tell whether what is clipped before it is added up points the other way, as is said."""
    return said("sum")(place) * said("cut")(place) < 0


# -- the run that rests


def resting_steps(place: Occurrence) -> int:
    """Return the horizon of the run that rests."""
    return place.facts.traces["resting"].steps


def resting_norm(place: Occurrence) -> float:
    """Return the norm of the derivative of its last state by the first, factor by factor."""
    trace = place.facts.traces["resting"]
    state, W = trace.cell.states[0], trace.parameter(trace.cell.parameters[0])
    product: Array = np.eye(len(W))
    for step in range(trace.steps):
        slopes = 1 - np.tanh(np.real(trace.value(state, step)[:, 0])) ** 2
        product = np.real(W) * slopes @ product
    return float(np.linalg.norm(product, 2))


# -- the figure of saturated units


def inputs_of_curve(place: Occurrence, value: Value) -> bool:
    """Tell whether the curve with this label is the mean slope of a run with inputs of this size."""
    figure = place.block.figure if isinstance(place.block, FigureBlock) else None
    panels = figure.panels if isinstance(figure, Plot) else ()
    curves = [c for p in panels for c in p.items if isinstance(c, Curve)]
    found = [c for c in curves if getattr(c.label, "values", None) == place.values]
    seed = min(sample.seed for sample in place.facts.samples)
    size = said("size")(place)
    run = carry_out(replace(experiment("saturated"), inputs=size), seed)
    states = run.trace.value(run.trace.cell.states[0], np.arange(1, run.trace.steps + 1))
    wanted = (1 - states[..., 0] ** 2).mean(axis=1)
    return bool(found) and all(
        isclose(y, float(wanted[int(x) - 1]), rel_tol=1e-6)
        for c in found
        for x, y in zip(c.x, c.y, strict=True)
    )

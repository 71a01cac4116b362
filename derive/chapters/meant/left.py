"""What is meant where runs of a network are left out: which scales, and where their numbers end."""

from __future__ import annotations

import numpy as np

from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import MeantRule, is_number
from derive.checks.tables import members
from derive.document.figures import Curve
from derive.document.text import Number, Value
from derive.gradientflow.own import LARGE, run_at
from derive.numerics.trace import ForwardPass

SCALES = (0.5, 1.0, 2.0)
"""By what weights are multiplied in runs of the network of a handout."""


def _trace(place: Occurrence, scale: float) -> ForwardPass:
    with np.errstate(all="ignore"):
        return run_at(place.facts.derivation, scale, place.facts.seed).trace


def _sizes(place: Occurrence, scale: float) -> list[float]:
    """Return the largest size of a value at each step, none from the first that is none on."""
    trace, found = _trace(place, scale), []
    for step in range(1, trace.steps + 1):
        values = [trace.value(e.variable, step).ravel() for e in trace.cell.equations]
        found.append(float(np.abs(np.concatenate(values)).max()))
    ended = [n for n, size in enumerate(found) if not np.isfinite(size)]
    return found[: ended[0]] if ended else found


def _drawn(place: Occurrence) -> list[float]:
    """Return the scales of the curves of the figure."""
    panels = place.speaker.plot("flow-norms").panels
    labels = [
        i.label for p in panels for i in p.items if isinstance(i, Curve) and i.label is not None
    ]
    scales = (getattr(label, "values", {}).get("scale") for label in labels)
    return [scale.value for scale in scales if isinstance(scale, Number)]


def _grew(place: Occurrence, scale: float) -> bool:
    """Tell whether a value was large before there was none, or in the step where there is none."""
    sizes, trace = _sizes(place, scale), _trace(place, scale)
    step = min(len(sizes) + 1, trace.steps)
    values = [trace.value(e.variable, step).ravel() for e in trace.cell.equations]
    known = np.concatenate(values)
    known = np.abs(known[np.isfinite(known)])
    return max([*sizes, *known.tolist()], default=0.0) > LARGE


def left_runs(grown: bool) -> dict[str, MeantRule]:
    """Return the rules of a list of scales that have no curve, those that grew or the others."""

    def scales(place: Occurrence) -> list[float]:
        missing = [scale for scale in SCALES if scale not in _drawn(place)]
        return [scale for scale in missing if _grew(place, scale) is grown]

    def runs(place: Occurrence, value: Value) -> bool:
        told = [one.value for one in members(value) if isinstance(one, Number)]
        return told == scales(place)

    return {"count": is_number(lambda place: len(scales(place))), "runs": runs}


def a_scale(place: Occurrence, value: Value) -> bool:
    """Tell whether this is a scale of which there is no curve."""
    return isinstance(value, Number) and value.value in {*SCALES} - {*_drawn(place)}


def first_without_value(place: Occurrence, value: Value) -> bool:
    """Tell whether the run with the scale beside it has values at all steps before, and not there."""
    scale = place.values["scale"]
    assert isinstance(scale, Number), "a scale is a number"
    found = _trace(place, float(scale.value))
    return value == min(len(_sizes(place, float(scale.value))) + 1, found.steps)

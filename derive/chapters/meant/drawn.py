"""What is meant in the captions of small pictures, and in the sentences that point at them."""

from __future__ import annotations

from math import isclose, nan

import numpy as np

from derive.chapters.meant.backward import weight_of_step
from derive.chapters.meant.measured import weights
from derive.chapters.meant.network import LEAD
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.rules import (
    Meanings,
    MeantRule,
    at,
    is_,
    is_lead,
    is_number,
    loss,
    said,
    state,
    to,
)
from derive.document.figures import Diagram, Mark, Style
from derive.document.text import Number, Value
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import Equation
from derive.expressions.quantities import ParameterCopy, T, k, t
from derive.gradientflow import cliff as settings
from derive.gradientflow.alongweight import loss_along, slope_at


def _on_way(back: int) -> MeantRule:
    """Return the rule that a value is the state of the picture's own name, so many steps back."""

    def rule(place: Occurrence, value: Value) -> bool:
        id = getattr(place.block, "id", "")
        return any(id == f"highway-{s.name}" and value == s[t - back] for s in place.cell.states)

    return rule


def _contribution(place: Occurrence) -> Equation:
    """Return the equation of the contribution of step k to the gradient by the first parameter."""
    copies = [ParameterCopy(p, k) for p in place.speaker.recurrent if is_lead(place, p)]
    wanted = [Gradient(place.cell.loss_series[T], copy) for copy in copies]
    (found,) = [e for e in place.speaker.equations if e.left in wanted]
    return found


def _product(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the contribution of step k, a column times a row."""
    product = _contribution(place).sides[-1]
    return len(product.args) == 2 and value == product


# -- a truncated gradient, and the loss along a weight


def _window(place: Occurrence, value: Value) -> bool:
    """Tell whether a number is that of the paths that a picture follows."""
    figure = getattr(place.block, "figure", None)
    edges = figure.edges if isinstance(figure, Diagram) else ()
    return value == len({e.colour for e in edges if e.style is Style.DASHED})


def _last_loss(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the loss at which all paths of a picture begin."""
    figure = getattr(place.block, "figure", None)
    nodes = {n.id: n.label for n in figure.nodes} if isinstance(figure, Diagram) else {}
    paths = [e for e in getattr(figure, "edges", ()) if e.colour is not None]
    return bool(paths) and nodes[paths[0].src] == value


def _rate(place: Occurrence) -> float:
    """Return the rate with which the plain step is made."""
    start, slope, plain = (said(name)(place) for name in ("steepest", "slope", "plain"))
    return (start - plain) / slope


def _reached(name: str) -> MeantRule:
    """Return the rule that a number is the loss at the weight that the sentence names."""
    return is_number(lambda place: float(loss_along(said(name)(place))))


def _steepest(place: Occurrence) -> float:
    plot = place.speaker.plot("cliff")
    (marks,) = [[m for m in p.items if isinstance(m, Mark)] for p in plot.panels]
    return max((m.x for m in marks), key=lambda weight: abs(slope_at(weight)))


def _clipped(place: Occurrence) -> float:
    return said("steepest")(place) - said("rate")(place) * float(
        np.clip(said("slope")(place), -said("limit")(place), said("limit")(place))
    )


def _plain(place: Occurrence) -> float:
    return said("steepest")(place) - settings.RATE * said("slope")(place)


def _slope(place: Occurrence, value: Value) -> bool:
    number = value.value if isinstance(value, Number) else nan
    return isclose(float(number), slope_at(said("steepest")(place)), rel_tol=1e-4)


WEIGHTS = is_(weights)

ARROWS: dict[str, MeantRule] = {
    "state": state(at(t)), "next": state(at(t + 1)), "own": loss(at(t)),
}  # fmt: skip

FOUND: Meanings = {
    "prose.remedies.cliff": {
        "figure": to("cliff"),
        "weight": WEIGHTS,
        "steps": is_number(lambda _: settings.STEPS),
        "state": is_(lambda p: p.speaker.simple.state[settings.STEPS]),
        "start": is_(lambda p: p.speaker.simple.state[0]),
        "initial": is_number(lambda _: settings.START),
        "input": is_number(lambda _: settings.INPUT),
        "target": is_number(lambda _: settings.TARGET),
    },
    "prose.remedies.steps": {
        "weight": WEIGHTS,
        "steepest": is_number(_steepest),
        "slope": _slope,
        "rate": is_number(_rate),
        "plain": is_number(_plain),
        "plain_loss": _reached("plain"),
        "limit": is_number(lambda _: settings.LIMIT),
        "clipped": is_number(_clipped),
        "clipped_loss": _reached("clipped"),
    },
    "caption.remedies.cliff": {"weight": WEIGHTS},
    "label.cliff.loss": {"steps": is_number(lambda _: settings.STEPS)},
    "caption.remedies.window": {"loss": _last_loss, "steps": _window, "weights": WEIGHTS},
    "caption.arrows": ARROWS,
    "caption.arrows_weighted": ARROWS | {"weight": weight_of_step},
    "caption.memory.highway": {"first": _on_way(2), "last": _on_way(0)},
    "prose.shape.blocks": {"figure": to("blocks"), "product": _product},
    "caption.blocks": {"parameter": LEAD},
}

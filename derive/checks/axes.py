"""Axes of plots: what stands beside one must belong to the numbers along it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf

import numpy as np
from sympy import Symbol

from derive.arrays import Array
from derive.document.diagram import Label
from derive.document.plot import Bars, Curve, Heat, Panel, Plot
from derive.document.text import Text
from derive.errors import CheckError
from derive.expressions.functions import Apply, Slope
from derive.expressions.quantities import Parameter
from derive.expressions.spectra import Norm

Criterion = Callable[[Array], bool]
"""Tells whether numbers along an axis, in order, can be what its label says."""


def require_axes(plot: Plot) -> None:
    """Raise a `CheckError` unless the numbers along each axis can be what its label says.

    Lags are 0, 1, 2, … up to the last that is said, steps whole numbers one after the other; a share
    lies between 0 and 100. A label that says nothing known is refused.
    """
    for panel in plot.panels:
        for name, label, data in _axes(panel):
            unnamed = label == "" and name == "x"
            if unnamed or not all(_fits(label, np.array(values)) for values in data):
                said = label.key if isinstance(label, Text) else label
                raise _failed(plot, f"what lies along the {name} axis is no {said!s}")
        if isinstance(panel.y_label, Text) and panel.y_label.key == "label.flow.log":
            _require_start(plot, panel)


def _axes(panel: Panel) -> Iterator[tuple[str, Label, list[tuple[float, ...]]]]:
    """Yield the axes of a panel by name and label, each with what lies along it."""
    curves = [item for item in panel.items if isinstance(item, Curve) and item.x]
    bars = [item for item in panel.items if isinstance(item, Bars)]
    heats = [item for item in panel.items if isinstance(item, Heat)]
    places = [*(c.x for c in curves), *(b.x for b in bars), *(h.x for h in heats)]
    yield "x", panel.x_label, places
    heights = [*(c.y for c in curves), *(b.heights for b in bars), *(h.y for h in heats)]
    yield "y", panel.y_label, [*heights, *(side for c in curves for side in c.band or ())]


def _fits(label: Label, values: Array) -> bool:
    if isinstance(label, Text):
        if label.key == "label.flow.lag" and len(values) != label.values["steps"]:
            return False
        return _NAMED.get(label.key, _nothing)(values)
    if isinstance(label, Norm):
        return bool((values >= 0).all())
    if isinstance(label, Symbol):
        # t, k and T count steps; of the lengths that are compared some may be left out.
        return _whole(values) and bool(values[0] >= 1 and (np.diff(values) > 0).all())
    # Functions of their argument are compared with it point by point, by their own names or this one.
    return label == "" or isinstance(label, Apply | Slope | Parameter)


def _require_start(plot: Plot, panel: Panel) -> None:
    """Raise a `CheckError` unless the derivative of a state by itself, at the lag 0, has the norm 1."""
    x_label = panel.x_label
    if not isinstance(x_label, Text):
        return
    for item in panel.items:
        if isinstance(item, Curve) and item.x:
            starts = [item.y[0], *(side[0] for side in item.band or ())]
            if not np.allclose(starts, 0.0, atol=1e-9):
                raise _failed(plot, f"at the lag 0 it shows 10^{starts[0]:.4g} instead of 1")


def _whole(values: Array) -> bool:
    return bool((values == np.round(values)).all())


def _lags(values: Array) -> bool:
    return bool((values == np.arange(len(values))).all())


def _logarithms(values: Array) -> bool:
    return not _lags(values) and not (_whole(values) and bool((np.diff(values) == 1).all()))


def _scales(values: Array) -> bool:
    return bool((values > 0).all() and (np.diff(values) > 0).all())


def _between(low: float, high: float) -> Criterion:
    return lambda values: bool(((values >= low) & (values <= high)).all())


def _nothing(values: Array) -> bool:
    return False


_NAMED: Mapping[str, Criterion] = {
    "label.cliff.loss": _between(0, inf),
    "label.flow.lag": _lags,
    "label.flow.log": _logarithms,
    "label.landscape.lag": _lags,
    "label.landscape.scale": _scales,
    "label.landscape.states": _between(-1, 1),
    "label.landscape.slopes": _between(0, 1),
    "label.learning.share": _between(0, 100),
}


def _failed(plot: Plot, problem: str) -> CheckError:
    return CheckError(
        f"figure {plot.id} has an axis of another name: {problem}. Nothing is written; correct what "
        "draws it"
    )

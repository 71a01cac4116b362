"""Plots that handouts need, from arrays; every word comes from the caller."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING

from derive.document.diagram import Label, Style
from derive.document.plot import Bars, Curve, Heat, Mark, Numbers, Panel, Plot, Reference
from derive.typesetting.palette import INK, contribution_colours

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True)
class NormCurve:
    """One series over the lag: norms (lag 0 first), optionally its bound and its band."""

    label: Label
    norms: ArrayLike
    bound: ArrayLike | None = None
    band: tuple[ArrayLike, ArrayLike] | None = None
    colour: str | None = None


def activation_plot(
    id: str,
    x: ArrayLike,
    value: ArrayLike,
    derivative: ArrayLike,
    *,
    argument: Label,
    value_label: Label,
    derivative_label: Label,
    maximum: Label | None = None,
    together: bool = False,
    width: float = 15.5,
    height: float = 3.2,
) -> Plot:
    """Return an activation and its derivative over ``x``, side by side or in one panel.

    ``maximum`` is the label at the largest value of the derivative, which is marked where it is
    attained first.  Raises ValueError for arrays that are not vectors of one length.
    """
    xs, values, slopes = _vector(x, id), _vector(value, id), _vector(derivative, id)
    blue, orange = contribution_colours(2)
    together_label = value_label if together else None
    curve = Curve(xs, values, together_label, blue)
    slope = Curve(xs, slopes, derivative_label if together else None, orange, Style.DASHED)
    zero = (Reference(0.0), Reference(0.0, "x"))
    marks: tuple[Mark, ...] = ()
    if maximum is not None and slopes:
        top = max(range(len(slopes)), key=lambda n: slopes[n] if isfinite(slopes[n]) else -1e300)
        marks = (Mark(xs[top], slopes[top], maximum, orange, "above"),)
    if together:
        limits = _roomy((*values, *slopes))
        panel = Panel((*zero, curve, slope, *marks), argument, "", y_limits=limits, legend="below")
        return Plot(id, (panel,), 1, min(width, 11.0), height)
    slope = Curve(xs, slopes, None, orange)
    left = Panel((*zero, curve), argument, value_label)
    right = Panel(
        (*zero, slope, *marks), argument, derivative_label, y_limits=_roomy((0.0, *slopes))
    )
    return Plot(id, (left, right), 2, width, height)


def norm_by_lag_plot(
    id: str,
    curves: Sequence[NormCurve],
    *,
    lag: Label,
    norm: Label,
    bound: Label | None = None,
    zero: Label | None = None,
    y_limits: tuple[float, float] | None = None,
    width: float = 15.5,
    height: float = 4.4,
) -> Plot:
    """Return log₁₀ norms over the lag: solid curves, their bounds thin and dashed, a line at 0.

    The arrays hold norms, not logarithms; 0 and what is not finite leave a gap.  ``bound`` names
    the dashed lines in a legend, ``zero`` the line at norm 1.
    """
    items: list[Curve | Reference] = [Reference(0.0, label=zero)]
    for curve, own in zip(curves, contribution_colours(len(curves)), strict=True):
        colour = curve.colour or own
        logs = _logs(curve.norms, id)
        lags = tuple(map(float, range(len(logs))))
        band = None
        if curve.band is not None:
            band = (_logs(curve.band[0], id), _logs(curve.band[1], id))
        if curve.bound is not None:
            limit = _logs(curve.bound, id)
            items.append(Curve(lags, limit, None, colour, Style.DASHED, thin=True))
        items.append(Curve(lags, logs, curve.label, colour, direct=True, band=band))
    if bound is not None:
        # A curve without points: its entry in the legend stands for all dashed lines.
        items.append(Curve((), (), bound, INK, Style.DASHED, thin=True))
    place = "below" if bound is not None else None
    panel = Panel(tuple(items), lag, norm, y_limits=y_limits, x_whole=True, legend=place)
    return Plot(id, (panel,), 1, width, height)


def heat_plot(
    id: str,
    x: ArrayLike,
    y: ArrayLike,
    values: ArrayLike,
    *,
    x_label: Label,
    y_label: Label,
    label: Label | None = None,
    contours: Sequence[float] = (),
    limits: tuple[float, float] | None = None,
    diverging: bool = False,
    whole: tuple[bool, bool] = (False, False),
    width: float = 15.5,
    height: float = 7.0,
) -> Plot:
    """Return a heat map of ``values`` (len(y), len(x)); ``whole`` says which axes count."""
    rows = _matrix(values, id)
    heat = Heat(_vector(x, id), _vector(y, id), rows, label, tuple(contours), limits, diverging)
    panel = Panel((heat,), x_label, y_label, x_whole=whole[0], y_whole=whole[1])
    return Plot(id, (panel,), 1, width, height)


def contribution_bars(
    id: str,
    steps: Sequence[int],
    sizes: ArrayLike,
    *,
    step: Label,
    size: Label,
    labels: Sequence[Label] = (),
    width: float = 12.0,
    height: float = 5.0,
) -> Plot:
    """Return a bar for each contribution k, in the colour that k has in the text (by its lag)."""
    colours = contribution_colours(len(steps))
    last_first = sorted(range(len(steps)), key=lambda n: -steps[n])
    by_step = {position: colours[lag] for lag, position in enumerate(last_first)}
    bars = Bars(
        tuple(map(float, steps)),
        _vector(sizes, id),
        tuple(by_step[n] for n in range(len(steps))),
        labels=tuple(labels),
    )
    heights = (0.0, *bars.heights)
    panel = Panel((Reference(0.0), bars), step, size, y_limits=_roomy(heights), x_whole=True)
    return Plot(id, (panel,), 1, width, height)


def _roomy(values: Numbers) -> tuple[float, float]:
    """Return limits with room for a label at the upper and, below zero, at the lower end."""
    found = [value for value in values if isfinite(value)] or [0.0]
    low, high = min(found), max(found)
    room = 0.2 * (high - low) or 0.5
    return (low - room if low < 0 else low - 0.2 * room), high + room


def _vector(values: ArrayLike, figure: str) -> Numbers:
    from numpy import asarray

    array = asarray(values, dtype=float)
    if array.ndim != 1:
        raise ValueError(f"figure {figure}: expected a vector, not an array of shape {array.shape}")
    return tuple(array.tolist())


def _matrix(values: ArrayLike, figure: str) -> tuple[Numbers, ...]:
    from numpy import asarray

    array = asarray(values, dtype=float)
    if array.ndim != 2:
        raise ValueError(f"figure {figure}: expected a matrix, not an array of shape {array.shape}")
    return tuple(tuple(row) for row in array.tolist())


def _logs(values: ArrayLike, figure: str) -> Numbers:
    from numpy import errstate, log10

    with errstate(divide="ignore", invalid="ignore"):
        return _vector(log10(_vector(values, figure)), figure)

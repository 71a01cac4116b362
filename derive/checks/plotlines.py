"""Lines of plots: what an entry of a legend stands for, where a curve has a gap, what a level says."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from sympy import Symbol, diff, lambdify

from derive.calculus.activations import activation
from derive.document.diagram import Label, Style
from derive.document.plot import Curve, Mark, Panel, Plot, Reference
from derive.document.text import Text
from derive.errors import CheckError
from derive.expressions.functions import Apply, Slope

BESIDE = 1e-9
"""How far from a kink its two sides are looked at."""

LEAST = 0.1
"""Sides that differ by so much are a jump, up which no line goes."""

Look = tuple[Style, bool]
"""Solid, dashed or dotted, and whether thin."""


def require_lines(plot: Plot) -> None:
    """Raise a `CheckError` unless each line of a plot says what its look and its place say.

    An entry of the legend without a curve of its own stands for curves without a name, which look as it
    does; no two names have one look. A function that jumps has a gap there. A line across a panel that
    has no name stands at zero: of logarithms of norms, where the norm is 1.
    """
    for panel in plot.panels:
        curves = [item for item in panel.items if isinstance(item, Curve)]
        for problem in (
            *_legend(curves),
            *(problem for curve in curves for problem in _gaps(panel, curve)),
            *_references(panel, curves),
        ):
            raise CheckError(
                f"figure {plot.id} has a line that says something else: {problem}. Nothing is "
                "written; correct what draws it"
            )


def _legend(curves: Sequence[Curve]) -> Iterator[str]:
    """Yield names that stand for no curve, and curves that no name stands for."""
    drawn = [curve for curve in curves if curve.x]
    unnamed = [curve for curve in drawn if curve.label is None]
    named = [curve for curve in drawn if curve.label is not None]
    samples = {_look(curve): curve.label for curve in curves if not curve.x}
    for look, label in samples.items():
        if look not in map(_look, unnamed):
            yield f"no curve is {_said(look)} as {_called(label)} in the legend"
    for curve in unnamed if named else ():
        if samples and _look(curve) not in samples:
            yield f"no entry of the legend is {_said(_look(curve))} as a curve"
        if curve.colour not in {other.colour for other in named}:
            yield "a curve without a name has a colour of its own"
    looks = Counter((curve.colour, *_look(curve)) for curve in (*named, *unnamed) if named)
    if any(count > 1 for count in looks.values()):
        yield "two curves look alike"


def _look(curve: Curve) -> Look:
    return curve.style, curve.thin


def _said(look: Look) -> str:
    return look[0].value + " and thin" * look[1]


def _called(label: Label | None) -> str:
    return label.key if isinstance(label, Text) else str(label)


# -- gaps ------------------------------------------------------------------------------------------


def _gaps(panel: Panel, curve: Curve) -> Iterator[str]:
    """Yield where a curve of a function goes up a jump, or has a gap where there is none."""
    label = panel.y_label if curve.label is None else curve.label
    if not isinstance(label, Apply | Slope) or not curve.x:
        return
    jumps = [at for at in activation(label.function).kinks if _jumps(label, at)]
    x, there = np.array(curve.x), np.isfinite(curve.y)
    for at in jumps:
        beside = np.flatnonzero((x[:-1] <= at) & (at <= x[1:]) & there[:-1] & there[1:])
        if len(beside):
            yield f"{label} jumps at {at:g}, and a line goes up there"
    for gap in x[~there]:
        if not any(abs(gap - at) < BESIDE for at in jumps):
            yield f"{label} has a gap at {gap:g}"
    if jumps and any(isinstance(item, Mark) for item in panel.items):
        yield f"{label} jumps, and a value beside a jump is marked"


def _jumps(label: Apply | Slope, at: float) -> bool:
    """Tell whether a function, or its slope, differs on the two sides of a number, by SymPy."""
    a = Symbol("a", real=True)
    expr = activation(label.function).scalar(a)
    value = lambdify(a, diff(expr, a) if isinstance(label, Slope) else expr, "math")
    return bool(abs(value(at + BESIDE) - value(at - BESIDE)) > LEAST)


# -- straight lines --------------------------------------------------------------------------------


def _references(panel: Panel, curves: Sequence[Curve]) -> Iterator[str]:
    """Yield lines across a panel that are not where they are meant, and those that are not there."""
    lines = [item for item in panel.items if isinstance(item, Reference)]
    for line in lines:
        if line.label is None and (line.value, line.style) != (0.0, Style.SOLID):
            yield f"a line without a name stands at {line.axis} = {line.value:g}"
    at_zero = {line.axis for line in lines if line.label is None}
    logs = isinstance(panel.y_label, Text) and panel.y_label.key == "label.flow.log"
    if logs and at_zero != {"y"}:
        yield "no line stands at the norm 1"
    functions = [*(c.label for c in curves if c.x), panel.y_label]
    if any(isinstance(one, Apply | Slope) for one in functions) and at_zero != {"x", "y"}:
        yield "no lines stand at zero"

"""The activation of the state and its derivative, plotted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from derive.arrays import Array
from derive.calculus.activations import Standing
from derive.calculus.activations import activation as row_of
from derive.cells.describe import carried_alike, inner_activations
from derive.chapters.context import Context, listed
from derive.chapters.figures.readymade import activation_plot
from derive.checks.slopes import require_slope, require_slopes_said
from derive.checks.verify import TOLERANCE
from derive.document.blocks import Block, FigureBlock, Heading, Prose
from derive.document.text import Number, Ref, Text, Value
from derive.expressions.functions import Apply, Slope
from derive.expressions.quantities import Parameter, t
from derive.expressions.walk import atoms_of


def activation(c: Context) -> Iterator[Block]:
    """Yield the chapter: one plot per activation of the cell's states and gates."""
    names = []
    named = [c.cell.definition(v).expr for v in c.derivation.shared.jacobians.diagonals]
    made = (
        e.expr for e in c.cell.equations if e.variable not in (c.cell.output, c.cell.loss_series)
    )
    # Those that act on a sum of quantities have no letter for their slope.
    unnamed = (node for expr in made for node in atoms_of(expr, Apply))
    for name in (a.function for a in (*named, *inner_activations(c.cell), *unnamed)):
        if name not in names and row_of(name).use is Standing.ACTIVATION:
            names.append(name)
    if not names:
        return
    yield Heading("heading.activation", 1, "activation")
    figures, several = [], len(names) > 1
    for name in names:
        row = row_of(name)
        a = Parameter("a", 1, 1)
        grid = np.linspace(-4, 4, 401)
        slopes = require_slope(name, grid)
        largest = float(slopes.max())
        f, slope = Apply(name, a), Slope(name, a)
        yield from _shape(c, name, grid, slopes)
        # A slope that still rises at the end of the figure is nowhere largest.
        attained = largest >= row.gamma - TOLERANCE or int(slopes.argmax()) < len(grid) - 1
        drawn = apart_at_jumps(grid, slopes, row.kinks)
        # Beside another figure there is no room for the words, which the sentence above says as well.
        marked = attained and bool(np.isfinite(drawn).all()) and not several
        maximum = Text("label.maximum", {"value": Number(largest)}) if marked else None
        plot = activation_plot(
            f"activation-{name}", grid, row.value(grid), drawn, argument=a, value_label=f,
            derivative_label=slope, maximum=maximum, together=several, width=HALF if several else WHOLE,
        )  # fmt: skip
        caption = Text("caption.activation", {"value": f, "slope": slope})
        figures.append(FigureBlock(f"activation-{name}", plot, caption, narrow=several))
    yield from figures
    yield from _saturated(c, names)


WHOLE, HALF = 15.5, 7.7
"""How wide a plot is, in cm, of a single activation and of each of several, beside one another."""

LEAST_JUMP = 0.1
"""Slopes that differ by so much at both sides of a kink are not joined in a figure."""


def apart_at_jumps(grid: Array, slopes: Array, kinks: tuple[float, ...]) -> Array:
    """Return slopes with none at a kink beside which they jump: there is no slope, and no line up."""
    found = slopes.copy()
    for at in np.flatnonzero(np.isin(grid, kinks)):
        if 0 < at < len(grid) - 1 and abs(slopes[at + 1] - slopes[at - 1]) > LEAST_JUMP:
            found[at] = np.nan
    return found


def _shape(c: Context, name: str, grid: Array, slopes: Array) -> Iterator[Block]:
    """Yield how a slope runs, by its shape."""
    a, row = Parameter("a", 1, 1), row_of(name)
    far, last = Number(float(grid[-1])), Number(float(slopes[-1]))
    values: dict[str, Value] = {"value": Apply(name, a), "slope": Slope(name, a),
                                "figure": Ref(f"activation-{name}")}  # fmt: skip
    most, top = Number(float(slopes.max())), Number(float(grid[int(slopes.argmax())]))
    bell = {"largest": most, "at": top, "far": far, "small": last}
    if c.may_say("prose.activation.bell", values | bell):
        yield Prose("prose.activation.bell", require_slopes_said(name, grid, values | bell))
    yield from c.say(values, "prose.activation.step", "prose.activation.shown")
    rising = {"largest": Number(row.gamma), "at": far, "small": last}
    if c.may_say("prose.activation.rising", values | rising):
        yield Prose("prose.activation.rising", require_slopes_said(name, grid, values | rising))


def _saturated(c: Context, names: list[str]) -> Iterator[Block]:
    """Yield what passes through a unit that is far from zero, and what passes by it."""
    functions = [Apply(name, Parameter("a", 1, 1)) for name in names]
    J = c.derivation.shared.J[t]
    acting = {c.cell.definition(v).expr.function for v in c.derivation.shared.jacobians.diagonals}
    kinds = (
        "prose.activation.saturated",
        "prose.activation.inactive",
        "prose.activation.one_sided",
        "prose.activation.one_sided_exact",
    )
    for kind in kinds:
        # Of what acts on no quantity, as on a trained number, there is no unit.
        alike = [f for f in functions if f.function in acting and c.may_say(kind, {"value": f})]
        if alike:
            yield from c.say({"value": listed(alike)}, kind)
    yield from c.say({"value": functions[0], "J": J}, "prose.activation.rows")
    yield from c.say({"J": J}, "prose.activation.closed")
    key = "prose.activation.around"
    for states, factor in carried_alike(c.cell):
        values = {"J": J, "factor": factor, "state": listed([s[t] for s in states])}
        said = [*c.say(values, key)]
        yield from said
        # What is said of one term need not be told of the next word for word.
        key = "prose.activation.around_too" if said else key

"""The activation of the state and its derivative, plotted."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from derive.calculus.activations import activation as row_of
from derive.chapters.context import Context
from derive.chapters.figures.readymade import activation_plot
from derive.checks.slopes import require_slope
from derive.document.blocks import Block, FigureBlock, Heading, Prose
from derive.document.text import Number, Ref, Text
from derive.expressions.functions import Apply, Slope
from derive.expressions.quantities import Parameter, t


def activation(c: Context) -> Iterator[Block]:
    """Yield the chapter: one plot per activation of the cell's states and gates."""
    names = []
    for variable in c.derivation.shared.jacobians.diagonals:
        name = c.cell.definition(variable).expr.function
        if name not in names:
            names.append(name)
    if not names:
        return
    yield Heading("heading.activation", 1, "activation")
    for name in names:
        row = row_of(name)
        a = Parameter("a", 1, 1)
        grid = np.linspace(-4, 4, 401)
        slopes = require_slope(name, grid)
        largest = float(slopes.max())
        at = float(grid[int(slopes.argmax())])
        f, slope = Apply(name, a), Slope(name, a)
        yield Prose(
            "prose.activation.shape",
            {"slope": slope, "value": f, "largest": Number(largest), "at": Number(at),
             "far": Number(float(grid[-1])), "small": Number(float(row.slope(grid[-1:])[0])),
             "figure": Ref(f"activation-{name}")},
        )  # fmt: skip
        plot = activation_plot(
            f"activation-{name}", grid, row.value(grid), slopes, argument=a, value_label=f,
            derivative_label=slope, maximum=Text("label.maximum", {"value": Number(largest)}),
        )  # fmt: skip
        yield FigureBlock(
            f"activation-{name}", plot, Text("caption.activation", {"value": f, "slope": slope})
        )
    yield Prose("prose.activation.product", {"J": c.derivation.shared.J[t]})

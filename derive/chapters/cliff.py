"""Why gradients are clipped: the loss along one weight, and two steps from its steepest point."""

from __future__ import annotations

from collections.abc import Iterator

from derive.document.blocks import Block, FigureBlock, Prose
from derive.document.figures import Curve, Mark, Panel, Plot
from derive.document.text import Number, Ref, Text
from derive.expressions.quantities import Parameter
from derive.gradientflow.alongweight import require_cliff
from derive.gradientflow.cliff import (
    DECIMALS,
    INPUT,
    LIMIT,
    RATE,
    START,
    STEPS,
    TARGET,
    Cliff,
    cliff,
)
from derive.typesetting.palette import contribution_colours


def cliffs() -> Iterator[Block]:
    """Yield the sentences and the picture; all numbers come from runs of the network with one unit."""
    made = cliff()
    require_cliff(made)
    cell, W = made.cell, made.parameter
    yield Prose(
        "prose.remedies.cliff",
        {"figure": Ref("cliff"), "weight": W, "steps": STEPS, "state": cell.state[STEPS],
         "start": cell.state[0], "initial": Number(START, 1), "input": Number(INPUT, 1),
         "target": Number(TARGET, 1)},
    )  # fmt: skip
    yield Prose(
        "prose.remedies.steps",
        {"weight": W, "steepest": Number(made.steepest[0], 1 + DECIMALS), "slope": Number(made.slope),
         "rate": Number(RATE, 1), "plain": Number(made.plain[0]),
         "plain_loss": Number(made.plain[1]), "limit": Number(LIMIT, 1),
         "clipped": Number(made.clipped[0]), "clipped_loss": Number(made.clipped[1], 2)},
    )  # fmt: skip
    yield FigureBlock("cliff", _plot(made, W), Text("caption.remedies.cliff", {"weight": W}))


def _plot(made: Cliff, weight: Parameter) -> Plot:
    blue, orange, green = contribution_colours(3)
    curve = Curve(tuple(map(float, made.weights)), tuple(map(float, made.losses)), None, blue)
    marks = (
        Mark(*made.steepest, Text("label.cliff.steepest"), blue, "right"),
        Mark(*made.plain, Text("label.cliff.plain"), orange, "above"),
        Mark(*made.clipped, Text("label.cliff.clipped"), green, "below"),
    )
    loss = Text("label.cliff.loss", {"steps": STEPS})
    panel = Panel((curve, *marks), weight, loss, y_limits=(-0.2, 1.1))
    return Plot("cliff", (panel,), 1, 12.0, 5.0)

"""How far back training reaches: a task that needs a long memory."""

from __future__ import annotations

from collections.abc import Iterator
from math import comb

from sympy import Integer

from derive.bptt.derivation import Derivation
from derive.chapters.context import Context, heads
from derive.chapters.owed.learnt import require_learnt
from derive.checks.loaded import load
from derive.checks.verify import Verifier
from derive.document.blocks import Block, FigureBlock, Heading, Prose, TableBlock
from derive.document.figures import Curve, Panel, Plot, Style
from derive.document.text import Number, Ref, Text, Value
from derive.expressions.quantities import Parameter, T, t
from derive.gradientflow import learning as study
from derive.gradientflow.learning import METHODS, Outcome
from derive.gradientflow.outcomes import (
    require_farthest,
    require_limit,
    require_longest,
    require_network,
    require_plot,
    require_table,
)
from derive.numerics.sample import samples
from derive.typesetting.palette import contribution_colours


def learning(seed: int, outcomes: list[Outcome]) -> tuple[Context, list[Block]]:
    """Return the chapter on outcomes of training, with the checks of the gradients it used."""
    cell = load("elman", loss="last", bias=True)
    c = Context(Verifier(Derivation(cell, 4), samples(cell, 4, seed)), seed)
    blocks = list(_blocks(c, outcomes))
    found = {(o.method.name, o.steps): o.accuracies for o in outcomes}
    require_learnt(blocks, c.derivation, found)
    return c, blocks


def _blocks(c: Context, outcomes: list[Outcome]) -> Iterator[Block]:
    d = c.derivation
    seeds = len(outcomes[0].accuracies)
    W: Parameter = d.cell.parameters[1]
    yield Heading("heading.learning.title", 1, "learning")
    yield Prose(
        "prose.learning.task",
        {"classes": study.CLASSES, "T": T, "noise": Number(study.NOISE, 1)},
    )
    network = Prose(
        "prose.learning.network",
        {"units": study.UNITS, "updates": study.UPDATES, "batch": study.BATCH, "seeds": seeds,
         "rate": Number(study.RATE, 1), "momentum": Number(study.MOMENTUM, 1),
         "limit": Number(study.LIMIT, 1), "weights": W,
         "weight": d.cell.weighted(Integer(1), t)},
    )  # fmt: skip
    found = {(o.method.name, o.steps): o.accuracies for o in outcomes}
    yield require_network(network, found)
    yield from c.show(*d.recursion.ends(), *d.recursion.steps())
    for p in d.cell.parameters:
        yield from c.show(d.recursion.accumulated(p))
    low, high = (Number(100 * share) for share in guessed(study.TESTED, study.CLASSES))
    yield Prose(
        "prose.learning.outcome",
        {"figure": Ref("learning-shares"), "table": Ref("learning-outcomes"),
         "tested": study.TESTED, "success": Number(100 * study.SUCCESS, 2),
         "chance": Number(100 / study.CLASSES, 2), "low": low, "high": high},
    )  # fmt: skip
    plot = require_plot(_plot(outcomes), found)
    yield FigureBlock("learning-shares", plot, Text("caption.learning.shares"))
    header = heads("table.learning", "steps", "method", "learnt", "low", "middle", "high")
    rows = tuple(
        (o.steps, Text(f"label.learning.{o.method.name}"), o.learnt, *map(_share, o.spread))
        for o in outcomes
    )
    caption = Text("caption.learning.outcomes")
    yield require_table(TableBlock("learning-outcomes", caption, header, rows, "rlrrrr"), found)
    least = Number(100 * min(min(shares) for shares in found.values()), 2)
    yield from c.say({"low": low, "least": least}, "prose.learning.below")
    yield Prose("prose.learning.read")
    near, far = (_learnt(outcomes, name) for name in ("clipped", "orthogonal"))
    values = {"near": near, "far": far}
    require_longest(values, found, {"near": "clipped", "far": "orthogonal"})
    yield from c.say(values, "prose.learning.further")
    yield Prose("prose.learning.smaller")
    beyond = next((o for o in outcomes if _orthogonal(o) and o.learnt < seeds), None)
    if beyond is not None:
        said: dict[str, Value] = {"steps": beyond.steps, "learnt": beyond.learnt, "seeds": seeds}
        require_limit(said, found, "orthogonal")
        farthest = [o for o in outcomes if _orthogonal(o)][-1]
        ends = {"far": farthest.steps, "rest": farthest.learnt}
        require_farthest(ends, found, "orthogonal")
        if c.may_say("prose.learning.limit_farthest", said | ends):
            yield Prose("prose.learning.limit_farthest", said | ends)
        else:
            yield from c.say(said, "prose.learning.limit")


SELDOM = 0.025
"""How often guessing gives less than what is said of it, and as often more."""


def guessed(count: int, classes: int) -> tuple[float, float]:
    """Return the shares of right answers between which guessing lies but for seldom cases.

    These are quantiles of the binomial distribution, summed up term by term.
    """
    whole = classes**count
    ways = [comb(count, right) * (classes - 1) ** (count - right) for right in range(count + 1)]
    below = [sum(ways[: right + 1]) / whole for right in range(count + 1)]
    low = next(right for right, share in enumerate(below) if share > SELDOM)
    high = next(right for right, share in enumerate(below) if share >= 1 - SELDOM)
    return low / count, high / count


def _orthogonal(outcome: Outcome) -> bool:
    return outcome.method.name == "orthogonal"


def _learnt(outcomes: list[Outcome], method: str) -> int:
    """Return the longest sequences on which every seed of a method learnt the task, or 0."""
    own = [o for o in outcomes if o.method.name == method]
    return max((o.steps for o in own if o.learnt == len(o.accuracies)), default=0)


def _share(value: float) -> Number:
    return Number(100 * value, 3 if value == 1 else 2)


def _plot(outcomes: list[Outcome]) -> Plot:
    curves = []
    styles = (Style.DOTTED, Style.DASHED, Style.SOLID)
    for method, colour, style in zip(METHODS, contribution_colours(3), styles, strict=True):
        found = [o for o in outcomes if o.method == method]
        spans = tuple(float(o.steps) for o in found)
        low, middle, high = (tuple(100 * o.spread[i] for o in found) for i in range(3))
        label = Text(f"label.learning.{method.name}")
        # Over a single length a band has no width.
        band = (low, high) if len(spans) > 1 else None
        curves.append(Curve(spans, middle, label, colour, style, marker=True, band=band))
    panel = Panel(
        tuple(curves), T, Text("label.learning.share"), y_limits=(0.0, 105.0), x_whole=True,
        legend="below",
    )  # fmt: skip
    return Plot("learning-shares", (panel,), 1, 13.0, 6.5)

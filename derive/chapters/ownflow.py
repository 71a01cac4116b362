"""Gradients over a hundred steps of the cell itself: what was measured, and what follows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import isfinite

import numpy as np
from sympy import MatrixExpr

from derive.cells.describe import divisors
from derive.chapters.context import Context, heads, listed
from derive.chapters.figures.readymade import NormCurve, norm_by_lag_plot
from derive.chapters.network import leading
from derive.checks.seeded import require_seed
from derive.checks.tables import require_curves
from derive.document.blocks import Block, Bullets, FigureBlock, Heading, Prose, TableBlock
from derive.document.plot import Curve, Plot
from derive.document.text import ROUNDED, Number, Ref, Text, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import ParameterCopy, T, j, k, t
from derive.expressions.spectra import Norm
from derive.gradientflow.contributions import Contributions, are_steady, contributions
from derive.gradientflow.measure import Flow
from derive.gradientflow.normplots import require_norms
from derive.gradientflow.own import (
    STEPS,
    OwnRun,
    components_of,
    left_out,
    outgrown,
    own_runs,
    units_of,
)
from derive.gradientflow.spread import require_contributions, require_shares
from derive.gradientflow.weights import APART, columns_beside

LATEST = (1, 2, 5, 10, 20, 50)
"""How many of the latest contributions are compared with the whole gradient."""


def measured(c: Context) -> Iterator[Block]:
    """Yield what was measured with the cell's weights at several scales."""
    runs = require_seed(own_runs(c.derivation, c.seed), c.seed)
    if not runs:
        grown = outgrown(c.derivation, c.seed)
        yield Prose(f"prose.flow.{'own_none' if grown else 'own_undefined'}", {"steps": STEPS})
    else:
        c.facts.traces["own"] = runs[0].trace
        units, count = units_of(runs[0].trace), components_of(runs[0].trace)
        values: dict[str, Value] = {"steps": STEPS, "seed": c.seed}
        if count:
            values |= {"components": Text("list.components", {"count": count})}
        outputs = len(runs[0].trace.value(c.cell.target, 1))
        values |= {"outputs": Text("list.outputs", {"count": outputs})}
        values |= {"figure": Ref("flow-norms"), "table": Ref("flow-runs")}
        if units is None:
            sized = ("prose.flow.own_runs_sized", "prose.flow.own_runs_sized_alone")
            trace = runs[0].trace
            sizes = listed([trace.value(s, 1).size for s in c.cell.states])
            told = {"sizes": sizes, "states": listed([s[t] for s in c.cell.states])}
            yield from c.say(values | told, *sized)
        else:
            alike = ("prose.flow.own_runs", "prose.flow.own_runs_alone")
            yield from c.say(values | {"n": units}, *alike)
        shrinks = {"J": c.derivation.shared.J[j], "section": Ref("jacobian")}
        yield from c.say(shrinks, "prose.flow.own_shrinks")
        yield from c.say({}, "prose.flow.own_biases")
        yield from drawn_otherwise(c)
        if "identity_start" in c.cell.remarks:
            yield from c.say({}, "prose.flow.own_other_start")
        yield from _left_out(c)
        yield from _shown(c, runs)
        yield from _spread(c, next((run for run in runs if run.scale == 1.0), runs[0]))
    yield Heading("heading.flow_conclusions", 2, "flow-conclusions")
    yield Prose("prose.flow.own_conclusions")
    yield Bullets((Text("prose.flow.lag", {"T": T, "k": k}), Text("prose.flow.not_gradient")))


def _left_out(c: Context) -> Iterator[Block]:
    """Yield which scales have no run in the figure, and at what step it ended."""
    found = left_out(c.derivation, c.seed)
    for grown, key in (
        (True, "prose.flow.own_left_grown"),
        (False, "prose.flow.own_left_undefined"),
    ):
        runs: list[Value] = [
            Text("prose.flow.own_left_run", {"scale": Number(run.scale, 1), "step": run.ends_at})
            for run in found
            if run.outgrown is grown
        ]
        count: dict[str, Value] = {"count": len(runs)}
        if c.may_say(key, count):
            yield Prose(key, count | {"runs": listed(runs)})


def drawn_otherwise(c: Context) -> Iterator[Block]:
    """Yield how what is no matrix and no bias was drawn: near one, or as if it were weights."""
    below, beside = divisors(c.cell), columns_beside(c.cell)
    if below:
        yield Prose(
            "prose.flow.own_divisors", {"divisors": listed(below), "apart": Number(APART, 1)}
        )
    if beside:
        yield Prose("prose.flow.own_numbers", {"numbers": listed(beside)})


def _label(run: OwnRun) -> Text:
    return Text("label.flow.quiet", {"scale": Number(run.scale, 1)})


def norm_of(flow: Flow, log: float) -> Number | Text:
    """Return a norm, or its bound, by its logarithm; a 0 that is none is said to be rounded to it."""
    norm = Number(10.0**log)
    if norm.value == 0.0 and not (flow.zero_is_exact and np.isneginf(log)):
        return Text(ROUNDED, {"zero": norm})
    return norm


def ending(plot: Plot) -> int:
    """Return how many curves with a name end before the longest lag, where norms are 0."""
    curves = [c for p in plot.panels for c in p.items if isinstance(c, Curve)]
    return sum(c.label is not None and bool(c.x) and not isfinite(c.y[-1]) for c in curves)


ATTAINED = 1e-6
"""By how much two logarithms may differ of which one hides the other."""


def attained_caption(c: Context, norm: MatrixExpr, flows: Sequence[Flow]) -> Text:
    """Return the caption of norms with their bounds, which may be attained at each lag."""
    pairs = [(flow.log_norms[:-1], flow.log_bound[:-1]) for flow in flows]
    attained = sum(bool(np.allclose(a, b, rtol=0.0, atol=ATTAINED)) for a, b in pairs)
    values = {"norm": norm, "attained": attained, "count": len(flows)}
    if c.may_say("caption.flow.norms_attained", values):
        return Text("caption.flow.norms_attained", values)
    return Text("caption.flow.norms", {"norm": norm})


def _shown(c: Context, runs: list[OwnRun]) -> Iterator[Block]:
    """Yield the norms over all lags, and those at the longest with their bounds."""
    state, far = c.derivation.shared.state, STEPS - 1
    norm = Norm(Partial(state[STEPS], state[k]))
    curves = [
        NormCurve(
            _label(run), 10.0 ** run.flow.log_norms[:-1], bound=10.0 ** run.flow.log_bound[:-1]
        )
        for run in runs
    ]
    plot = norm_by_lag_plot(
        "flow-norms", curves, lag=Text("label.flow.lag", {"k": k, "steps": STEPS}),
        norm=Text("label.flow.log", {"norm": norm}), bound=Text("label.flow.bound"),
        width=9.2, height=4.4,
    )  # fmt: skip
    require_norms(plot, [(_label(run), [run.flow]) for run in runs])
    caption = attained_caption(c, norm, [run.flow for run in runs])
    yield FigureBlock("flow-norms", plot, caption, narrow=True)
    rows = tuple(
        (
            _label(run),
            norm_of(run.flow, run.flow.log_norms[far]),
            norm_of(run.flow, run.flow.log_bound[far]),
        )
        for run in runs
    )
    values = {"lag": far}
    header = (
        *heads("table.flow", "run"),
        Text("table.flow.far", values),
        *heads("table.flow", "bound"),
    )
    table = TableBlock("flow-runs", Text("caption.flow.runs", values), header, rows, "lrr")
    yield require_curves(table, plot, far)
    yield from c.say({"figure": Ref("flow-norms"), "count": ending(plot)}, "prose.flow.own_ends")


def _spread(c: Context, run: OwnRun) -> Iterator[Block]:
    """Yield how the gradient of the last loss is spread over the contributions."""
    parameter = leading(c)
    c.facts.traces["spread"] = run.trace
    with np.errstate(all="ignore"):
        found = contributions(c.derivation, run.trace, parameter)
        if not _tells(found) or not are_steady(c.derivation, run.trace, parameter):
            return
        require_contributions(run.trace, parameter, [STEPS], [found.terms[::-1]])
    loss = c.cell.loss_series[STEPS]
    term = Gradient(loss, ParameterCopy(parameter, k))
    yield Heading("heading.flow_spread", 2, "flow-spread")
    yield Prose(
        "prose.flow.own_spread",
        {"loss": loss, "weights": parameter, "term": term, "k": k, "scale": Number(run.scale, 1),
         "table": Ref("flow-shares")},
    )  # fmt: skip
    rows = tuple(
        (count, Number(100 * found.share(count)), Number(found.missing(count), 2))
        for count in LATEST
    )
    header = heads("table.flow", "latest", "share", "missing")
    caption = Text("caption.flow.shares", {"loss": loss})
    table = TableBlock("flow-shares", caption, header, rows, "rrr")
    yield require_shares(table, found.terms)
    most = LATEST[-1]
    said = {"latest": most, "count": STEPS, "share": Number(100 * found.share(most))}
    yield from c.say(said, "prose.flow.own_far")


LARGEST = 1e12
"""Contributions that have grown beyond it have no digit in common with what they add up to."""


def _tells(found: Contributions) -> bool:
    """Tell whether the contributions are numbers that can be compared with their sum."""
    whole = float(np.linalg.norm(found.gradient))
    return 0 < whole < LARGEST and float(found.norms.max()) < LARGEST

"""Gradients over a hundred steps: what bounds them, what was measured, what may be concluded."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sympy import MatrixExpr

from derive.chapters.context import Context, heads
from derive.chapters.figures.readymade import NormCurve, norm_by_lag_plot
from derive.chapters.ownflow import attained_caption, measured, norm_of
from derive.chapters.references import FLOW, cite
from derive.checks.seeded import require_seed
from derive.checks.tables import require_curves
from derive.document.blocks import Block, Bullets, FigureBlock, Heading, Prose, TableBlock
from derive.document.figures import Bars, Curve, Panel, Plot, Reference
from derive.document.text import Number, Ref, Text, at_least
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.quantities import ParameterCopy, T, k, t
from derive.expressions.spectra import Norm
from derive.expressions.types import TimeIndex
from derive.gradientflow.concluded import require_concluded, require_runs, require_settings
from derive.gradientflow.contributions import Contributions, contributions
from derive.gradientflow.measure import bounded_slope, recurrent_weights
from derive.gradientflow.normplots import require_norms
from derive.gradientflow.own import components_of
from derive.gradientflow.runs import Run, carry_out, experiment, of_regimes, three_regimes
from derive.gradientflow.spread import (
    require_bars,
    require_contributions,
    require_shares,
    require_spread,
)
from derive.gradientflow.theorems import (
    factor_bound,
    has_uniform_bound,
    product_bound,
    rate,
    uniform_bound,
)
from derive.typesetting.palette import INK

LAST = 10
"""How many of the latest contributions are compared with the whole gradient."""

SMALL, LARGE, FACTORS = 0.9, 1.1, 99
"""Two numbers near one, and how often they are multiplied."""

SHOWN = 15
"""How many of the latest contributions have a bar."""


def flow(c: Context) -> Iterator[Block]:
    """Yield the chapter; its numbers are runs of the cell itself.

    Those of the simple network, of which more is proved, are shown where it is the cell.
    """
    yield Heading("heading.flow", 1, "flow")
    yield from _bounds(c)
    if not of_regimes(c.cell):
        yield from measured(c)
        return
    runs = three_regimes(c.seed)
    require_seed(runs, c.seed)
    yield from _measured(c, runs)
    yield from _spread(c)
    yield from _conclusions(c, runs)


def _bounds(c: Context) -> Iterator[Block]:
    d = c.derivation
    state = d.shared.state
    yield from c.say(
        {"small": Number(SMALL, 1), "large": Number(LARGE, 2), "lag": FACTORS,
         "shrunk": Number(SMALL**FACTORS), "grown": Number(LARGE**FACTORS)},
        "prose.flow.scalar",
        "prose.flow.scalar_same",
    )  # fmt: skip
    yield Prose("prose.flow.papers", {"papers": cite(c, FLOW)})
    yield Prose(
        "prose.flow.product",
        {"factor": Partial(state[t], state[k]), "t": t, "k": k, "J": d.shared.J[t]},
    )
    yield from c.show(product_bound(d))
    if has_uniform_bound(d):
        W = recurrent_weights(d)
        gamma = at_least(bounded_slope(d))
        yield Prose(
            "prose.flow.factor", {"weights": W, "norm": Norm(W), "J": d.shared.J[t], "slope": gamma}
        )
        yield from c.show(factor_bound(d))
        yield Prose("prose.flow.uniform", {"t": t, "k": k})
        yield from c.show(uniform_bound(d))
        yield Prose("prose.flow.one_sided", {"rate": rate(d)})


def _measured(c: Context, runs: tuple[Run, ...]) -> Iterator[Block]:
    e, s = runs[0].experiment, runs[0].derivation.shared.state
    last, W = e.steps, recurrent_weights(runs[0].derivation)
    said = Prose(
        "prose.flow.runs",
        {"weights": W, "n": e.n, "steps": last, "seed": c.seed, "figure": Ref("flow-norms"),
         "table": Ref("flow-runs"), "state": s[t], "inputs": Number(runs[-1].experiment.inputs, 2),
         "d": components_of(runs[-1].trace)},
    )  # fmt: skip
    yield require_settings(said, runs[0])
    norm = Norm(Partial(s[last], s[k]))
    curves = [
        NormCurve(
            _label(run), 10.0 ** run.flow.log_norms[:-1], bound=10.0 ** run.flow.log_bound[:-1]
        )
        for run in runs
    ]
    plot = norm_by_lag_plot(
        "flow-norms", curves, lag=Text("label.flow.lag", {"k": k, "steps": last}),
        norm=Text("label.flow.log", {"norm": norm}), bound=Text("label.flow.bound"), height=4.8,
    )  # fmt: skip
    require_norms(plot, [(_label(run), [run.flow]) for run in runs])
    yield FigureBlock("flow-norms", plot, attained_caption(c, norm, [run.flow for run in runs]))
    longest = last - 1
    rows = tuple(
        (
            _label(run),
            norm_of(run.flow, run.flow.log_norms[longest]),
            norm_of(run.flow, run.flow.log_bound[longest]),
            _verdict(run),
        )
        for run in runs
    )
    values = {"lag": longest}
    header = (
        *heads("table.flow", "run"),
        Text("table.flow.far", values),
        *heads("table.flow", "bound", "verdict"),
    )
    table = TableBlock("flow-runs", Text("caption.flow.runs", values), header, rows, "lrrl")
    yield require_runs(require_curves(table, plot, longest), runs)
    yield Prose("prose.flow.verdicts")


def _label(run: Run) -> Text:
    scale = Number(run.experiment.scale, 1 if run.experiment.scale < 1 else 2)
    return Text(
        "label.flow.inputs" if run.experiment.inputs else "label.flow.quiet", {"scale": scale}
    )


def _verdict(run: Run) -> Text:
    verdict = run.flow.verdict
    key = f"verdict.{verdict.says}.{verdict.because}"
    return Text(key, {} if verdict.because == "none" else {"number": Number(verdict.number)})


def _spread(c: Context) -> Iterator[Block]:
    """Yield how the gradient of the last loss is spread over the contributions."""
    (run,) = require_seed([carry_out(experiment("typical"), c.seed)], c.seed)
    W = recurrent_weights(run.derivation)
    found = contributions(run.derivation, run.trace, W)
    last = run.experiment.steps
    require_contributions(run.trace, W, [last], [found.terms[::-1]])
    loss = run.derivation.cell.loss_series[last]
    size = Norm(Gradient(loss, ParameterCopy(W, k)))
    yield Heading("heading.flow_spread", 2, "flow-spread")
    yield Prose(
        "prose.flow.spread",
        {"loss": loss, "weights": W, "term": Gradient(loss, ParameterCopy(W, k)), "k": k,
         "n": run.experiment.n, "figure": Ref("flow-contributions"), "table": Ref("flow-shares")},
    )  # fmt: skip
    yield FigureBlock(
        "flow-contributions",
        require_bars(_contribution_plot(found, k, size), found.terms),
        Text("caption.flow.contributions", {"loss": loss, "weights": W}),
    )
    rows = tuple(
        (count, Number(100 * found.share(count)), Number(found.missing(count), 2))
        for count in (1, 2, 5, LAST, 20, 50)
    )
    header = heads("table.flow", "latest", "share", "missing")
    table = TableBlock(
        "flow-shares", Text("caption.flow.shares", {"loss": loss}), header, rows, "rrr"
    )
    yield require_shares(table, found.terms)
    whole = float(np.linalg.norm(found.gradient))
    said = Prose(
        "prose.flow.long_range",
        {"count": LAST, "share": Number(100 * found.share(LAST)), "weights": W, "step": 2,
         "first": Number(found.norms[-2], 2), "whole": Number(whole, 2)},
    )  # fmt: skip
    yield require_spread(said, found.terms)


def _contribution_plot(found: Contributions, step: TimeIndex, size: MatrixExpr) -> Plot:
    steps = len(found.norms)
    bars = Bars(
        tuple(map(float, range(steps - SHOWN + 1, steps + 1))),
        tuple(found.norms[:SHOWN][::-1].tolist()),
        (INK,) * SHOWN,
    )
    latest = Panel((Reference(0.0), bars), step, size, x_whole=True)
    with np.errstate(divide="ignore"):
        logs = tuple(np.log10(found.norms)[::-1].tolist())
    dots = Curve(tuple(map(float, range(1, steps + 1))), logs, None, INK, marker=True)
    label = Text("label.flow.log", {"norm": size})
    every = Panel((Reference(0.0), dots), step, label, x_whole=True)
    return Plot("flow-contributions", (latest, every), 2, height=5.0)


def _conclusions(c: Context, runs: tuple[Run, ...]) -> Iterator[Block]:
    _, steady, exploding, saturated = runs
    far = steady.experiment.steps - 1
    linear, bent = (carry_out(experiment(name), c.seed) for name in ("linear", "nonnormal"))
    require_seed((linear, bent), c.seed)
    peak = int(bent.flow.log_norms.argmax())
    radius = {"radius": Number(linear.flow.radius or 0.0)}

    def at(run: Run, lag: int) -> Number:
        return Number(10.0 ** run.flow.log_norms[lag])

    yield Heading("heading.flow_conclusions", 2, "flow-conclusions")
    yield Prose("prose.flow.conclusions")
    said = Bullets(
        (
            Text("prose.flow.not_slope", {"norm": at(steady, far), "lag": far}),
            Text("prose.flow.lag", {"T": T, "k": k}),
            Text("prose.flow.not_gradient"),
            Text(
                "prose.flow.not_size",
                {"grown": at(exploding, far), "shrunk": at(saturated, far), "lag": far,
                 "scale": Number(saturated.experiment.scale, 2),
                 "inputs": Number(saturated.experiment.inputs, 2)},
            ),
            Text("prose.flow.not_tanh", {"norm": at(linear, far), "lag": far, **radius}),
            Text(
                "prose.flow.not_monotone",
                {"peak": at(bent, peak), "lag": peak, "far": far, "end": at(bent, far),
                 "radius": Number(bent.flow.radius or 0.0, 1)},
            ),
        )
    )  # fmt: skip
    yield require_concluded(said, (*runs, linear, bent))

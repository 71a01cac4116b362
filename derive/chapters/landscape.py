"""Pictures of gradient flow: where norms grow and where they shrink, and what saturation does."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from derive.arrays import Array
from derive.calculus.activations import activation, usable
from derive.chapters.activation import apart_at_jumps
from derive.chapters.context import Context, heads
from derive.chapters.simple import opening
from derive.checks.seeded import require_seed
from derive.document.blocks import Block, Bullets, FigureBlock, Heading, Prose, TableBlock
from derive.document.figures import Curve, Heat, Panel, Plot, Reference, Style
from derive.document.text import Number, Ref, Text
from derive.expressions.functions import Apply, Slope
from derive.expressions.quantities import Parameter, t
from derive.gradientflow.concluded import require_row
from derive.gradientflow.measure import recurrent_weights
from derive.gradientflow.normplots import require_saturated, require_scale_map
from derive.gradientflow.runs import Experiment, Run, carry_out, experiment, table
from derive.typesetting.palette import contribution_colours

SCALES = np.round(np.arange(0.5, 2.01, 0.1), 2)
SEEDS = 3
SHOWN_UNITS = 3
SHOWN_STEPS = 40

FAR = -350
"""log10 of a norm below which the picture does not go on."""


def landscape(c: Context) -> Iterator[Block]:
    """Yield the chapter: all activations, the map over scale and lag, and saturation."""
    yield Heading("heading.landscape.title", 1, "landscape")
    yield from _gallery()
    yield from opening(c)
    yield from _map(c)
    yield from _saturation(c)


def experiments(c: Context) -> Iterator[Block]:
    """Yield the table of all experiments with what was measured and what is proved."""
    yield Heading("heading.landscape.experiments", 1, "experiments")
    rows = []
    # Sweeps meet in some settings: a run that was told of is not told of again.
    told: dict[Experiment, Experiment] = {}
    for row in table().values():
        told.setdefault(replace(row, name=""), row)
    for row in told.values():
        (run,) = require_seed([carry_out(row, c.seed)], c.seed)
        flow, last = run.flow, row.steps - 1
        verdict = flow.verdict
        rows.append(
            require_row(
                run,
                (
                    Text(f"landscape.activation.{row.activation}"),
                    Text(f"landscape.matrix.{row.matrix}"),
                    _number(row.scale),
                    _number(row.inputs),
                    row.n,
                    row.steps,
                    _log(flow.log_norms[last]),
                    _log(flow.log_bound[last]),
                    Text(f"landscape.verdict.{verdict.says}"),
                ),
            )
        )
    header = heads(
        "table.landscape",
        "activation", "matrix", "scale", "inputs", "n", "steps", "last", "bound", "verdict",
    )  # fmt: skip
    yield Prose("prose.landscape.experiments", {"table": Ref("all-experiments"), "seed": c.seed})
    caption = Text("caption.landscape.experiments")
    yield TableBlock("all-experiments", caption, header, tuple(rows), "llrrrrrrl", long=True)
    kinds = dict.fromkeys(row.matrix for row in told.values())
    yield Bullets(tuple(kind_of(name) for name in kinds if name in TOLD))
    at_kinks = [r for r in told.values() if 0.0 in activation(r.activation).kinks and not r.inputs]
    ends = [carry_out(r, c.seed).flow.log_norms[r.steps - 1] for r in at_kinks]
    yield from c.say({"count": sum(bool(np.isneginf(e)) for e in ends)}, "prose.landscape.kink")


TOLD = {
    "nilpotent": "prose.landscape.kind_nilpotent", "jordan": "prose.landscape.kind_jordan",
    "nonnormal": "prose.landscape.kind_nonnormal",
}  # fmt: skip
"""What is said of kinds of matrices whose names do not tell what they are."""


def kind_of(name: str) -> Text:
    """Return what a kind of matrix is."""
    shown = name == "nonnormal"
    return Text(TOLD[name], {"section": Ref("proofs-linear")} if shown else {})


def _number(value: float) -> Number:
    return Number(value, 2) if abs(value) >= 1 else Number(value, 1)


def _log(value: float) -> Number | Text:
    """Return a logarithm with one decimal; a product of exactly 0 has none."""
    if not np.isfinite(value):
        return Text("landscape.zero")
    rounded = round(float(value), 1) + 0.0
    return Number(rounded, 1 if abs(rounded) < 1 else 2 if abs(rounded) < 10 else 3)


def _gallery() -> Iterator[Block]:
    grid = np.linspace(-4, 4, 201)
    a = Parameter("a", 1, 1)
    blue, orange = contribution_colours(2)
    panels = []
    shown = [activation(name) for name in usable()]
    for row in shown:
        curve = Curve(_numbers(grid), _numbers(row.value(grid)), Apply(row.name, a), blue)
        slope = Curve(
            _numbers(grid),
            _numbers(apart_at_jumps(grid, row.slope(grid), row.kinks)),
            Slope(row.name, a),
            orange,
            Style.DASHED,
        )
        zero = (Reference(0.0), Reference(0.0, "x"))
        limits = (-1.3, 2.2)
        panels.append(Panel((*zero, curve, slope), a, "", y_limits=limits, legend="below"))
    yield Prose("prose.landscape.gallery", {"figure": Ref("activations"), "count": len(shown)})
    rows = -(-len(shown) // 3)
    # With their legends below, the rows leave room on their page for the words that lead to them.
    plot = Plot("activations", tuple(panels), 3, 15.5, min(3.6, 9.0 / rows))
    yield FigureBlock("activations", plot, Text("caption.landscape.gallery"))


def _map(c: Context) -> Iterator[Block]:
    base = experiment("init-orthogonal")
    runs, rows = [], []
    for scale in SCALES:
        settings = replace(base, scale=float(scale))
        made = [carry_out(settings, c.seed + n) for n in range(SEEDS)]
        runs.append(require_seed(made, c.seed, apart=1))
        c.facts.traces |= {f"map {scale} {n}": run.trace for n, run in enumerate(made)}
        rows.append(np.median([run.flow.log_norms for run in runs[-1]], axis=0)[:-1])
    lags = np.arange(base.steps, dtype=float)
    heat = Heat(
        _numbers(lags), _numbers(SCALES), tuple(_numbers(np.maximum(row, FAR)) for row in rows),
        Text("label.landscape.log"), (0.0,), (-12.0, 12.0), diverging=True,
    )  # fmt: skip
    border = Reference(1.0, "y", Text("label.landscape.border"), Style.DASHED)
    panel = Panel(
        (heat, border), Text("label.landscape.lag"), Text("label.landscape.scale"), x_whole=True
    )
    W = recurrent_weights(carry_out(base, c.seed).derivation)
    values = {"weights": W, "inputs": Number(base.inputs, 1), "figure": Ref("scale-map")}
    yield Prose("prose.landscape.map", values | {"seeds": SEEDS})
    plot = require_scale_map(Plot("scale-map", (panel,), height=7.5), runs, FAR)
    yield FigureBlock("scale-map", plot, Text("caption.landscape.map"))


def _saturation(c: Context) -> Iterator[Block]:
    run = carry_out(experiment("saturated"), c.seed)
    quiet = carry_out(replace(run.experiment, inputs=0.3), c.seed)
    require_seed((run, quiet), c.seed)
    s = run.derivation.shared.state
    states = _states(run)[:SHOWN_STEPS]
    steps = _numbers(np.arange(1, len(states) + 1, dtype=float))
    colours = contribution_colours(SHOWN_UNITS)
    units = tuple(
        Curve(steps, _numbers(states[:, unit]), None, colours[unit], thin=True)
        for unit in range(SHOWN_UNITS)
    )
    slopes = tuple(
        Curve(
            steps,
            _numbers((1 - _states(r) ** 2).mean(axis=1)[:SHOWN_STEPS]),
            _inputs(r),
            colour,
            style,
        )
        for r, colour, style in (
            (quiet, colours[0], Style.SOLID),
            (run, colours[1], Style.DASHED),
        )
    )
    left = Panel((Reference(0.0), *units), t, Text("label.landscape.states"), x_whole=True)
    right = Panel(
        slopes, t, Text("label.landscape.slopes"), y_limits=(0.0, 1.05), x_whole=True,
        legend="below",
    )  # fmt: skip
    values = {"state": s[t], "figure": Ref("saturation")}
    sizes = [float((1 - _states(r) ** 2).mean()) for r in (quiet, run)]
    said = Prose(
        "prose.landscape.saturation",
        values | {"small": Number(sizes[0], 2), "large": Number(sizes[1], 2)},
    )
    plot = require_saturated(Plot("saturation", (left, right), 2, 15.5, 5.0), said, quiet, run)
    yield said
    yield FigureBlock("saturation", plot, Text("caption.landscape.saturation"))


def _inputs(run: Run) -> Text:
    return Text("label.landscape.inputs", {"size": _number(run.experiment.inputs)})


def _states(run: Run) -> Array:
    s = run.derivation.shared.state
    return np.array([run.trace.value(s, step)[:, 0] for step in range(1, run.experiment.steps + 1)])


def _numbers(values: Array) -> tuple[float, ...]:
    return tuple(np.asarray(values, dtype=float).tolist())

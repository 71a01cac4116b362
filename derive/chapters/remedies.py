"""What is done against vanishing and exploding gradients, measured on the same data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from derive.bptt.derivation import Derivation
from derive.bptt.gatewise import Gatewise
from derive.cells.cell import Cell
from derive.chapters.cliff import cliffs
from derive.chapters.context import Context, heads
from derive.chapters.figures.readymade import NormCurve, norm_by_lag_plot
from derive.chapters.figures.unrolled import GradientPaths
from derive.chapters.network import picture
from derive.chapters.references import cite
from derive.chapters.simple import adjoint, opening
from derive.checks.network import require_window
from derive.checks.seeded import require_seed
from derive.checks.verify import Verifier
from derive.document.blocks import Block, FigureBlock, Heading, Prose, TableBlock
from derive.document.text import Number, Ref, Text, Value
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import Parameter, ParameterCopy, k
from derive.expressions.spectra import Norm
from derive.gradientflow.clipping import FixedValues, by_element, by_norm
from derive.gradientflow.measure import recurrent_weights
from derive.gradientflow.normplots import require_kinds, require_norms
from derive.gradientflow.runs import Run, carry_out, experiment
from derive.gradientflow.spread import (
    require_angles,
    require_contributions,
    require_truncated,
)
from derive.gradientflow.theorems import chunk_split, clipped, window_split
from derive.gradientflow.truncation import Truncation, cosine, truncation
from derive.numerics.sample import Sample, samples
from derive.typesetting.palette import step_colours

SEEDS = 10
"""Runs per kind of initial weights."""

LIMITS = (0.5, 0.1, 0.01)
"""Limits of elementwise clipping, as parts of the largest entry."""

WINDOW = 2
"""Over how many steps a gradient goes back in the formulas and the picture."""

PICTURED = 5
"""The steps of the picture."""

SPANS = (1, 2, 5, 10, 20, 50)
"""Lengths of windows and chunks."""

INITIAL = ("uniform", "gaussian", "orthogonal", "identity")


def remedies(c: Context) -> Iterator[Block]:
    """Yield the chapter; all numbers come from runs of the simple network."""
    yield Heading("heading.remedies.title", 1, "remedies")
    yield from opening(c)
    yield from clipping(c)
    yield from cliffs()
    yield from _initial(c)
    yield from truncated(c)


def _truncation(run: Run) -> Truncation:
    """Return all contributions to the gradient by the recurrent weights, checked."""
    W = recurrent_weights(run.derivation)
    kept = truncation(run.derivation, run.trace, W)
    require_contributions(run.trace, W, range(1, run.trace.steps + 1), kept.terms)
    return kept


def clipping(c: Context) -> Iterator[Block]:
    """Yield what clipping does to a gradient."""
    (run,) = require_seed([carry_out(experiment("typical"), c.seed)], c.seed)
    gradient = _truncation(run).full
    g, r = _letters(c, gradient.size)
    equations = clipped(g, r)
    size = float(np.linalg.norm(gradient))
    values: Any = FixedValues({g: gradient.reshape(-1, 1), r: np.array([[size / 3]])})
    verifier = Verifier(c.derivation, [Sample(values, c.seed, zero_start=True)])
    yield Heading("heading.remedies.clipping", 2, "clipping")
    yield Prose(
        "prose.remedies.clip", {"gradient": g, "limit": r, "papers": cite(c, ("pascanu2013",))}
    )
    yield from c.show(*equations, verifier=verifier)
    yield Prose("prose.remedies.same_way")
    setting = run.experiment
    clipped_run: dict[str, Value] = {
        "table": Ref("clipping-angles"), "weights": recurrent_weights(run.derivation),
        "steps": setting.steps, "n": setting.n, "inputs": Number(setting.inputs, 1),
    }  # fmt: skip
    yield Prose("prose.remedies.elementwise", clipped_run)
    rows = [(Text("table.remedies.by_norm"), Number(cosine(by_norm(gradient, size / 3), gradient)))]
    largest = float(np.abs(gradient).max())
    for part in LIMITS:
        angle = cosine(by_element(gradient, part * largest), gradient)
        rows.append((Text("table.remedies.by_element", {"part": Number(part, 1)}), Number(angle)))
    header = heads("table.remedies", "clipped", "cosine")
    table = TableBlock(
        "clipping-angles", Text("caption.remedies.clipping"), header, tuple(rows), "lr"
    )
    yield require_angles(table, gradient)
    parts = np.array([5.0, -2.0, -2.0])
    whole, cut = float(parts.sum()), float(by_element(parts, 1.0).sum())
    first, second = (Number(v, 1) for v in parts[:2])
    yield Prose(
        "prose.remedies.flip",
        {"first": first, "second": second, "sum": Number(whole, 1), "cut": Number(cut, 1),
         "limit": 1},
    )  # fmt: skip


def _letters(c: Context, size: int) -> tuple[Parameter, Parameter]:
    """Return a gradient and a limit by letters that the network has not, for a gate neither."""
    taken = {*c.cell.roster.names, *Gatewise(c.cell).gates}
    # p and q are components.
    free = [letter for letter in "grvleufmbc" if letter not in taken]
    gradient = "g" if "g" in free else next(one for one in free if one != "r")
    limit = "r" if "r" in free else next(one for one in free if one != gradient)
    return Parameter(gradient, size, 1), Parameter(limit, 1, 1)


def _initial(c: Context) -> Iterator[Block]:
    runs = {
        kind: [carry_out(experiment(f"init-{kind}"), c.seed + n) for n in range(SEEDS)]
        for kind in INITIAL
    }
    for kind, found in runs.items():
        require_seed(found, c.seed, apart=1)
        c.facts.traces |= {f"initial {kind} {n}": run.trace for n, run in enumerate(found)}
    first = runs["orthogonal"][0]
    last, s = first.experiment.steps, first.derivation.shared.state
    norm = Norm(Partial(s[last], s[k]))
    yield Heading("heading.remedies.initial", 2, "initial-weights")
    yield Prose(
        "prose.remedies.initial",
        {"weights": recurrent_weights(first.derivation), "figure": Ref("initial-norms"),
         "seeds": SEEDS, "n": first.experiment.n, "inputs": Number(first.experiment.inputs, 1),
         "papers": cite(c, ("le2015",))},
    )  # fmt: skip
    curves = [_band(kind, found) for kind, found in runs.items()]
    plot = norm_by_lag_plot(
        "initial-norms", curves, lag=Text("label.flow.lag", {"k": k, "steps": last}),
        norm=Text("label.flow.log", {"norm": norm}), height=7.5,
    )  # fmt: skip
    shown = [(Text(f"label.remedies.{kind}"), [r.flow for r in runs[kind]]) for kind in INITIAL]
    require_kinds(runs)
    require_norms(plot, shown)
    yield FigureBlock("initial-norms", plot, Text("caption.remedies.initial", {"norm": norm}))
    far = last - 1
    medians = {kind: Number(_median(runs[kind], far)) for kind in INITIAL}
    kept = {"lag": far, "identity": medians.pop("identity")}
    ends = [10.0 ** run.flow.log_norms[far] for run in runs["orthogonal"]]
    medians |= {"low": Number(min(ends)), "high": Number(max(ends))}
    keys = (
        "prose.remedies.initial_ahead", "prose.remedies.initial_alike",
        "prose.remedies.initial_behind",
    )  # fmt: skip
    yield from c.say({"lag": far, **medians}, *keys)
    yield Prose("prose.remedies.initial_kept", kept)
    yield Prose("prose.remedies.initial_read")


def _median(runs: list[Run], lag: int) -> float:
    return float(np.median([10.0 ** run.flow.log_norms[lag] for run in runs]))


def _band(kind: str, runs: list[Run]) -> NormCurve:
    """Return the median over the seeds, between the smallest and the largest."""
    norms = 10.0 ** np.array([run.flow.log_norms[:-1] for run in runs])
    label = Text(f"label.remedies.{kind}")
    return NormCurve(label, np.median(norms, axis=0), band=(norms.min(axis=0), norms.max(axis=0)))


def truncated(c: Context) -> Iterator[Block]:
    """Yield what a truncated gradient leaves out."""
    (run,) = require_seed([carry_out(experiment("init-orthogonal"), c.seed)], c.seed)
    W = recurrent_weights(run.derivation)
    kept = _truncation(run)
    d = Derivation(run.derivation.cell.renamed("truncated"), 6)
    verifier = Verifier(d, samples(d.cell, 6, c.seed))
    yield Heading("heading.remedies.truncated", 2, "truncated")
    yield from adjoint(c)
    yield Prose("prose.remedies.window", {"steps": WINDOW, "figure": Ref("truncated-paths")})
    yield from c.show(window_split(d, W, WINDOW), verifier=verifier)
    yield _window(d.cell, W)
    yield Prose("prose.remedies.chunks", {"steps": WINDOW, "whole": 6})
    yield from c.show(chunk_split(d, W, WINDOW, 3), verifier=verifier)
    yield Prose(
        "prose.remedies.bias",
        {"table": Ref("truncation-bias"), "weights": W, "steps": run.experiment.steps},
    )
    rows = []
    for h in SPANS:
        window, chunks = kept.window(h), kept.chunks(h)
        found = (kept.bias(window), kept.cosine(window), kept.bias(chunks), kept.cosine(chunks))
        rows.append((h, *(Number(value, 2) for value in found)))
    header = heads(
        "table.remedies", "span", "window_bias", "window_cosine", "chunk_bias", "chunk_cosine"
    )
    caption = Text("caption.remedies.truncation", {"weights": W})
    table = TableBlock("truncation-bias", caption, header, tuple(rows), "rrrrr")
    yield require_truncated(table, kept.terms)
    last = SPANS[-1]
    errors = {"window": kept.bias(kept.window(last)), "chunk": kept.bias(kept.chunks(last))}
    values = {"last": last, **{name: Number(error, 2) for name, error in errors.items()}}
    yield from c.say(values, "prose.remedies.compare")
    yield Prose("prose.remedies.left_out")


def _window(cell: Cell, weights: Parameter) -> FigureBlock:
    """Return the picture of the paths that a window follows, and of one that it leaves out."""
    colours, first = step_colours(PICTURED), 1
    followed = range(PICTURED - WINDOW + 1, PICTURED + 1)
    paths = GradientPaths(
        {step: colours[step] for step in (first, *followed)},
        lambda step: ParameterCopy(weights, step),
        left=(first,),
        parameter=weights.name,
    )
    made = picture(cell, PICTURED, "truncated-paths", paths)
    require_window(made, PICTURED, WINDOW)
    values = {"loss": cell.loss_series[PICTURED], "steps": WINDOW, "weights": weights}
    return FigureBlock(made.id, made, Text("caption.remedies.window", values))

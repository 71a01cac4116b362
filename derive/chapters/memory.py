"""What a state that is handed on component by component does for the gradient: shown and measured."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from derive.cells.describe import carried
from derive.chapters.context import Context, listed
from derive.chapters.figures.readymade import NormCurve, norm_by_lag_plot
from derive.chapters.figures.ways import highway
from derive.chapters.ownflow import drawn_otherwise, ending, norm_of
from derive.chapters.references import cite
from derive.checks.diagrams import require_highway
from derive.checks.loaded import load
from derive.checks.roles import of_parameter
from derive.checks.tables import require_curves
from derive.checks.ways import require_ways
from derive.document.blocks import Block, FigureBlock, Heading, Prose, TableBlock
from derive.document.text import Number, Ref, Text, Value, at_most
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation
from derive.expressions.quantities import k, t
from derive.expressions.spectra import Norm
from derive.gradientflow.carousel import Carousel, carousels
from derive.gradientflow.confirmed import require_blocks
from derive.gradientflow.gated import OPEN, STEPS, GatedRun, gate_biases, rows_of, run
from derive.gradientflow.normplots import require_norms
from derive.gradientflow.opened import (
    gates_reached,
    gates_seen,
    opens_evenly,
    require_named,
    require_opened,
)
from derive.gradientflow.own import units_of
from derive.gradientflow.weights import UNITS

LAGS = (1, 10, STEPS - 1)
"""At which lags the norms stand in a table."""

BESIDE = ("elman", "gru", "lstm")
"""The cells that a cell with gates is compared with."""


_MEASURED = "prose.memory.measured", "prose.memory.measured_alone"
_MEASURED_SIZED = "prose.memory.measured_sized", "prose.memory.measured_sized_alone"
"""What is said of the runs of a network with inputs, and of one without."""


def memory(c: Context) -> Iterator[Block]:
    """Yield the chapter, for cells that have such a state."""
    if not carried(c.cell):
        return
    around = carousels(c.derivation)
    blocks = [block for n, carousel in enumerate(around) for block in _blocks(c, carousel, n > 0)]
    # What does not stay finite, as the chapter on vanishing gradients says, is not measured here.
    own = run(c.cell, c.seed)
    if not (blocks or own.finite):
        return
    yield Heading("heading.memory", 1, "memory")
    yield from blocks
    if own.finite:
        yield from _measured(c, own)


def _blocks(c: Context, carousel: Carousel, again: bool = False) -> Iterator[Block]:
    """Yield the block of the state, the whole derivative, and the block of a product.

    What the sign of the last equation means is said of the first of them, and not ``again``.
    """
    state, others = carousel.state, carousel.others
    if c.steps == 1:
        return
    values: dict[str, Value] = {
        "state": state[t], "others": listed([s[t - 1] for s in others]), "before": state[t - 1],
        "block": carousel.block[t], "diagonal": carousel.diagonal,
    }  # fmt: skip
    around = [s[t - 1] for s in carousel.through()]
    if around:
        yield Prose("prose.memory.block", values | {"around": listed(around)})
    else:
        yield Prose("prose.memory.block_alone", values)
    yield from c.show(carousel.total())
    lines, count = carousel.over_the_shortest(), len(carousel.ways_back()[0]) + 1
    held: dict[str, Value] = {
        "state": state[t],
        "others": listed([s[t - count] for s in others]),
    }
    id = f"highway-{state.name}"
    if count == 2:
        yield Prose("prose.memory.steps", held | {"figure": Ref(id)})
    else:
        yield Prose("prose.memory.steps_later", held | {"count": count})
    yield from c.show(lines)
    if count == 2:
        yield from _highway(id, carousel, lines)
    key = "prose.memory.product_again" if again else "prose.memory.product"
    yield Prose(key, {"block": carousel.block[t], "count": c.steps})
    yield from c.show(carousel.not_the_product())


def _highway(id: str, carousel: Carousel, lines: Equation) -> Iterator[Block]:
    """Yield the picture of the ways over two steps: one for each term of the lines above it."""
    state, picture = carousel.state, highway(id, carousel)
    block = carousel.block
    require_ways(picture, lines, {block[i]: carousel.handed_on(i) for i in (t, t - 1)})
    require_highway(picture, state, carousel.derivation.cell.states)
    values = {"first": state[t - 2], "last": state[t]}
    yield FigureBlock(id, picture, Text("caption.memory.highway", values))


def _measured(c: Context, this: GatedRun) -> Iterator[Block]:
    cells = [load(name) for name in BESIDE if name != c.cell.name]
    own = carousels(c.derivation)
    runs = [(Text(f"label.memory.{cell.name}"), run(cell, c.seed)) for cell in cells]
    runs.append((Text("label.memory.this"), this))
    gates = gate_biases(c.cell)
    opened = run(c.cell, c.seed, opened=True) if gates else None
    # A bias that does more than open its gate is drawn like a weight: its gate is not even before.
    even = opened is not None and all(opens_evenly(made.trace) for made in (opened, this))
    # A single number is even however it was drawn.
    even = even and all(of_parameter(c.cell, p, "bias") for added in gates.values() for p in added)
    if opened is not None and not (opened.finite and even):
        opened = None
    c.facts.traces["memory"], c.facts.traces["this"] = runs[0][1].trace, this.trace
    if opened is not None:
        runs.append((Text("label.memory.opened"), opened))
        c.facts.traces["opened"] = opened.trace
    state = c.cell.state
    norm = Norm(Partial(state[STEPS], state[k]))
    values = {"steps": STEPS, "n": UNITS, "seed": c.seed, "figure": Ref("memory-norms"),
              "table": Ref("memory-runs"), "factor": Partial(state[STEPS], state[k])}  # fmt: skip
    sized = units_of(this.trace) != UNITS
    said = Prose((_MEASURED_SIZED if sized else _MEASURED)[not c.cell.inputs], values)
    require_named(runs, c.derivation, said)
    yield said
    if "own" not in c.facts.traces:
        # Else it stands above, of runs that were drawn alike.
        yield from drawn_otherwise(c)
    others = listed([Text(f"cell.{cell.name}") for cell in cells])
    yield from c.say({"others": others}, "prose.memory.beside", "prose.memory.beside_alone")
    if opened is not None:
        biases = list(dict.fromkeys(p for added in gates.values() for p in added))
        raised = Prose(
            "prose.memory.opened",
            {
                "biases": listed(biases),
                "bias": Number(OPEN, 1),
                "papers": cite(c, ("gers2000",)),
                **_gates(this),
            },
        )
        yield raised
    plot = norm_by_lag_plot(
        "memory-norms",
        [NormCurve(label, 10.0 ** made.flow.log_norms[:-1]) for label, made in runs],
        lag=Text("label.flow.lag", {"k": k, "steps": STEPS}),
        norm=Text("label.flow.log", {"norm": norm}),
        height=4.4,
    )
    require_norms(plot, [(label, [made.flow]) for label, made in runs])
    yield FigureBlock("memory-norms", plot, Text("caption.memory.norms", {"norm": norm}))
    table = _table(own, runs)
    for column, lag in enumerate(LAGS, 1):
        named = tuple((row[0], row[column]) for row in table.rows[: len(runs)])
        require_curves(replace(table, rows=named), plot, lag)
    yield table
    ends: dict[str, Value] = {"figure": Ref("memory-norms"), "count": ending(plot)}
    yield from c.say(ends, "prose.memory.ends")
    if opened is None:
        yield from _alone(c, runs[-1][1])
    if opened is not None:
        closed = next(made for label, made in runs if label.key == "label.memory.this")
        verdict = _verdict(opened)
        require_opened(closed, opened, raised, verdict)
        yield verdict
        yield from _compared(c, opened, own)


def _alone(c: Context, made: GatedRun) -> Iterator[Block]:
    """Yield what a constant factor alone would leave at the longest lag, beside what was measured."""
    far = STEPS - 1
    for state, factor in carried(c.cell):
        if c.facts.holds("constant-factor", factor):
            each = np.unique(np.real(c.facts.evaluators[0].at(factor, {t: 1})))
            if len(each) > 1:
                # Each component is left another part of.
                continue
            left, norm = float(each.item()) ** far, float(10.0 ** made.flow.log_norms[far])
            values = {"factor": factor, "state": state[t], "lag": far, "left": Number(left),
                      "norm": Number(norm), "rest": at_most(norm - left)}  # fmt: skip
            yield from c.say(values, "prose.memory.alone")


def _table(own: list[Carousel], runs: list[tuple[Text, GatedRun]]) -> TableBlock:
    heads = [Text("table.flow.run"), *(Text("table.flow.far", {"lag": lag}) for lag in LAGS)]
    rows: list[tuple[Value, ...]] = [
        (label, *(norm_of(made.flow, made.flow.log_norms[lag]) for lag in LAGS))
        for label, made in runs
    ]
    for carousel in own:
        for label, made in runs[-2:]:
            if made.derivation.cell.name != carousel.derivation.cell.name:
                continue
            rows_ = rows_of(made, carousel.state)
            of_block = Text("label.memory.block", {"run": label, "state": carousel.state[t]})
            of_product = Text("label.memory.product", {"run": label, "block": carousel.block[t]})
            block, product = made.log_block(rows_), made.log_block_product(rows_)
            require_blocks(made.flow, rows_, block, product)
            for text, logs in ((of_block, block), (of_product, product)):
                rows.append((text, *(norm_of(made.flow, logs[lag]) for lag in LAGS)))
    caption = Text("caption.memory.runs")
    if own:
        caption = Text("caption.memory.runs_blocks", {"states": listed([o.state[t] for o in own])})
    return TableBlock("memory-runs", caption, tuple(heads), tuple(rows), "l" + "r" * len(LAGS))


def _verdict(opened: GatedRun) -> Prose:
    far = STEPS - 1
    gate = min(value for _, value in gates_reached(opened.trace))
    norm = norm_of(opened.flow, opened.flow.log_norms[far])
    values: dict[str, Value] = {"lag": far, "norm": norm, "gate": Number(gate)}
    return Prose("prose.memory.verdict", values | _gates(opened))


def _gates(run: GatedRun) -> dict[str, Value]:
    """Return between which values the gates of a run lie that carry its state, and their median."""
    low, middle, high = map(Number, gates_seen(run.trace))
    return {"low": low, "middle": middle, "high": high}


def _compared(c: Context, opened: GatedRun, own: list[Carousel]) -> Iterator[Block]:
    far = STEPS - 1
    for carousel in own:
        rows = rows_of(opened, carousel.state)
        block, product = opened.log_block(rows)[far], opened.log_block_product(rows)[far]
        values = {"lag": far, "block": Number(10.0**block), "product": Number(10.0**product),
                  "name": carousel.block[t]}  # fmt: skip
        if not (10.0**block and 10.0**product):
            # Of numbers that are rounded to zero it cannot be told which is larger.
            continue
        # With the gates open nothing else may go on than what goes through the state itself.
        yield from c.say(values, "prose.memory.compare")

"""The chapters of a network with matrices, which has no step Jacobians: its recursion is the whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from sympy import Integer

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.chapters import network
from derive.chapters.closing import gradients_in_short, network_in_short, question
from derive.chapters.context import Context, listed, required_one
from derive.chapters.decimals import telling_places
from derive.chapters.example import (
    GIVEN,
    MOST_PLACES,
    RoundedNumbers,
    bound_of,
    fits,
    forward_tables,
    parameters,
    read_off,
    sizes_of,
)
from derive.chapters.exampledata import drawn_trace
from derive.chapters.signs import OF_OPERATIONS, TOGETHER
from derive.checks.seeded import require_example
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Bullets, FigureBlock, Heading, Prose
from derive.document.text import Ref, Text, Value
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.elision import WHOLE, shown_steps
from derive.expressions.quantities import Series, T, t
from derive.expressions.shapes import is_vector
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import Sample


def matrix_of(c: Context) -> Series:
    """Return the matrix that the text speaks of: a state, if one is a matrix."""
    computed = (e.variable for e in c.cell.equations)
    matrices = (s for s in (*c.cell.states, *computed) if not is_vector(s))
    return required_one(matrices, f"matrix in {c.cell.name}")


def _states(c: Context, step: object) -> Text:
    return listed([s[step] for s in c.cell.handed])


def summary(c: Context) -> Iterator[Block]:
    """Yield the first page: question, network, gradients, algorithm."""
    yield Heading("heading.summary", 1, "summary")
    items = [
        question(c),
        *network_in_short(c),
        *gradients_in_short(c),
        Text("prose.summary.recursion", {"algorithm": Ref("backward"), "T": T}),
        *_no_product(c),
    ]
    yield Bullets(tuple(items))


def _no_product(c: Context) -> Iterator[Text]:
    """Yield that there are no Jacobians of matrices, where gradients by such are in the recursion."""
    values: dict[str, Value] = {"matrix": matrix_of(c)[t]}
    if c.may_say("prose.matrices.summary", values):
        yield Text("prose.matrices.summary", values)
    if c.may_say("prose.matrices.summary_columns", values):
        yield Text("prose.matrices.summary_columns", values | {"states": _states(c, t)})


def described(c: Context) -> Iterator[Block]:
    """Yield the chapter on the equations, the symbols with their shapes, and the conventions."""
    cell, matrix = c.cell, matrix_of(c)
    yield Heading("heading.network", 1, "network")
    said: dict[str, Value] = {"states": _states(c, t), "before": _states(c, t - 1)}
    for x in cell.inputs[:1]:
        said |= {"first": x[Integer(1)], "last": x[T]}
    yield from c.say(said, "prose.matrices.intro", "prose.matrices.intro_alone")
    yield from network.lagged(c)
    yield from c.show(*unroll.forward(cell))
    yield from network.papers(c)
    yield from network.functions(c)
    yield from network.explained(c)
    yield from network.symbols(c)
    yield Heading("heading.conventions", 2, "conventions")
    gradient = Gradient(cell.total, matrix[t])
    signs = (*TOGETHER, *OF_OPERATIONS)
    yield Bullets(
        (
            Text(
                "prose.matrices.shapes",
                {"total": cell.total, "matrix": matrix[t], "gradient": gradient},
            ),
            Text("prose.matrices.jacobian", {"jacobian": Partial(cell.output[t], cell.logits[t])}),
            *(Text(key) for key in signs if c.may_say(key, {})),
            *network.kinks(c),
            *network.where_the_loss_stands(c),
            Text(
                f"prose.conventions.start_{cell.initial}{'_several' * (len(cell.handed) > 1)}",
                {"start": _states(c, 0)},
            ),
        )
    )


def forward(c: Context) -> Iterator[Block]:
    """Yield the chapter on the forward pass, unrolled, with the picture."""
    cell, last = c.cell, c.steps
    yield Heading("heading.forward", 1, "forward")
    yield Prose("prose.forward.steps", {"T": last, "start": _states(c, 0)})
    shown = shown_steps(last)
    if len(shown) < last:
        yield Prose("prose.forward.shown", {"count": len(shown) // 2, "T": last})
    for step in shown:
        yield from c.show(*unroll.steps(cell, step))
    kinds = ("prose.matrices.picture", "prose.matrices.picture_one", "prose.forward.picture")
    yield from c.say({"figure": Ref("unrolled")}, *kinds)
    drawn = network.picture(c.cell, c.steps, "unrolled", None)
    yield FigureBlock("unrolled", drawn, Text("caption.unrolled", {"T": last}))


def given(c: Context) -> Iterator[Block]:
    """Yield the chapter on the gradients by the initial states and the inputs."""
    yield Heading("heading.given" if c.cell.inputs else "heading.given_alone", 1, "given")
    values = {"start": _states(c, 0), "algorithm": Ref("backward"), "total": c.cell.total}
    yield from c.say(values, "prose.matrices.given", "prose.matrices.given_alone")
    yield from c.show(*c.derivation.recursion.of_given())


def example(c: Context) -> Iterator[Block]:
    """Yield the chapter on numbers, the given ones or drawn ones: the gradients, by two ways."""
    trace = c.given or drawn_trace(c, c.steps if c.steps <= WHOLE else 3)
    if c.given is None and not fits(trace):
        return
    cell, steps = c.cell.renamed(f"{c.cell.name}-example"), trace.steps
    d = Derivation(cell, steps)
    starts = [trace.value(s, 0) for s in cell.states]
    verifier = Verifier(d, [Sample(trace, c.seed, zero_start=not any(map(np.any, starts)))])
    value = Evaluator(trace, d.definitions)
    gradients = {p: d.recursion.accumulated(p).sides for p in cell.parameters}
    places = [telling_places(value.value(sides[-1]), 0) for sides in gradients.values()]
    if c.given is None and max(places) > MOST_PLACES:
        return
    c.facts.example = trace if c.given else require_example(trace, c.seed)
    numbers = RoundedNumbers(cell, value)
    yield Heading("heading.example", 1, "example")
    values: dict[str, Value] = {"T": Text("list.steps", {"count": steps})}
    drawn = {"start": _states(c, 0), "decimals": GIVEN, "seed": c.seed}
    if c.given:
        yield Prose("prose.matrices.example_given", values)
    else:
        yield from c.say(values | drawn, "prose.matrices.example", "prose.matrices.example_plain")
    if steps < c.steps:
        yield from c.say({"T": T, "steps": steps}, "prose.example.horizon")
    yield from sizes_of(trace)
    yield from parameters(c, cell, trace, verifier)
    yield from forward_tables(
        c, trace, value, (), read_off(d, [e for s in gradients.values() for e in s])
    )
    yield Prose("prose.example.total", {"total": cell.total})
    totals = [numbers.rounded(f"total-{p.name}", *gradients[p]) for p in cell.parameters]
    for equation, state in zip(d.recursion.trained_start(), cell.handed, strict=False):
        totals.append(numbers.rounded(f"total-{state.name}0", *equation.sides))
    yield from c.show(*totals, verifier=verifier)
    parameter = network.leading(c)
    yield Prose("prose.example.check", {"parameter": parameter, "loss": cell.total})
    exact = Gradient(cell.total, parameter)
    yield from c.show(numbers.rounded("check", exact), verifier=verifier)
    bound = bound_of(value, gradients[parameter][-1], exact)
    yield Prose("prose.example.agree", {"bound": bound})

"""The scalar case: the same derivation with sizes of one, written out."""

from __future__ import annotations

from collections.abc import Iterator

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.bptt.scalar import can_be_scalar, kept_letters
from derive.bptt.scalar import scalar as scalar_cell
from derive.cells.cell import Cell
from derive.chapters.context import Context, listed
from derive.chapters.network import leading
from derive.chapters.shared import show_shared
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Heading, Prose
from derive.document.text import Text, Value
from derive.errors import SpecError
from derive.expressions.elision import shown_steps
from derive.expressions.quantities import Parameter, j, t
from derive.numerics.sample import samples


def scalar(c: Context) -> Iterator[Block]:
    """Yield the chapter: equations, step Jacobian, every contribution without abbreviations."""
    if not can_be_scalar(c.cell):
        return
    cell = scalar_cell(c.cell)
    d = Derivation(cell, c.steps)
    try:
        verifier = Verifier(d, samples(cell, c.steps, c.seed))
    except SpecError:
        # With sizes of one a parameter may cancel, as the direction of a reflection does.
        return
    parameter = cell.parameters[c.cell.parameters.index(leading(c))]
    yield Heading("heading.scalar", 1, "scalar")
    single: dict[str, Value] = {"single": _of_one_component(cell)}
    yield from c.say(single, "prose.scalar.intro_single", "prose.scalar.intro_many_single")
    yield from c.say(
        single | {"output": cell.output[t], "size": cell.output.shape[0]},
        "prose.scalar.intro",
        "prose.scalar.intro_sized",
        "prose.scalar.intro_many",
        "prose.scalar.intro_many_sized",
    )
    yield from c.say({}, "prose.scalar.numbers", "prose.scalar.numbers_diagonal")
    # A size that is a number, or that of the output, is none that is set to one.
    wide: list[Value] = [
        Text("prose.scalar.wide_input", {"input": x[t], "size": x.shape[0]})
        for x in cell.inputs
        if x.shape != (1, 1)
    ]
    if wide:
        yield Prose("prose.scalar.wide", {"wide": listed(wide)})
    kept = kept_letters(c.cell)
    values: dict[str, Value] = {"kept": listed(kept)} if kept else {}
    yield from c.say(values, "prose.scalar.small", "prose.scalar.small_but")
    by_state = d.shared.by_state
    yield from _written(c, d, verifier)
    values = {"parameter": parameter, "loss": cell.loss_series[c.steps]}
    yield Prose("prose.scalar.terms_by_state" if by_state else "prose.scalar.terms", values)
    for step in reversed(shown_steps(c.steps)):
        yield from c.show(
            d.substitution.row_contribution(parameter, c.steps, step), verifier=verifier
        )
    yield from c.say({}, "prose.scalar.read")
    J = {"J": d.shared.J[j]}
    yield from c.say(J, "prose.scalar.read_by_state", "prose.scalar.read_shrinking")
    weight = d.shared.expression_of(d.shared.J)
    if isinstance(weight, Parameter):
        yield from c.say(J | {"weight": weight}, "prose.scalar.read_by_weight")
    yield from c.say({}, "prose.scalar.read_one")
    yield from c.show(d.recursion.accumulated(parameter), verifier=verifier)


def _of_one_component(cell: Cell) -> Text:
    """Return what has one component in the scalar case: the states, and inputs whose size is free."""
    inputs: list[Value] = [x[t] for x in cell.inputs if x.shape == (1, 1)]
    state: dict[str, Value] = {"state": cell.state[t]}
    several = len(cell.states) > 1
    if not inputs:
        return Text("prose.scalar.parts_alone" if several else "prose.scalar.state_alone", state)
    if several:
        return Text("prose.scalar.parts_with_inputs", state | {"inputs": listed(inputs)})
    return Text("prose.scalar.with_inputs", {"quantities": listed([cell.state[t], *inputs])})


def _written(c: Context, d: Derivation, verifier: Verifier) -> Iterator[Block]:
    """Yield the forward pass and the step Jacobian of numbers.

    Where that Jacobian is put together from pieces, its formulas are those of the matrices but for the
    products: unless in full, the forward pass and the pieces are not written a second time.
    """
    shown = [e for e in unroll.forward(d.cell) if e.left.series != d.cell.output]
    slopes, blocks = d.substitution.diagonals(), d.substitution.blocks()
    J = d.substitution.step_jacobian()
    if not d.shared.by_state:
        yield from show_shared(c, *shown, verifier=verifier)
        yield from c.show(J, *slopes, verifier=verifier)
    elif c.detail == "full":
        yield from show_shared(c, *shown, verifier=verifier)
        yield from show_shared(c, *slopes, *blocks, J, verifier=verifier)
    else:
        # A letter without a mark here, where it has one among matrices, is another letter.
        known = {str(s) for s in c.derivation.shared.jacobians.diagonals.values()}
        letters = d.shared.jacobians.diagonals.values()
        new = [e for e, letter in zip(slopes, letters, strict=True) if str(letter) not in known]
        yield from c.show(*new, *(() if blocks else (J,)), verifier=verifier)

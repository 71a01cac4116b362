"""The loss of a step and its derivatives by output, logits and state."""

from __future__ import annotations

from collections.abc import Iterator

from derive.bptt import unroll
from derive.chapters.context import Context, listed
from derive.chapters.facts.parts import kept_parts, silent_parts
from derive.document.blocks import Block, Heading, Prose
from derive.document.text import Value
from derive.expressions.algebra import mul, ones, transpose
from derive.expressions.equation import Equation
from derive.expressions.functions import Quotient
from derive.expressions.quantities import t
from derive.expressions.walk import atoms_of


def loss(c: Context) -> Iterator[Block]:
    """Yield the chapter on the loss and its derivatives within one step."""
    cell = c.cell
    o, y, z = cell.output[t], cell.target[t], cell.logits[t]
    yield Heading("heading.loss", 1, "loss")
    values = {"loss": cell.loss_series[t], "total": cell.total, "output": o, "target": y}
    yield from c.say(values, "prose.loss.intro", "prose.loss.intro_weighted")
    yield from c.show(*unroll.loss(cell))
    entries = c.derivation.entries.softmax() if c.stepwise else []
    if entries:
        yield from _softmax(c, entries)
    else:
        yield Prose(f"prose.loss.{cell.loss.name}", {"output": o, "logits": z})
        if c.stepwise:
            yield from c.say({}, "prose.loss.sigmoid")
    equations = c.derivation.chains.loss_equations()
    through_state = [e for e in equations if e.id.endswith("-loss-state")]
    *before, residual = [e for e in equations if e not in through_state]
    lines = c.derivation.lines.residual() if c.stepwise else []
    if lines and cell.loss.assumes:
        # Line by line it says what the line without reasons says.
        before[-1:] = lines
    products = 1 if cell.loss.assumes else 0
    yield from c.show(*before[: len(before) - products])
    if cell.loss.assumes:
        yield from c.say({}, "prose.loss.product")
    yield from c.show(*before[len(before) - products :])
    if cell.loss.assumes:
        summed = mul(transpose(ones(y.shape[0])), y)
        yield Prose("prose.loss.assumption", {"target": y, "logits": z, "sum": summed})
    yield from c.show(residual)
    if through_state:
        if c.stepwise and takes_quotients(c):
            yield from c.say({}, "prose.jacobian.quotient")
        yield Prose("prose.loss.state", {"state": cell.state[t]})
        yield from c.show(*through_state)
        silent = silent_parts(c.facts) if c.may_say("prose.loss.silent", {}) else []
        if silent:
            said: dict[str, Value] = {"parts": listed(silent), "state": cell.state[t]}
            yield Prose("prose.loss.silent", said)
        later = kept_parts(c.facts) if c.may_say("prose.loss.silent_later", {}) else []
        if later:
            yield Prose("prose.loss.silent_later", {"parts": listed(later)})


def takes_quotients(c: Context) -> bool:
    """Tell whether a quotient is differentiated on the way from the state to the loss of its step."""
    found = (e for e in c.derivation.chains.loss_equations() if e.id.endswith("-loss-state"))
    return any(True for e in found for _ in atoms_of(e.right, Quotient))


def _softmax(c: Context, entries: list[Equation]) -> Iterator[Block]:
    """Yield the derivatives of softmax and of its loss, component by component."""
    cell = c.cell
    of_row, of_column, _ = cell.components
    row: dict[str, Value] = {"output": cell.output[t], "row": of_row}
    made, jacobian, loss = entries
    yield from c.say(row, "prose.loss.softmax")
    yield from c.show(made)
    yield from c.say(row | {"column": of_column}, "prose.loss.softmax_jacobian")
    yield from c.show(jacobian)
    values = row | {"loss": cell.loss_series[t], "target": cell.target[t]}
    yield from c.say(values, "prose.loss.softmax_loss")
    yield from c.show(loss)
    yield from c.say({}, "prose.loss.softmax_whole")

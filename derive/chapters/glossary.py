"""A glossary: what the handout introduces beside the quantities of the network, and where."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from derive.bptt.gatewise import Gatewise
from derive.chapters.context import Context, heads, listed
from derive.chapters.network import leading
from derive.chapters.signs import COPY_AT, IMMEDIATE_AT
from derive.document.blocks import Block, Display, Heading, Prose, TableBlock, displays
from derive.document.text import PageRef, Ref, Text, Value
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, ParameterCopy, T, k, t
from derive.expressions.walk import atoms_of


def glossary(c: Context, blocks: list[Block]) -> Iterator[Block]:
    """Yield the chapter on the blocks of a handout, the equations of its own cell."""
    shown = [d for block in blocks for d in displays(block) if _of_the_cell(c, d)]
    rows = list(_rows(c, [d.equation for d in shown]))
    if not rows:
        return
    yield Heading("heading.glossary", 1, "glossary")
    yield Prose(
        "prose.glossary.intro", {"table": Ref("symbols"), "glossary": Ref("glossary-table")}
    )
    if any(display.instances for display in shown):
        yield Prose("prose.glossary.letter", {"letter": Gatewise(c.cell).letter})
    header = heads("table", "symbol", "meaning", "introduced")
    yield TableBlock("glossary-table", Text("caption.glossary"), header, tuple(rows), "llr")


def _of_the_cell(c: Context, display: Display) -> bool:
    """Tell whether an equation is of the handout's own cell: not of its scalar case or example."""
    by = c.report.checkers[display.equation.id]
    return getattr(by, "verifier", by) is c.verifier


def _rows(c: Context, shown: list[Equation]) -> Iterator[tuple[Value, ...]]:
    gatewise = Gatewise(c.cell)
    stands = [(at, equation.id) for equation in shown for at in _introduced(equation)]
    written = {at.series for at, _ in stands}
    # What is defined is a side of its own; after the last step an adjoint is set, and not defined.
    sides = {(at, e.id) for e in shown for at in e.sides if isinstance(at, At)}
    stands.sort(key=lambda one: one not in sides or T + 1 in one[0].indices)
    found: dict[Any, tuple[At, str]] = {}
    for at, id in stands:
        # Only where a formula has the letter does it stand for what others have.
        lettered = [one for one in gatewise.of_any_gate(at.series) if one in written]
        for series in lettered or [at.series]:
            found.setdefault(series, (at, id))
    for series, (at, id) in found.items():
        symbol = series[t, k] if len(at.indices) > 1 else series[t]
        yield symbol, _meaning(c, symbol), PageRef(id)
    if c.cell.has_matrices or not c.recurrent():
        # Its handout writes gradients only: no immediate part, and no copy of a parameter.
        return
    lead = leading(c)
    copy = Text("glossary.copy", {"parameter": lead, "k": k})
    immediate = Text("glossary.immediate", {"k": k})
    yield c.derivation.chains.immediate(lead, k), immediate, PageRef("conventions", IMMEDIATE_AT)
    yield ParameterCopy(lead, k), copy, PageRef("conventions", COPY_AT)


def _introduced(equation: Equation) -> Iterator[At]:
    """Yield what an equation has beside the quantities of the network."""
    for side in equation.sides:
        yield from (at for at in atoms_of(side, At) if isinstance(at.series, Introduced))


def _in_parts(series: Introduced) -> bool:
    """Tell whether this belongs to the column of several states."""
    (of,) = series.of
    return isinstance(of, Introduced) and of.role is Role.STACK


def _meaning(c: Context, symbol: At) -> Text:
    """Return what is introduced under a letter: it follows from its role and what it belongs to."""
    series, at = symbol.series, symbol.indices[-1]
    role, of, by = series.role, series.of[0][at], series.of[-1]
    if role is Role.STACK:
        beside = set(series.of) - set(c.cell.handed)
        key = "glossary.stack_beside" if beside else "glossary.stack"
        return Text(key, {"all": listed([part[at] for part in series.of])})
    if role is Role.ADJOINT:
        return Text("glossary.adjoint", {"total": c.cell.total, "of": of})
    if role is Role.LAGGED_ADJOINT:
        apart = _in_parts(series) and c.facts.holds("parts-of-parts")
        key = "glossary.lagged_parts" if apart else "glossary.lagged"
        return Text(key, {"loss": c.cell.loss_series[t], "of": of})
    if role is Role.STEP_JACOBIAN:
        return Text("glossary.step_jacobian", {"of": of, "before": by[at - 1]})
    if role is Role.BLOCK:
        values = {"of": of, "before": by[at - 1], "state": c.cell.state[at - 1]}
        return Text("glossary.block", values)
    key = "glossary.slope" if role is Role.SLOPE else "glossary.within"
    return Text(key, {"of": of, "by": by[at]})

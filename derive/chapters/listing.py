"""The backward sweep as code, beside the algorithm, and what it costs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from derive.chapters.context import Context
from derive.codegen.listing import sweep
from derive.codegen.verified import unread_size
from derive.document.blocks import Block, Bullets, CodeLine, Listing, Prose, displays
from derive.document.text import Ref, Text, Value
from derive.expressions.equation import Equation
from derive.expressions.quantities import T, t

EXPLAINED = {
    "rows": "prose.listing.rows", "outer": "prose.listing.outer", "dot": "prose.listing.dot",
    "size_of": "prose.listing.size_of",
}  # fmt: skip
"""The functions that are called in the lines, and explained where they are."""


def listing(c: Context, recursion: Iterable[Equation]) -> Iterator[Block]:
    """Yield the code between its sentences; ``recursion`` is what the algorithm has.

    There is none where it could not tell how large a state is.
    """
    if not c.stepwise or unread_size(c.cell) is not None:
        return
    made = sweep(c.cell)
    known = {side: e.id for e in c.report.equations for side in e.sides[:-1]}
    known |= {side: e.id for e in recursion for side in e.sides[:-1]}
    lines: list[CodeLine] = []
    for one in made.lines:
        *first, last = one.rows
        id = None if one.computes is None else known.get(one.computes)
        lines += [*map(CodeLine, first), CodeLine(last, None if id is None else Ref(id))]
    begun: dict[str, Value] = {"loss": c.cell.loss_series[t], "logits": c.cell.logits[t]}
    yield Prose("prose.listing.lead", {"algorithm": Ref("backward"), "t": t, **begun})
    whole = "\n".join(row for one in made.lines for row in one.rows)
    called = [Text(key) for name, key in EXPLAINED.items() if f"{name}(" in whole]
    if called:
        yield Bullets(tuple(called))
    yield Listing(tuple(lines))
    values = {"products": made.products, "outer": made.outer, "read": made.read}
    yield Prose("prose.listing.cost", {"T": T, "arrays": made.own + made.read, **values})
    if made.once_products or made.once_outer:
        once = {"products": made.once_products, "outer": made.once_outer}
        yield Prose("prose.listing.cost_once", once)


def only_displayed(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield blocks whose code refers to what is displayed: some equations stand within sentences."""
    every = [*blocks]
    shown = {d.equation.id for block in every for d in displays(block)}
    shown |= {one.equation.id for block in every for d in displays(block) for one in d.instances}
    for block in every:
        if isinstance(block, Listing):
            lines = (
                line if line.ref is None or line.ref.target in shown else replace(line, ref=None)
                for line in block.lines
            )
            yield Listing(tuple(lines))
        else:
            yield block

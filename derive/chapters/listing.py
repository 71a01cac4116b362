"""The backward sweep as code, beside the algorithm, and what it costs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from derive.calculus.activations import ACTIVATIONS
from derive.chapters.context import Context, listed
from derive.codegen.listing import sweep
from derive.codegen.verified import unread_size
from derive.document.blocks import Block, Bullets, CodeLine, Listing, Prose, displays
from derive.document.text import Code, Ref, Text, Value
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.expressions.named import named_in
from derive.expressions.quantities import T, t

EXPLAINED = {
    "rows": "prose.listing.rows", "outer": "prose.listing.outer", "dot": "prose.listing.dot",
    "crossed": "prose.listing.crossed", "turned": "prose.listing.turned",
    "act": "prose.listing.act", "stacked": "prose.listing.stacked",
    "deviation": "prose.listing.deviation", "layer_norm": "prose.listing.layer_norm",
    "absolute": "prose.listing.absolute", "sign": "prose.listing.sign",
    "larger": "prose.listing.larger", "smaller": "prose.listing.smaller",
    "exp_minus": "prose.listing.exp_minus", "log_sum_exp": "prose.listing.log_sum_exp",
    "size_of": "prose.listing.size_of",
}  # fmt: skip
"""The functions that are called in the lines, and explained one by one where they are."""

CALLED = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\(")
"""How a function is called in Python, none of a package."""

BUILT_IN = {"range"}


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
    arrays = [
        Text("prose.listing.array", {"name": Code(name), "quantity": of[t]})
        for name, of in made.read.items()
    ]
    yield Prose("prose.listing.arrays", {"arrays": listed(arrays)})
    yield Bullets(tuple(helpers(c, "\n".join(row for one in made.lines for row in one.rows))))
    yield Listing(tuple(lines))
    values = {"products": made.products, "outer": made.outer, "read": len(made.read)}
    yield Prose("prose.listing.cost", {"T": T, "arrays": made.own + len(made.read), **values})
    if made.once_products or made.once_outer:
        once = {"products": made.once_products, "outer": made.once_outer}
        yield Prose("prose.listing.cost_once", once)


def helpers(c: Context, code: str) -> Iterator[Text]:
    """Yield what each function is that is called in the lines; a `CheckError` for one that is none.

    Those that the formulas have too, and their derivatives, are told together.
    """
    called = {*CALLED.findall(code)} - BUILT_IN
    yield from (Text(key) for name, key in EXPLAINED.items() if name in called)
    rest = sorted(called - EXPLAINED.keys())
    own = {node.function for node in named_in([e.expr for e in c.cell.equations])}
    slopes = [name for name in rest if name.endswith("_slope")]
    functions = [name for name in rest if name not in slopes]
    known = {*ACTIVATIONS, "softmax", *own}
    for name in (*functions, *(name.removesuffix("_slope") for name in slopes)):
        if name not in known:
            raise CheckError(
                f"the code beside the algorithm calls `{name}`, and no sentence says what that is. "
                "Nothing is written; give it one, in derive/chapters/listing.py"
            )
    for key, names in (("prose.listing.functions", functions), ("prose.listing.slopes", slopes)):
        if names:
            yield Text(key, {"names": listed([Code(name) for name in names])})


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

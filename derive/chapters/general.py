"""What is proved for every number of steps and every size, and what was checked on numbers only."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from pathlib import Path

from sympy import Integer

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.chapters.context import Context, heads, listed, required_one
from derive.document.blocks import (
    Block,
    Bullets,
    Display,
    Heading,
    Prose,
    TableBlock,
    displays,
)
from derive.document.text import Code, Ref, Text, Value
from derive.expressions.algebra import add, mul
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation, Index, Kind, Step
from derive.expressions.quantities import T, j, k, t
from derive.expressions.sums import OrderedProduct, TimeSum
from derive.expressions.types import Sides
from derive.proving.general import GeneralProof

CHECK = "python3 -I checker.py certificate.json"
"""The command that judges a certificate, wherever it lies with its checker."""


def general(c: Context, blocks: Sequence[Block]) -> Iterator[Block]:
    """Yield the chapter on a handout whose other chapters are ``blocks``."""
    made = required_one([p for p in [c.facts.general] if p is not None], "proof for every size")
    verdict = made.verdict
    yield Heading("heading.general", 1, "general")
    table = Ref("obligations")
    yield Prose(
        "prose.general.intro",
        {"proved": verdict.proved, "stated": verdict.total, "T": T, "table": table},
    )
    yield from _assumed(c)
    under: dict[str, Value] = {"section": Ref("network"), "assumed": Ref("assumed")}
    yield Prose("prose.general.theorem", {"T": T, **under, "table": table})
    total: Value = c.cell.total
    yield from c.say({"algorithm": Ref("backward"), "total": total}, "prose.general.gradients")
    yield Prose("prose.general.induction", {"T": T})
    yield Bullets(tuple(_induction(c)), numbered=True)
    yield _obligations(made, blocks)
    yield Prose("prose.general.rest", {"table": table})
    yield from c.say({}, "prose.general.refuted")
    open_ = [d for block in blocks for d in displays(block) if _is_open(made, d)]
    if open_:
        order = [d.equation.id for block in blocks for d in displays(block)]
        ids = [d.equation.id for d in open_]
        yield Prose("prose.general.unproved", {"equations": spans(ids, order)})
    yield Prose("prose.general.self", {"write": Code(command(c.cell)), "check": Code(CHECK)})


def command(cell: Cell) -> str:
    """Return the command that writes the certificate of a network and the checker."""
    name = cell.name if cell.written is None else Path(cell.written.path).name
    return f"derive prove {shlex.quote(name)} --out certificate.json --checker checker.py"


def _assumed(c: Context) -> Iterator[Block]:
    keys = ("prose.general.real", "prose.general.slopes", "prose.general.divided",
            "prose.general.softmax", "prose.general.targets", "prose.general.start")  # fmt: skip
    said = [Text(key, _about(c, key)) for key in keys]
    holding = [one for one in said if c.may_say(one.key, one.values)]
    rows: tuple[tuple[Value, ...], ...] = tuple(enumerate(holding, 1))
    header = heads("table", "item", "assumption")
    yield TableBlock("assumed", Text("caption.assumed"), header, rows, "rl")


def _about(c: Context, key: str) -> dict[str, Value]:
    if key == "prose.general.real":
        return {"section": Ref("network")}
    return {"target": c.cell.target[t]} if key == "prose.general.targets" else {}


def _induction(c: Context) -> Iterator[Text]:
    """Yield the lines of the induction; without step Jacobians those on adjoints alone."""
    d, algorithm = c.derivation, Ref("backward")
    if not c.cell.has_matrices:
        chain, product = c.checked(between(d)), c.checked(through(d))
        yield Text("prose.general.states", {"chain": chain, "k": k, "t": t})
        yield Text("prose.general.product", {"product": product, "k": k, "t": t})
    yield Text("prose.general.adjoint", {"total": c.cell.total, "algorithm": algorithm})
    yield Text("prose.general.end", {"T": T, "total": c.cell.total, "algorithm": algorithm})
    yield Text("prose.general.sums", {"split": c.checked(split(d)), "t": t})


def between(d: Derivation) -> Equation:
    """Return that a state acts on a later one through the one before that."""
    s = d.shared.state
    sides = (Partial(s[t], s[k]), mul(d.shared.J[t], Partial(s[t - 1], s[k])))
    return _line(d, "states", sides, Index(t, Integer(1), T), Index(k, Integer(0), t - 1))


def through(d: Derivation) -> Equation:
    """Return that this is the product of the step Jacobians."""
    s, J, index = d.shared.state, d.shared.J, d.shared.index
    sides = (Partial(s[t], s[k]), OrderedProduct(J[index], index, k + 1, t))
    return _line(d, "product", sides, Index(t, Integer(1), T), Index(k, Integer(0), t))


def split(d: Derivation) -> Equation:
    """Return the losses from a step on as that of the step and those from the next on."""
    cell = d.cell
    loss, weight = cell.loss_series, cell.weight
    own = loss[t] if weight is None else mul(weight[t], loss[t])
    each = loss[j] if weight is None else mul(weight[j], loss[j])
    sides = (TimeSum(each, j, t, T), add(own, TimeSum(each, j, t + 1, T)))
    return _line(d, "sums", sides, Index(t, Integer(1), T))


def _line(d: Derivation, name: str, sides: Sides, *free: Index) -> Equation:
    id = f"{d.cell.name}-induction-{name}"
    return Equation(id, Kind.IDENTITY, sides, Step("induction", (sides[0],)), free)


def _obligations(made: GeneralProof, blocks: Sequence[Block]) -> Block:
    """Return the table of all equations by chapters: those proved, and those checked on numbers only."""
    order = [d.equation.id for block in blocks for d in displays(block)]
    chapters: list[tuple[Heading, list[Display]]] = []
    for block in blocks:
        if isinstance(block, Heading) and block.level == 1:
            chapters.append((block, []))
        if chapters:
            chapters[-1][1].extend(displays(block))
    rows: list[tuple[Value, ...]] = []
    for heading, shown in chapters:
        # What does not hold is neither: the sign of it says so.
        shown = [d for d in shown if d.equation.kind is not Kind.REFUTED]
        proved = [d.equation.id for d in shown if is_proved(made, d)]
        others = [d.equation.id for d in shown if not is_proved(made, d)]
        if shown:
            title = Text(heading.key, heading.values)
            rows.append((Ref(heading.id), title, spans(proved, order), spans(others, order)))
    header = heads("table", "chapter", "about", "proved", "numbers")
    caption = Text("caption.obligations")
    return TableBlock("obligations", caption, header, tuple(rows), "llll", long=len(rows) > 12)


def is_proved(made: GeneralProof, display: Display) -> bool:
    """Tell whether an equation is proved, or all that one with a letter stands for."""
    if display.instances:
        return all(made.proves(one.equation) for one in display.instances)
    return made.proves(display.equation)


def _is_open(made: GeneralProof, display: Display) -> bool:
    """Tell whether an equation is stated and not proved."""
    said = [one.equation for one in display.instances] or [display.equation]
    return all(map(made.states, said)) and not is_proved(made, display)


def spans(ids: Sequence[str], order: Sequence[str]) -> Value:
    """Return references to equations, with the first and the last of several that follow each other."""
    at = {id: n for n, id in enumerate(order)}
    runs: list[list[str]] = []
    for id in ids:
        if runs and at[runs[-1][-1]] + 1 == at[id]:
            runs[-1].append(id)
        else:
            runs.append([id])
    parts: list[Value] = []
    for run in runs:
        if len(run) > 2:
            parts.append(Text("list.span", {"first": Ref(run[0]), "last": Ref(run[-1])}))
        else:
            parts += [Ref(id) for id in run]
    return listed(parts) if parts else ""

"""What is meant by names of texts, by numbers of activations, and of blocks of a product."""

from __future__ import annotations

import re
from functools import cache
from itertools import pairwise
from math import isclose

import numpy as np

from derive.arrays import Array
from derive.calculus.activations import activation
from derive.cells.cell import Cell
from derive.chapters.meant.gradients import range_of_gates
from derive.chapters.meant.place import Occurrence
from derive.chapters.meant.returned import reads_of_step, steps_to_return
from derive.chapters.meant.rules import Meanings, MeantRule, introduced, is_, is_number, listed
from derive.chapters.references import CitedText, references
from derive.checks.shipped import papers
from derive.checks.tables import members
from derive.checks.verify import TOLERANCE
from derive.document.blocks import Document, FigureBlock, Prose
from derive.document.figures import Curve
from derive.document.text import Doi, Number, Ref, Text, Value, numeric
from derive.errors import CheckError
from derive.expressions.functions import Apply
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Series, t
from derive.expressions.sums import instantiate
from derive.numerics.trace import STEP
from derive.resources import templates_root


def _named(*names: str) -> MeantRule:
    """Return the rule that these texts are named, in this order."""
    return listed(lambda place: [*names])


def _own_papers(place: Occurrence, value: Value) -> bool:
    """Tell whether the papers of a cell are named, by author, year and title in its second source."""
    named = [one for name in members(value) for one in references().values() if one.short == name]
    wanted = papers(place.cell.name)
    return len([*members(value)]) == len(named) == len(wanted) and all(
        _is_paper(one, said) for one, said in zip(named, wanted, strict=True)
    )


def require_papers(document: Document, cell: Cell) -> None:
    """Raise a `CheckError` unless the handout of a network that ships names its papers."""
    of_it = document.id.startswith(f"{cell.name}-T") and cell.written is None and cell.title is None
    keys = [block.key for block in document.blocks if isinstance(block, Prose)]
    if of_it and bool(papers(cell.name)) != ("prose.network.papers" in keys):
        raise CheckError(
            f"document {document.id} does not say from which papers {cell.name} is, {papers(cell.name)} "
            "are meant. Nothing is written; correct the chapter that says it"
        )


def _is_paper(one: CitedText, said: str) -> bool:
    first, _, title = said.partition(": ")
    author, year = first.split()
    short = re.fullmatch(rf"{re.escape(author)}\b.* {year}", one.short)
    whole = f" {author}" in one.text and f". {title}".casefold() in one.text.casefold()
    return short is not None and whole and year in one.text


@cache
def _addresses() -> dict[str, str]:
    """Return where each text is found, by its short name, from the second table."""
    rows = (templates_root() / "dois.txt").read_text(encoding="utf-8").splitlines()
    found = [re.fullmatch(r"(.+) <https://doi\.org/(.+)>", row) for row in rows]
    return {row[1]: row[2] for row in found if row is not None}


def _entry(place: Occurrence, value: Value) -> bool:
    """Tell whether a text and its identifier belong together, and a sentence names the text."""
    text, doi = place.values["text"], place.values["doi"]
    return any(
        (one.text, Doi(one.doi)) == (text, doi)
        and one.short in place.speaker.named
        and _addresses().get(one.short) == one.doi
        for one in references().values()
    )


# -- activations


def _function(place: Occurrence) -> str:
    """Return the activation that a sentence, or a figure, is about."""
    if isinstance(place.block, FigureBlock):
        return place.block.id.removeprefix("activation-")
    value = place.values["value"]
    return str(value.function) if isinstance(value, Apply) else ""


def _slope_at(name: str, points: object) -> Array:
    """Return the derivative of an activation, by complex steps."""
    along = np.asarray(points, dtype=float) + 1j * STEP
    found: Array = np.imag(activation(name).value(along)) / STEP
    return found


def _is_slope_at(where: str) -> MeantRule:
    """Return the rule that a number is the slope at the point that another placeholder names."""

    def rule(place: Occurrence, value: Value) -> bool:
        point = place.values[where]
        if not (isinstance(value, Number) and isinstance(point, Number)):
            return False
        return isclose(
            value.value, float(_slope_at(_function(place), [point.value])[0]), abs_tol=TOLERANCE
        )

    return rule


def _largest(place: Occurrence, value: Value) -> bool:
    """Tell whether a number is the largest slope in the figure, or what it comes near to far away."""
    name = _function(place)
    plot = place.speaker.plot(f"activation-{name}")
    curves = [c for p in plot.panels for c in p.items if isinstance(c, Curve)]
    found = float(_slope_at(name, [*curves[0].x, 40.0]).max())
    return isinstance(value, Number) and isclose(value.value, found, abs_tol=TOLERANCE)


def _where_largest(place: Occurrence, value: Value) -> bool:
    most = place.values["largest"]
    if not (isinstance(value, Number) and isinstance(most, Number)):
        return False
    return isclose(
        float(_slope_at(_function(place), [value.value])[0]), most.value, abs_tol=TOLERANCE
    )


def _end(place: Occurrence, value: Value) -> bool:
    """Tell whether a number is where the figure of the activation ends."""
    plot = place.speaker.plot(f"activation-{_function(place)}")
    ends = {max(c.x) for p in plot.panels for c in p.items if isinstance(c, Curve) and c.x}
    return isinstance(value, Number) and ends == {value.value}


# -- blocks of a product


def _state(place: Occurrence, value: Value) -> bool:
    return value in [s[t] for s in place.cell.states]


def _series(place: Occurrence) -> Series:
    named = place.values["state"]
    assert isinstance(named, At)
    return named.series


def _between_steps(place: Occurrence) -> list[object]:
    """Return the states before that read the state of their own step, and that it reads."""
    own, reads = _series(place), reads_of_step(place.cell)
    return [
        s[t - 1] for s in place.cell.states
        if s != own and own[t] in reads[s[t]] and s[t - 1] in reads[own[t]]
    ]  # fmt: skip


def _around(place: Occurrence, value: Value) -> bool:
    """Tell whether these are what leads from the state of a step to that of the next, beside itself."""
    return [*members(value)] == _between_steps(place)


def _others(back: int) -> MeantRule:
    return listed(lambda p: [s[t - back] for s in p.cell.states if s != _series(p)])


def _return(place: Occurrence) -> int:
    return steps_to_return(place.cell, _series(place))


def _own_block(place: Occurrence, value: Value) -> bool:
    """Tell whether this is a block of the step Jacobian on its diagonal, of the state that is named."""
    known = introduced(Role.BLOCK, t)(place, value) and isinstance(value, At)
    of = {*value.series.of} if known and isinstance(value, At) else set()
    return len(of) == 1 and ("state" not in place.values or of == {_series(place)})


def _diagonal(place: Occurrence, value: Value) -> bool:
    """Tell whether what a block is said to be has its value, at the first step of all data."""
    block = place.values["block"]
    if not (isinstance(block, At) and isinstance(block.series, Introduced)):
        return False
    return all(
        bool(np.allclose(e.at(instantiate(value, {t: 1})), e.at(block.series[1]), rtol=TOLERANCE))
        for e in place.facts.evaluators
    )


def _states_of_blocks(place: Occurrence, value: Value) -> bool:
    """Tell whether these are the states whose blocks have rows in the table."""
    labels = (row[0] for row in getattr(place.block, "rows", ()) if isinstance(row[0], Text))
    blocks = [label.values["block"] for label in labels if "block" in label.values]
    owners = [
        b.series.of[0] for b in blocks if isinstance(b, At) and isinstance(b.series, Introduced)
    ]
    return [*members(value)] == [s[t] for s in dict.fromkeys(owners)]


def _state_of_row(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the state of whose blocks the row below in the table has the product."""
    labels = [row[0] for row in getattr(place.block, "rows", ())]
    below = (b for a, b in pairwise(labels) if isinstance(a, Text) and a.values is place.values)
    block = next((b.values.get("block") for b in below if isinstance(b, Text)), None)
    if not isinstance(block, At) or not isinstance(block.series, Introduced):
        return False
    return bool(value == block.series.of[0][t])


def _is_run(place: Occurrence, value: Value) -> bool:
    return isinstance(value, Text) and value.key in ("label.memory.this", "label.memory.opened")


def _range(place: Occurrence, value: Value) -> bool:
    return range_of_gates(place, place.values)


def _stands_in(id: str) -> MeantRule:
    """Return the rule that a value stands in an equation on display."""

    def rule(place: Occurrence, value: Value) -> bool:
        shown = [e for e in place.speaker.equations if e.id.startswith(id)]
        return any(value in {*e.sides} or any(side.has(value) for side in e.sides) for e in shown)

    return rule


def _output_at_rest(place: Occurrence) -> float:
    """Return the largest output of a unit at the end of the run that rests."""
    trace = place.facts.traces["resting"]
    return float(
        np.abs(activation("tanh").value(trace.value(trace.cell.states[0], trace.steps))).max()
    )


def _slope_at_rest(place: Occurrence) -> float:
    """Return the smallest slope of a unit there."""
    trace = place.facts.traces["resting"]
    return float(_slope_at("tanh", trace.value(trace.cell.states[0], trace.steps)).min())


def _made_in(id: str) -> MeantRule:
    """Return the rule that a value is what an equation on display defines."""
    return lambda place, value: any(
        value == e.left for e in place.speaker.equations if e.id.startswith(id)
    )


def _at_lag(place: Occurrence, value: Value) -> bool:
    """Tell whether a column's numbers are the norms that a figure shows at this lag."""
    block = place.block
    id = str(getattr(block, "id", "")).replace("runs", "norms")
    plot, rows = place.speaker.plot(id), getattr(block, "rows", ())
    (column,) = [
        n for n, h in enumerate(getattr(block, "header", ())) if h.values.get("lag") == value
    ]
    curves = {str(c.label): c.y for p in plot.panels for c in p.items if isinstance(c, Curve)}
    shown = [(curves[str(row[0])], row[column]) for row in rows if str(row[0]) in curves]
    return bool(shown) and all(_is_log(logs[value], cell) for logs, cell in shown)  # type: ignore[index]


def _is_log(log: float, value: Value) -> bool:
    return bool(np.isclose(numeric(value), 10.0**log, rtol=1e-9, atol=0.0))


def _longest_lag(place: Occurrence, value: Value) -> bool:
    """Tell whether this is the longest lag that the figure of initial weights shows."""
    plot = place.speaker.plot("initial-norms")
    ends = {max(c.x) for p in plot.panels for c in p.items if isinstance(c, Curve) and c.x}
    return value == max(ends)


def _median_of(kind: str, edge: int | None = None) -> MeantRule:
    """Return the rule that a number is what the figure of initial weights shows of a kind, at a lag.

    It is the median, or an edge of the band round it: the smallest or the largest.
    """

    def rule(place: Occurrence, value: Value) -> bool:
        plot, lag = place.speaker.plot("initial-norms"), place.values["lag"]
        label = Text(f"label.remedies.{kind}")
        curves = [c for p in plot.panels for c in p.items if isinstance(c, Curve)]
        (found,) = [c for c in curves if c.label == label]
        shown = found.y if edge is None or found.band is None else found.band[edge]
        logs = dict(zip(found.x, shown, strict=True))
        # Where the norm is zero, its curve has ended.
        assert isinstance(lag, int)
        return _is_log(logs.get(lag, -np.inf), value)

    return rule


MEASURED = {
    "lag": _longest_lag,
    **{kind: _median_of(kind) for kind in ("uniform", "gaussian", "orthogonal", "identity")},
    "low": _median_of("orthogonal", 0), "high": _median_of("orthogonal", 1),
}  # fmt: skip

NUMBERS = {
    "largest": _largest, "at": _where_largest, "far": _end, "small": _is_slope_at("far"),
}  # fmt: skip

BLOCK = {
    "state": _state, "before": is_(lambda place: _series(place)[t - 1]), "others": _others(1),
    "block": _own_block, "diagonal": _diagonal, "around": _around,
}  # fmt: skip

PRODUCT = {"block": _own_block, "count": is_(lambda place: place.steps)}

FOUND: Meanings = {
    "prose.network.papers": {"papers": _own_papers},
    "prose.recursion.papers": {"papers": _named("Werbos 1990")},
    "prose.conventions.plus_sign": {"papers": _named("Werbos 1990")},
    "prose.flow.papers": {
        "papers": _named("Bengio, Simard and Frasconi 1994", "Pascanu, Mikolov and Bengio 2013"),
    },
    "prose.remedies.clip": {"papers": _named("Pascanu, Mikolov and Bengio 2013")},
    "prose.remedies.initial": {"papers": _named("Le, Jaitly and Hinton 2015")},
    "prose.remedies.initial_ahead": MEASURED,
    "prose.remedies.initial_alike": MEASURED,
    "prose.remedies.initial_behind": MEASURED,
    "prose.remedies.initial_kept": MEASURED,
    "prose.memory.opened": {"papers": _named("Gers, Schmidhuber and Cummins 2000")},
    "prose.references.entry": {"text": _entry, "doi": _entry},
    "prose.activation.bell": NUMBERS,
    "prose.activation.rising": {
        "largest": _largest, "at": _end, "small": _is_slope_at("at"),
    },
    "label.maximum": {"value": _largest},
    "prose.memory.block": BLOCK,
    "prose.memory.block_alone": {
        "state": lambda place, value: _state(place, value) and not _between_steps(place),
        "before": is_(lambda place: _series(place)[t - 1]), "others": _others(1),
        "block": _own_block, "diagonal": _diagonal,
    },
    "prose.memory.steps": {
        "state": _state, "others": _others(2),
        "figure": is_(lambda place: Ref(f"highway-{_series(place).name}")),
    },
    "prose.memory.steps_later": {
        "state": _state, "count": is_(_return),
        "others": lambda place, value: _others(_return(place))(place, value),
    },
    "caption.memory.runs_blocks": {"states": _states_of_blocks},
    "prose.memory.product": PRODUCT,
    "prose.memory.product_again": PRODUCT,
    "label.memory.block": {"run": _is_run, "state": _state_of_row},
    "label.memory.product": {"run": _is_run, "block": _own_block},
    "table.flow.far": {"lag": _at_lag},
    "prose.shared.range": {"equations": _range, "gates": _range},
    "prose.proofs.eigenvalues": {
        "state": _made_in("half-saturated"), "input": _stands_in("half-saturated"),
    },
    "prose.proofs.resting": {
        "weights": _stands_in("half-saturated"), "output": is_number(_output_at_rest),
        "slope": is_number(_slope_at_rest),
    },
}  # fmt: skip

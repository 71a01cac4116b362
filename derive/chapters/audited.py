"""What an audit says before its claims: the networks that they are about, the signs, the texts."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from sympy import Integer

from derive.audit import Claim, SourceText
from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.chapters.context import listed
from derive.chapters.example import given_numbers, given_start
from derive.chapters.meant.audited import require_network, require_run
from derive.chapters.report import Report
from derive.chapters.signs import signs
from derive.checks.probe import hands_on_linearly
from derive.checks.verify import Verifier
from derive.document.blocks import Block, Bullets, Display, Heading, Prose
from derive.document.text import Number, Text, Url, Value
from derive.expressions.equation import Equation
from derive.expressions.functions import Apply
from derive.expressions.quantities import T, t
from derive.expressions.walk import atoms_of
from derive.gradientflow.measure import recurrent_weights
from derive.gradientflow.runs import experiment
from derive.numerics.sample import Sample, samples

STEPS = 3
"""On how many steps the equations of the networks are checked."""


def networks(claims: Sequence[Claim]) -> dict[str, tuple[int, Cell]]:
    """Return the networks of claims by the ids of the claims, each with its number.

    Those with few equations come first.  What is tested in a run, or on numbers alone, has none.
    """
    own: dict[str, Cell] = {}
    for claim in claims:
        if claim.data.experiment is None and not claim.data.scalar and not claim.data.numbers:
            own[claim.id] = claim.data.build()
    kinds = dict.fromkeys(map(_equations, own.values()))
    order = {kind: n for n, kind in enumerate(sorted(kinds, key=len), 1)}
    return {id: (order[_equations(cell)], cell) for id, cell in own.items()}


def _equations(cell: Cell) -> tuple[object, ...]:
    return tuple((e.left, e.expr) for e in cell.equations)


def introduction(
    report: Report,
    seed: int,
    claims: Sequence[Claim],
    found: Mapping[str, tuple[int, Cell]],
    details: Sequence[Block],
) -> Iterator[Block]:
    """Yield the section on the networks of claims: their equations, and the signs of derivatives."""
    yield Heading("heading.audit.networks", 2, "audit-networks")
    cells = dict(sorted(found.values(), key=lambda pair: pair[0]))
    if cells:
        yield Prose("prose.audit.networks")
    told = [_network(report, seed, number, cell) for number, cell in cells.items()]
    yield from told
    # The signs are told with the letter that most networks have for the state: in another, as in those
    # that hand on what the activation reads, it may be the input of the rest.
    letters = Counter(cell.state for cell in cells.values()).most_common(1)
    usual = [cell for cell in cells.values() if cell.state == letters[0][0]]
    cell = next(iter(usual), None) or claims[0].data.build()
    # Every cell has parameters that enter its state: what one step hands on is made with them.
    d = Derivation(cell, STEPS)
    lead = next(p for p in cell.parameters if d.shared.recurrent_uses(p))
    yield from signs(d, lead, [*told, *details])


def _network(report: Report, seed: int, number: int, cell: Cell) -> Block:
    verifier = Verifier(Derivation(cell, STEPS), samples(cell, STEPS, seed))

    def checked(equation: Equation) -> Equation:
        # The same network may have a chapter of its own in this document, with ids of its own.
        own = replace(equation, id=f"audit-{number}-{equation.id}")
        return report.require(own, verifier)

    name: Value = Text(f"cell.{cell.name}") if cell.title is None else cell.title
    values: dict[str, Value] = {
        "number": number,
        "cell": name,
        "input": listed([x[t] for x in cell.inputs]),
        "states": listed([s[t] for s in cell.states]),
        "start": listed([s[Integer(0)] for s in cell.states]),
        "equations": listed([checked(e) for e in (*unroll.forward(cell), *unroll.loss(cell))]),
        "target": cell.target[t],
    }
    key = "prose.audit.network_linear" if _is_linear(cell) else "prose.audit.network"
    return require_network(Prose(key, values), cell, number)


def _is_linear(cell: Cell) -> bool:
    """Tell whether no activation makes a state: networks of one name may differ in that."""
    own = [e.expr for e in cell.equations if e.variable not in (cell.output, cell.loss_series)]
    applied = [one for expr in own for one in atoms_of(expr, Apply)]
    return not applied and hands_on_linearly(cell)


def texts(claims: Sequence[Claim]) -> Iterator[Block]:
    """Yield the texts that make claims, each with where it is found."""
    found = dict.fromkeys(claim.text for claim in claims if claim.text is not None)
    if not found:
        return
    yield Heading("heading.audit.texts", 2, "audit-texts")
    told = all(claim.text is not None for claim in claims)
    yield Prose("prose.audit.texts" if told else "prose.audit.texts_some")
    yield Bullets(tuple(map(_text, found)))


_TEXTS = {
    (False, False): "prose.audit.text",
    (False, True): "prose.audit.text_link",
    (True, False): "prose.audit.text_by",
    (True, True): "prose.audit.text_by_link",
}
"""How a text is named: whether it is known who wrote it, and its address."""


def _text(text: SourceText) -> Text:
    values: dict[str, Value] = {"title": text.title}
    if text.by:
        values["by"] = text.by
    if text.link:
        values["link"] = Url(text.link)
    return Text(_TEXTS[bool(text.by), bool(text.link)], values)


def numbers(report: Report, claim: Claim) -> Iterator[Block]:
    """Yield the numbers that are given for the parameters and the start of a claim, as they are used."""
    if not claim.data.numbers:
        return
    _, trace = next(claim.data.traces((report.seed,)))
    cell = trace.cell
    d = Derivation(cell, trace.steps)
    verifier = Verifier(d, [Sample(trace, report.seed, zero_start=False)])
    yield Prose("prose.audit.given")
    made = [e for e in unroll.forward(cell) if e.left.series in cell.states]
    given = claim.data.numbers
    made += [given_numbers(cell, p, trace) for p in cell.parameters if p.name in given]
    made += [given_start(cell, s, trace) for s in cell.states if f"{s.name}0" in given]
    for equation in made:
        own = replace(equation, id=f"given-{claim.id}-{equation.id}")
        yield Display(report.require(own, verifier))
    for x in (one for one in cell.inputs if one.name in given):
        yield Prose(
            "prose.audit.given_inputs", {"input": x[t], "value": Number(float(given[x.name]))}
        )


def run(claim: Claim, equations: Sequence[Equation]) -> Iterator[Block]:
    """Yield what the network is that a claim is tested on, where that is a row of the experiments.

    Of any other, what T is, where it stands in its formulas.
    """
    if claim.data.experiment is None:
        if any(side.has(T) for equation in equations for side in equation.sides):
            yield Prose("prose.audit.horizon", {"T": T, "steps": claim.data.T})
        return
    row = experiment(claim.data.experiment)
    W = recurrent_weights(Derivation(claim.data.build(), 2))
    values: dict[str, Value] = {
        "steps": row.steps, "n": row.n, "weights": W, "T": T,
        "activation": Text(f"landscape.activation.{row.activation}"),
        "matrix": Text(f"landscape.matrix_named.{row.matrix}"), "scale": Number(row.scale, 2),
    }  # fmt: skip
    if row.inputs:
        said = Prose("prose.audit.run_inputs", values | {"inputs": Number(row.inputs, 2)})
    else:
        said = Prose("prose.audit.run", values)
    yield require_run(said, row)

"""What a placeholder means is computed anew: each value of each sentence, made wrong, is noticed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from sympy import Basic, Integer, Symbol

from derive.audit import shipped
from derive.calculus.activations import usable
from derive.catalogue import load
from derive.chapters import audited, handout, studies
from derive.chapters.facts import CellFacts
from derive.chapters.meant import ELSEWHERE, RULES, judge, require_meant
from derive.chapters.meant.audited import require_network, require_run
from derive.chapters.meant.place import Occurrence, Subject
from derive.chapters.report import Report
from derive.document.blocks import (
    Algorithm,
    Block,
    Display,
    Document,
    FigureBlock,
    Heading,
    Prose,
    TableBlock,
)
from derive.document.language import load as language
from derive.document.text import Bound, Doi, Number, Ref, Text, Value
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.expressions.quantities import At, Parameter, T, j, k, t
from derive.expressions.walk import atoms_of
from derive.gradientflow.runs import experiment

CASES: tuple[tuple[str, dict[str, Any], int], ...] = (
    ("elman", {}, 3),
    ("elman", {"loss": "mean", "initial": "trainable"}, 1),
    ("elman", {"output_layer": "mse", "activation": "softplus", "loss": "last"}, 2),
    ("jordan", {}, 2),
    ("gru", {"output_layer": "bce", "initial": "given"}, 2),
    ("lstm", {}, 2),
    ("mamba", {}, 2),
    ("deltanet", {"loss": "weighted"}, 2),
)

Made = tuple[Document, CellFacts]


@cache
def made(case: int) -> Made:
    """Return a handout with the facts that its sentences rest on; the last one is on gradient flow."""
    found: list[Made] = []

    def noted(document: Document, facts: CellFacts) -> None:
        found.append((document, facts))
        require_meant(document, facts)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handout, "require_meant", noted)
        patch.setattr(studies, "require_meant", noted)
        if case == len(CASES):
            studies.flow_document(0)
        else:
            name, options, steps = CASES[case]
            handout.build(load(name, **options), steps, seed=0, proved=case == 0)
    return found[-1]


def ruled(case: int) -> Iterator[tuple[Occurrence, str, str, Value]]:
    """Yield each value of a document that a rule is about."""
    document, facts = made(case)
    speaker = Subject(document, facts)
    for block, section, (key, values) in judge.placed(document, facts):
        for name in values.keys() & RULES.get(key, {}).keys():
            yield Occurrence(speaker, section, values, block), key, name, values[name]


def wrong(value: Value, place: Occurrence) -> Iterator[Value]:
    """Yield values of the kind that are not this one."""
    if isinstance(value, bool | str):
        yield "another"
    elif isinstance(value, int):
        yield from (value + 1, value - 1)
    elif isinstance(value, Number):
        yield Number(value.value * 1.01 + 1e-3, value.digits)
    elif isinstance(value, Bound):
        yield Bound(value.value * 1e-9)
    elif isinstance(value, Ref):
        yield Ref("elsewhere")
    elif isinstance(value, Doi):
        yield Doi(value.name + "1")
    elif isinstance(value, Text):
        yield from wrong_texts(value)
    elif isinstance(value, Equation):
        yield Equation(value.id, value.kind, value.sides[1:], value.step)
    elif isinstance(value, Integer):
        yield value + 1
    elif isinstance(value, Symbol):
        yield from (letter for letter in (t, T, k, j) if letter != value)
    elif isinstance(value, Basic):
        yield from wrong_expressions(value, place)


def wrong_texts(value: Text) -> Iterator[Text]:
    """Yield a list with its first two in each other's place, and one without its first."""
    if value.key in ("list.steps", "document.title"):
        yield Text(value.key, {**value.values, "count": 17})
    elif value.key in ("list.two", "list.many"):
        first, rest = value.values["a"], value.values.get("b", value.values.get("rest"))
        yield rest if isinstance(rest, Text) else Text("list.one", {"a": rest})
        second = rest.values.get("a", "another") if isinstance(rest, Text) else rest
        yield Text("list.two", {"a": second, "b": first})
    elif value.key == "list.one":
        yield Text("list.two", {"a": value.values["a"], "b": value.values["a"]})
    else:
        yield Text(value.key + "-", value.values)


def wrong_expressions(value: Basic, place: Occurrence) -> Iterator[Basic]:
    """Yield an expression with a step later or earlier, and with another quantity in it."""
    for at in {*atoms_of(value, At)}:
        *others, last = at.indices
        for by in (1, -1):
            yield value.xreplace({at: at.series[(*others, last + by)]})
        for series in (place.cell.loss_series, place.cell.inputs[0]):
            if series != at.series and not others:
                yield value.xreplace({at: series[last]})
    for parameter in {*atoms_of(value, Parameter)}:
        for other in (*place.cell.parameters, place.cell.total):
            if other != parameter:
                yield value.xreplace({parameter: other})


FREE = {
    ("prose.summary.gradients_many", "gradients"),
    ("prose.adjoint.hosts", "hosts"),
    ("prose.jacobian.carried_weighted", "blocks"),
    ("prose.shared.range", "equations"),
    ("prose.shared.ranges", "ranges"),
    ("prose.example.agree", "bound"),
}
"""Where others would do: another gradient, another order, any bound where there is no difference; or
where the whole is compared, the blocks by a condition and the ranges over the document."""


def noticed(place: Occurrence, key: str, name: str, other: Value) -> bool:
    """Tell whether a rule of a sentence notices another value of one of its placeholders."""
    if key.startswith("algorithm."):
        # The line is found by its values, and has its own.
        return not judge.is_meant(RULES[key][name], place, other)
    said = {**place.values, name: other}
    rules = ((RULES[key][n], value) for n, value in said.items() if n in RULES[key])
    return not all(judge.is_meant(r, replace(place, values=said), value) for r, value in rules)


@pytest.mark.parametrize("name", usable())
def test_what_is_said_of_each_activation_is_meant(name: str) -> None:
    handout.build(load("elman", activation=name), 2, seed=0, proved=False)


@pytest.mark.parametrize("case", range(len(CASES) + 1))
def test_a_wrong_value_is_noticed(case: int) -> None:
    passed = []
    for place, key, name, value in ruled(case):
        rule = RULES[key][name]
        assert judge.is_meant(rule, place, value), (key, name)
        for other in wrong(value, place) if (key, name) not in FREE else ():
            if not noticed(place, key, name, other):
                passed.append((key, name, str(value), str(other)))
    assert not passed, "\n".join(map(str, passed))


def test_a_wrong_value_stops_the_build() -> None:
    document, facts = made(0)
    at, said = next(
        (n, b) for n, b in enumerate(document.blocks) if isinstance(b, Prose) and b.values
    )
    name, value = next(iter(said.values.items()))
    for other in wrong(value, Occurrence(Subject(document, facts), None, said.values)):
        blocks = list(document.blocks)
        blocks[at] = Prose(said.key, {**said.values, name: other})
        with pytest.raises(CheckError, match=rf"says '{said.key}' with .* for {{{name}}}"):
            require_meant(replace(document, blocks=tuple(blocks)), facts)


def test_what_no_rule_is_about_stops_the_build() -> None:
    document, facts = made(0)
    new = Prose("prose.summary.flow", {"count": 3})
    with pytest.raises(CheckError, match="nothing tells what is meant there"):
        require_meant(replace(document, blocks=(*document.blocks, new)), facts)


@pytest.mark.parametrize("twice", [True, False])
def test_what_a_letter_stands_for_is_said_once_of_each_formula(twice: bool) -> None:
    document, facts = made(4)
    found = [
        n for n, b in enumerate(document.blocks) if getattr(b, "key", "") == "prose.shared.ranges"
    ]
    blocks = list(document.blocks)
    blocks[found[0] : found[0] + 1] = [blocks[found[0]]] * 2 if twice else []
    with pytest.raises(CheckError, match=r"does not say once for which gates gru-\S+ stands"):
        require_meant(replace(document, blocks=tuple(blocks)), facts)


def blocks_with(case: int, of: Callable[[Block], Block | None]) -> Iterator[Document]:
    """Yield the document with one of its blocks made into another, or left out."""
    document, _ = made(case)
    for n, block in enumerate(document.blocks):
        other = of(block)
        if other is not block:
            rest = () if other is None else (other,)
            yield replace(document, blocks=(*document.blocks[:n], *rest, *document.blocks[n + 1 :]))


def other_heading(block: Block) -> Block:
    other = (
        "heading.shape" if isinstance(block, Heading) and block.id == "adjoint" else "heading.sums"
    )
    if isinstance(block, Heading) and block.id != "sums":
        return replace(block, key=other)
    return block


def other_caption(block: Block) -> Block:
    if isinstance(block, FigureBlock | TableBlock | Algorithm):
        return replace(block, caption=Text("caption.proved"))
    return block


def without_contribution(block: Block) -> Block | None:
    below = (
        "-adjoint-",
        "-contribution-",
        "-delta-lag-",
        "-full-",
        "-nested-",
        "-through-",
        "-first",
    )
    gone = isinstance(block, Display) and any(mark in block.equation.id for mark in below)
    return None if gone else block


@pytest.mark.parametrize("of", [other_heading, other_caption, without_contribution])
def test_what_stands_elsewhere_stops_the_build(of: Callable[[Block], Block | None]) -> None:
    _, facts = made(0)
    found = list(blocks_with(0, of))
    assert len(found) > 10
    for document in found:
        with pytest.raises(
            CheckError, match=r"is the (heading|caption) of|below 'prose|has none|stand"
        ):
            require_meant(document, facts)


def test_contributions_in_another_order_stop_the_build() -> None:
    document, facts = made(0)
    blocks = list(document.blocks)
    ids = ["elman-example-contribution-3", "elman-example-contribution-2"]
    at = [n for n, b in enumerate(blocks) if isinstance(b, Display) and b.equation.id in ids]
    blocks[at[0]], blocks[at[1]] = blocks[at[1]], blocks[at[0]]
    with pytest.raises(
        CheckError, match=r"below 'prose\.example\.terms' stand example-contribution-2,"
    ):
        require_meant(replace(document, blocks=tuple(blocks)), facts)


def test_what_an_audit_says_of_its_networks_and_runs_is_meant() -> None:
    cell, report = load("elman"), Report(0)
    said = [
        b for b in audited.introduction(report, 0, [], {"a": (1, cell)}, []) if isinstance(b, Prose)
    ]
    network = next(b for b in said if b.key == "prose.audit.network")
    claim = next(c for f in shipped() for c in f.claims if c.data.experiment is not None)
    (run,) = audited.run(claim, [])
    assert isinstance(run, Prose)
    assert claim.data.experiment is not None
    row = experiment(claim.data.experiment)
    for name, value in network.values.items():
        assert require_network(network, cell, 1) is network
        other = 7 if isinstance(value, int) else Text("list.one", {"a": cell.total})
        with pytest.raises(CheckError, match=rf"for {{{name}}}, where"):
            require_network(replace(network, values={**network.values, name: other}), cell, 1)
    for name in run.values.keys() - {"weights"}:
        assert require_run(run, row) is run
        with pytest.raises(CheckError, match=rf"for {{{name}}}, where"):
            require_run(replace(run, values={**run.values, name: 7}), row)


def test_each_placeholder_has_a_rule_or_a_reason() -> None:
    words = language("en")
    left = [
        f"{key} {{{name}}}"
        for key in words.keys
        for name in words.slots(key) - RULES.get(key, {}).keys()
        if not key.startswith(tuple(ELSEWHERE))
    ]
    assert not left


def test_each_rule_is_about_a_placeholder() -> None:
    words = language("en")
    for key, rules in RULES.items():
        assert key in words.keys, key
        # Meanings that several sentences share may be about more than one of them says.
        assert words.slots(key) & rules.keys(), key
    assert all(any(key.startswith(start) for key in words.keys) for start in ELSEWHERE)

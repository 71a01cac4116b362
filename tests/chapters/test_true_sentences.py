"""Every sentence is said only where it is true: of each network, with each option, for each horizon.

The chapters that take long and speak of runs, not of the network at hand, have tests of their own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from derive.bptt.derivation import Derivation
from derive.calculus.activations import usable
from derive.calculus.losses import LOSSES
from derive.catalogue import load, names, options_of
from derive.cells.cell import INITIAL
from derive.cells.weighting import WEIGHTINGS
from derive.chapters import flow, handout, memory, proof
from derive.chapters.context import Context, listed
from derive.chapters.facts import AGAIN, FACTS, CellFacts, againshape
from derive.chapters.studies import flow_document
from derive.checks.proof import prove, smallest
from derive.checks.tables import members
from derive.checks.verify import Verifier
from derive.document import conditions
from derive.document.blocks import Block, Document, Prose, TableBlock
from derive.document.language import languages
from derive.document.language import load as language
from derive.document.text import Number, Text
from derive.errors import CheckError, DerivationError, RenderError
from derive.expressions.equation import Kind
from derive.expressions.quantities import Parameter, j
from derive.gradientflow.gated import run
from derive.gradientflow.own import run_at
from derive.numerics.sample import samples
from derive.proving.general import proved_in_general
from tests import ROOT

CLAIMING = ("prose", "caption", "symbol", "verdict", "algorithm")
"""Tables of sentences; the others are names, labels, and what texts claim."""

SLOW = (proof.proof, flow.flow, memory.memory)
QUICK = [c for c in handout.CHAPTERS if c not in SLOW]

CHOICES: dict[str, list[object]] = {
    "activation": [*usable()], "output_layer": [*LOSSES], "bias": [True, False],
    "loss": [*WEIGHTINGS], "initial": [*INITIAL],
}  # fmt: skip

Made = tuple[Context, tuple[Block, ...]]
Case = tuple[str, tuple[tuple[str, object], ...], int]


@cache
def made(case: Case) -> Made:
    """Return the chapters of a handout, without those that take long."""
    name, options, steps = case
    chosen = dict(options)
    detail = str(chosen.pop("detail", "steps"))
    cell = load(name, **chosen)
    c = Context(Verifier(Derivation(cell, steps), samples(cell, steps, 0)), 0, detail=detail)
    return c, tuple(
        block for chapter in handout.of_kind(c) if chapter not in SLOW for block in chapter(c)
    )


def one_by_one(name: str) -> Iterator[tuple[tuple[str, object], ...]]:
    """Yield the options of a cell: as they are, and each in each other way."""
    known = options_of(name)
    yield ()
    for option, values in CHOICES.items():
        if option in known:
            yield from (((option, v),) for v in values if v != known[option])


def in_pairs(name: str) -> Iterator[tuple[tuple[str, object], ...]]:
    """Yield each two options, each in each other way."""
    ones = [pair for options in one_by_one(name) for pair in options]
    yield from ((a, b) for n, a in enumerate(ones) for b in ones[n + 1 :] if a[0] != b[0])


HERE = Path(__file__).parent
LITERATURE = HERE.parent / "catalogue" / "literature"
OWN = ("irnn", "jordan", "leaky", "lstm", "gru_before", "state_inside", "two_layer", "diagonal")
SAMPLE: list[Case] = [
    *(("elman", options, 2) for options in one_by_one("elman")),
    *((name, (), steps) for name in ("elman", "lstm", "jordan") for steps in (1, 3)),
    *((name, (), 2) for name in OWN if name not in ("lstm", "jordan")),
    ("elman", (("loss", "weighted"),), 1),
    ("lstm", (("output_layer", "mse"),), 2),
    ("lstm", (("initial", "given"),), 2),
    ("state_inside", (("activation", "relu"),), 2),
    ("gru", (), 1),
    ("elman", (), 10),
    ("two_layer", (("activation", "relu"),), 2),
    ("elman", (("detail", "brief"),), 2),
    ("lstm", (("detail", "full"),), 2),
    ("mamba", (), 2),
    ("mamba", (("initial", "given"),), 2),
    ("deltanet", (), 1),
    ("deltanet", (), 2),
    ("mlstm", (), 2),
    ("mlstm", (("initial", "given"), ("output_layer", "mse")), 2),
    ("mlstm", (("initial", "trainable"),), 2),
    ("slstm", (), 2),
    (str(HERE / "adding.toml"), (), 2),
    (str(HERE / "wide_input.toml"), (), 2),
    (str(HERE / "wide_parts.toml"), (), 2),
    (str(HERE / "lagged.toml"), (), 2),
    (str(HERE / "divided.toml"), (), 2),
    (str(HERE / "single_output.toml"), (), 2),
    (str(HERE / "shared_gate.toml"), (), 2),
    (str(LITERATURE / "tied_recurrence.toml"), (), 1),
    ("rwkv", (), 2),
    ("rg_lru", (), 2),
    ("window_attention", (), 2),
    (str(HERE / "beside_state.toml"), (), 2),
    *(
        (str(LITERATURE / f"{name}.toml"), (), 2)
        for name in (
            "jordan_elman",
            "gates_of_two_sizes",
            "dilated",
            "reservoir",
            "tied",
            "tied_recurrence",
            "tied_gates",
            "two_heads",
            "neuron",
            "cayley",
            "single_output",
            "tied_inputs",
            "tied_step",
            "generator",
            "autonomous",
            "autoregressive",
            "free_reservoir",
            "fixed_map",
            "matrix_map",
            "single_map",
            "oscillator",
            "spring",
            "gated_generator",
            "late_read_out",
        )
    ),
]
EVERY: list[Case] = [
    *((n, options, steps) for n in names() for options in one_by_one(n) for steps in (1, 2, 3, 10)),
    *((n, options, 2) for n in names() for options in in_pairs(n)),
]


def broken(case: Case) -> list[str]:
    """Return what a document says and must not."""
    c, blocks = made(case)
    found = conditions.said(blocks)
    return [f"{key}: {c_.text}" for key, v in found for c_ in conditions.unmet(key, v, c.facts)]


@pytest.mark.parametrize("case", SAMPLE, ids=str)
def test_what_is_said_holds(case: Case) -> None:
    assert not broken(case)


@pytest.mark.deferred
@pytest.mark.parametrize("name", names())
def test_what_is_said_holds_for_every_option(name: str) -> None:
    for case in EVERY:
        if case[0] == name:
            assert not broken(case), case
            made.cache_clear()


@pytest.mark.parametrize("code", languages())
def test_each_sentence_that_claims_something_has_its_conditions(code: str) -> None:
    known = conditions.load()
    sentences = {key for key in language(code).keys if key.split(".")[0] in CLAIMING}
    assert sentences <= known.keys()
    assert known.keys() <= language(code).keys


def test_each_fact_is_asked_for() -> None:
    assert {c.fact for found in conditions.load().values() for c in found} - {""} == FACTS.keys()


def test_each_condition_is_about_values_of_its_sentence() -> None:
    for key, found in conditions.load().items():
        assert {name for c in found for name in c.names} <= language("en").slots(key), key


def outcomes() -> dict[str, dict[str, set[bool]]]:
    """Return for each sentence whether each of its conditions, turned round, holds where it is said."""
    found: dict[str, dict[str, set[bool]]] = {}
    for c, blocks in map(made, SAMPLE):
        for key, values in conditions.said(blocks):
            for condition in conditions.load().get(key, ()):
                holds = condition.opposite().holds(values, c.facts)
                found.setdefault(key, {}).setdefault(condition.text, set()).add(holds)
    return found


ABOUT_RUNS = (
    "audit",
    "flow",
    "general",
    "landscape",
    "learning",
    "memory",
    "proof",
    "proofs",
    "remedies",
    "verdict",
)
"""Sentences of the chapters that are left out here."""


def test_each_condition_turned_round_is_noticed() -> None:
    found = outcomes()
    unnoticed = [
        f"{key}: {condition.text}"
        for key, wanted in conditions.load().items()
        if not {*key.split(".")[:2]} & {*ABOUT_RUNS} and not key.startswith("prose.checks.")
        # Said where a search finds no numbers; tested with one that may not search.
        if key != "prose.example.some_zero"
        for condition in wanted
        if found.get(key, {}).get(condition.text) != {False}
    ]
    assert not unnoticed


def test_each_fact_holds_somewhere_and_not_elsewhere() -> None:
    """A condition that always holds would guard nothing."""
    about_values = {c.fact for f in conditions.load().values() for c in f if c.names}
    for name in FACTS.keys() - about_values - ALWAYS - OF_THE_WHOLE:
        held = set()
        for c, _ in map(made, SAMPLE):
            # Of step Jacobians nothing is asked where there is none.
            with suppress(DerivationError):
                held.add(c.facts.holds(name))
        assert held == {True, False}, name


def test_each_fact_turned_round_is_noticed_by_its_second_way() -> None:
    noticed = set()
    for c, blocks in map(made, SAMPLE):
        for key, values in conditions.said(blocks):
            for condition in conditions.load().get(key, ()):
                name, about = condition.fact, [values[each] for each in condition.names]
                if name not in AGAIN or name in noticed:
                    continue
                with pytest.MonkeyPatch.context() as patch:
                    patch.setitem(FACTS, name, lambda f, *a, was=FACTS[name]: not was(f, *a))
                    with suppress(CheckError):
                        c.facts.holds(name, *about)
                        continue
                noticed.add(name)
    # Of these it can tell only that they do not hold, or users' networks alone have them.
    assert AGAIN.keys() - noticed == ONE_WAY | OF_THE_WHOLE | {"nested-written"}


def test_facts_with_one_way_are_listed_for_readers() -> None:
    page = (ROOT / "docs/guide/checks.md").read_text(encoding="utf-8")
    listed = page[page.index("One way\n") : page.index("Of `carries`")]
    assert {*re.findall(r"`([a-z-]+)`", listed)} == FACTS.keys() - AGAIN.keys()


ONE_WAY = {
    "carries", "fixed-states", "gates-between", "matrices", "saturation-passes", "some-bias",
    "uses-exp", "uses-sigmoid", "uses-softplus", "uses-sqrt", "uses-tanh",
}  # fmt: skip


OF_THE_WHOLE = {
    "about-zero-start", "algorithm-proved", "back-in-two-steps", "no-own-run", "nothing-proved",
    "own-units-alike", "run-opened", "same-jacobian", "some-refuted", "takes-roots", "units-like-others",
}  # fmt: skip
"""Facts of runs, of proofs and of the whole document, which are not made here; tested
below, or with the claims of chapters.

The second way of ``nested-written`` is by the whole document, too.
"""


def test_an_equation_about_a_start_of_zero_is_known_by_what_it_assumes_and_by_another_start() -> (
    None
):
    c, blocks = made(("elman", (), 2))
    shown = Document("d", "title", None, "en", blocks).equations()
    for equations, wanted in ((shown, True), ([e for e in shown if not e.assumes], False)):
        facts = replace(c.facts, shown=equations)
        assert FACTS["about-zero-start"](facts) is wanted
        assert AGAIN["about-zero-start"](facts) in (wanted, None)
    assert AGAIN["about-zero-start"](replace(c.facts, shown=shown)) is True
    # What is shown of another network says nothing of this one, which may have no such quantities.
    others = Document("d", "title", None, "en", made(("lstm", (), 1))[1]).equations()
    facts = replace(c.facts, shown=others, elsewhere=frozenset(e.id for e in others))
    assert FACTS["about-zero-start"](facts) is AGAIN["about-zero-start"](facts) is False
    trainable, _ = made(("elman", (("initial", "trainable"),), 1))
    facts = replace(trainable.facts, shown=others, elsewhere=facts.elsewhere)
    assert AGAIN["about-zero-start"](facts) is False


def test_a_formula_that_does_not_hold_is_known_by_its_kind_and_its_sign() -> None:
    c, blocks = made(("elman", (), 2))
    shown = Document("d", "title", None, "en", blocks).equations()
    refuted = replace(shown[0], kind=Kind.REFUTED)
    assert not replace(c.facts, shown=shown).holds("some-refuted")
    assert replace(c.facts, shown=[refuted]).holds("some-refuted")


def test_a_proof_is_missed_where_there_could_be_one(monkeypatch: pytest.MonkeyPatch) -> None:
    c, _ = made(("elman", (), 2))
    proofs = [prove(c.cell, 1, smallest(c.cell), telling=False)]
    assert not replace(c.facts, proofs=proofs).holds("nothing-proved")
    with pytest.raises(CheckError, match="'nothing-proved' is True of elman, and it is False"):
        c.facts.holds("nothing-proved")
    monkeypatch.setattr(againshape, "most", lambda name: 0)
    assert c.facts.holds("nothing-proved")


def test_an_algorithm_is_proved_where_the_checker_names_none_of_its_lines() -> None:
    c, _ = made(("elman", (), 2))
    whole = proved_in_general(c.cell)
    facts = replace(c.facts, general=whole)
    assert facts.holds("algorithm-proved")
    line = "refused elman-grad-W: side 2 is not what the first side means"
    told = replace(whole.verdict, said=(line, *whole.verdict.said))
    with pytest.raises(CheckError, match="'algorithm-proved' is True of elman, and it is False"):
        replace(facts, general=replace(whole, verdict=told)).holds("algorithm-proved")


def test_a_run_of_the_network_is_missed_where_there_could_be_one() -> None:
    c, _ = made(("elman", (), 2))
    own = run_at(c.derivation, 1.0, 0)
    assert not replace(c.facts, traces={"own": own.trace}).holds("no-own-run")
    with pytest.raises(CheckError, match="'no-own-run' is True of elman, and it is False"):
        c.facts.holds("no-own-run")


def test_a_run_with_raised_biases_has_raised_biases() -> None:
    c, _ = made(("lstm", (), 3))
    assert not c.facts.holds("run-opened")
    made_ = {opened: run(c.cell, 0, opened=opened).trace for opened in (True, False)}
    assert replace(c.facts, traces={"opened": made_[True]}).holds("run-opened")
    with pytest.raises(CheckError, match="'run-opened' is True of lstm, and it is False"):
        replace(c.facts, traces={"opened": made_[False]}).holds("run-opened")


def of_size(name: str, size: int) -> Any:
    """Return what a run of a network with that many units in its first state is asked for."""
    trace = run(load(name), 0).trace
    first = trace.cell.states[0]
    trace.columns[first] = trace.columns[first][:, :size]
    return trace


@pytest.mark.parametrize(
    ("name", "sizes", "fact", "holds"),
    [
        ("gru", (16, 16), "own-units-alike", True),
        ("lstm", (4, 16), "own-units-alike", False),
        ("gru", (16, 16), "units-like-others", True),
        ("gru", (16, 4), "units-like-others", False),
    ],
)
def test_of_what_size_states_are_is_told_by_two_ways(
    name: str, sizes: tuple[int, int], fact: str, holds: bool
) -> None:
    cell = load(name)
    facts = CellFacts(Derivation(cell, 1), samples(cell, 1, 0))
    assert not facts.holds(fact)
    facts.traces |= {"own": of_size(name, sizes[0]), "this": of_size(name, sizes[0])}
    facts.traces["memory"] = of_size("elman", sizes[1])
    assert FACTS[fact](facts) is holds
    if holds:
        assert facts.holds(fact)
    else:
        # By the shapes of the cell it is otherwise, and the fact is not believed.
        with pytest.raises(CheckError, match="computed a second way"):
            facts.holds(fact)


def test_a_network_that_takes_roots_is_known() -> None:
    layered = load(str(HERE.parent / "catalogue" / "literature" / "layernorm_rnn.toml"))
    for cell, holds in ((layered, True), (load("elman"), False)):
        d = Derivation(cell, 2)
        assert CellFacts(d, samples(cell, 2, 0)).holds("takes-roots") is holds


ALWAYS = {"both-starts", "inputs-reach", "example-one-hot", "example-from-nonzero"}
"""Facts that hold of all cells that ship, and are broken below."""


def test_facts_of_numbers_look_at_the_numbers() -> None:
    c, _ = made(("elman", (), 3))
    trace = c.facts.example
    assert trace is not None
    facts = replace(c.facts, samples=[s for s in c.samples if s.zero_start])
    assert not facts.holds("both-starts")
    for name, series, value in (
        ("example-one-hot", trace.cell.target, 0.5),
        ("example-from-nonzero", trace.cell.state, 0.0),
    ):
        assert c.facts.holds(name)
        before = trace.columns[series].copy()
        trace.columns[series][0 if name == "example-from-nonzero" else 1] = value
        assert not c.facts.holds(name)
        trace.columns[series][:] = before


@pytest.fixture(scope="module")
def about_runs() -> list[conditions.Said]:
    return list(conditions.said(flow_document(0).document.blocks))


def test_numbers_of_runs_that_belie_a_sentence_are_noticed(about_runs: list[Any]) -> None:
    facts = made(("elman", (), 3))[0].facts
    compared = 0
    for key, values in about_runs:
        for condition in conditions.load().get(key, ()):
            assert not condition.opposite().holds(values, facts), key
            compared += bool(condition.operator)
    assert compared > 15


def test_a_sentence_that_is_not_true_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    def slip(c: Context) -> Iterator[Block]:
        yield Prose("prose.loss.mse", {"output": c.cell.output[1], "logits": c.cell.logits[1]})

    monkeypatch.setattr(handout, "CHAPTERS", (*QUICK, slip))
    with pytest.raises(CheckError, match="only where `output-is-logits` holds"):
        handout.build(load("elman"), 2, seed=0)


def test_a_sentence_within_another_is_judged_too() -> None:
    inner = Text("prose.flow.not_slope", {"norm": Number(0.5), "lag": 9})
    block = Prose("list.one", {"a": inner})
    document = Document("d", "title", None, "en", (block,))
    with pytest.raises(CheckError, match=r"prose\.flow\.not_slope"):
        conditions.require_true(document, made(("elman", (), 3))[0].facts)


def test_what_is_no_condition_is_refused() -> None:
    for text in ("Several steps", "{a} > ", "not", "several-steps {a", "{a} ~ 1"):
        with pytest.raises(RenderError, match="is no condition"):
            conditions.parse(text, "here")


# -- sentences and cells that were false once ------------------------------------------------------


def keys(case: Case) -> set[str]:
    return {key for key, _ in conditions.said(made(case)[1])}


def first_contributions(case: Case) -> dict[str, str]:
    _, blocks = made(case)
    table = next(b for b in blocks if isinstance(b, TableBlock) and b.id == "uses")
    found = {}
    for *gates, parameter, _, _, said in table.rows:
        assert isinstance(parameter, Parameter)
        assert isinstance(said, Text)
        for gate in enumerated(gates[0]) if gates and gates[0] else [""]:
            name = parameter.name.replace("θ", gate) if gate else parameter.name
            found[name] = said.key.rpartition(".")[2]
    return found


def enumerated(value: Any) -> list[str]:
    """Return the words of a list."""
    if not isinstance(value, Text):
        return [str(value)]
    return [word for part in value.values.values() for word in enumerated(part)]


def test_what_the_cell_state_is_multiplied_by_has_no_first_contribution() -> None:
    found = first_contributions(("lstm", (), 3))
    zero = {name for name, word in found.items() if word == "zero"}
    assert zero == {"W_i", "W_f", "W_g", "W_q", "U_f", "b_f"}


def test_a_wrong_cell_of_that_table_stops_the_build(monkeypatch: pytest.MonkeyPatch) -> None:
    from derive.bptt.substitution import Substitution

    monkeypatch.setattr(Substitution, "vanishes_at_start", lambda *_: True)
    with pytest.raises(CheckError, match=r"grad-\w+-first"):
        made.__wrapped__(("lstm", (), 2))


@pytest.mark.parametrize("name", names())
def test_what_vanishes_at_the_start_is_what_the_numbers_say(name: str) -> None:
    for options in one_by_one(name):
        cell = load(name, **dict(options))
        if cell.initial != "zero" or cell.has_matrices:
            continue
        c = Context(Verifier(Derivation(cell, 3), samples(cell, 3, 0)), 0)
        for p in c.recurrent():
            # What no later step feels is 0 there for another reason.
            if c.derivation.shared.direct_uses(p) or c.facts.holds("within-step", p):
                continue
            wanted = c.facts.holds("first-zero", p)
            assert c.derivation.substitution.vanishes_at_start(p) == wanted, (options, p)


def test_a_slope_is_described_by_its_shape() -> None:
    for activation, said in (("tanh", "bell"), ("relu", "step"), ("softplus", "rising")):
        found = keys(("elman", (("activation", activation),), 2))
        shapes = {f"prose.activation.{shape}" for shape in ("bell", "step", "rising")}
        assert found & shapes == {f"prose.activation.{said}"}


def test_saturated_units_close_only_what_leads_through_them() -> None:
    assert "prose.activation.rows" in keys(("elman", (), 3))
    assert "prose.activation.around" in keys(("lstm", (), 3))
    assert "prose.activation.rows" not in keys(("lstm", (), 3))
    assert "prose.activation.rows" not in keys(("irnn", (), 2))


def test_which_blocks_have_weights_is_what_the_numbers_say() -> None:
    c, blocks = made(("lstm", (), 3))
    found = {key: values["blocks"] for key, values in conditions.said(blocks) if "weighted" in key}
    said = [str(one) for one in members(found["prose.jacobian.carried_weighted"])]
    assert said == ["J_j^(ch)", "J_j^(hh)"]
    parts = [part[j] for (_, read), part in c.derivation.shared.jacobians.parts.items()]
    assert not c.facts.holds("weighted-blocks", listed(parts))
    assert not c.facts.holds("weighted-blocks", parts[0])


def test_what_acts_on_the_output_alone_moves_no_state() -> None:
    c, _ = made(("lstm", (), 3))
    moving, other = c.recurrent(), c.direct()
    assert c.facts.holds("move-states", listed(moving))
    assert not c.facts.holds("move-states", listed([*moving, *other]))


def test_the_last_loss_is_enough_where_it_is_all() -> None:
    assert "prose.terms.total_last" in keys(("elman", (), 1))
    assert "prose.terms.total_last" in keys(("elman", (("loss", "last"),), 2))
    assert "prose.terms.total" in keys(("elman", (), 3))


@pytest.mark.parametrize("case", [("lstm_coupled", (), 10), ("lstm", (), 24)], ids=str)
def test_what_is_said_of_the_first_contribution_does_not_depend_on_how_far_it_is(
    case: Case,
) -> None:
    """So far from the loss it is smaller than what equations may be off, and still not zero."""
    name, options, _ = case
    assert first_contributions(case) == first_contributions((name, options, 3))

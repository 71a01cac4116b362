"""What a handout says of networks that people wrote: by what quantities do, and by measured runs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.cells.cell import Cell
from derive.cells.describe import divisors, parameter_role, series_role
from derive.chapters import proof
from derive.chapters.context import Context
from derive.chapters.handout import Handout, build
from derive.chapters.studies import audit_document
from derive.checks.probe import moves_output, moves_states
from derive.checks.roles import of_parameter
from derive.checks.verify import Verifier
from derive.document.blocks import Heading, Prose
from derive.document.conditions import said
from derive.document.language import load as language
from derive.expressions.algebra import add, mul
from derive.expressions.quantities import Parameter
from derive.gradientflow.carousel import Carousel
from derive.gradientflow.gated import gate_biases, run
from derive.gradientflow.opened import gate_parameters
from derive.gradientflow.own import outgrown, own_runs
from derive.gradientflow.weights import weights
from derive.numerics.sample import samples
from derive.publishing.publish import write
from tests import ROOT

FOLDER = ROOT / "tests" / "catalogue" / "literature"


def written(folder: Path, equations: str, parameters: str, **keys: str) -> Cell:
    """Return the cell of a file with one state h and one input x."""
    known = {"inputs": '{ x = "d" }', "states": '{ h = "n" }'} | keys
    head = "\n".join(f"{key} = {value}" for key, value in known.items())
    file = folder / "own.toml"
    file.write_text(f'{head}\nequations = """\n{equations}\n"""\n[parameters]\n{parameters}\n')
    return load(str(file))


@cache
def handout(name: str, steps: int = 2) -> Handout:
    return build(load(str(FOLDER / f"{name}.toml")), steps, seed=0, proved=False)


def keys_of(name: str, steps: int = 2) -> set[str]:
    return {key for key, _ in said(handout(name, steps).document.blocks)}


ROLES = [
    ("h[t] = tanh(W*(h[t-1] + b) + U*x[t])", "bias"),
    ("h[t] = tanh(W*h[t-1] + U*x[t] - b)", "bias"),
    ("h[t] = tanh(W*h[t-1] + U*x[t] + log(b))", "trained_vector"),
    ("h[t] = tanh(W*h[t-1] + U*x[t]) / b", "elementwise"),
    ("h[t] = (b - h[t-1]).*h[t-1] + W*h[t-1] + U*x[t]", "trained_vector"),
    ("h[t] = max(b + h[t-1], W*h[t-1]) + U*x[t]", "trained_vector"),
]


@pytest.mark.parametrize(("equation", "role"), ROLES)
def test_a_bias_is_added_and_does_nothing_else(equation: str, role: str, tmp_path: Path) -> None:
    cell = written(
        tmp_path, f"{equation}\nz[t] = V*h[t]", 'W = "n n"\nU = "n d"\nb = "n"\nV = "m n"'
    )
    (b,) = (p for p in cell.parameters if p.name == "b")
    assert parameter_role(cell, b) == role
    assert of_parameter(cell, b, role)


def test_a_function_of_a_matrix_is_no_bias(tmp_path: Path) -> None:
    cell = written(
        tmp_path,
        "P[t] = exp(W)\nh[t] = tanh(P[t]*h[t-1] + U*x[t])\nz[t] = V*h[t]",
        'W = "n n"\nU = "n d"\nV = "m n"',
    )
    assert parameter_role(cell, cell.parameters[0]) == "trained_matrix"


def test_a_filter_is_no_cell_state_and_what_is_let_out_is(tmp_path: Path) -> None:
    filtered = written(
        tmp_path,
        "p[t] = 0.9*p[t-1] + U*x[t]\nh[t] = tanh(W*h[t-1] + p[t])\nz[t] = V*h[t]",
        'W = "n n"\nU = "n d"\nV = "m n"',
        states='{ p = "n", h = "n" }',
    )
    assert series_role(filtered, filtered.states[0]) == "state"
    lstm = load("lstm")
    assert {s.name: series_role(lstm, s) for s in lstm.states} == {"c": "carried", "h": "state"}


def test_what_large_numbers_saturate_moves_states_all_the_same(tmp_path: Path) -> None:
    cell = written(
        tmp_path,
        "A[t] = B - B'\nQ[t] = A[t]*A[t]*A[t] - A[t]'\n"
        "h[t] = tanh(Q[t]*h[t-1] + U*x[t])\nz[t] = V*h[t]",
        'B = "n n"\nU = "n d"\nV = "m n"',
    )
    assert [p.name for p in cell.parameters if moves_states(cell, p)] == ["B", "U"]


def test_what_acts_on_an_output_past_the_state_is_found_by_trying() -> None:
    cell = load(str(FOLDER / "tied_gates.toml"))
    assert {p.name for p in cell.parameters if moves_output(cell, p)} == {"W", "U"}
    shared = Derivation(cell, 2).shared
    assert {p.name for p in cell.parameters if shared.direct_uses(p)} == {"W", "U"}


def test_a_minus_before_a_sum_is_put_before_its_terms() -> None:
    a, b = (Parameter(name, 2, 2) for name in "AB")
    assert mul(-1, add(a, b)) == add(mul(-1, a), mul(-1, b))


@pytest.mark.parametrize("gate", ["sigmoid(p[t] - q[t])", "sigmoid(x[t])", "sigmoid(h[t-1])"])
def test_a_gate_of_anything_has_no_biases_that_open_it(gate: str, tmp_path: Path) -> None:
    cell = written(
        tmp_path,
        f"p[t] = W*x[t]\nq[t] = U*h[t-1]\nf[t] = {gate}\n"
        "h[t] = f[t].*h[t-1] + p[t] + q[t]\nz[t] = V*h[t]",
        '"W U" = "n n"\nV = "m n"',
        inputs='{ x = "n" }',
    )
    assert gate_biases(cell) == {}


def test_what_divides_is_drawn_near_one_at_every_scale() -> None:
    cell = load(str(FOLDER / "output_divided.toml"))
    (b,) = divisors(cell)
    for scale in (0.5, 1.0, 2.0):
        drawn = weights(cell, np.random.default_rng(0), scale)[b.name]
        assert 0.5 < drawn.min() < 1.0 < drawn.max() < 1.5
    assert {"prose.flow.own_divisors"} <= keys_of("output_divided")


def test_a_single_number_is_no_bias_that_was_raised(tmp_path: Path) -> None:
    cell = written(
        tmp_path,
        "f[t] = sigmoid(W*h[t-1] + b)\nh[t] = f[t].*h[t-1] + kappa*tanh(U*x[t])\nz[t] = V*h[t]",
        'W = "n n"\nU = "n d"\nV = "m n"\nb = "n"\nkappa = 1',
    )
    assert gate_parameters(run(cell, 0)) == []
    assert [p.name for p in gate_parameters(run(cell, 0, opened=True))] == ["b"]


LOGARITHM = "h[t] = tanh(W*h[t-1] + U*x[t] + log(b))\nz[t] = V*h[t]"
GROWING = "h[t] = (W*h[t-1] + U*x[t])^3 + 3*h[t-1] + b\nz[t] = V*h[t]"


@pytest.mark.parametrize(("equations", "grown"), [(LOGARITHM, False), (GROWING, True)])
def test_what_has_no_value_did_not_grow(equations: str, grown: bool, tmp_path: Path) -> None:
    cell = written(tmp_path, equations, 'W = "n n"\nU = "n d"\nb = "n"\nV = "m n"')
    derivation = Derivation(cell, 2)
    assert not [*own_runs(derivation, 0)]
    assert outgrown(derivation, 0) is grown


def test_a_state_acts_on_itself_through_those_that_are_made_of_it(tmp_path: Path) -> None:
    cell = written(
        tmp_path,
        "p[t] = 0.9*p[t-1] + P*x[t]\nf[t] = sigmoid(F*h[t-1] + p[t])\n"
        "c[t] = f[t].*c[t-1] + tanh(W*h[t-1] + p[t])\nh[t] = tanh(c[t])\nz[t] = V*h[t]",
        '"W F" = "n n"\nP = "n d"\nV = "m n"',
        states='{ p = "n", c = "n", h = "n" }',
    )
    derivation = Derivation(cell, 2)
    p, c, h = cell.states
    carousel = Carousel(derivation, c)
    assert carousel.others == [p, h]
    assert carousel.through() == [h]


def test_a_use_that_no_loss_of_its_step_reads_is_told() -> None:
    assert "prose.terms.late" in keys_of("late_read_out")
    assert "prose.terms.late" not in keys_of("tied_recurrence")


def test_a_softmax_between_states_is_no_unit_that_is_saturated() -> None:
    assert "prose.activation.saturated" in keys_of("late_read_out")
    assert "prose.activation.closed" not in keys_of("late_read_out")


def test_a_term_past_the_states_is_counted() -> None:
    assert {"prose.terms.why_beside", "prose.terms.read_beside"} <= keys_of("tied_recurrence")
    assert {"prose.summary.terms_beside", "prose.others.same_less"} <= keys_of("tied_recurrence")
    assert not {"prose.terms.why", "prose.terms.start", "prose.others.same"} & keys_of(
        "tied_recurrence"
    )
    assert {"prose.others.beside_too", "prose.others.not_beside"} <= keys_of("tied_gates")
    assert "prose.others.same_more" in keys_of("tied")


def test_no_contribution_is_told_of_where_nothing_trained_acts_on_a_state() -> None:
    keys = keys_of("reservoir")
    assert {"prose.summary.question_fixed", "prose.jacobian.fixed"} <= keys
    assert not {key for key in keys if key.startswith(("prose.terms.", "prose.sums."))}


def test_no_path_is_said_to_lead_to_every_output_where_steps_are_skipped() -> None:
    assert "prose.forward.picture" in keys_of("dilated")
    assert "prose.forward.contains" not in keys_of("dilated")
    assert "prose.forward.contains" in keys_of("tied_recurrence")


def test_targets_have_classes_only_where_outputs_are_probabilities() -> None:
    assert "prose.example.intro_plain" in keys_of("tied_gates")
    assert "prose.example.intro" in keys_of("tied_recurrence")


MARKS = {
    "prose.signs.quotient": r"\oslash",
    "prose.signs.circled": r"\odot ",
    "prose.signs.power": r"^{\odot",
    "prose.signs.step": r"\operatorname{step}",
    "prose.signs.sign": r"\operatorname{sign}",
    "prose.signs.abs": r"\operatorname{abs}",
    "prose.signs.cdf": r"\operatorname{cdf}",
    "prose.signs.pdf": r"\operatorname{pdf}",
}


@pytest.mark.parametrize("name", ["neuron", "tied_gates", "dilated", "reservoir", "kinked"])
def test_of_a_sign_something_is_said_where_it_stands(name: str, tmp_path: Path) -> None:
    write(handout(name), ("md",), tmp_path, network=(name, 2))
    (text,) = (p.read_text(encoding="utf-8") for p in tmp_path.rglob("*.md"))
    keys = keys_of(name)
    together = {"prose.signs.quotient": "components", "prose.signs.circled": "circled"}
    for key, mark in MARKS.items():
        other = f"prose.conventions.{together.get(key, 'none')}"
        assert (mark in text) is (key in keys or other in keys), key


def test_the_scalar_case_keeps_the_whole_size_of_a_stack() -> None:
    found = [values for key, values in said(handout("two_heads").document.blocks)
             if key == "prose.scalar.intro_sized"]  # fmt: skip
    assert [str(values["size"]) for values in found] == ["m + p"]
    own = load(str(Path(__file__).parent / "single_output.toml"))
    blocks = build(own, 2, seed=0, proved=False).document.blocks
    assert "prose.scalar.intro_many_single" in {key for key, _ in said(blocks)}
    # What is a number already has no case of its own.
    assert not {key for key in keys_of("neuron") if key.startswith("prose.scalar.")}


def test_why_there_is_no_step_jacobian_is_said_of_columns_with_a_matrix_between() -> None:
    assert "prose.matrices.left_out_columns" in keys_of("cayley")
    assert "prose.matrices.left_out" in keys_of("fixed_memory")


def test_sizes_that_are_numbers_are_the_networks_own() -> None:
    """The chapter stands where the proof for every size is not whole, as it is for this network."""
    cell = load(str(FOLDER / "neuron.toml"))
    c = Context(Verifier(Derivation(cell, 2), samples(cell, 2, 0)), 0)
    keys = {key for key, _ in said(tuple(proof.proof(c)))}
    assert "list.own_sizes" in keys
    assert "list.sizes" not in keys


def test_what_is_left_of_the_sums_stands_behind_the_gradients_that_it_is_of() -> None:
    """Of the bias of the output nothing is said in the chapter on its weights."""
    blocks = build(load("elman", loss="last", bias=True), 3, seed=0).document.blocks
    headed = [b.id for b in blocks if isinstance(b, Heading)]
    last = next(
        n for n, b in enumerate(blocks) if isinstance(b, Prose) and b.key == "prose.direct.last"
    )
    before = [b.id for b in blocks[:last] if isinstance(b, Heading)]
    assert before[-1] == "gradient-c"
    assert "gradient-V" in before
    assert headed[len(before)] == "gradient-W"


def test_a_document_of_one_chapter_does_not_say_its_title_twice() -> None:
    blocks = audit_document(0).document.blocks
    headings = [b for b in blocks if isinstance(b, Heading)]
    assert headings[0].id == "audit-networks"
    assert {heading.level for heading in headings} == {1}
    words = language("en").entries
    for title, chapter in (
        ("audit", "audit.title"),
        ("flow", "flow"),
        ("learning", "learning.title"),
    ):
        assert words[f"document.{title}"] != words[f"heading.{chapter}"]


def test_what_only_its_own_step_reads_is_said_to_act_within_it() -> None:
    """A regression on inputs before: its parameters make nothing that a later step reads."""
    keys = keys_of("lstar")
    assert {
        "prose.summary.question_within",
        "prose.terms.unrolled_within",
        "prose.others.within",
    } <= keys
    assert not {
        "prose.summary.question", "prose.summary.terms", "prose.terms.unrolled", "prose.terms.why",
    } & keys  # fmt: skip


def test_a_fixed_network_may_have_several_states() -> None:
    keys = keys_of("oscillator_reservoir")
    assert {"prose.summary.question_fixed", "prose.network.stacked"} <= keys

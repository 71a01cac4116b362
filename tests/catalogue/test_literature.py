"""Networks of the literature, as users would write them: each file works with every command."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.chapters.handout import build
from derive.checks.counted import require_nonzero
from derive.checks.drawn import require_drawn
from derive.checks.proof import prove
from derive.checks.verify import Verifier
from derive.codegen import module
from derive.codegen.numbers import own_seed
from derive.codegen.verified import verified
from derive.document import conditions
from derive.document.language import load as load_language
from derive.errors import CheckError, SpecError
from derive.numerics.sample import samples
from derive.publishing.publish import write
from derive.publishing.rehearse import rehearse
from derive.typesetting.printing import plain
from tests import ROOT

FOLDER = ROOT / "tests" / "catalogue" / "literature"
FILES = sorted(FOLDER.glob("*.toml"))

AUTONOMOUS = (
    "generator", "autonomous", "autoregressive", "free_reservoir", "fixed_map", "matrix_map",
    "single_map", "oscillator", "spring", "gated_generator", "new_cases", "sir", "smooth_transition",
)  # fmt: skip
"""Those without an input."""

BITING = (
    "antisymmetric", "linear", "layernorm_rnn", "sru", "stacked_input", "scalar_gate", "residual_tied",
    "goru", "phased_lstm", "slstm_stabilised", "lipschitz_summed",
    "plastic", "mean_field", "slots", "urnn_real", "stack_rnn", "numbers_in_stacks", "narx",
    "grud", "traces", "hidden_markov", "hippo", "reservoir", "fixed_memory", "dilated", "atr",
    "cayley", "output_divided", "two_heads", "neuron", "tied_recurrence", "tied_gates",
    "tied_inputs", "single_output", "window_read_out", "output_alone", "leaky_readout",
    "swoosh", "log_read_out", "leak_sigma", "residual_layers", "three_heads", "one_in_stack",
    "two_layers", "memory_slots", "slots_compete", "gated_delays", "max_plus", "attention_of_two",
    "scaled_read_out", "memory_divided", "late_read_out", "two_reflections", "double_well",
    "schmitt_trigger", "equilibrium", "surrogate_spikes", "adam_corrected", "rmsprop",
    "lmu_two_letters", "kuramoto", "closed_form", "nru", "lstar", "finite_memory",
    "oscillator_reservoir", "contraction", "hopfield_layer", "predictive_coding",
    *AUTONOMOUS,
)  # fmt: skip
"""Those of which a handout was once refused."""


def test_there_are_many() -> None:
    assert len(FILES) >= 40
    assert {path.stem for path in FILES} >= {*BITING}


WITHOUT_CODE = ("memory_slots",)
"""Those of whose sizes one stands nowhere but in a state."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_equation_holds_and_its_code_checks_itself(path: Path) -> None:
    cell = load(str(path))
    derivation = derive(cell, 2)
    verifier = Verifier(derivation, samples(cell, 2, 0))
    for equation in derivation.equations():
        check = verifier.check(equation)
        assert check.passed, check
    if path.stem in WITHOUT_CODE:
        with pytest.raises(SpecError, match="stands in no shape but"):
            verified(cell)
        return
    source = module(cell)
    names: dict[str, object] = {"__name__": "generated"}
    exec(source, names)
    check_of_code = names["check"]
    assert callable(check_of_code)
    assert check_of_code(own_seed(cell, source)) < 1e-10


@pytest.mark.parametrize("name", BITING)
def test_its_handout_is_written(name: str) -> None:
    rehearse(load(str(FOLDER / f"{name}.toml")), 2)


def test_an_adjoint_after_the_last_step_may_stand_for_several_gates() -> None:
    """Its letter is no quantity of the cell, and has no value on data."""
    cell = load(str(FOLDER / "entity_network.toml"), loss="last")
    made = build(cell, 3, seed=0).document
    assert "entity_network-delta-g_each-end" in {e.id for e in made.equations()}


@pytest.mark.parametrize("name", AUTONOMOUS)
def test_nothing_is_said_of_inputs_where_there_are_none(name: str) -> None:
    cell = load(str(FOLDER / f"{name}.toml"))
    assert not cell.inputs
    words = load_language("en").entries
    for steps in (1, 3):
        document = build(cell, steps, seed=0, proved=False).document
        for key, _ in conditions.said(document.blocks):
            # One sentence is on networks beside it, which have inputs; others say that it has none.
            of_others = key == "prose.memory.beside_alone"
            said = re.sub(r"\bno inputs?\b", "", words.get(key, ""))
            assert of_others or not re.search(r"\binputs?\b", said), key


CODE = ("stack_rnn", "numbers_in_stacks", "fifth_norm", "time_constants_each", "sine_of_sums",
        "lotka_volterra", "learned_optimizer", "decayed_state", "adam_corrected",
        "kuramoto", "recursive_least_squares", "cubic_map", "fitzhugh")  # fmt: skip
"""Those of which code was once refused."""


@pytest.mark.parametrize("name", CODE)
def test_its_code_is_given_out(name: str) -> None:
    verified(load(str(FOLDER / f"{name}.toml")))


def test_fractions_and_equal_terms_are_put_together() -> None:
    """-1/S² is no fraction above a fraction, and both factors of diag(q ⊙ q) make one term."""
    derivation = derive(load(str(FOLDER / "kalman.toml")), 2)
    texts = [plain(e) for e in derivation.recursion.equations()]
    assert any("(1/(S_t^2))" in text or "1/S_t^2" in text for text in texts), texts
    assert not any("1/S_t/" in text or "(1/S_t)/" in text for text in texts)
    assert any("2 (q ⊙" in text for text in texts if text.startswith("∇[q] L"))


def test_a_wide_formula_is_set_smaller(tmp_path: Path) -> None:
    """One term of its scalar case is wider than the page."""
    made = build(load(str(FOLDER / "antisymmetric_gated.toml")), 2, seed=0)
    write(made, ("latex",), tmp_path, network=("antisymmetric_gated", 2))
    (text,) = (p.read_text(encoding="utf-8") for p in tmp_path.rglob("main.tex"))
    assert text.count("\\fitted{\\begin{aligned}") + text.count("\\fitted{\\nabla") > 0


def test_fifty_steps_of_growing_units_are_checked_on_data_that_do_not_grow() -> None:
    cell = load(str(FOLDER / "indrnn.toml"))
    found = samples(cell, 50, 0)
    assert min(sample.shrunk for sample in found) < 1.0
    verifier = Verifier(derive(cell, 50), found)
    chains = verifier.derivation.chains
    for equation in (*chains.loss_equations(), chains.sum_product(cell.parameters[0])):
        assert verifier.check(equation).passed, equation.id


@pytest.mark.parametrize("text", ["u./s[t-1]", "s[t-1].^2", "sqrt(3)*s[t-1]"])
def test_a_sign_of_another_language_is_told_what_to_write(text: str, tmp_path: Path) -> None:
    said = {"u./s[t-1]": "write /", "s[t-1].^2": "write \\^", "sqrt(3)*s[t-1]": "a bare number"}
    file = tmp_path / "dotted.toml"
    file.write_text(
        f'inputs = {{ x = "n" }}\nstates = {{ s = "n" }}\nequations = "s[t] = {text} + x[t]\\n'
        'z[t] = V*s[t]"\n[parameters]\nu = "n"\nV = "m n"\n'
    )
    with pytest.raises(SpecError, match=said[text]):
        load(str(file))


@pytest.mark.parametrize(("size", "said"), [("2n", r"write n\+n$"), ("3*n", r"n\+n\+n$")])
def test_a_size_several_times_is_written_as_a_sum(size: str, said: str, tmp_path: Path) -> None:
    file = tmp_path / "wide.toml"
    file.write_text(
        'inputs = { x = "n" }\nstates = { s = "n" }\nequations = "s[t] = s[t-1] + x[t]\\n'
        f'z[t] = V*[s[t]; x[t]]"\n[parameters]\nV = "m {size}"\n'
    )
    with pytest.raises(SpecError) as found:
        load(str(file))
    assert re.search(said, str(found.value), re.MULTILINE)


MASKED = """
inputs = { x = "d" }
states = { h = 2 }
equations = '''
Wm[t] = M.*W
h[t] = tanh(Wm[t]*h[t-1] + U*x[t])
z[t] = V*h[t]
'''
[parameters]
W = "2 2"
U = "2 d"
V = "m 2"
[constants]
M = [[1, 0], [0.5, 1]]
"""


def test_what_a_mask_leaves_out_is_proved_to_be_zero(tmp_path: Path) -> None:
    file = tmp_path / "masked.toml"
    file.write_text(MASKED)
    cell = load(str(file))
    made = prove(cell, 2)
    counts = {str(one.gradient): one.nonzero for one in made.proved}
    assert counts["∇[W] L"] == 3
    require_nonzero(cell, [made])
    wrong = tuple(replace(one, nonzero=one.entries) for one in made.proved)
    with pytest.raises(CheckError, match="what is counted"):
        require_nonzero(cell, [replace(made, proved=wrong)])


ROOTED = """
inputs = { x = "d" }
states = { h = "n" }
equations = '''
h[t] = tanh(W*h[t-1]/sqrt(h[t-1]'*h[t-1]) + U*x[t])
z[t] = V*h[t]
'''
[parameters]
V = "m n"
W = "n n"
U = "n d"
"""


def test_states_that_are_given_need_not_have_a_step_from_zero(tmp_path: Path) -> None:
    """0/0 from the state 0 is said to be that; where states begin elsewhere no data begin at 0."""
    file = tmp_path / "rooted.toml"
    file.write_text(ROOTED)
    with pytest.raises(
        SpecError, match=r'a_h at step 1 is no number where the states begin at 0.*"given"'
    ):
        samples(load(str(file)), 2, 0)
    file.write_text('initial = "given"\n' + ROOTED)
    found = samples(load(str(file)), 2, 0)
    assert [s.zero_start for s in found] == [False, False]
    require_drawn(found, 0, 2)
    # A cell with values from 0 is tried from there, whatever its file says.
    cell = load("elman", initial="given")
    assert [s.zero_start for s in samples(cell, 2, 0)] == [True, False, False]
    with pytest.raises(CheckError, match="of other kinds than are meant"):
        require_drawn(samples(load("elman"), 2, 0)[1:], 0, 2)


def test_what_is_infinite_from_zero_is_no_growth(tmp_path: Path) -> None:
    """The logarithm of 0 is told from what is too large on the data that were drawn."""
    file = tmp_path / "logged.toml"
    logged = ROOTED.replace("/sqrt(h[t-1]'*h[t-1])", "").replace("V*h[t]", "V*log(h[t-1]^2)")
    file.write_text(logged)
    with pytest.raises(SpecError, match=r"z at step 1 is no number where the states begin at 0"):
        samples(load(str(file)), 2, 0)
    file.write_text('initial = "trainable"\n' + logged)
    assert [s.zero_start for s in samples(load(str(file)), 2, 0)] == [False, False]
    grown = "p[t] = exp(exp(9 + h[t]))\nz[t] = V*p[t]"
    file.write_text(logged.replace("z[t] = V*log(h[t-1]^2)", grown))
    with pytest.raises(SpecError, match="beyond what float64 holds"):
        samples(load(str(file)), 2, 0)


def test_what_has_no_value_of_negative_numbers_is_drawn_positive() -> None:
    """Of a mean of squares below a root few of the usual draws of its start have values."""
    found = samples(load(str(FOLDER / "adam_lstm.toml")), 3, 0)
    assert all((s.trace.begin()["nu"] > 0).all() for s in found if not s.zero_start)
    require_drawn(found, 0, 3)

"""Cells with several states: what is named, in which order adjoints come, what the prose is told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.api import plain
from derive.bptt.derivation import Derivation, derive
from derive.bptt.unroll import nests, occurrences
from derive.catalogue import load, names
from derive.cells.cell import Cell
from derive.cells.describe import (
    carried,
    enters_state,
    gates,
    parameter_role,
    role_among_all,
    series_role,
)
from derive.checks import roles as checked
from derive.checks.verify import Verifier
from derive.errors import SpecError
from derive.expressions.blocks import Blocks
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import Kind
from derive.expressions.quantities import t
from derive.gradientflow.carousel import carousels
from derive.gradientflow.gated import OPEN, STEPS, gate_biases, rows_of, run
from derive.numerics.sample import samples
from derive.typesetting.lettering import letter_of
from derive.typesetting.printing import Printer

WIDEST = 80
"""Characters: longer right sides repeat what could have a name."""
ATTENDED = {"window_attention": 126}
"""What the attention adds by its scores stands in each of the three blocks, the state in three parts."""


def said(derivation: Derivation) -> dict[str, str]:
    """Return the definitions of what a derivation names, by the letter and its number of indices."""
    return {
        f"{letter_of(n.series).word}/{len(n.indices)}": plain(n.expr)
        for n in derivation.definitions
    }


def test_the_step_jacobian_of_an_lstm_is_written_in_its_blocks() -> None:
    found = said(derive(load("lstm"), 3))
    assert found["J/1"] == "[J_j^(hh), J_j^(hc); J_j^(ch), J_j^(cc)]"
    assert found["J.c,c/1"] == "diag(f_t)"
    assert found["J.h,c/1"] == "E_t^(hc) J_t^(cc)"
    assert found["J.h,h/1"] == "E_t^(hc) J_t^(ch) + diag(tanh(c_t)) D_t^(q) W_q"
    assert found["E.h,c/1"] == "diag(q_t ⊙ (1 - tanh(c_t) ⊙ tanh(c_t)))"


def test_the_adjoints_of_an_lstm_come_in_the_order_of_computing_them() -> None:
    derivation = derive(load("lstm"), 3)
    steps = [plain(e) for e in derivation.recursion.steps()]
    heads = ["h̄_t", "δ_t^(q)", "c̄_t", "δ_t^(g)", "δ_t^(f)", "δ_t^(i)"]
    assert [step.split(" = ")[1] for step in steps] == heads
    assert steps[1].endswith("D_t^(q) (tanh(c_t) ⊙ h̄_t)")
    assert steps[4].endswith("D_t^(f) (c_{t-1} ⊙ c̄_t)")


def test_the_gru_is_a_convex_combination() -> None:
    found = said(derive(load("gru"), 3))
    assert found["J/1"].startswith("diag(s_{j-1} - h̃_j) D_j^(u) W_u + diag(1 - u_j) D_j^(h) (")
    assert found["J/1"].endswith(" + diag(u_j)")
    assert found["delta.v/1"] == "r_t ⊙ δ_t^(h)"


@pytest.mark.parametrize("name", names())
def test_no_definition_grows_without_end(name: str) -> None:
    printer = Printer(dialect="plain")
    for named in derive(load(name), 3).definitions:
        # A matrix of blocks is as wide as there are states.
        entries = named.expr.args[1:] if isinstance(named.expr, Blocks) else (named.expr,)
        for term in (term for entry in entries for term in printer.terms(entry)):
            found = f"{name}: {named.series} = {printer.text(named.expr)}"
            assert len(term.whole) <= ATTENDED.get(name, WIDEST), found


@pytest.mark.parametrize("name", names())
def test_a_symbol_has_one_meaning(name: str) -> None:
    derivation = derive(load(name), 2)
    cell = derivation.cell
    series: set[Any] = {*cell.given, *cell.states, *(e.variable for e in cell.equations)}
    own: list[Any] = [
        *series,
        *cell.parameters,
        *cell.constants,
        *(n.series for n in derivation.definitions),
    ]
    printer = Printer()
    # The adjoints δ_t and δ_{t,k} have one letter and differ by their indices.
    printed = list({(type(one), letter_of(one)): printer.text(one) for one in own}.values())
    assert len(printed) == len(set(printed)), sorted(p for p in printed if printed.count(p) > 1)


def test_roles_are_read_off_the_equations() -> None:
    lstm, two, leaky = load("lstm"), load("two_layer"), load("leaky")
    by_name = {p.name: p for cell in (lstm, two, leaky) for p in cell.parameters}
    roles = {n: parameter_role(lstm, by_name[n]) for n in ("U_i", "W_i", "b_i", "V", "b_o")}
    assert list(roles.values()) == ["input", "recurrent", "bias", "output", "bias"]
    assert parameter_role(two, by_name["U_s"]) == "between"
    assert [g.name for g in gates(lstm)] == ["i", "f", "q"]
    assert [(s.name, plain(f)) for s, f in carried(lstm)] == [("c", "f_t")]
    assert [(s.name, plain(f)) for s, f in carried(leaky)] == [("s", "1 - α")]
    series = {e.variable.name: e.variable for e in lstm.equations}
    assert series_role(lstm, series["g"]) == "candidate"
    assert series_role(lstm, series["c"]) == "carried"
    assert series_role(lstm, series["a_i"]) == "pre_activation"
    peephole = load("lstm_peephole")
    vector = next(p for p in peephole.parameters if p.name == "p_f")
    assert parameter_role(peephole, vector) == "elementwise"


def test_only_what_people_would_write_is_nested() -> None:
    assert {name for name in names() if nests(load(name))} >= {"elman", "irnn", "jordan"}
    assert not nests(load("lstm"))
    assert not nests(load("leaky"))
    assert occurrences(load("elman")) == 1
    assert occurrences(load("leaky")) == 2


def test_the_initial_state_may_be_trained_in_any_cell() -> None:
    for name in names():
        assert load(name, initial="trainable").initial == "trainable"


def test_a_past_that_goes_round_the_states_is_refused() -> None:
    from dataclasses import replace

    from derive.cells.cell import define
    from derive.expressions.quantities import Parameter

    cell = load("gru")
    gate = next(e.variable for e in cell.equations if e.variable.name == "u")
    Q = Parameter("Q", cell.logits.shape[0], gate.shape[0])
    equations = tuple(
        define(e.variable, e.expr + Q * gate[t]) if e.variable == cell.logits else e
        for e in cell.equations
    )
    with pytest.raises(SpecError, match=r"depends on u\[t\].*add u to the states"):
        replace(cell, parameters=(*cell.parameters, Q), equations=equations)


# -- the carousel ----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["lstm", "lstm_coupled"])
@pytest.mark.parametrize("steps", [2, 3, 5])
def test_the_carousel_is_more_than_its_gate(name: str, steps: int) -> None:
    derivation = derive(load(name), steps)
    (carousel,) = carousels(derivation)
    verifier = Verifier(derivation, samples(derivation.cell, steps, 0))
    total, two, product = carousel.equations()
    for equation in (total, two, product):
        check = verifier.check(equation)
        assert check.passed, check
    assert plain(total.right) == "J_t^(cc) + J_t^(ch) E_{t-1}^(hc)"
    assert plain(two.right) == "J_t^(cc) J_{t-1}^(cc) + J_t^(ch) J_{t-1}^(hc)"
    assert product.kind is Kind.REFUTED


def test_the_gate_alone_is_the_block_with_the_other_state_held_fixed() -> None:
    derivation = derive(load("lstm"), 3)
    verifier = Verifier(derivation, samples(derivation.cell, 3, 0))
    block = next(e for e in derivation.substitution.blocks() if e.id == "lstm-block-c-c")
    assert verifier.check(block).passed
    (carousel,) = carousels(derivation)
    # Without the path through h, what is called the derivative of c_t by c_{t-1} is wrong.
    from dataclasses import replace

    total = carousel.total()
    assert not verifier.check(replace(total, sides=(total.left, carousel.block[t]))).passed


def test_peepholes_leave_no_carousel() -> None:
    assert carousels(derive(load("lstm_peephole"), 3)) == []
    assert carousels(derive(load("two_layer"), 3)) == []


def test_a_way_back_that_is_longer_than_the_steps_is_none(tmp_path: Path) -> None:
    """From c over s and the lag of s back to c it is three steps: over two, the block is the product."""
    file = tmp_path / "long.toml"
    file.write_text(
        'inputs = { x = "n" }\nstates = { c = "n", s = "n" }\nequations = """\n'
        "c[t] = u .* c[t-1] + tanh(W*s[t-2] + x[t])\ns[t] = tanh(c[t])\nz[t] = V*s[t]\n"
        '"""\n[parameters]\nu = "n"\nW = "n n"\nV = "m n"\n'
    )
    cell = load(str(file))
    assert [len(carousels(derive(cell, steps))) for steps in (2, 3, 9)] == [0, 1, 1]
    (carousel,) = carousels(derive(cell, 3))
    verifier = Verifier(carousel.derivation, samples(cell, 3, 0))
    assert verifier.check(carousel.not_the_product()).passed


def test_open_gates_hand_the_gradient_on() -> None:
    lstm = load("lstm")
    assert [[p.name for p in b] for b in gate_biases(lstm).values()] == [["b_f"]]
    assert [[p.name for p in b] for b in gate_biases(load("gru")).values()] == [["b_iu", "b_hu"]]
    far = STEPS - 1
    closed, opened = run(lstm, 0), run(lstm, 0, opened=True)
    simple = run(load("elman"), 0)
    assert closed.flow.log_norms[far] < -10
    assert simple.flow.log_norms[far] < -10
    assert opened.flow.log_norms[far] > -3
    (carousel,) = carousels(opened.derivation)
    rows = rows_of(opened, carousel.state)
    product = opened.log_block_product(rows)
    # The gates are about σ(OPEN) throughout, so the product is near that to the power of the lag.
    assert abs(product[far] - far * np.log10(1 / (1 + np.exp(-OPEN)))) < 1
    assert opened.log_block(rows)[far] > product[far] + 0.5
    assert product[0] == opened.log_block(rows)[0] == pytest.approx(0)


def test_blocks_of_products_are_those_of_the_matrices() -> None:
    made = run(load("lstm"), 1, opened=True)
    rows = slice(16, 32)
    product: Any = np.eye(32)
    for lag, J in enumerate(made.flow.jacobians[::-1][:5], 1):
        product = product @ J
        block = np.linalg.norm(product[rows, rows], 2)
        assert made.log_block(rows)[lag] == pytest.approx(np.log10(block))


OWN = """
inputs = {{ {inputs} }}
states = {{ h = "n" }}
equations = \"\"\"
{equations}
z[t] = V*h[t]
\"\"\"
[parameters]
{parameters}
V = "m n"
"""


def own(folder: Path, equations: str, parameters: str) -> Cell:
    inputs = 'x = "d", dt = 1' if "dt[t]" in equations else 'x = "d"'
    file = folder / "own.toml"
    file.write_text(OWN.format(inputs=inputs, equations=equations, parameters=parameters))
    return load(str(file))


@pytest.mark.parametrize(
    ("equation", "parameters", "roles"),
    [
        (
            "h[t] = h[t-1] + 0.1*(K*sin(h[t-1]) + K*cos(h[t-1]) + U*x[t] + b)",
            'K = "n n"\nU = "n d"\nb = "n"',
            {"K": "recurrent", "U": "input", "b": "bias"},
        ),
        (
            "h[t] = tanh(P*((A*x[t]) .* (B*h[t-1])) + g .* (U*x[t]))",
            'P = "n r"\nA = "r d"\nB = "r n"\ng = "n"\nU = "n d"',
            {"P": "mixed", "A": "input", "B": "recurrent", "g": "elementwise"},
        ),
        (
            "h[t] = tanh(A*stack(h[t-1], x[t]) + u*dt[t])",
            'A = "n d+n"\nu = "n"',
            {"A": "mixed", "u": "input"},
        ),
        (
            "h[t] = tanh(W*h[t-1] + U*x[t] + dt[t]*u)",
            'W = "n n"\nU = "n d"\nu = "n"',
            {"u": "input", "U": "input"},
        ),
        (
            "h[t] = tanh(h[t-1] - 2*v*(v'*h[t-1]) + U*x[t])",
            'v = "n"\nU = "n d"',
            {"v": "elementwise", "U": "input"},
        ),
        (
            "h[t] = tanh(W*h[t-1] + U*x[t] + U_1*x[t-1])",
            'W = "n n"\n"U U_1" = "n d"',
            {"U_1": "input", "W": "recurrent"},
        ),
    ],
)
def test_a_parameter_is_called_after_all_that_it_acts_on(
    equation: str, parameters: str, roles: dict[str, str], tmp_path: Path
) -> None:
    cell = own(tmp_path, equation, parameters)
    found = {p.name: p for p in cell.parameters}
    assert {name: parameter_role(cell, found[name]) for name in roles} == roles
    for name, role in roles.items():
        others = {"input", "recurrent", "mixed", "output", "between"} - {role}
        assert checked.of_parameter(cell, found[name], role)
        assert not any(checked.of_parameter(cell, found[name], other) for other in others)


def test_what_multiplies_the_state_before_is_no_candidate(tmp_path: Path) -> None:
    equations = "a[t] = exp(U*x[t])\ng[t] = tanh(U*x[t])\nh[t] = diag(a[t])*h[t-1] + g[t]"
    cell = own(tmp_path, equations, 'U = "n d"')
    made = {e.variable.name: e.variable for e in cell.equations}
    assert [series_role(cell, made[name]) for name in "ag"] == ["quantity", "candidate"]
    claim = checked._SERIES["candidate"]
    assert [claim(cell, made[name], ()) for name in "ag"] == [False, True]


def test_what_only_the_output_reads_is_not_handed_on(tmp_path: Path) -> None:
    file = tmp_path / "own.toml"
    equations = "h[t] = tanh(U*x[t] + W*h[t-1])\ng[t] = P*(W*h[t-1])"
    file.write_text(
        OWN.format(inputs='x = "d"', equations=equations, parameters='U = "n d"\n"P W" = "n n"')
        .replace("V*h[t]", "V*(g[t] .* h[t])")
        .replace("[parameters]", 'initial = "trainable"\n[parameters]')
    )
    cell = load(str(file))
    h, g = cell.states
    assert cell.handed == (h,)
    assert [series_role(cell, s) for s in (h, g)] == ["state", "quantity"]
    assert not checked._SERIES["state"](cell, g, ())
    assert [e.left for e in derive(cell, 2).recursion.trained_start()] == [
        Gradient(cell.total, h[0])
    ]
    by_name = {p.name: p for p in cell.parameters}
    assert [enters_state(cell, by_name[n]) for n in "UWPV"] == [True, True, False, False]


def test_the_bias_of_the_output_is_told_from_others() -> None:
    """Two rows of a table would say the same of biases of different shapes."""
    cell = load("lstm")
    named = {p.name: p for p in cell.parameters}
    assert role_among_all(cell, named["b_o"]) == "output_bias"
    assert role_among_all(cell, named["b_i"]) == "bias"
    assert role_among_all(cell, named["V"]) == "output"
    assert checked.of_parameter(cell, named["b_o"], "output_bias")
    assert not any(checked.of_parameter(cell, named[n], "output_bias") for n in ("b_i", "V", "W_i"))


def test_a_component_has_no_letter_that_parameters_begin_with() -> None:
    cell = load("rwkv")
    assert {"mu_r", "mu_kappa", "mu_v"} <= cell.names
    assert "mu" not in {letter.name for letter in cell.components}

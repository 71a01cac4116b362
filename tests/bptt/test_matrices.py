"""Cells with matrices: what is derived, what is refused, and that the rest is said to be left out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from derive.bptt.derivation import Derivation, derive
from derive.bptt.unroll import decimals
from derive.catalogue import load, names
from derive.checks.verify import Verifier
from derive.errors import DerivationError, SpecError
from derive.expressions.quantities import T, k, t
from derive.expressions.walk import series_in
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample, samples
from tests.matrix_cells import MATRICES


def test_which_cells_have_matrices() -> None:
    assert {name for name in names() if load(name).has_matrices} == {*MATRICES}


@pytest.mark.parametrize("name", MATRICES)
@pytest.mark.parametrize("steps", [1, 2, 5])
def test_every_equation_holds(name: str, steps: int) -> None:
    made = derive(load(name), steps)
    verifier = Verifier(made, samples(made.cell, steps, 1))
    for equation in made.equations():
        assert verifier.check(equation).passed, equation.id


@pytest.mark.parametrize("name", MATRICES)
def test_an_adjoint_has_the_shape_of_what_it_belongs_to(name: str) -> None:
    recursion = derive(load(name), 3).recursion
    for variable, delta in recursion.deltas.items():
        assert recursion.definitions[delta].expr.shape == variable.shape


def test_the_delta_rule_as_it_is_written() -> None:
    made = derive(load("deltanet"), 3)
    recursion = str(made["deltanet-Sbar-recursion"])
    assert recursion.endswith("δ_t^(h) q_tᵀ + S̄_{t+1} (I - β_{t+1} κ_{t+1} κ_{t+1}ᵀ)")


def test_products_of_jacobians_are_refused_with_the_reason() -> None:
    made = derive(load("mlstm"), 3)
    parameter = made.cell.parameters[0]
    with pytest.raises(
        DerivationError, match="the derivative of a matrix by a matrix is no matrix"
    ):
        made.chains.sum_product(parameter)
    with pytest.raises(DerivationError, match="there is no product of step Jacobians"):
        derive(load("deltanet"), 3).substitution.step_jacobian()
    with pytest.raises(
        DerivationError, match=r"C \(n, n\), nu \(n, 1\), mu \(1, 1\) of mlstm do not"
    ):
        made.cell.state  # noqa: B018


def test_no_step_jacobian_is_spoken_of() -> None:
    made = Derivation(load("deltanet"), 3)
    ids = {equation.id for equation in made.equations()}
    assert not any("jacobian" in id and "softmax" not in id for id in ids)
    indices = {
        i for e in made.equations() for s in e.sides for at in series_in(s) for i in at.indices
    }
    assert k not in indices
    assert {t, T + 1} <= indices


def test_lags_of_a_matrix(tmp_path: Path) -> None:
    path = tmp_path / "late.toml"
    path.write_text(
        'inputs = { x = "d" }\nstates = { S = "n r" }\nequations = """\n'
        "S[t] = tanh(A*x[t]*(B*x[t])' + C*S[t-2])\nz[t] = V*(S[t]*b)\n"
        '"""\n[parameters]\nA = "n d"\nB = "r d"\nC = "n n"\nV = "m n"\nb = "r"\n',
        encoding="utf-8",
    )
    made = derive(load(str(path)), 4)
    verifier = Verifier(made, samples(made.cell, 4, 0))
    assert all(verifier.check(equation).passed for equation in made.equations())


def test_a_trained_start_and_weights_of_steps() -> None:
    cell = load("deltanet", initial="trainable", loss="weighted", output_layer="mse")
    made = derive(cell, 3)
    verifier = Verifier(made, samples(cell, 3, 0))
    assert all(verifier.check(equation).passed for equation in made.equations())
    value = Evaluator(sample(cell, 3, 0, zero_start=False).trace, made.definitions)
    assert value.value(made["deltanet-grad-S0"].right).shape == (3, 4)


REFUSED = [
    ("z[t] = S[t]", "z[t] would be a matrix, (n, r); expected a column"),
    ("r[t] = b'*S[t]'\nz[t] = V*r[t]'", "r[t] would be a row, (1, n); expected a column"),
    (
        "z[t] = V*softmax(S[t])*b",
        "softmax is an operation on columns, and S_t has the shape (n, r)",
    ),
    ("z[t] = V*(S[t]/(A*x[t]))*b", "A*diag(1/c) each column"),
    ("z[t] = V*(S[t] .* (A*x[t]))*b", "A*diag(c) each column"),
]


@pytest.mark.parametrize(("row", "said"), REFUSED)
def test_what_is_no_operation_on_matrices(row: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(
        'inputs = { x = "d" }\nstates = { S = "n r" }\nequations = """\n'
        f"S[t] = S[t-1] + (A*x[t])*b'\n{row}\n"
        '"""\n[parameters]\nA = "n d"\nb = "r"\nV = "m n"\n',
        encoding="utf-8",
    )
    with pytest.raises(SpecError, match=f"line .*{re.escape(said)}"):
        load(str(path))


def test_an_input_is_no_matrix(tmp_path: Path) -> None:
    path = tmp_path / "wide.toml"
    path.write_text(
        'inputs = { x = "d r" }\nstates = { S = "n r" }\nequations = """\n'
        'S[t] = S[t-1] + A*x[t]\nz[t] = V*S[t]*b\n"""\n'
        '[parameters]\nA = "n d"\nb = "r"\nV = "m n"\n',
        encoding="utf-8",
    )
    with pytest.raises(SpecError, match="the size 'd r' of x: expected a letter such as n"):
        load(str(path))


def test_numbers_of_a_matrix_state() -> None:
    trace = sample(load("deltanet"), 3, 0, zero_start=False).trace
    S = load("deltanet").states[0]
    assert trace.value(S, np.arange(0, 4)).shape == (4, 3, 4)
    assert trace.begin()["S"].shape == (3, 4)


@pytest.mark.parametrize(
    ("numbers", "written"),
    [
        ([1.0, 2.0, -3.0], ["1", "2", "-3"]),
        ([1.0, 0.25], ["1.00", "0.25"]),
        ([-1e22, 10.0], ["-10000000000000000000000", "10"]),
    ],
)
def test_whole_constants_have_no_point(numbers: list[float], written: list[str]) -> None:
    assert decimals(numbers) == written

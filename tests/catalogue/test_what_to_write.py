"""What is told to whom writes a cell as a paper has it, and how it is written here instead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.errors import SpecError
from derive.formula.forms import FORMS, INSTEAD

CELL = """
inputs = {{ x = "d" }}
states = {{ h = "n" }}
equations = '''
{step}
z[t] = V*h[t]
'''
[parameters]
W = "n n"
U = "n d"
V = "m n"
{more}
"""
PLAIN = "h[t] = tanh(W*h[t-1] + U*x[t])"


def said_of(step: str, tmp_path: Path, more: str = "") -> str:
    path = tmp_path / "mine.toml"
    path.write_text(CELL.format(step=step, more=more))
    with pytest.raises(SpecError) as error:
        load(str(path))
    return str(error.value)


LATER = "that runs backwards as well (bidirectional) cannot be derived"
SAID = {
    "a power of a matrix": (PLAIN.replace("W*h", "W^2*h"), "W*W for the first and W .* W for"),
    "the inverse of a matrix": (PLAIN.replace("W*h", "W^(-1)*h"), "no rule differentiates this power"),
    "a later input": (PLAIN.replace("x[t]", "x[t+1]"), LATER),
    "a later state": (PLAIN.replace("h[t-1]", "h[t+1]"), LATER),
    "the other way round": (PLAIN.replace("x[t]", "x[T-t+1]"), LATER),
    "the last state": (PLAIN.replace("W*h[t-1]", "W*h[T]"), "not what the last one will have"),
    "the last input": (PLAIN.replace("x[t]", "x[T]"), "as an input of its own, such as xlast[t]"),
    "the target": (PLAIN.replace("x[t]", "y[t-1]"), "give it as an input with a name of its own"),
    "the output": (PLAIN.replace("x[t]", "o[t-1]"), 'declare states = { o = "m" } and read o[t-1]'),
    "the logits": (PLAIN.replace("x[t]", "z[t-1]"), 'declare states = { o = "m" } and read o[t-1]'),
    "a gate z": (f"z[t] = sigmoid(W*h[t-1])\n{PLAIN}", "z are the logits, of which the output is made"),
    "the inverse by name": (PLAIN.replace("W*h", "inv(W)*h"), "may be a product of reflections"),
    "a transpose as a power": (PLAIN.replace("W*h", "W^T*h"), "the transpose is W'"),
    "two stars": (PLAIN.replace("x[t]", "x[t]**2"), "a power is written ^"),
    "entries without a point": (PLAIN.replace("tanh(", "h[t-1]*tanh("), "of their entries it is"),
    "the letter of the sigmoid": (PLAIN.replace("tanh", "σ"), "it is called sigmoid"),
    "no step": (f"Abar = exp(W)\n{PLAIN}", "Abar has no step, .*; write Abar[t] = …"),
    "a step below": ("h_t = tanh(W*h[t-1] + U*x[t])", "h_t has no step, .*; write h[t] = …"),
    "three of max": (PLAIN.replace("tanh(", "max(0.1, 0.2, "), "write max(a, max(b, c))"),
    "a matrix of entries": (PLAIN.replace("W*h", "[[1, 2], [3, 4]]*h"), "written entry by entry"),
    "a row of entries": (PLAIN.replace("W*h", "[1, 2]*h"), "cannot be written entry by entry"),
    "an entry of a matrix": (PLAIN.replace("W*h", "W[1][2]*h"), "An entry of it cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("of", ["W", "W .* W", "exp(W)", "(W + W')", "2*W"])
@pytest.mark.parametrize("name", ["softmax", "layernorm", "mean", "log", "logsumexp", "diag"])
def test_an_operation_on_columns_is_told_what_it_is_given(
    name: str, of: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    step = PLAIN.replace("W*h[t-1]", f"(W + W*{name}({of}))*h[t-1]")
    path.write_text(CELL.format(step=step, more=""))
    assert main(["explain", str(path)]) == 2
    said = capsys.readouterr().err
    assert re.search(
        rf"line 5, column \d+: {name} is an operation on columns, and .* \(n, n\)", said
    )
    assert "this is a fault" not in said


@pytest.mark.parametrize("case", SAID)
def test_what_cannot_be_is_told_with_what_can(case: str, tmp_path: Path) -> None:
    step, words = SAID[case]
    said = said_of(step, tmp_path)
    assert re.search(".*".join(map(re.escape, words.split(".*"))), said), said


@pytest.mark.parametrize("step", ["h[t] = tanh((W*W)*h[t-1] + U*x[t])",
    "M[t] = W .* W\nh[t] = tanh(M[t]*h[t-1] + U*x[t])",
    "h[t] = tanh(exp(W)*h[t-1] + U*x[t])", "h[t] = tanh((W .* W)'*h[t-1] + U*x[t])",
    "h[t] = tanh((diag(softmax(U*x[t]))*W)*h[t-1] + diag(1/(1 + exp(h[t-1])))*(U*x[t]))",
    "h[t] = tanh((W*diag(h[t-1]) + W*diag(1/(1 + exp(h[t-1]))))*h[t-1] + U*x[t])",
    "h[t] = tanh((W + exp(W))*h[t-1] + U*x[t])", "h[t] = U*x[t] + exp(W)*(exp(W)*h[t-1])",
    "M[t] = exp(W)\nh[t] = tanh(M[t]*h[t-1] + U*x[t])",
    "h[t] = max(0.1, max(W*h[t-1], U*x[t]))"])  # fmt: skip
def test_what_is_told_works(step: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(CELL.format(step=step, more=""))
    assert load(str(path)).states


@pytest.mark.parametrize(
    ("step", "matrix"),
    [("h[t] = tanh((W*W')*h[t-1] + U*x[t])", False),
     ("A[t] = W*W'\nh[t] = tanh(A[t]*h[t-1] + U*x[t])", True)],
)  # fmt: skip
def test_a_product_of_parameters_that_is_written_where_it_acts_leaves_a_step_jacobian(
    step: str, matrix: bool, tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(CELL.format(step=step, more=""))
    ids = {equation.id for equation in derive(load(str(path)), 2).equations()}
    assert ("mine-step-jacobian" in ids) is not matrix


def test_functions_of_claims_are_not_offered(tmp_path: Path) -> None:
    (listed,) = re.findall(
        r"expected one of (.*)\.", said_of(PLAIN.replace("tanh", "zzz"), tmp_path)
    )
    functions = set(listed.split(", "))
    assert not functions & INSTEAD.keys()
    assert functions >= FORMS.keys() - INSTEAD.keys()


def test_a_parameter_may_be_called_rho(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(CELL.format(step="h[t] = rho .* tanh(W*h[t-1] + U*x[t])", more='rho = "n"'))
    assert "rho" in {p.name for p in load(str(path)).parameters}


@pytest.mark.parametrize("formula", ["a*tanh(a)", "2*a*exp(-a*a/2)", "x*(1 - x)*x"])
def test_a_product_in_a_function_of_ones_own_is_of_entries(formula: str, tmp_path: Path) -> None:
    from derive.checks.loaded import load as confirmed

    path = tmp_path / "mine.toml"
    more = f'[functions]\nmine = "{formula}"'
    path.write_text(CELL.format(step=PLAIN.replace("tanh", "mine"), more=more))
    assert confirmed(str(path)).states


@pytest.mark.parametrize(
    ("formula", "words"),
    [("a*tanh(b)", "found a, b"),
     ("a .* norm(a)", "'norm' is no function of a step"), ("a*b", "found a, b")],
)  # fmt: skip
def test_a_function_of_ones_own_that_is_wrong_is_wrong_once(
    formula: str, words: str, tmp_path: Path
) -> None:
    """It is no unknown function then, and its argument has the name that its formula gives it."""
    step = PLAIN.replace("tanh", "mine")
    said = said_of(step, tmp_path, more=f'[functions]\nmine = "{formula}"')
    assert re.search(re.escape(words).replace(r"\.\*\ that", ".* that"), said), said
    assert "unknown function" not in said
    assert "'_t" not in said


def test_a_size_that_is_no_name_is_told_with_what_has_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(CELL.format(step=PLAIN, more="").replace('h = "n"', 'h = "w_"'))
    assert main(["explain", str(path)]) == 2
    said = capsys.readouterr().err
    assert "the size of h: 'w_' is not a name" in said
    assert "this is a fault" not in said


FORGOTTEN = """
inputs = {{ x = "d" }}
{states}
equations = '''
f[t] = sigmoid(W_f*h[t-1] + U_f*x[t])
c[t] = f[t] .* c[t-2] + (1 - f[t]) .* tanh(W*h[t-1] + U*x[t])
h[t] = f[t] .* tanh(c[t])
z[t] = V*h[t]
'''
[parameters]
"U U_f" = "n d"
"W W_f" = "n n"
V = "m n"
"""


@pytest.mark.parametrize(
    ("states", "missing"),
    [("", {"h": "line 5, column 20: h[t-1]", "c": "line 6, column 16: c[t-2]"}),
     ('states = { h = "n" }', {"c": "line 6, column 16: c[t-2]"}),
     ('states = { h = "n", c = "n" }', {})],
)  # fmt: skip
def test_states_that_are_forgotten_are_all_named_and_what_to_write_works(
    states: str, missing: dict[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(FORGOTTEN.format(states=states))
    if not missing:
        assert {"h", "c"} <= {state.name for state in load(str(path)).states}
        return
    with pytest.raises(SpecError) as error:
        load(str(path))
    said = str(error.value)
    assert "unknown name" not in said
    assert said.count("must be among the states") == len(missing)
    for name, place in missing.items():
        assert f"{place} is read, so {name} must be among the states" in said
        assert f'states = {{ {name} = "n" }}' in said

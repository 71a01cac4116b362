"""What a derivation introduces has a name of its own, and no answer is given that was not checked."""

from __future__ import annotations

import importlib
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.bptt.derivation import Derivation
from derive.bptt.shared import SharedDefinitions
from derive.calculus import rules
from derive.catalogue import load
from derive.codegen import module, own_check, verified
from derive.codegen.module import written_module
from derive.errors import CheckError, DerivationError
from derive.expressions.functions import Apply, Slope
from derive.expressions.quantities import Series

RELU_OF_THE_STATE = """
s[t] = tanh(U*x[t] + W*s[t-1] + b)
r[t] = relu(s[t])
z[t] = V*r[t] + c
"""
SLOPE_OF_THE_STATE = RELU_OF_THE_STATE.replace("relu(s[t])", "softplus'(s[t]) .* tanh'(s[t])")
SLOPE_IN_THE_STEP = RELU_OF_THE_STATE.replace("tanh(", "sigmoid'(").replace(
    "relu(", "s[t] .* relu'("
)
NAMED_LIKE_AN_ADJOINT = """
sbar[t] = tanh(U*x[t] + W*s[t-1] + b)
s[t] = 0.5*s[t-1] + sbar[t] .* sigmoid(Q*s[t-1])
z[t] = V*s[t] + c
"""
BESIDE_ITS_ARGUMENT = """
p[t] = s[t-1] + tanh(U*x[t] + Q*s[t-1] + b)
s[t] = tanh(W*p[t]) + p[t]
z[t] = V*s[t] + c
"""
NESTED = RELU_OF_THE_STATE.replace("tanh(", "tanh(softplus(").replace("b)", "b))")


def cell_file(folder: Path, equations: str) -> Path:
    square = "W Q" if "Q*" in equations else "W"
    path = folder / "mine.toml"
    path.write_text(
        f'inputs = {{ x = "d" }}\nstates = {{ s = "n" }}\nequations = """{equations}"""\n'
        f'[parameters]\nU = "n d"\n"{square}" = "n n"\nb = "n"\nV = "m n"\nc = "m"\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    "equations",
    [
        RELU_OF_THE_STATE,
        SLOPE_OF_THE_STATE,
        SLOPE_IN_THE_STEP,
        NAMED_LIKE_AN_ADJOINT,
        BESIDE_ITS_ARGUMENT,
        NESTED,
    ],
)
def test_cells_whose_names_come_close(equations: str, tmp_path: Path) -> None:
    path = cell_file(tmp_path, equations)
    assert main(["check", str(path)]) == 0
    assert own_check(module(load(str(path)))) < 1e-12


def test_a_slope_is_no_function_of_the_table() -> None:
    assert not issubclass(Slope, Apply)


def test_a_quantity_that_is_defined_twice_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    right = SharedDefinitions._name_lagged

    def twice(self: SharedDefinitions, entry: Series) -> None:
        right(self, entry)
        right(self, entry)

    monkeypatch.setattr(SharedDefinitions, "_name_lagged", twice)
    with pytest.raises(DerivationError, match="elman defines a quantity twice"):
        Derivation(load("elman"), 2)


def test_code_is_not_given_out_where_a_rule_is_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    right = rules.RULES.entries[Apply]
    monkeypatch.setitem(rules.RULES.entries, Apply, lambda node, i, out: 2 * right(node, i, out))
    made = tmp_path / "made.py"
    assert main(["code", "elman", "--out", str(made)]) == 1
    assert "equation elman-delta-recursion" in capsys.readouterr().err
    assert not made.exists()


def test_code_is_not_given_out_where_its_numbers_are_wrong(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    right = written_module(load("elman"))
    spoilt = right.source.replace('grads["W"] = ', 'grads["W"] = 2.0 * ')
    home = importlib.import_module("derive.codegen.verified")
    monkeypatch.setattr(home, "written_module", lambda cell: replace(right, source=spoilt))
    with pytest.raises(CheckError, match="finds its own gradients wrong"):
        verified(load("elman"))


@pytest.mark.parametrize("wrong", ["2.0 *", "np.nan *"])
def test_a_wrong_module_says_so_by_its_exit_status(wrong: str, tmp_path: Path) -> None:
    source = module(load("elman"))
    spoilt = tmp_path / "spoilt.py"
    spoilt.write_text(source.replace('grads["W"] = ', f'grads["W"] = {wrong} '), encoding="utf-8")
    done = subprocess.run([sys.executable, spoilt], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "the gradients are wrong" in done.stderr


def test_a_module_that_lacks_a_gradient_does_not_pass() -> None:
    source = module(load("elman")).replace('grads["W"] = ', "lost = ")
    with pytest.raises(KeyError, match="W"):
        own_check(source)

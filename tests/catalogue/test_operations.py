"""Each operation of a formula in a cell of its own: checked, written as code, compared with torch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from derive.__main__ import main
from derive.api import check_all
from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.cells.cell import Assignment
from derive.codegen import module
from derive.errors import SpecError
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import t
from derive.expressions.rewrite import substituted
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample

LIVE = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
Function = Callable[[Any, Any, Any], Any]

CELL = '''\
output = "linear"
inputs = {{ x = "d" }}
states = {{ s = 3 }}
equations = """
a[t] = W*s[t-1] + U*x[t] + b
s[t] = s[t-1]/2 + {formula}
z[t] = V*s[t]
"""
[parameters]
W = "3 3"
U = "3 d"
"b c" = "3"
V = "m 3"
alpha = "1"
[constants]
gamma = 0.5
K = [0.5, -1, 2]
M = [[0.5, 0, -1], [0.25, 1, 0], [2, 0, 1.5]]
[functions]
swish = "u/(1 + exp(-u))"
"bump(r)" = "exp(-r^2) + 0.1*swish(r)"
'''

OPERATIONS: dict[str, Function] = {
    "exp(-a[t])": lambda F, p, a: F.exp(-a),
    "c/(2 + exp(a[t]))": lambda F, p, a: p.c / (2 + F.exp(a)),
    "1/(1 + abs(a[t]))": lambda F, p, a: 1 / (1 + F.abs(a)),
    "a[t]/alpha": lambda F, p, a: a / p.alpha,
    "alpha/(2 + a[t]^2)": lambda F, p, a: p.alpha / (2 + a * a),
    "sqrt(1 + a[t]^2)": lambda F, p, a: F.sqrt(1 + a * a),
    "(1 + a[t]^2)^(-3/2)": lambda F, p, a: (1 + a * a) ** -1.5,
    "(2 + abs(a[t]))^0.25": lambda F, p, a: (2 + F.abs(a)) ** 0.25,
    "a[t]^3 .* c": lambda F, p, a: a * a * a * p.c,
    "alpha^2*a[t]": lambda F, p, a: p.alpha * p.alpha * a,
    "log(1 + a[t]^2)": lambda F, p, a: F.log(1 + a * a),
    "sin(a[t]) - cos(2*a[t])": lambda F, p, a: F.sin(a) - F.cos(2 * a),
    "abs(a[t] + c)": lambda F, p, a: F.abs(a + p.c),
    "max(a[t], c) + min(a[t], 0.1)": lambda F, p, a: F.maximum(a, p.c) + F.minimum(a, 0 * a + 0.1),
    "max(alpha, a[t])": lambda F, p, a: F.maximum(p.alpha + 0 * a, a),
    "silu(a[t])": lambda F, p, a: a / (1 + F.exp(-a)),
    "gelu(a[t])": lambda F, p, a: a * (1 + F.erf(a / math.sqrt(2))) / 2,
    "elu(a[t])": lambda F, p, a: F.maximum(a, 0 * a) + F.exp(F.minimum(a, 0 * a)) - 1,
    "leaky_relu(a[t])": lambda F, p, a: F.maximum(a, 0 * a) + F.minimum(a, 0 * a) / 100,
    "tanh'(a[t]) .* silu'(c)": lambda F, p, a: (
        (1 - F.tanh(a) ** 2) * (1 + F.exp(-p.c) + p.c * F.exp(-p.c)) / (1 + F.exp(-p.c)) ** 2
    ),
    "bump(a[t])": lambda F, p, a: F.exp(-a * a) + 0.1 * a / (1 + F.exp(-a)),
    "tanh((W - W' - gamma*I)*a[t])": lambda F, p, a: F.tanh((p.W - p.W.T) @ a - 0.5 * a),
    "(M + c*K')*(W + M)*a[t]": lambda F, p, a: (p.M + p.c[:, None] * p.K) @ ((p.W + p.M) @ a),
    "0.5 + a[t] .* K + alpha + c": lambda F, p, a: 0.5 + a * p.K + p.alpha + p.c,
}  # fmt: skip
"""Formulas of a vector of three components, and what they are in NumPy or torch."""


def built(tmp_path: Path, formula: str) -> Any:
    text = CELL.format(formula=formula)
    # What a formula does not use is taken out of the file.
    for name in ("alpha", "gamma", "K", "M"):
        if name not in formula:
            text = "\n".join(r for r in text.split("\n") if not r.startswith(f"{name} ="))
    if "c" not in set(formula.replace("cos", "").replace("exp", "")):
        text = text.replace('"b c"', "b")
    path = tmp_path / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return load(str(path))


@pytest.fixture(params=OPERATIONS, ids=str)
def case(request: Any, tmp_path: Path) -> tuple[Any, Function]:
    return built(tmp_path, request.param), OPERATIONS[request.param]


def numbers(cell: Any) -> tuple[Any, dict[str, Any]]:
    trace = sample(cell, 3, 5, zero_start=False).trace
    values = {p.name: trace.parameter(p) for p in (*cell.parameters, *cell.constants)}
    return trace, {k: v[:, 0] if v.shape[1] == 1 else v for k, v in values.items()}


def loop(F: Any, values: dict[str, Any], trace: Any, function: Function, s: Any, wrap: Any) -> Any:
    """Return the total loss by a plain loop."""
    p, cell, total = SimpleNamespace(**values), trace.cell, 0.0
    for step in (1, 2, 3):
        x, y = (wrap(trace.value(q, step)[:, 0]) for q in (cell.inputs[0], cell.target))
        s = s / 2 + function(F, p, p.W @ s + p.U @ x + p.b)
        total = total + ((p.V @ s - y) ** 2).sum() / 2
    return total


NUMPY = SimpleNamespace(
    exp=np.exp, log=np.log, sqrt=np.sqrt, sin=np.sin, cos=np.cos, tanh=np.tanh, abs=np.abs,
    maximum=np.maximum, minimum=np.minimum, erf=np.vectorize(math.erf),
)  # fmt: skip


def test_every_equation_holds_and_the_code_is_right(case: tuple[Any, Function]) -> None:
    cell, function = case
    derivation = Derivation(cell, 3)
    assert [c.id for c in check_all(derivation) if not c.passed] == []
    made: dict[str, Any] = {"__name__": "made"}
    exec(module(cell), made)
    assert made["check"]() < 1e-9
    trace, values = numbers(cell)
    start = trace.value(cell.states[0], 0)[:, 0]
    total = loop(NUMPY, values, trace, function, start, lambda a: a)
    np.testing.assert_allclose(trace.parameter(cell.total).item(), total, rtol=1e-12)


@pytest.mark.torch
@LIVE
def test_gradients_are_those_of_torch(case: tuple[Any, Function]) -> None:
    import torch

    cell, function = case
    trace, values = numbers(cell)
    trained = {p.name for p in cell.parameters}
    leaves = {
        name: torch.tensor(value, dtype=torch.float64, requires_grad=name in trained)
        for name, value in values.items()
    }
    start = torch.tensor(trace.value(cell.states[0], 0)[:, 0], dtype=torch.float64)
    loop(torch, leaves, trace, function, start, torch.tensor).backward()
    derivation = Derivation(cell, 3)
    evaluator = Evaluator(trace, derivation.definitions)
    for parameter in cell.parameters:
        found = evaluator.at(derivation.recursion.accumulated(parameter).right)
        wanted = leaves[parameter.name].grad.numpy().reshape(found.shape)
        np.testing.assert_allclose(found, wanted, rtol=1e-9, atol=1e-12 * np.abs(wanted).max())


def test_a_wrong_operation_is_noticed(tmp_path: Path) -> None:
    cell = built(tmp_path, "sin(a[t]) - cos(2*a[t])")
    trace, values = numbers(cell)
    start = trace.value(cell.states[0], 0)[:, 0]
    wrong = loop(NUMPY, values, trace, lambda F, p, a: F.sin(a), start, lambda a: a)
    assert abs(trace.parameter(cell.total).item() / wrong - 1) > 1e-6
    derivation = Derivation(cell, 3)
    found = Evaluator(trace, derivation.definitions).at(Gradient(cell.total, cell.parameters[0]))
    assert np.abs(found).max() > 1e-3


def test_what_is_written_of_them_is_read_back(tmp_path: Path, monkeypatch: Any) -> None:
    import derive.chapters.proof as chapter

    # The exact proof takes long and is no part of what is read.
    monkeypatch.setattr(chapter, "_proved", lambda *_: None)
    formula = (
        "c/(2 + exp(-a[t])) + bump(a[t]) + silu(max(a[t], 0.5*c)) + (1 + a[t]^2)^(-1/2) "
        ".* leaky_relu(K + alpha) + sqrt(1 + abs(M*a[t])) + (W - W' - gamma*I)*s[t-1]"
    )
    built(tmp_path, formula)
    written = ["handout", str(tmp_path / "mine.toml"), "-T", "2", "--format", "md,latex"]
    assert main([*written, "--out", str(tmp_path)]) == 0
    text = (tmp_path / "mine-T2.md").read_text(encoding="utf-8")
    assert r"\operatorname{bump}'(a_{t}) =" in text
    assert r"\operatorname{silu}'(" in text
    assert "0.5" in text


LAGGED = '''\
inputs = { x = "d" }
states = { s = "n" }
equations = """
s[t] = tanh(W*s[t-1] + B*s[t-3] + U*x[t] + A*x[t-1])
z[t] = V*s[t]
"""
[parameters]
"W B" = "n n"
"U A" = "n d"
V = "m n"
'''


def test_what_lies_further_back_is_handed_on(tmp_path: Path) -> None:
    path = tmp_path / "lagged.toml"
    path.write_text(LAGGED, encoding="utf-8")
    cell = load(str(path))
    assert {s.name for s in cell.states} == {"s", "s_lag", "s_lagtwo", "x_lag"}
    assert {s.name for s in cell.lags} == {"s_lag", "s_lagtwo", "x_lag"}
    assert [c.id for c in check_all(Derivation(cell, 5)) if not c.passed] == []
    trace = sample(cell, 5, 1, zero_start=True).trace
    p = {q.name: trace.parameter(q) for q in cell.parameters}
    x = [np.zeros((2, 1)), *(trace.value(cell.inputs[0], step) for step in range(1, 6))]
    s = {step: np.zeros((3, 1)) for step in (-2, -1, 0)}
    for step in range(1, 6):
        a = p["W"] @ s[step - 1] + p["B"] @ s[step - 3] + p["U"] @ x[step] + p["A"] @ x[step - 1]
        s[step] = np.tanh(a)
        np.testing.assert_allclose(trace.value(cell.states[0], step), s[step], rtol=1e-13)


def test_equations_are_shown_as_the_file_has_them(tmp_path: Path) -> None:
    path = tmp_path / "lagged.toml"
    path.write_text(LAGGED, encoding="utf-8")
    cell = load(str(path))
    (found,) = unroll.lagged(cell, 5)
    assert str(found).startswith("a_{s,t} = W s_{t-1} + B s_{t-3} + U x_t + A x_{t-1}")
    # Before step 3 there is no state three steps back.
    assert found.free[0].low == 3
    assert not unroll.lagged(cell, 2)
    (at,) = (e for e in unroll.in_short(cell, 5) if e.left == found.left)
    assert at == found
    assert not {e.left.series for e in unroll.in_short(cell, 5)} & {*cell.lags}
    # One that reads another step is noticed.
    (read,) = cell.lagged
    other = substituted(read.expr, {s[t - 3]: s[t - 2] for s in cell.states})
    wrong = replace(cell, lagged=(Assignment(read.variable, other),))
    (check,) = (c for c in check_all(Derivation(wrong, 5)) if not c.passed)
    assert check.id == "lagged-lagged-a_s"


REFUSED = {
    "sum(k=1..t, W*s[k])": "has a fixed size.*nearest that works.*rwkv",
    "W*s[t+1]": "expected an index t, t-1",
    "W*s[k]": "expected an index t, t-1",
    "tanh(W*s[t-1]) + q[t-2]": "unknown name 'q'",
}


@pytest.mark.parametrize("formula", REFUSED)
def test_what_is_no_step_is_refused(formula: str, tmp_path: Path) -> None:
    path = tmp_path / "no.toml"
    text = LAGGED.replace("tanh(W*s[t-1] + B*s[t-3] + U*x[t] + A*x[t-1])", formula)
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SpecError, match=f"(?s){REFUSED[formula]}"):
        load(str(path))


FUNCTIONS = {
    "swish = \"a*b\"": "one argument, found a, b",
    "swish = \"2 + 3\"": "one argument, found none",
    "\"swish(a)\" = \"exp(b)\"": "unknown name 'b'",
    "tanh = \"a\"": "'tanh' is a function already",
    "\"s w\" = \"a\"": "not the name of a function",
    "swish = \"exp(a\"": "this parenthesis is not closed",
    "swish = 3": "expected a formula",
    "W = \"a\"": "'W' is a function",
    "swish = \"0*a\"": "does not stand in the formula",
}  # fmt: skip


@pytest.mark.parametrize("row", FUNCTIONS)
def test_a_function_that_is_none_is_refused(row: str, tmp_path: Path) -> None:
    path = tmp_path / "no.toml"
    path.write_text(f"{LAGGED}[functions]\n{row}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=f"(?s){FUNCTIONS[row]}"):
        load(str(path))


CONSTANTS = {
    "K = []": "at least|expected",
    "K = [[1, 2], [3]]": "the rows of K differ in length",
    'K = ["a"]': "expected",
}


@pytest.mark.parametrize("row", CONSTANTS)
def test_a_constant_that_is_none_is_refused(row: str, tmp_path: Path) -> None:
    path = tmp_path / "no.toml"
    path.write_text(f"{LAGGED}[constants]\n{row}\n", encoding="utf-8")
    with pytest.raises(SpecError, match=f"(?s){CONSTANTS[row]}"):
        load(str(path))

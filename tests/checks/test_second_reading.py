"""A cell computes what its file says, evaluated by a reader that shares nothing with the first."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.calculus.activations import callable_in_formulas
from derive.catalogue import building, lags, ownfunctions, tomlfile
from derive.cells.cell import Assignment, CellText
from derive.checks.loaded import confirm, load
from derive.checks.secondarithmetic import FUNCTIONS
from derive.checks.secondreading import SecondReader
from derive.errors import CheckError
from derive.expressions.functions import Apply
from derive.expressions.quantities import t
from derive.expressions.rewrite import substituted
from derive.expressions.walk import series_in
from derive.formula import parser
from derive.formula.building import Builder
from derive.formula.forms import FORMS
from derive.formula.parser import FormulaParser
from tests import ROOT

EVERYTHING = """
inputs = { x = "d", u = "n" }
states = { s = "n", h = "n" }
equations = '''
g[t] = sigmoid(-U*x[t] + W*s[t-1] - b)  # a gate
h[t] = swish(g[t])/(2 + abs(s[t-1]))
    - 3*h[t-2] .* s[t-1]^2
    + u[t-1]
s[t] = tanh((I - W')*(W - 2*I)*h[t] - c*g[t]) .* max(h[t], 0.3*u[t-1])
z[t] = V*[s[t]; h[t] - u[t]] - ones(m) + tanh'(V*[h[t]; s[t]])
'''
[parameters]
U = "n d"
W = "n n"
b = "n"
V = "m n+n"
[constants]
c = 0.7
[functions]
"swish(a)" = "a/(1 + exp(-a)) - 2*a^3"
"""


@pytest.fixture
def path(tmp_path: Path) -> str:
    path = tmp_path / "mine.toml"
    path.write_text(EVERYTHING)
    return str(path)


def test_a_cell_that_is_understood_is_loaded(path: str) -> None:
    assert {s.name for s in load(path).states} == {"s", "h", "h_lag", "u_lag"}


CELLS = sorted((ROOT / "tests/catalogue/literature").glob("*.toml"))


@pytest.mark.parametrize("file", CELLS, ids=lambda p: p.stem)
def test_cells_of_the_literature_are_understood(file: Path) -> None:
    assert load(str(file)).written is not None


def test_an_input_is_read_back_as_far_as_there_are_any(tmp_path: Path) -> None:
    file = tmp_path / "late.toml"
    file.write_text(
        'inputs = { x = "d" }\nstates = { s = "n" }\n'
        'equations = "s[t] = tanh(W*s[t-1] + U*x[t-1])\\nz[t] = V*s[t]"\n'
        '[parameters]\nW = "n n"\nU = "n d"\nV = "m n"\n'
    )
    assert load(str(file)).written is not None


Right = Callable[..., Any]
SWAPPED: list[tuple[str, Any, str, Callable[[Right], Right]]] = [
    ("sides of a difference", Builder, "difference", lambda r: lambda s, a, b: r(s, b, a)),
    ("a lost minus", Builder, "negative", lambda r: lambda s, a: a),
    ("a factor too much", Builder, "elementwise", lambda r: lambda s, a, b: r(s, a, r(s, b, b))),
    ("a transpose that is none", Builder, "transposed", lambda r: lambda s, a: a),
    ("another power", Builder, "power", lambda r: lambda s, a, n: r(s, a, n + 1)),
    ("a quotient upside down", Builder, "quotient", lambda r: lambda s, a, b: r(s, a, r(s, a, b))),
    ("the smaller for the larger", Builder, "larger", lambda r: Builder.smaller),
    ("the numbers of a sum", Builder, "sum", lambda r: lambda s, a, b: r(s, a, r(s, b, b))),
    ("a minus that binds a sum", FormulaParser, "signed",
     lambda r: lambda p: p.builder.negative(p.sum()) if p.skip("-") else p.postfix()),
    ("a function for its slope", parser, "Slope", lambda r: Apply),
    ("a step too far", lags.Lags, "one_step", lambda r: lambda s, e: r(s, _later(e))),
    ("a function of its own", ownfunctions, "parse",
     lambda r: lambda text, *a, **k: r(text.replace("2", "3"), *a, **k)),
    ("a line that is left out", tomlfile, "_row",
     lambda r: lambda file, text, line: r(file, text.replace("+ u[t-1]", ""), line)),
    ("a quantity for another", building, "formula", lambda r: lambda *a: _renamed(r(*a))),
]  # fmt: skip


def _later(equation: Assignment) -> Assignment:
    changed = {at: at.series[t - 3] for at in series_in(equation.expr) if at.indices[0] == t - 2}
    return Assignment(equation.variable, substituted(equation.expr, changed))


def _renamed(expr: Any) -> Any:
    named = {at.series.name: at for at in series_in(expr)}
    if {"g", "h"} - named.keys():
        return expr
    return substituted(expr, {named["g"]: named["h"], named["h"]: named["g"]})


@pytest.mark.parametrize(("owner", "name", "change"), [p[1:] for p in SWAPPED],
                         ids=[p[0] for p in SWAPPED])  # fmt: skip
def test_what_is_misunderstood_is_refused(
    path: str, monkeypatch: pytest.MonkeyPatch, owner: Any, name: str, change: Any
) -> None:
    monkeypatch.setattr(owner, name, change(getattr(owner, name)))
    with pytest.raises(CheckError, match=r"mine.toml: the equation of \w+\[t\] was not understood"):
        load(path)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("c = 0.7", "c = 0.71", "the constant c is 0.71 in the text, and 0.7 in the cell"),
        ('U = "n d"', 'U = "d n"', "U is d n in the text"),
        ('b = "n"', 'b = "m"', "b is m in the text"),
        ('x = "d"', 'x = "n"', "x is n in the text"),
        ('s = "n"', 's = "n n"', "s is n n in the text"),
        (
            "\ninputs",
            '\ninitial = "given"\ninputs',
            "in the text or beside it the initial given was",
        ),
        (
            "\ninputs",
            '\noutput = "mse"\ninputs',
            "in the text or beside it the output-layer mse was",
        ),
        ("\ninputs", '\nloss = "last"\ninputs', "in the text or beside it the loss last was"),
        ("2*a^3", "2*a^2", "the equation of h"),
    ],
)
def test_a_cell_that_is_not_what_its_text_says_is_refused(
    path: str, old: str, new: str, said: str
) -> None:
    cell = load(path)
    assert old in EVERYTHING
    with pytest.raises(CheckError, match=rf"mine.toml: {re.escape(said)}"):
        confirm(cell, CellText("mine.toml", EVERYTHING.replace(old, new)), {})


def test_options_of_a_command_go_before_those_of_the_text(path: str) -> None:
    asked = {"initial": "trainable", "loss": "mean", "output_layer": "mse"}
    cell = load(path, **asked)
    with pytest.raises(CheckError, match="softmax was asked for, and it is another"):
        confirm(cell, CellText("mine.toml", EVERYTHING), {})


def test_every_function_of_a_cell_is_known_to_the_second_reader() -> None:
    of_several = {"max", "min", "stack", "ones", "I"}
    of_no_cell = {"sum", "prod", "prod_up", "grad", "copy"}
    assert FUNCTIONS.keys() == {*callable_in_formulas(), *FORMS} - of_several - of_no_cell


A = np.array([[1.0, -2.0], [0.5, 3.0]])
v = np.array([[0.5], [-1.5]])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("-W^2*s[t]", -A @ A @ v),
        ("2 - 3 - s[t]", -1 - v),
        ("s[t]/2/4*s[t]'", v @ v.T / 8),
        ("2*s[t]^2'", 2 * (v * v).T),
        ("W'.T ⊙ W − W@W", A * A - A @ A),
        ("(I*0.5 - I(n))*s[t] + I*s[t] # and so on", v / 2),
        ("s[t] .* -s[t-1] + 1", 1 - v * 3 * v),
        ("[s[t]; -s[t]]", np.vstack([v, -v])),
        ("softmax(s[t])^(1/2)", np.sqrt(np.exp(v) / np.exp(v).sum())),
        ("tanh'(s[t]) + sin'(s[t])", 1 - np.tanh(v) ** 2 + np.cos(v)),
        ("min(s[t], 0) + max(0, s[t])", v),
        ("norm(W) - sigma_max(W) + 1e-1*ones(n)", np.full((2, 1), 0.1)),
    ],
)
def test_the_second_reader_reads_as_is_said(text: str, value: Any) -> None:
    found = SecondReader(text, Trace(), 1, {}).whole()  # type: ignore[arg-type]
    np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-14)


class Name:
    def __init__(self, name: str) -> None:
        self.name = name


class Trace:
    """Two quantities: W and s, of which s[0] is three times s[1]."""

    def __init__(self) -> None:
        self.columns = {Name("s"): None}
        self.parameters = {Name("W"): A}
        self.sizes = {"n": 2}

    def value(self, series: Name, step: int) -> Any:
        return {0: 3 * v, 1: v}[step]


@pytest.mark.parametrize("name", sorted(callable_in_formulas()))
def test_functions_are_those_of_the_first(name: str) -> None:
    from derive.calculus.activations import ACTIVATIONS

    at = np.linspace(0.1 if name == "sqrt" else -6, 6, 40).reshape(-1, 1)
    np.testing.assert_allclose(FUNCTIONS[name](at), ACTIVATIONS[name].value(at), rtol=1e-12)
    slope = FUNCTIONS[name](at + 1e-50j).imag / 1e-50
    np.testing.assert_allclose(slope, ACTIVATIONS[name].slope(at), rtol=1e-10, atol=1e-14)


def test_differences_of_large_numbers_are_no_misunderstanding(tmp_path: Path) -> None:
    path = tmp_path / "large.toml"
    path.write_text(EVERYTHING.replace("+ u[t-1]", "+ u[t-1] + 1e12*s[t-1] - 1e12*s[t-1]"))
    assert load(str(path)).name == "large"


def test_no_wing_loads_a_cell_past_the_second_reading() -> None:
    files = (ROOT / "derive").rglob("*.py")
    past = re.compile(r"from derive.catalogue import .*\bload\b|catalogue\.load\(")
    found = {f.relative_to(ROOT / "derive").as_posix() for f in files if past.search(f.read_text())}
    assert found == {"checks/loaded.py"}

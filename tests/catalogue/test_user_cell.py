"""A user's own cell: from a file of equations to everything that a cell has, and clear refusals."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from derive.__main__ import main
from derive.api import plain
from derive.bptt.derivation import derive
from derive.catalogue import load
from derive.cells.describe import series_role
from derive.checks.proof import prove
from derive.checks.verify import Verifier
from derive.codegen import module
from derive.errors import DeriveError, SpecError, UsageError
from derive.numerics.evaluate import Evaluator
from derive.numerics.kernels import log_sum_exp
from derive.numerics.sample import samples
from derive.resources import templates_root

Captured = pytest.CaptureFixture[str]

LSTM = '''\
inputs = { x = "d" }
states = { h = "n", c = "n" }
equations = """
i[t] = sigmoid(U_i*x[t] + W_i*h[t-1] + b_i)
f[t] = sigmoid(U_f*x[t] + W_f*h[t-1] + b_f)
g[t] = tanh(U_g*x[t] + W_g*h[t-1] + b_g)
c[t] = f[t] .* c[t-1] + i[t] .* g[t]
q[t] = sigmoid(U_q*x[t] + W_q*h[t-1] + b_q)
h[t] = q[t] .* tanh(c[t])
z[t] = V*h[t] + b_o
"""
[parameters]
"U_i U_f U_g U_q" = "n d"
"W_i W_f W_g W_q" = "n n"
"b_i b_f b_g b_q" = "n"
V = "m n"
b_o = "m"
'''

# Nobody foresaw this one: every operation, two inputs, a state that only the output reads.
ODD = '''\
title = "An odd network"
inputs = { x = "d", u = "l" }
states = { h = "n", p = "q", g = "n" }
equations = """
v[t] = [h[t-1]; x[t]]                      # one above the other
g[t] = softmax(A*v[t])
r[t] = layernorm(B*v[t] + C*u[t])
h[t] = mean(g[t])*h[t-1]
       + (1 - alpha)*(tanh(r[t] + b) .* g[t])
p[t] = P*h[t]*(e'*p[t-1]) + relu(Q'*h[t]) + 0.5*beta*p[t-1]
z[t] = V*p[t] + F*(mean(h[t])*g[t])
"""
output = "linear"
initial = "trainable"
[parameters]
"A B" = "n n+d"
C = "n l"
b = "n"
P = "q n"
Q = "n q"
e = "q"
alpha = "1"
V = "m q"
F = "m n"
[constants]
beta = 0.3
'''


def written(folder: Path, text: str, name: str = "mine") -> str:
    path = folder / f"{name}.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


@pytest.fixture
def template(tmp_path: Path) -> str:
    text = (templates_root() / "cells" / "new.toml").read_text(encoding="utf-8")
    return text.replace("NAME", "mine")


def assert_holds(path: str, steps: int = 2) -> None:
    cell = load(path)
    derivation = derive(cell, steps)
    verifier = Verifier(derivation, samples(cell, steps, 0))
    for equation in derivation.equations():
        check = verifier.check(equation)
        assert check.passed, check


def test_an_lstm_in_few_lines_is_the_lstm(tmp_path: Path) -> None:
    """Its equations have the same values as those of the cell that ships, name by name."""
    mine, theirs = derive(load(written(tmp_path, LSTM)), 3), derive(load("lstm"), 3)
    assert len(LSTM.split("\n")) < 20
    assert {p.name for p in mine.cell.parameters} == {p.name for p in theirs.cell.parameters}
    trace = samples(theirs.cell, 3, 0)[1].trace
    values = [
        {
            e.id.partition("-")[2]: evaluator.at(e.right)
            for e in d.recursion.equations()
            if not e.free and "end" not in e.id
        }
        for d, evaluator in (
            (theirs, Evaluator(trace, theirs.definitions)),
            (mine, Evaluator(_same_numbers(mine.cell, trace), mine.definitions)),
        )
    ]
    assert values[0].keys() == values[1].keys()
    for key, value in values[0].items():
        assert np.allclose(values[1][key], value, rtol=1e-13, atol=0), key


def _same_numbers(cell: Any, trace: Any) -> Any:
    from derive.numerics.trace import ForwardPass

    parameters = {p.name: trace.parameter(p) for p in trace.cell.parameters}
    steps = range(1, trace.steps + 1)
    given = {s.name: np.stack([trace.value(s, k)[:, 0] for k in steps]) for s in trace.cell.given}
    initial = trace.begin()
    return ForwardPass(cell, parameters, given, initial)


def test_pre_activations_get_names(tmp_path: Path) -> None:
    cell = load(written(tmp_path, LSTM))
    said = {e.variable.name: plain(e.expr) for e in cell.equations}
    assert said["a_i"] == "U_i x_t + W_i h_{t-1} + b_i"
    assert said["i"] == "sigmoid(a_{i,t})"
    assert said["h"] == "q_t ⊙ tanh(c_t)"


ROTATED = """
inputs = { x = "n" }
states = { a = "n", b = "n" }
equations = '''
a[t] = exp(-exp(nu)) .* cos(theta) .* a[t-1] - exp(-exp(nu)) .* sin(theta) .* b[t-1] + tanh(w .* x[t])
b[t] = exp(-exp(nu)) .* a[t-1] + tanh(w .* x[t]) .* b[t-1] + tanh(w .* x[t])
z[t] = C*a[t] + C*b[t]
'''
[parameters]
"nu theta w" = "n"
C = "m n"
"""


def test_what_is_made_of_parameters_alone_gets_one_name(tmp_path: Path) -> None:
    path = written(tmp_path, ROTATED)
    cell = load(path)
    said = {e.variable.name: plain(e.expr) for e in cell.equations}
    assert [name for name, text in said.items() if text == "-exp(ν)"] == ["a_a"]
    assert said["b"].count("exp(a_{a,t})") == 1
    # Of what reads a quantity there is one in each equation: gates may share no pre-activation.
    assert [name for name, text in said.items() if text == "w ⊙ x_t"] == ["a_a2", "a_b"]
    assert series_role(cell, cell.equations[0].variable) == "quantity"
    assert series_role(cell, cell.equations[1].variable) == "pre_activation"
    assert_holds(path, 2)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_cell_that_nobody_foresaw(tmp_path: Path, steps: int) -> None:
    path = written(tmp_path, ODD)
    assert_holds(path, steps)
    cell = load(path)
    assert cell.title == "An odd network"
    assert [f"{p.name}: {v}" for p, v in cell.constants.items()] == ["beta: 0.3"]


def test_its_code_and_its_handout(tmp_path: Path, capsys: Captured) -> None:
    path = written(tmp_path, ODD, "odd")
    assert main(["code", path, "--out", str(tmp_path / "odd.py")]) == 0
    names: dict[str, Any] = {"__name__": "odd"}
    exec((tmp_path / "odd.py").read_text(encoding="utf-8"), names)
    assert names["check"]() < 1e-11
    assert main(["handout", path, "-T", "2", "--format", "md", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "odd-T2.md").read_text(encoding="utf-8")
    assert "Backpropagation through time: An odd network, 2 steps" in text
    assert main(["check", path, "-T", "2"]) == 0
    assert main(["list", path]) == 0
    assert "odd-forward-h" in capsys.readouterr().out


POOLED = """\
inputs = { x = "d" }
states = { s = "n" }
equations = '''
a[t] = U*x[t] + W*s[t-1]
p[t] = logsumexp(a[t])
s[t] = tanh(p[t]*a[t])
z[t] = V*s[t]
'''
[parameters]
U = "n d"
W = "n n"
V = "m n"
"""


def test_a_logarithm_of_a_sum_of_exponentials_is_derived_proved_and_computed(
    tmp_path: Path,
) -> None:
    path = written(tmp_path, POOLED, "pooled")
    assert_holds(path, 3)
    assert prove(load(path), 1).proved
    assert main(["code", path, "--out", str(tmp_path / "pooled.py")]) == 0
    names: dict[str, Any] = {"__name__": "pooled"}
    exec((tmp_path / "pooled.py").read_text(encoding="utf-8"), names)
    assert names["check"]() < 1e-11
    large = np.array([1000.0, 0.0])
    assert names["log_sum_exp"](large) == pytest.approx(1000.0)
    assert log_sum_exp(large[:, None]) == pytest.approx(1000.0)
    assert main(["handout", path, "-T", "2", "--format", "md", "--out", str(tmp_path)]) == 0
    assert r"\operatorname{logsumexp}(a_{t})" in (tmp_path / "pooled-T2.md").read_text("utf-8")


def test_what_leads_past_the_states_becomes_one(template: str, tmp_path: Path) -> None:
    """The output reads a gate that is made of the state before."""
    path = written(tmp_path, template.replace("V*s[t] + c", "V*u[t] + V*s[t] + c"))
    assert [s.name for s in load(path).states] == ["s", "u"]
    assert_holds(path)


def test_options_of_the_command_line_go_before_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, LSTM)
    assert load(path).loss.name == "cross_entropy"
    assert load(path, output_layer="mse", loss="last", initial="given").loss.name == "mse"
    with pytest.raises(UsageError, match="no option 'activation'"):
        load(path, activation="relu")


# -- derive new-cell -------------------------------------------------------------------------------


def test_a_new_cell_works_as_it_is(tmp_path: Path, capsys: Captured) -> None:
    assert main(["new-cell", "fresh", "--out", str(tmp_path)]) == 0
    path = tmp_path / "fresh.toml"
    assert capsys.readouterr().out == f"{path}\n"
    text = path.read_text(encoding="utf-8")
    assert "NAME" not in text
    assert "FILE" not in text
    assert text.count("#") > 15
    assert_holds(str(path))


def test_a_file_is_never_overwritten(tmp_path: Path, capsys: Captured) -> None:
    path = tmp_path / "fresh.toml"
    path.write_text("mine", encoding="utf-8")
    assert main(["new-cell", "fresh", "--out", str(tmp_path)]) == 2
    assert "is there already" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") == "mine"


@pytest.mark.parametrize(
    "name", ["", "../x", "a b", "1a", "a" * 5000, "a/b", "变", "a\x1b[31m", ".toml", "elman"]
)
def test_names_of_new_cells(tmp_path: Path, name: str, capsys: Captured) -> None:
    assert main(["new-cell", name, "--out", str(tmp_path)]) == 2
    said = capsys.readouterr().err
    assert "cannot be used" in said or "choose a name of your own" in said
    assert len(said) < 400
    assert "\x1b" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_new_cell_is_called_by_any_word(tmp_path: Path) -> None:
    """The words that the template has in place of names too."""
    for name in ("FILE", "NAME", "lambda"):
        assert main(["new-cell", name, "--out", str(tmp_path)]) == 0
        assert load(str(tmp_path / f"{name}.toml")).name == name


# -- errors ----------------------------------------------------------------------------------------

STATE = "s[t] = u[t] .* s[t-1] + alpha*(1 - u[t]) .* v[t]"
GATE = "u[t] = sigmoid(U_u*x[t] + W_u*s[t-1] + b_u)"

WRONG = {
    "product": ("V*s[t] + c", "V*x[t] + c", r"line <z[t]>.*V \(m, n\) and x_t \(d, 1\)"),
    "sum": ("W*s[t-1] + b)\n", "W*s[t-1] + c)\n", r"line <v[t]>.*is \(n, 1\) and c is \(m, 1\)"),
    "state": (STATE, f"s[t] = V*({STATE[7:]})", r"line <s[t]>.*s\[t\] is \(n, 1\).*is \(m, 1\)"),
    "matrix": ("V*s[t] + c", "V", r"line <z[t]>.*would be a matrix, \(m, n\)"),
    "number": ("V*s[t] + c", "3", "line <z[t]>.*a number is not a vector"),
    "unknown": ("U*x[t] + W*", "UU*x[t] + W*", "line <v[t]>, column 13.*did you mean U_u or U"),
    "function": ("tanh(", "tan(", "line <v[t]>.*unknown function 'tan': did you mean tanh"),
    "before": (GATE, GATE.replace("s[t-1]", "v[t]"), "line <u[t]>, column 31: .*before it"),
    "cycle": (GATE, GATE.replace("s[t-1]", "s[t]"), r"line <u[t]>.*u\[t\] → s\[t\] → u\[t\]"),
    "itself": ("W*s[t-1] + b)", "W*v[t] + b)", r"line <v[t]>.*v\[t\] → v\[t\]"),
    "updated": ('s = "n" }', 's = "n", r = "n" }', "line <states>.*r is never updated"),
    "unused": ('c = "m"', 'c = "m"\nQ = "n n"', "line <Q>.*Q is never used"),
    "constant": ("alpha = 0.5", "alpha = 0.5\nbeta = 1", "line <beta>.*beta is never used"),
    "input": ('x = "d" }', 'x = "d", w2 = "d" }', "line <inputs>.*w2 is never read"),
    "idle": ("z[t] = ", "r[t] = v[t]\nz[t] = ", r"line <r[t]>.*r\[t\] is never read"),
    "rule": ("v[t] = tanh(", "v[t] = norm(W)*tanh(", "line <v[t]>.*'norm' is no function of a step"),
    "lag": ("W*s[t-1]", "W*s[t+1]", r"line <v[t]>, column 28: .*an index t, t-1 or t minus.*\n {22}\^"),
    "index": ("W*s[t-1]", "W*s[k]", r"line <v[t]>.*expected an index t, t-1 or t minus"),
    "no state": ("V*s[t] + c", "V*v[t-1] + c", "line <z[t]>.*v must be among the states"),
    "twice": ("z[t] = ", "s[t] = s[t-1]\nz[t] = ", r"line <z[t]>.*s\[t\] is defined a second time"),
    "given": ("z[t] = ", "x[t] = s[t]\nz[t] = ", "line <z[t]>.*x is given"),
    "logits": ("z[t] = ", "r[t] = ", "line <equations>.*no equation defines the logits"),
    "equation": ("z[t] = ", "z = ", "line <z[t]>.*is not an equation"),
    "syntax": ("V*s[t] + c", "V*s[t] +", "line <z[t]>.*expected a quantity"),
    "sign": ("V*s[t] + c", "V s[t] + c", "line <z[t]>.*an operator is missing"),
    "parenthesis": ("W*s[t-1] + b)\n", "W*s[t-1] + b\n", "line <v[t]>, column 12: this par"),
    "taken": ('c = "m"', 'I = "m"', "line <c>.*'I' stands for the identity"),
    "taken target": ("alpha = 0.5", "y = 0.5", "line <alpha>.*'y' stands for the target"),
    "a function": ('c = "m"', 'tanh = "m"', "line <c>.*'tanh' is a function"),
    "declared": ("alpha = 0.5", "alpha = 0.5\nb = 1", "line [0-9]+.*'b' is declared twice"),
    "key": ("output = ", "outputs = ", "line <output>.*unknown key 'outputs': did you mean output"),
    "kind": ('output = "softmax"', "output = 1", "line <output>.*output is the number 1; expected"),
    "toml": ("states = {", "states = {{", "line <states>, column 11: not TOML"),
    "output": ('"softmax"', '"sofmax"', "line <output>.*unknown output 'sofmax': did you mean softmax"),
    "initial": ('"zero"', '"zeros"', "line <initial>.*unknown initial 'zeros': did you mean zero"),
    "value": ("alpha = 0.5", 'alpha = "x"', "line <alpha>.*alpha in constants is the text 'x'"),
    "name": ('name = "mine"', 'name = "my cell"', "line <name>.*name is the text 'my cell'"),
    "shape": ('"U U_u" = "n d"', '"U U_u" = "n d e"', "line <U U_u>.*the shape 'n d e' of U"),
    "size": ('x = "d"', 'x = "-1"', "line <inputs>.*the size '-1' of x"),
    "code": ("tanh(U", "__import__('os').abort()*tanh(U", "line <v[t]>.*has no meaning"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_errors_name_the_line(case: str, template: str, tmp_path: Path) -> None:
    old, new, said = WRONG[case]
    assert template.count(old) >= 1
    path = written(tmp_path, template.replace(old, new, 1))
    with pytest.raises(SpecError) as error:
        load(path)
    message = str(error.value)
    assert message.startswith(path)
    assert re.search(numbered(said, template, template.replace(old, new, 1)), message, re.DOTALL), (
        message
    )


def numbered(said: str, template: str, changed: str) -> str:
    """Return what is said, with the line that defines what stands between < and >, in either text."""

    def number(name: re.Match[str]) -> str:
        starts = (f"{name[1]} = ", f'"{name[1]}" = ')
        return next(
            str(number)
            for text in (template, changed)
            for number, line in enumerate(text.splitlines(), 1)
            if line.startswith(starts)
        )

    return re.sub("<(.+?)>", number, said)


@pytest.mark.parametrize("key", ["equations", "parameters"])
def test_what_a_file_needs(key: str, tmp_path: Path) -> None:
    rows = LSTM.split("\n")
    if key == "parameters":
        rows = rows[: rows.index("[parameters]")]
    else:
        rows = [*rows[:2], *rows[rows.index("[parameters]") :]]
    with pytest.raises(SpecError, match=f"the key '{key}' is missing"):
        load(written(tmp_path, "\n".join(rows)))


def test_inputs_may_be_left_out_and_what_is_read_then_has_no_name(tmp_path: Path) -> None:
    rows = [row for row in LSTM.split("\n") if not row.startswith("inputs")]
    with pytest.raises(SpecError, match="unknown name 'x'"):
        load(written(tmp_path, "\n".join(rows)))
    alone = 'states = { s = "n" }\nequations = """\ns[t] = tanh(W*s[t-1])\nz[t] = V*s[t]\n"""\n'
    alone += '[parameters]\nW = "n n"\nV = "m n"\n'
    assert load(written(tmp_path, alone)).inputs == ()
    assert load(written(tmp_path, f"inputs = {{}}\n{alone}")).inputs == ()


def test_a_file_that_is_not_there(tmp_path: Path, capsys: Captured) -> None:
    assert main(["handout", str(tmp_path / "no.toml")]) == 2
    assert "derive new-cell" in capsys.readouterr().err
    (tmp_path / "folder.toml").mkdir()
    with pytest.raises(UsageError, match="is a folder"):
        load(str(tmp_path / "folder.toml"))
    with pytest.raises(UsageError, match=r"at most 200000 bytes.*--limit cell-bytes=NUMBER"):
        load(written(tmp_path, "#" * 300_000))


def test_garbled_files_are_refused_politely(template: str, tmp_path: Path) -> None:
    """Random slips: a cell comes out, or an error meant for the user; nothing else."""
    signs = [*"*+()[];,='^-#/", ".*", "t", "s", "W", "2", "d(", "sum(k=1..t,", "mean(", "I", "\n"]
    rng = random.Random(0)
    first, last = template.index("equations = "), template.index("# What becomes")
    refused = 0
    for _ in range(300):
        text = list(template)
        for _ in range(rng.randint(1, 3)):
            place = rng.randrange(first, last)
            text[place : place + rng.randint(0, 1)] = [rng.choice(signs)]
        try:
            load(written(tmp_path, "".join(text)))
        except DeriveError:
            refused += 1
    assert refused > 100


# -- random cells ----------------------------------------------------------------------------------


class Random:
    """A cell of random equations over all operations."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.parameters: dict[str, str] = {}
        states = {"s": "n"} if self.rng.random() < 0.5 else {"s": "n", "r": "l"}
        known = [("x[t]", "d"), *((f"{s}[t-1]", size) for s, size in states.items())]
        rows = []
        for state, size in states.items():
            made = self.vector(size, self.rng.choice([1, 2, 3]), known)
            if "[t-1]" not in made:
                made += f" + {self.new(size, size)}*{state}[t-1]"
            rows.append(f"{state}[t] = tanh({self.new(size, 'd')}*x[t] + {made})")
            known.append((f"{state}[t]", size))
        read = [f"{self.new('m', size)}*{state}[t]" for state, size in states.items()]
        rows.append(f"z[t] = {' + '.join(read)}")
        listed = ", ".join(f'{s} = "{size}"' for s, size in states.items())
        equations = "\n".join(rows)
        shapes = "\n".join(f'{name} = "{shape}"' for name, shape in self.parameters.items())
        self.text = (
            f'inputs = {{ x = "d" }}\nstates = {{ {listed} }}\n'
            f'equations = """\n{equations}\n"""\n[parameters]\n{shapes}\n'
        )

    def new(self, rows: str, columns: str = "") -> str:
        name = f"P{len(self.parameters)}"
        self.parameters[name] = f"{rows} {columns}".strip()
        return name

    def vector(self, size: str, depth: int, known: list[tuple[str, str]]) -> str:
        rng = self.rng
        name, other = rng.choice(known)
        if depth == 0:
            same = [n for n, s in known if s == size]
            return (
                rng.choice(same)
                if same and rng.random() < 0.7
                else f"{self.new(size, other)}*{name}"
            )
        a, b = (self.vector(size, depth - 1, known) for _ in range(2))
        second, third = rng.choice(known)
        makers: list[Callable[[], str]] = [
            lambda: f"({a} + {b})",
            lambda: f"({a} - {b})",
            lambda: f"(({a}) .* ({b}))",
            lambda: f"{rng.choice(['tanh', 'sigmoid', 'softplus'])}({a})",
            lambda: f"softmax({a})",
            lambda: (
                f"{rng.choice(['silu', 'gelu', 'elu', 'sin', 'cos', 'abs', 'leaky_relu'])}({a})"
            ),
            lambda: f"exp(-sqrt(1 + ({a})^2))",
            lambda: f"(({a})/(1 + ({b})^2))",
            lambda: f"max({a}, 0.3 + {b})",
            lambda: f"min({a}, 0.2)",
            lambda: f"log(2 + ({a})^2)",
            lambda: f"({a} + {self.new('1')})",
            lambda: f"layernorm({a})",
            lambda: f"(mean({a})*({b}))",
            lambda: f"(1 - {a})",
            lambda: f"{self.new(size, f'{other}+{third}')}*[{name}; {second}]",
            lambda: f"{self.new(other, size)}'*{name}",
            lambda: f"{self.new('1')}*({a})",
            lambda: f"0.5*({a})",
            lambda: f"({a})*({self.new(size)}'*({b}))",
        ]
        return rng.choice(makers)()


@pytest.mark.parametrize("seed", range(12))
def test_random_cells_are_derived_and_written_as_code(seed: int, tmp_path: Path) -> None:
    made = Random(seed)
    # Parameters of parts that were not taken.
    for name in [n for n in made.parameters if not re.search(rf"\b{n}\b[^ ]", made.text)]:
        made.text = re.sub(rf"\n{name} = .*", "", made.text)
    path = written(tmp_path, made.text, f"random{seed}")
    assert_holds(path)
    names: dict[str, Any] = {"__name__": "generated"}
    exec(module(load(path)), names)
    assert names["check"]() < 1e-10, made.text


def test_several_initial_states_may_stand_together(tmp_path: Path, capsys: Captured) -> None:
    import json

    cell = load("lstm")
    rng = np.random.default_rng(0)
    sizes = dict(zip(cell.dimensions, (2, 3, 4), strict=True))

    def drawn(quantity: Any) -> Any:
        return rng.normal(size=[int(s.subs(sizes)) for s in quantity.shape if s != 1]).tolist()

    values = {
        "params": {p.name: drawn(p) for p in cell.parameters},
        "target": np.eye(4)[[0, 2]].tolist(),
    }
    values["x"] = [drawn(s) for s in cell.inputs * 2]
    one, other = drawn(cell.states[0]), drawn(cell.states[1])
    printed = []
    for starts in ({"s0": {"h": one, "c": other}}, {"h0": one, "c0": other}):
        path = tmp_path / "values.json"
        path.write_text(json.dumps({**values, **starts}), encoding="utf-8")
        assert main(["evaluate", "lstm", "--values", str(path), "--only", "dL"]) == 0
        printed.append(capsys.readouterr().out)
    assert printed[0] == printed[1]
    path.write_text(json.dumps({**values, "s0": {"hh": one}}), encoding="utf-8")
    assert main(["evaluate", "lstm", "--values", str(path)]) == 2
    assert "s0: " in capsys.readouterr().err

"""Cells of numbers: sizes of one, trained numbers, vectors that multiply a number."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from derive.__main__ import main
from derive.expressions.equation import Equation

CELLS = {
    "numbers": (
        '{ x = "1" }', '{ s = "1" }', "s[t] = tanh(u*s[t-1] + x[t])\nz[t] = v*s[t]",
        'u = "1"\nv = "1"', "linear",
    ),
    "trained number": (
        '{ x = "d" }', '{ s = "n" }', "s[t] = tanh(w*s[t-1] + U*x[t])\nz[t] = V*s[t]",
        'U = "n d"\nV = "m n"\nu = 1'.replace("u = 1", "u_w = 1"), "softmax",
    ),
    "no recurrent activation": (
        '{ x = "n" }', '{ s = "n", r = "n" }',
        "s[t] = tanh(x[t])\nr[t] = s[t-1] .* b\nz[t] = r[t] + b + s[t]", 'b = "n"', "softmax",
    ),
    "vector times state": (
        '{ x = "d" }', '{ s = "1" }', "s[t] = tanh(s[t-1] + U*x[t])\nz[t] = v*s[t]",
        'U = "1 d"\nv = "m"', "softmax",
    ),
    "row times input": (
        '{ x = "d" }', '{ s = "1" }', "s[t] = tanh(s[t-1] + u'*x[t])\nz[t] = v*s[t]",
        'u = "d"\nv = "m"', "softmax",
    ),
    "matrix of a stack": (
        '{ x = "d" }', '{ s = "n" }',
        "q[t] = stack(s[t-1], x[t])\ns[t] = tanh(W*q[t])\nz[t] = V*s[t]",
        'W = "n n+d"\nV = "m n"', "softmax",
    ),
    "a number beside a gate of one entry": (
        '{ x = "d" }', '{ s = "n" }',
        "g[t] = sigmoid(r*x[t])\ns[t] = (2 - g[t])*s[t-1] + tanh(U*x[t] + W*s[t-1])\nz[t] = V*s[t]",
        'r = "1 d"\nU = "n d"\nW = "n n"\nV = "m n"', "softmax",
    ),
    "negative numbers beside a gate of one entry": (
        '{ x = "d" }', '{ s = "n" }',
        "g[t] = -1/2 - sigmoid(r*x[t])\ns[t] = tanh(U*x[t]) - (g[t] - 3)*s[t-1]\nz[t] = V*s[t]",
        'r = "1 d"\nU = "n d"\nV = "m n"', "softmax",
    ),
    "one term twice past the state": (
        '{ x = "d" }', '{ s = "n" }',
        "s[t] = tanh(U*x[t] + W*s[t-1])\nb[t] = (U*x[t]) .* (U*x[t]) + s[t]\nz[t] = V*b[t]",
        'U = "n d"\nW = "n n"\nV = "m n"', "softmax",
    ),
    "gradients too small to print": (
        '{ x = "d" }', '{ s = "n" }',
        "s[t] = tanh((U*x[t] + W*s[t-1])/1000000000000000000000000000000000000000)\nz[t] = V*s[t]",
        'U = "n d"\nW = "n n"\nV = "m n"', "softmax",
    ),
    "a single number that opens a gate and does more": (
        '{ x = "d" }', '{ s = "n" }',
        "g[t] = sigmoid(r'*x[t] + b)\ns[t] = g[t]*s[t-1] + b*tanh(U*x[t] + W*s[t-1])\nz[t] = V*s[t]",
        'r = "d"\nb = 1\nU = "n d"\nW = "n n"\nV = "m n"', "softmax",
    ),
    "one linear output": (
        '{ x = "1" }', '{ s = "1" }', "s[t] = tanh(W*s[t-1] + x[t])\nz[t] = s[t]",
        'W = "1 1"', "linear",
    ),
}  # fmt: skip


def written(name: str, folder: Path) -> Path:
    inputs, states, equations, parameters, output = CELLS[name]
    equations = equations.replace("w*", "u_w*") if "u_w" in parameters else equations
    path = folder / "mine.toml"
    path.write_text(
        f'inputs = {inputs}\nstates = {states}\nequations = """\n{equations}\n"""\n'
        f'output = "{output}"\n[parameters]\n{parameters}\n',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize("name", CELLS)
def test_every_command_takes_it(name: str, tmp_path: Path) -> None:
    path = written(name, tmp_path)
    assert main(["check", str(path), "-T", "2"]) == 0
    assert main(["code", str(path), "--out", str(tmp_path / "made.py")]) == 0
    assert main(["handout", str(path), "-T", "2", "--format", "md", "--out", str(tmp_path)]) == 0


def test_numbers_that_cannot_be_read_are_no_example(tmp_path: Path) -> None:
    path = written("gradients too small to print", tmp_path)
    assert main(["handout", str(path), "-T", "2", "--format", "md", "--out", str(tmp_path)]) == 0
    text = (tmp_path / "mine-T2.md").read_text(encoding="utf-8")
    assert "0.0000000000" not in text
    assert "A numeric example" not in text


def test_a_check_fails_where_the_handout_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from derive.bptt.substitution import Substitution

    right = Substitution.row_contribution
    monkeypatch.setattr(Substitution, "row_contribution", lambda *args: turned_over(right(*args)))
    path = written("row times input", tmp_path)
    assert main(["check", str(path), "-T", "2"]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert "equation mine-scalar-grad-u-full-2" in err
    assert [p.name for p in tmp_path.iterdir()] == ["mine.toml"]


def turned_over(equation: Equation) -> Equation:
    return replace(equation, sides=(equation.left, -equation.right))


def test_a_check_tries_the_formats_that_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = written("row times input", tmp_path)
    assert main(["check", str(path), "-T", "1", "--format", "nothing"]) == 2
    assert "no format 'nothing'" in capsys.readouterr().err
    assert main(["check", str(path), "-T", "1", "--format", "md"]) == 0
    rows = capsys.readouterr().out
    assert "mine-scalar-grad-u-full-1" in rows
    assert "FAILED" not in rows


def test_gradients_by_numbers_are_numbers(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, values = written("numbers", tmp_path), tmp_path / "values.json"
    given = {"params": {"u": 0.5, "v": 2}, "x": [[1], [2]], "target": [[1], [0]]}
    values.write_text(json.dumps(given), encoding="utf-8")
    assert main(["evaluate", str(path), "--values", str(values), "--json"]) == 0
    assert isinstance(json.loads(capsys.readouterr().out)["dL"]["u"], float)
    mine = tmp_path / "mine.json"
    mine.write_text(json.dumps({"u": 0.1}), encoding="utf-8")
    assert main(["compare", str(path), "--values", str(values), "--gradients", str(mine)]) == 1

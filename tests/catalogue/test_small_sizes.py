"""Cells of numbers: sizes of one, trained numbers, vectors that multiply a number."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from derive.__main__ import main

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

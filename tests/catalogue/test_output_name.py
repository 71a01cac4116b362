"""What a file calls `o`: the output, or a quantity of its own beside an output of another name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from derive.cells.cell import Cell
from derive.checks.loaded import load
from derive.errors import CheckError, SpecError

LSTM = """
inputs = { x = "d" }
states = { h = "n", c = "n" }
equations = '''
i[t] = sigmoid(W_i*x[t] + U_i*h[t-1])
f[t] = sigmoid(W_f*x[t] + U_f*h[t-1])
o[t] = sigmoid(W_o*x[t] + U_o*h[t-1])
c[t] = f[t] .* c[t-1] + i[t] .* tanh(W_c*x[t] + U_c*h[t-1])
h[t] = o[t] .* tanh(c[t])
z[t] = V*h[t]
'''
[parameters]
"W_i W_f W_o W_c" = "n d"
"U_i U_f U_o U_c" = "n n"
V = "m n"
"""
ELMAN = """
inputs = { x = "d" }
states = { s = "n" }
equations = '''
s[t] = tanh(U*x[t] + W*s[t-1])
z[t] = V*s[t]
'''
[parameters]
U = "n d"
W = "n n"
V = "m n"
"""


def cell_of(text: str, tmp_path: Path) -> Cell:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return load(str(path))


@pytest.mark.parametrize(("text", "name"), [
    (ELMAN, "o"),
    (LSTM, "yhat"),
    (LSTM.replace("f[t]", "yhat[t]"), "out"),
    (LSTM.replace('h = "n", c', 'h = "n", o = "n", c').replace("W_o*x[t]", "W_o*x[t] + o[t-1]"), "yhat"),
    (ELMAN.replace("W*s", "o*W*s").replace("V =", "o = 1\nV ="), "yhat"),
    (ELMAN.replace("W*s", "o*W*s") + "[constants]\no = 0.5", "yhat"),
    (ELMAN.replace("x[t]", "o[t]").replace("x =", "o ="), "yhat"),
    (ELMAN.replace("W*s[t-1]", "W*o[t-1]").replace('s = "n"', 's = "n", o = "m"')
     .replace('W = "n n"', 'W = "n m"').replace("tanh(", "tanh(s[t-1] + "), "o"),
], ids=["plain", "lstm", "both", "state", "parameter", "constant", "input", "fed back"])  # fmt: skip
def test_the_output_has_a_name_that_is_free(text: str, name: str, tmp_path: Path) -> None:
    cell = cell_of(text, tmp_path)
    assert cell.output.name == name
    assert cell.definition(cell.loss_series).expr.has(cell.output)


def test_what_is_o_is_told_where_nothing_defines_it(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="o is the output, made of the logits z"):
        cell_of(ELMAN.replace("W*s", "o*W*s"), tmp_path)


def test_a_gate_taken_for_the_output_is_caught(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    from derive import catalogue

    real = catalogue.load

    def wrong(name: str, **options: object) -> Cell:
        cell = real(name, **options)
        gate = next(e.variable for e in cell.equations if e.variable.name == "o")
        return replace(cell, output=gate)

    monkeypatch.setattr(catalogue, "load", wrong)
    with pytest.raises(
        CheckError, match="the output-layer softmax was asked for, and it is another"
    ):
        cell_of(LSTM.replace('"m n"', '"n n"'), tmp_path)


GRU = """
inputs = { x = "n" }
states = { h = "n" }
equations = '''
z[t] = sigmoid(W*x[t] + U*h[t-1])
h[t] = (1 - z[t]) .* h[t-1] + z[t] .* tanh(V*h[t-1] + x[t])
'''
[parameters]
"W U V" = "n n"
"""


@pytest.mark.parametrize("text", [
    GRU.replace("x[t])\n'''", "x[t])\nyhat[t] = softmax(V*h[t])\n'''"),
    GRU.replace(" + U*h[t-1])", ")").replace("V*h[t-1]", "V*h[t-1] + U*x[t]"),
], ids=["an output of its own", "a state that acts on nothing"])  # fmt: skip
def test_logits_that_are_read_like_a_gate_are_told(text: str, tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="where z is a gate, call it something else"):
        cell_of(text, tmp_path)

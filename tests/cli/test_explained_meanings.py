"""`derive explain` on quantities with meanings: one stands after the shape, with no comma left over."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.__main__ import main

CELL = """
inputs = { x = "d" }
states = { s = "n" }
equations = \"\"\"
s[t] = tanh(W*s[t-1] + U*x[t])
z[t] = V*s[t]
\"\"\"
[parameters]
U = "n d"
W = "n n"
V = "m n"
[meanings]
x = "a letter"
s = "memory"
U = "way in"
"""


def test_meanings_stand_after_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "c.toml"
    path.write_text(CELL, encoding="utf-8")
    assert main(["explain", str(path)]) == 0
    said = capsys.readouterr().out
    assert "x_t (d, 1), a letter\n" in said
    assert "s_t (n, 1), memory; at step 0 it is 0" in said
    assert "U (n, d), way in, multiplies x_t" in said

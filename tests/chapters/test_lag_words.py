"""States that hand on what is read from further back are spoken of where there are some alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.__main__ import main

FED_BACK = """
inputs = { x = "d" }
states = { h = "n", o = "m" }
equations = '''
h[t] = tanh(W*h[t-1] + U*x[t] + R*o[t-1])
z[t] = V*h[t]
'''
output = "linear"
[parameters]
W = "n n"
U = "n d"
R = "n m"
V = "m n"
"""
MEMORY = """
inputs = { x = "d" }
states = { S = "n r" }
equations = '''
S[t] = 0.5*S[t-1] + (U*x[t])*(K*x[t-1])'
z[t] = V*(S[t]*(K*x[t]))
'''
[parameters]
U = "n d"
K = "r d"
V = "m n"
"""


@pytest.mark.parametrize(
    ("text", "lags"), [(FED_BACK, False), (MEMORY, True)], ids=["output fed back", "matrix"]
)
def test_lags_are_spoken_of_where_there_are_some(text: str, lags: bool, tmp_path: Path) -> None:
    file = tmp_path / "mine.toml"
    file.write_text(text)
    out = tmp_path / "out"
    asked = ["handout", str(file), "-T", "2", "--format", "md", "--out", str(out)]
    assert main(asked) == 0
    words = " ".join((out / "mine-T2.md").read_text(encoding="utf-8").split())
    assert ("which are called *lag*" in words) is lags
    assert ("The network reads quantities from further back than one step" in words) is lags

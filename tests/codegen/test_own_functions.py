"""Own functions that are written out in code: an exponential in them overflows far from 0."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.__main__ import main

CELL = """
inputs = {{ x = "d" }}
states = {{ s = "n" }}
equations = \"\"\"
s[t] = swish(U*x[t] + W*s[t-1] {sign} b)
z[t] = V*s[t]
\"\"\"
[parameters]
U = "n d"
W = "n n"
b = "n"
V = "m n"
[functions]
swish = "a/(1 + exp(-a))"
"""


@pytest.mark.parametrize("sign", ["+", "-"])
def test_the_code_and_the_text_of_swish_are_given_out(sign: str, tmp_path: Path) -> None:
    """Its slope is 0 · ∞ where exp(-a) overflows; and -(a + b) is what is read as -a - b."""
    path = tmp_path / "c.toml"
    path.write_text(CELL.format(sign=sign), encoding="utf-8")
    assert main(["show", "c-slope-swish", "--cell", str(path)]) == 0
    assert main(["code", str(path), "--out", str(tmp_path / "c.py")]) == 0

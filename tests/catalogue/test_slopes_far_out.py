"""The slopes of people's own functions have their digits where exponentials overflow."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import mpmath
import numpy as np
import pytest

from derive.catalogue import load
from derive.codegen import module

CELL = """
inputs = { x = "n" }
states = { s = "n" }
equations = '''
s[t] = mine(x[t] + W*s[t-1])
z[t] = s[t]
'''
output = "linear"
[parameters]
W = "n n"
[functions]
mine = "FORMULA"
"""
AT = (-90.0, -12.0, -0.3, 0.0, 0.7, 12.0, 90.0)


@pytest.mark.parametrize("formula", ["1/(1 + exp(-10*a))", "a/(1 + exp(-a))", "2/(1 + exp(a)) - 1"])
def test_they_are_finite_and_right(formula: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(CELL.replace("FORMULA", formula), encoding="utf-8")
    names: dict[str, Any] = {"__name__": "generated"}
    exec(module(load(str(path))), names)
    n = len(AT)
    x, y = np.array(AT).reshape(1, 1, n), np.zeros((1, 1, n))
    with np.errstate(all="ignore"):
        _, found = names["gradients"]({"W": np.zeros((n, n))}, {"x": x, "y": y}, {})
        forward = names["forward"]({"W": np.zeros((n, n))}, {"x": x, "y": y}, {})
    error = forward["o"][1, 0]
    with mpmath.workdps(60):
        slopes = [
            mpmath.diff(lambda a: eval(formula, {"exp": mpmath.exp, "a": a}), value) for value in AT
        ]
    for n, slope in enumerate(slopes):
        wanted = float(slope) * error[n]
        assert found["x"][0, 0, n] == pytest.approx(wanted, rel=1e-9, abs=1e-300)

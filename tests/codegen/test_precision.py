"""Generated code holds states in double precision, whatever it is given: of every kind of state."""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.catalogue import load, names
from derive.codegen import behaviour, module
from derive.errors import CheckError

SENSITIVE = """
output = "linear"
initial = "trainable"
inputs = { x = "n" }
states = { u = "n", p = "n", s = "n" }
equations = '''
g[t] = u[t-1] - x[t]
s[t] = rho*s[t-1] + (1 - rho)*g[t].*g[t]
p[t] = sigmoid(mu)*p[t-1] - exp(eta)*g[t]/sqrt(s[t]^2 + 1e-8)
u[t] = u[t-1] + p[t]
z[t] = u[t]
'''
[parameters]
"mu eta rho" = 1
"""
"""An optimizer that multiplies the rounding of its numbers by some millions."""


def _names(source: str) -> dict[str, object]:
    made: dict[str, object] = {"__name__": "generated"}
    exec(source, made)
    return made


@pytest.mark.parametrize("name", names())
def test_states_are_held_in_double_precision(name: str) -> None:
    """Also one that only hands on an input, of which nothing is computed."""
    cell = load(name)
    source = module(cell)
    behaviour._require_double(cell, _names(source))
    held = source.replace("result_type(float,", "result_type(np.float32,")
    with pytest.raises(CheckError, match="is not held in float64"):
        behaviour._require_double(cell, _names(held))


def test_a_network_that_multiplies_roundings_is_none_that_holds_them(tmp_path: Path) -> None:
    path = tmp_path / "optimizer.toml"
    path.write_text(SENSITIVE, encoding="utf-8")
    cell = load(str(path))
    behaviour._require_double(cell, _names(module(cell)))

"""The data that a module is tried on: none on which its equations keep no digits, or grow too far."""

from __future__ import annotations

from typing import Any

from derive.catalogue import load
from derive.codegen import module
from derive.codegen.numbers import run
from derive.codegen.trialdata import is_conditioned
from derive.codegen.trials import LONG, NEAR, drawn, long_steps, moderate_seed, shrunk, trials
from tests import ROOT

LITERATURE = ROOT / "tests" / "catalogue" / "literature"


def _loaded(name: str) -> tuple[Any, dict[str, Any]]:
    cell = load(str(LITERATURE / f"{name}.toml"))
    return cell, run(module(cell))


def test_nothing_is_compared_where_all_digits_are_lost() -> None:
    """P - k (u' P) is 0 but for rounding where what divides is, and is divided by it again."""
    cell, names = _loaded("recursive_least_squares")
    short = drawn(cell, names, moderate_seed(cell, names, 0, 3), 3)
    assert is_conditioned(cell, short)
    lost = [near for near in NEAR if not is_conditioned(cell, shrunk(cell, short, near))]
    assert lost
    every = [*trials(cell, names, 0)]
    assert every
    assert all(is_conditioned(cell, data) for data in every)


def test_long_sequences_are_as_long_as_nothing_grows() -> None:
    cell, names = _loaded("cubic_map")
    found = [long_steps(cell, names, seed) for seed in (0, 1)]
    assert 1 < min(found) < LONG[0]
    gru = load("gru")
    assert long_steps(gru, run(module(gru)), 0) == LONG[0]

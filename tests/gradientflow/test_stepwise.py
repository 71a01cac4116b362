"""Step Jacobians that are right are never refused, however few digits rounding leaves of them.

That wrong ones are refused is tested in `test_concluded`.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from derive.bptt.derivation import Derivation
from derive.catalogue import load
from derive.gradientflow.own import own_runs
from derive.gradientflow.stepwise import require_jacobians
from tests.catalogue.test_user_cell import POOLED, written

LITERATURE = Path(__file__).parents[1] / "catalogue" / "literature"

CELLS = {
    "output_divided": "entries of thousands",
    "ring_attractor": "a Jacobian of zeros beside what the square of the complex step adds",
    "sru": "gates",
    "narx": "several steps back",
    "surrogate_spikes": "the slope of a function of its own, far out, without a name",
}


@pytest.mark.parametrize("name", CELLS)
def test_jacobians_of_cells_of_the_literature_are_those_of_the_forward_pass(name: str) -> None:
    holds(str(LITERATURE / f"{name}.toml"))


def test_jacobians_of_saturated_units_are_those_of_the_forward_pass(tmp_path: Path) -> None:
    # Of small slopes, a factor 1 − s², few digits are left.
    holds(written(tmp_path, POOLED, "pooled"))


def holds(file: str) -> None:
    runs = list(own_runs(Derivation(load(file), 2), 0))
    assert runs
    for run in runs:
        require_jacobians(run.flow)

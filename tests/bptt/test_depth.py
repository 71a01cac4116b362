"""Ten thousand steps: no recursion without end, and no work that grows faster than the steps."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from derive.bptt.derivation import derive
from derive.bptt.levels import nested
from derive.catalogue import load
from derive.codegen import module
from derive.expressions.sums import TimeSum
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample
from derive.typesetting.layout import display
from derive.typesetting.printing import Printer

DEEP = 10_000


def work(function: Callable[[], object]) -> int:
    """Return how many functions of Python were called."""
    count = [0]

    def note(frame: Any, event: str, arg: object) -> None:
        count[0] += event == "call"

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        function()
    finally:
        sys.setprofile(before)
    return count[0]


def printed(name: str, steps: int) -> int:
    printer = Printer(dialect="latex")
    return sum(len(display(printer, e)) for e in derive(load(name), steps).equations())


@pytest.mark.parametrize("name", ["elman", "lstm"])
def test_what_is_printed_with_dots_does_not_grow_with_the_steps(name: str) -> None:
    few, many = printed(name, 100), printed(name, DEEP)
    assert many < 1.2 * few


def test_the_levels_of_a_forward_pass_are_made_once_each() -> None:
    def made(steps: int) -> Callable[[], object]:
        cell = load("elman")
        return lambda: [nested(cell, cell.output[n]) for n in (steps - 1, steps)]

    few, many = work(made(500)), work(made(2000))
    assert many < 4.5 * few


def test_sums_over_ten_thousand_steps_are_evaluated() -> None:
    cell = load("elman")
    trace = sample(cell, DEEP, 0, zero_start=False).trace
    derivation = derive(cell, DEEP)
    evaluator = Evaluator(trace, derivation.definitions)
    equation = next(e for e in derivation.equations() if e.id == "elman-loss-total")
    total = next(side for side in equation.sides if isinstance(side, TimeSum))
    np.testing.assert_allclose(evaluator.at(total), evaluator.at(equation.left), rtol=1e-12)


def test_generated_code_runs_over_ten_thousand_steps() -> None:
    names: dict[str, Any] = {"__name__": "generated"}
    exec(module(load("elman")), names)
    rng = np.random.default_rng(0)
    parameters = {
        name: rng.normal(size=[2] * len(shape)) / 2 for name, shape in names["PARAMETERS"].items()
    }
    data = {
        "x": rng.normal(size=(DEEP, 1, 2)),
        "y": np.eye(2)[rng.integers(0, 2, size=(DEEP, 1))],
    }
    total, grads = names["gradients"](parameters, data)
    assert np.isfinite(total)
    assert all(np.isfinite(array).all() for array in grads.values())

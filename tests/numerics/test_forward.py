"""The forward pass of every cell against its textbook equations in a plain loop."""

from __future__ import annotations

from itertools import product
from types import SimpleNamespace

import numpy as np
import pytest

from derive.catalogue import load, names, options_of
from derive.numerics.trace import ForwardPass
from tests.textbook import ACTIVATIONS, CELLS, NUMPY, OUTPUTS, PLACEMENTS, STEPS, data, run

LAYERS = {"softmax": "cross_entropy", "linear": "mse", "sigmoid": "bce"}


def compare(name: str, steps: int, **options: str) -> None:
    """Assert that every quantity of every step, and the total loss, is the textbook's."""
    numbers = data(name, steps)
    given = {"kind": "softmax", "placement": "every", "activation": "", **options}
    choices = {"output_layer": LAYERS[given["kind"]], "loss": given["placement"]}
    if given["activation"]:
        choices["activation"] = given["activation"]
    cell = load(name, bias=True, **choices)
    series = {cell.inputs[0].name: numbers.inputs, "y": numbers.targets, "w": numbers.weights}
    trace = ForwardPass(cell, numbers.parameters, series, numbers.starts)
    wanted, total = run(NUMPY, name, numbers, **given)
    compared = set()
    for step, now in enumerate(wanted, 1):
        for equation in cell.equations:
            variable = equation.variable
            if variable.name in now:
                found = trace.value(variable, step).ravel()
                assert np.allclose(found, np.ravel(now[variable.name]), rtol=1e-13, atol=1e-14), (
                    f"{name}, {variable.name}_{step}: {found}, textbook {now[variable.name]}"
                )
                compared.add(variable.name)
    assert compared >= {"z", "o", "L", *(s.name for s in cell.states)}
    assert np.isclose(trace.parameter(cell.total).item(), total, rtol=1e-13)


def test_every_cell_has_a_textbook() -> None:
    assert set(CELLS) == set(names())


@pytest.mark.parametrize("name", sorted(CELLS))
def test_parameters_have_the_textbooks_shapes(name: str) -> None:
    cell = load(name, bias=True)
    sizes = ForwardPass(
        cell,
        data(name, 1).parameters,
        {cell.inputs[0].name: data(name, 1).inputs, "y": data(name, 1).targets},
        data(name, 1).starts,
    ).sizes
    shapes = {
        p.name: tuple(int(s.subs(sizes)) for s in p.shape if s != 1) or (1,)
        for p in cell.parameters
    }
    assert shapes == CELLS[name].shapes
    assert set(CELLS[name].starts) == {s.name for s in cell.states}


@pytest.mark.parametrize("name", sorted(CELLS))
@pytest.mark.parametrize("steps", STEPS)
def test_forward_pass(name: str, steps: int) -> None:
    compare(name, steps)


@pytest.mark.parametrize("name", sorted(CELLS))
def test_with_every_option(name: str) -> None:
    known = options_of(name)
    activations = ACTIVATIONS if "activation" in known else ("",)
    for activation, kind, placement in product(activations, OUTPUTS, PLACEMENTS):
        compare(name, 2, activation=activation, kind=kind, placement=placement)


def test_a_trained_leak_is_a_parameter() -> None:
    cell = load("leaky", leak=None)
    assert "alpha" in {p.name for p in cell.parameters}
    assert not cell.constants


def test_a_wrong_step_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = SimpleNamespace(**{**vars(NUMPY), "tanh": lambda a: np.tanh(a) * (1 + 1e-6)})
    monkeypatch.setattr("tests.numerics.test_forward.NUMPY", wrong)
    with pytest.raises(AssertionError, match="lstm"):
        compare("lstm", 2)

"""The derived recursion against PyTorch: its stored gradients, and torch itself where it is."""

from __future__ import annotations

from importlib.util import find_spec
from itertools import product
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from derive.bptt.derivation import Derivation
from derive.catalogue import load, names
from derive.expressions.derivatives import Gradient
from derive.numerics.trace import ForwardPass
from tests import ROOT
from tests.textbook import ACTIVATIONS, CELLS, OUTPUTS, PLACEMENTS, SIZES, STEPS, Data, data

Array = NDArray[Any]
STORED = ROOT / "tests" / "goldens" / "gradients.npz"
LARGEST = 400_000
LIVE = pytest.mark.skipif(find_spec("torch") is None, reason="torch is not installed")
LAYERS = {"softmax": "cross_entropy", "linear": "mse", "sigmoid": "bce"}


@pytest.fixture(scope="module")
def goldens() -> dict[str, Array]:
    with np.load(STORED) as stored:
        return dict(stored)


def with_biases(cell: str, **options: object) -> Derivation:
    return Derivation(load(cell, **{"bias": True, **options}), 1)


def trace_of(derivation: Derivation, numbers: Data) -> ForwardPass:
    cell = derivation.cell
    series = {cell.inputs[0].name: numbers.inputs, "y": numbers.targets}
    if cell.weight in cell.given:
        series["w"] = numbers.weights
    return ForwardPass(cell, numbers.parameters, series, numbers.starts)


def derived(derivation: Derivation, trace: ForwardPass) -> dict[str, Array]:
    """Yield the gradients of the total loss from the right sides of the derived recursion."""
    from derive.numerics.evaluate import Evaluator

    cell, evaluator = derivation.cell, Evaluator(trace, derivation.definitions)
    found = {p.name: derivation.recursion.accumulated(p) for p in cell.parameters}
    for equation in derivation.recursion.of_given():
        assert isinstance(equation.left, Gradient)
        if equation.left.den.series in cell.states:
            found[f"{equation.left.den.series.name}0"] = equation
    return {name: evaluator.at(equation.right) for name, equation in found.items()}


def order(cell: str, bias: bool = True) -> dict[str, tuple[int, ...]]:
    """Yield the names of what a gradient is stored for, with their shapes."""
    shapes = CELLS[cell].shapes
    starts = {f"{name}0": shape for name, shape in CELLS[cell].starts.items()}
    return {n: s for n, s in shapes.items() if bias or n not in ("b", "c")} | starts


def assert_equal_gradients(mine: dict[str, Array], theirs: dict[str, Array], where: str) -> None:
    assert mine.keys() == theirs.keys()
    for name, wanted in theirs.items():
        found = mine[name].reshape(wanted.shape)
        error = np.abs(found - wanted).max() / (np.abs(wanted).max() or 1.0)
        assert error <= 1e-12, f"{where}, {name}: {error:.2g}"


def compare(derivation: Derivation, cell: str, stored: Array, bias: bool = True) -> None:
    place = 0
    for steps in STEPS:
        wanted = {}
        for name, shape in order(cell, bias).items():
            size = int(np.prod(shape))
            wanted[name] = stored[place : place + size].reshape(shape)
            place += size
        for state in set(derivation.cell.states) - set(derivation.cell.handed):
            # Nothing reads it: there is no formula for what is zero anyway.
            assert not wanted.pop(f"{state.name}0").any()
        mine = derived(derivation, trace_of(derivation, data(cell, steps)))
        assert_equal_gradients(mine, wanted, f"{cell}, T = {steps}")
    assert place == len(stored)


def test_every_cell_has_goldens(goldens: dict[str, Array]) -> None:
    assert {name.partition(".")[0] for name in goldens} == set(names())
    assert len(goldens) == 120 + len(names()) - 1
    assert STORED.stat().st_size < LARGEST
    for name, stored in goldens.items():
        assert np.abs(stored).max() > 1e-3, f"{name} compares nothing"


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("kind", OUTPUTS)
@pytest.mark.parametrize("bias", [False, True])
@pytest.mark.parametrize("placement", PLACEMENTS)
def test_simple_network(
    activation: str, kind: str, bias: bool, placement: str, goldens: dict[str, Array]
) -> None:
    options = {"activation": activation, "output_layer": LAYERS[kind], "loss": placement}
    derivation = with_biases("elman", **options, bias=bias)
    name = f"elman.{activation}.{kind}.{'bias' if bias else 'plain'}.{placement}"
    compare(derivation, "elman", goldens[name], bias)


@pytest.mark.parametrize("cell", sorted(set(CELLS) - {"elman"}))
def test_other_cells(cell: str, goldens: dict[str, Array]) -> None:
    compare(with_biases(cell), cell, goldens[cell])


def test_a_wrong_gradient_is_noticed(goldens: dict[str, Array]) -> None:
    stored = goldens["elman.tanh.softmax.bias.every"].copy()
    stored[-1] *= 1 + 1e-9
    with pytest.raises(AssertionError, match=r"T = 9, s0"):
        compare(with_biases("elman"), "elman", stored)


@pytest.mark.torch
@LIVE
def test_goldens_are_what_torch_gives(goldens: dict[str, Array]) -> None:
    from tests.goldens.make_goldens import made

    fresh = made()
    assert fresh.keys() == goldens.keys()
    for name, array in fresh.items():
        assert np.allclose(array, goldens[name], rtol=1e-12, atol=1e-15), name


@pytest.mark.torch
@LIVE
@pytest.mark.parametrize(
    ("cell", "options"),
    [("elman", {}), ("elman", {"activation": "relu"}), ("gru", {}), ("lstm", {})],
)
@pytest.mark.parametrize("steps", STEPS)
def test_layers_of_torch(cell: str, options: dict[str, str], steps: int) -> None:
    from tests.goldens.layers import layer_gradients

    numbers = data(cell, steps)
    derivation = with_biases(cell, **options)
    mine = derived(derivation, trace_of(derivation, numbers))
    theirs = layer_gradients(cell, numbers, **options)
    assert_equal_gradients(mine, theirs, f"{cell}, T = {steps}")


@pytest.mark.torch
@LIVE
@pytest.mark.parametrize("cell", sorted(CELLS))
def test_placements_in_other_cells(cell: str) -> None:
    from tests.goldens.make_goldens import gradients

    for (kind, layer), placement in product(LAYERS.items(), PLACEMENTS):
        numbers = data(cell, 4, 1)
        derivation = with_biases(cell, output_layer=layer, loss=placement)
        mine = derived(derivation, trace_of(derivation, numbers))
        theirs = gradients(cell, numbers, kind=kind, placement=placement)
        assert_equal_gradients(mine, theirs, f"{cell} with {kind}, {placement}")


def test_sizes_differ() -> None:
    assert len({SIZES["d"], SIZES["n"], SIZES["m"]}) == 3
    assert len({SIZES["d"], SIZES["r"], SIZES["s"], SIZES["l"]}) == 4

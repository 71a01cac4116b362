"""The levels say the same: symbolic sums, concrete ones, terms written out, and the recursion."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from derive.arrays import Array
from derive.bptt.derivation import Derivation, derive
from derive.catalogue import load, names
from derive.expressions.quantities import ParameterCopy, k, t
from derive.expressions.sums import Expanded, OrderedProduct, RisingProduct, expand
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import samples
from derive.numerics.trace import ForwardPass
from derive.typesetting.printing import Printer
from tests.matrix_cells import COLUMNS

STEPS = (2, 5)
CLOSE = 1e-13


@cache
def derivation(name: str, steps: int) -> Derivation:
    return derive(load(name, bias=True), steps)


@cache
def evaluators(name: str, steps: int) -> list[Evaluator]:
    made = derivation(name, steps)
    return [Evaluator(s.trace, made.definitions) for s in samples(made.cell, steps, 3)[:2]]


def assert_close(found: Any, wanted: Any, tolerance: float = CLOSE) -> None:
    assert found.shape == wanted.shape
    assert np.abs(found - wanted).max() <= tolerance * (np.abs(wanted).max() or 1.0)


@pytest.mark.parametrize("name", COLUMNS)
@pytest.mark.parametrize("steps", STEPS)
def test_symbolic_concrete_and_written_sums_agree(name: str, steps: int) -> None:
    made = derivation(name, steps)
    for evaluator in evaluators(name, steps):
        for parameter in made.cell.parameters:
            written = evaluator.at(made.chains.terms(parameter, steps).right)
            for form in (
                made.chains.sum_product(parameter),
                made.chains.sum_product(parameter, steps),
            ):
                assert_close(evaluator.at(form.right, {t: steps}), written)
            shaped = written.reshape(evaluator.size(parameter.shape))
            for form in (
                made.substitution.substituted(parameter),
                made.substitution.substituted(parameter, steps),
            ):
                assert_close(evaluator.at(form.right, {t: steps}), shaped, 1e-12)


@pytest.mark.parametrize("name", COLUMNS)
def test_the_contributions_are_the_derivatives_by_copies(name: str) -> None:
    """Each alone: what two wrong ones could hide in their sum."""
    steps = 4
    made = derivation(name, steps)
    for parameter in made.cell.parameters:
        left: Any = made.chains.terms(parameter, steps).left
        right: Any = made.chains.terms(parameter, steps).right
        if not isinstance(right, Expanded):
            continue
        for evaluator in evaluators(name, steps):
            for step in range(1, steps + 1):
                wanted = evaluator.at(left.func(left.num, ParameterCopy(left.den, step)))
                assert_close(evaluator.at(right.part(step)), wanted, 1e-11)


@pytest.mark.parametrize("low", [1, 2, 3, 4])
@pytest.mark.parametrize("kind", [OrderedProduct, RisingProduct])
def test_a_product_is_its_factors_in_order(kind: Any, low: int) -> None:
    made = derivation("elman", 3)
    product = kind(made.shared.J[made.shared.index], made.shared.index, low, 3)
    for evaluator in evaluators("elman", 3):
        wanted: Array = np.eye(3)
        for step in range(low, 4):
            factor = evaluator.at(made.shared.J[step])
            wanted = factor @ wanted if kind is OrderedProduct else wanted @ factor
        assert_close(evaluator.at(product), wanted)
        assert_close(evaluator.at(expand(product)), wanted)
        if low == 1:
            other = RisingProduct if kind is OrderedProduct else OrderedProduct
            reversed_ = evaluator.at(other(*product.args))
            assert not np.allclose(reversed_, wanted, rtol=1e-3)


@pytest.mark.parametrize("name", names())
def test_one_step_shows_no_product_sign(name: str) -> None:
    for equation in derivation(name, 1).equations():
        if equation.free or not equation.id.rpartition("-")[2].isdigit() or "-sum-" in equation.id:
            continue
        for side in equation.sides:
            found = atoms_of(side, (OrderedProduct, RisingProduct))
            assert not list(found), equation.id
            assert r"\prod" not in Printer().text(side), equation.id


def test_the_recursion_does_not_grow_with_the_horizon() -> None:
    few, many = ([e.sides for e in derivation("lstm", n).recursion.equations()] for n in (2, 1000))
    assert few == many


def test_a_lagged_adjoint_is_the_recursion_without_the_later_losses() -> None:
    """With the loss at the last step only, δ_{T,k} by its product is δ_k by the recursion."""
    made = derive(load("elman", loss="last"), 5)
    (host,) = made.shared.lagged
    lagged, delta = made.shared.lagged[host], made.recursion.deltas[host]
    for drawn in samples(made.cell, 5, 3)[:2]:
        evaluator = Evaluator(drawn.trace, made.definitions)
        for use in range(1, 6):
            product = evaluator.at(lagged[5, k], {k: use})
            assert_close(evaluator.at(delta[k], {k: use}), product, 1e-12)


def test_the_general_residual_holds_for_any_targets() -> None:
    short = derivation("elman", 3)
    cell = short.cell.without_assumptions()
    general = derive(cell, 3)
    drawn = samples(short.cell, 3, 2)[1].trace
    parameters = {p.name: drawn.parameter(p) for p in cell.parameters}
    rng = np.random.default_rng(0)
    series = {"x": rng.normal(size=(3, 2)), "y": rng.uniform(0, 3, size=(3, 4))}
    trace = ForwardPass(cell, parameters, series, {"s": np.ones(3)})
    right, wrong = Evaluator(trace, general.definitions), Evaluator(trace, short.definitions)
    for parameter in cell.parameters:
        equation = general.recursion.accumulated(parameter)
        wanted = right.at(equation.left)
        assert_close(right.at(equation.right), wanted, 1e-12)
        # With the short one it does not hold, or this would test nothing.
        assumed = wrong.at(short.recursion.accumulated(parameter).right)
        assert not np.allclose(assumed, wanted, rtol=1e-3)

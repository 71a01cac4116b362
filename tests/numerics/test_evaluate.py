"""The evaluator: many steps at once as one by one, shapes taken strictly, nothing made up."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from sympy import Basic, MatrixExpr, MatrixSymbol

from derive.bptt.derivation import derive
from derive.bptt.unroll import nested_output
from derive.catalogue import load, names
from derive.checks.termwise import contributions
from derive.errors import CheckError, DerivationError
from derive.expressions.algebra import Diag, Hadamard, Plus, Scaled, Times, Transposed
from derive.expressions.derivatives import Partial
from derive.expressions.functions import Quotient
from derive.expressions.quantities import Series, T, j, k, t
from derive.expressions.shown import Nested
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum, instantiate
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample
from tests.matrix_cells import MATRICES

CELL = load("elman", bias=True)
U, W, V, b, c = CELL.parameters
x, s, o, y = CELL.inputs[0], CELL.states[0], CELL.output, CELL.target
DERIVATION = derive(CELL, 5)
TRACE = sample(CELL, 5, 3, zero_start=False).trace


@pytest.fixture
def evaluator() -> Evaluator:
    return Evaluator(TRACE, DERIVATION.definitions)


def column(step: int) -> NDArray[Any]:
    return TRACE.value(s, step)


@pytest.mark.parametrize("name", names())
def test_many_steps_at_once_are_the_single_ones(name: str) -> None:
    cell = load(name)
    derivation = derive(cell, 5)
    evaluator = Evaluator(sample(cell, 5, 3, zero_start=False).trace, derivation.definitions)
    compared = 0
    for equation in derivation.equations():
        for part in contributions(equation):
            for total in part.sums:
                place = {T: 5, t: 5}
                steps = np.arange(1, 5)
                many = evaluator.at(total.body, {**place, total.index: steps})
                for n, step in enumerate(steps.tolist()):
                    one = evaluator.at(total.body, {**place, total.index: step})
                    wanted = np.broadcast_to(many, (4, *one.shape))[n]
                    np.testing.assert_allclose(wanted, one, rtol=1e-13, atol=0)
                    compared += 1
    assert compared > (20 if name in MATRICES else 50)


def test_sums_and_products_take_every_step(evaluator: Evaluator) -> None:
    found = evaluator.at(TimeSum(s[k], k, 2, t), {t: 4})
    np.testing.assert_allclose(found, column(2) + column(3) + column(4), rtol=1e-14)
    D = {i: np.diag(1 - column(i)[:, 0] ** 2) for i in range(1, 6)}
    body = Diag(1 - Hadamard(s[j], s[j])) * W
    w = TRACE.parameter(W)
    falling = evaluator.at(OrderedProduct(body, j, 2, t), {t: 4})
    np.testing.assert_allclose(falling, D[4] @ w @ D[3] @ w @ D[2] @ w, rtol=1e-13)
    rising = evaluator.at(RisingProduct(body, j, 2, t), {t: 4})
    np.testing.assert_allclose(rising, D[2] @ w @ D[3] @ w @ D[4] @ w, rtol=1e-13)


def test_a_constant_term_is_counted(evaluator: Evaluator) -> None:
    found = evaluator.at(TimeSum(b, k, 1, T))
    np.testing.assert_allclose(found, 5 * TRACE.parameter(b), rtol=1e-14)
    nothing = evaluator.at(TimeSum(b, k, 1, 0))
    np.testing.assert_array_equal(nothing, 0 * TRACE.parameter(b))


def test_only_the_range_from_t_plus_1_to_t_is_empty(evaluator: Evaluator) -> None:
    def product(low: int) -> NDArray[Any]:
        return evaluator.at(OrderedProduct(Partial(s[j], s[j - 1]), j, k + 1, 3), {k: low - 1})

    np.testing.assert_array_equal(product(4), np.eye(3))
    assert np.isnan(product(5)).all()
    many = OrderedProduct(Partial(s[j], s[j - 1]), j, k + 1, 3)
    stacked = evaluator.at(many, {k: np.array([4, 3, 2])})
    assert np.isnan(stacked[0]).all()
    np.testing.assert_array_equal(stacked[1], np.eye(3))
    np.testing.assert_allclose(stacked[2], product(3))


@pytest.mark.parametrize("product", [OrderedProduct, RisingProduct])
def test_products_up_to_many_steps_are_the_single_ones(
    product: type[OrderedProduct], evaluator: Evaluator
) -> None:
    alone = product(Diag(s[j]) * W, j, k + 1, t)
    # Whose factors depend on the upper end too, these are not partial products of one another.
    together = product(Diag(Hadamard(s[j], s[t])) * W, j, k + 1, t)
    for node in (alone, together):
        many = evaluator.at(node, {k: 2, t: np.array([5, 2, 4, 3])})
        for found, step in zip(many, (5, 2, 4, 3), strict=True):
            one = evaluator.at(node, {k: 2, t: step})
            np.testing.assert_allclose(found, one, rtol=1e-13)
    assert np.isnan(evaluator.at(alone, {k: 3, t: np.array([1, 4])})[0]).all()


def test_an_index_inside_a_sum_may_have_the_name_of_one_outside(evaluator: Evaluator) -> None:
    inner = TimeSum(s[k], k, 1, t)
    outer = TimeSum(inner, t, 1, 3)
    wanted = 3 * column(1) + 2 * column(2) + column(3)
    np.testing.assert_allclose(evaluator.at(outer, {t: 99}), wanted, rtol=1e-14)


def test_after_the_last_step_adjoints_are_zero_and_take_their_factors_along() -> None:
    cell = load("lstm")
    derivation = derive(cell, 3)
    evaluator = Evaluator(sample(cell, 3, 1, zero_start=False).trace, derivation.definitions)
    for named in derivation.definitions:
        if named.backward:
            assert np.isfinite(evaluator.at(named.series[t], {t: 3})).all()
            np.testing.assert_array_equal(evaluator.at(named.series[T + 1]), 0)
    every = [e for e in derivation.recursion.equations() if e.id.endswith("-recursion")]
    steps = np.arange(1, 4)
    assert every
    for equation in every:
        total = evaluator.at(TimeSum(equation.right, t, 1, T))
        wanted = sum(evaluator.at(equation.right, {t: step}) for step in steps.tolist())
        np.testing.assert_allclose(total, wanted, rtol=1e-13)


@pytest.mark.parametrize(
    "wrong",
    [
        Basic.__new__(Plus, s[1], Transposed(s[1])),
        Basic.__new__(Hadamard, s[1], Transposed(s[1])),
        Basic.__new__(Hadamard, s[1], CELL.loss_series[1]),
        Basic.__new__(Quotient, s[1], Transposed(s[1])),
        Basic.__new__(Diag, Transposed(s[1])),
        Basic.__new__(Times, s[1], s[2]),
        Basic.__new__(Times, CELL.loss_series[1], s[1]),
        Basic.__new__(Scaled, s[1], s[1]),
    ],
    ids=str,
)
def test_shapes_that_numpy_would_broadcast_are_refused(
    wrong: MatrixExpr, evaluator: Evaluator
) -> None:
    with pytest.raises(CheckError, match="have the shapes"):
        evaluator.at(wrong)


def test_the_printed_ends_of_a_nested_form_are_evaluated(evaluator: Evaluator) -> None:
    form = nested_output(CELL, 5).right
    assert isinstance(form, Nested)
    np.testing.assert_allclose(evaluator.at(form), TRACE.value(o, 5), rtol=1e-13)
    for part in (1, 2):
        args = list(form.args)
        args[part] = instantiate(args[part].xreplace({U: 2 * U}), {})
        assert np.isnan(evaluator.at(Nested(*args))).all()


def test_a_circular_definition_is_refused() -> None:
    J = next(n for n in DERIVATION.definitions if n.series == DERIVATION.shared.J)
    named = [replace(J, expr=J.series[J.indices[0]] * W)]
    for place in ({t: 2}, {t: np.array([1, 2])}):
        with pytest.raises(CheckError, match=r"J at .* is defined by itself"):
            Evaluator(TRACE, named).at(J.series[t], place)


def test_what_is_not_known_is_said(evaluator: Evaluator) -> None:
    with pytest.raises(DerivationError, match="no value is given for the index t"):
        evaluator.at(s[t])
    with pytest.raises(DerivationError, match="cannot evaluate MatrixSymbol"):
        evaluator.at(MatrixSymbol("A", 2, 2))
    with pytest.raises(DerivationError, match="cannot evaluate the time index"):
        evaluator.at(s[t**2], {t: 2})
    with pytest.raises(KeyError, match="r is no quantity of cell elman"):
        evaluator.at(Series("r", 3, 1)[1])


def test_indices_by_name(evaluator: Evaluator) -> None:
    np.testing.assert_array_equal(evaluator.value(s[t - 1], t=3), column(2))
    np.testing.assert_array_equal(evaluator.value(s[T]), column(5))


def test_logarithms_of_saturated_outputs_are_exact() -> None:
    for layer, wanted in (("cross_entropy", 2000.0), ("bce", 1000.0)):
        cell = load("elman", output_layer=layer)
        base = sample(cell, 1, 0, zero_start=True).trace
        z = cell.logits
        logits = np.array([1000.0, -1000.0, 0.0, 0.0])
        base.columns[z][1, :, 0] = logits
        target = np.array([0.0, 1.0, 0.0, 0.0])
        base.columns[cell.target][1, :, 0] = target
        found = Evaluator(base).at(cell.definition(cell.loss_series).expr, {t: 1})
        extra = 0.0 if layer == "cross_entropy" else 1000.0 + 2 * np.log(2)
        assert found.item() == pytest.approx(wanted + extra, rel=1e-14)

"""Gradient flow: measured products against theory, against complex steps, and beyond floats."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from derive.bptt.derivation import Derivation, derive
from derive.catalogue import load
from derive.checks.verify import Verifier
from derive.errors import CheckError
from derive.expressions.algebra import mul
from derive.expressions.definition import Definition
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import k, t
from derive.expressions.spectra import Norm, Power, Spectral
from derive.expressions.sums import OrderedProduct, instantiate
from derive.gradientflow.measure import Flow, recurrent_weights, simple_shape
from derive.gradientflow.runs import Experiment, carry_out, experiment, table
from derive.gradientflow.scaled import products
from derive.gradientflow.theorems import (
    factor_bound,
    has_uniform_bound,
    lower_bound,
    product_bound,
    rate,
    uniform_bound,
)
from derive.numerics.evaluate import Evaluator
from derive.numerics.initialisation import MATRICES, draw, orthogonal
from derive.numerics.sample import contrasted, sample, samples
from tests.matrix_cells import COLUMNS

ROUNDING = 1e-9


def run(**settings: Any) -> Flow:
    return carry_out(Experiment("test", **settings), 3).flow


@pytest.mark.parametrize("scale", [0.5, 0.9, 1.0, 1.1, 3.0])
def test_orthogonal_weights_with_states_at_zero_give_the_power_of_the_scale(scale: float) -> None:
    flow = run(scale=scale)
    lags = np.arange(101)
    assert np.allclose(10.0 ** (flow.log_norms - lags * np.log10(scale)), 1.0, atol=1e-10)
    assert np.allclose(flow.log_singular[:, -1], flow.log_norms, atol=1e-10)


@pytest.mark.parametrize(("scale", "size"), [(1e-3, -3000.0), (1e3, 3000.0)])
def test_a_lag_of_a_thousand_is_right_where_floats_end(scale: float, size: float) -> None:
    flow = run(scale=scale, steps=1000, n=5)
    assert flow.log_norms[1000] == pytest.approx(size, abs=1e-8)
    assert flow.log_radii[1000] == pytest.approx(size, abs=1e-8)
    assert flow.log_bound[1000] == pytest.approx(size, abs=1e-8)
    assert flow.log_uniform is not None
    assert flow.log_uniform[1000] == pytest.approx(size, abs=1e-8)


def test_products_of_huge_and_tiny_factors() -> None:
    factors = [np.full((2, 2), 9e307), np.full((2, 2), 1e-308), np.eye(2), np.zeros((2, 2))]
    sizes = [p.log_norm() for p in products(factors, 2)]
    expected = [0.0, np.log10(1.8) + 308, np.log10(3.6), np.log10(3.6), -np.inf]
    assert sizes == pytest.approx(expected, abs=1e-12)


def test_an_orthogonal_draw_is_orthogonal_and_not_always_the_same_side() -> None:
    rng = np.random.default_rng(0)
    drawn = [orthogonal(rng, 4) for _ in range(200)]
    assert max(abs(Q.T @ Q - np.eye(4)).max() for Q in drawn) < 1e-12
    # Uniform: the entries have mean 0 and variance 1/n, and both determinants occur.
    entries = np.array(drawn)
    assert abs(entries.mean()) < 0.05
    assert abs((entries**2).mean(axis=0) - 0.25).max() < 0.08
    assert {round(float(np.linalg.det(Q))) for Q in drawn} == {-1, 1}


@pytest.mark.parametrize("name", COLUMNS)
def test_products_are_the_derivatives_of_the_forward_pass(name: str) -> None:
    """The products of derived Jacobians agree with complex steps that know nothing of them."""
    cell = load(name)
    d = derive(cell, 6)
    trace = sample(cell, 6, 1, zero_start=False).trace
    for lag, product in enumerate(Flow(d, trace).products()):
        by_step = Evaluator(trace).at(Partial(cell.state[6], cell.state[6 - lag]))
        assert np.allclose(np.ldexp(product.mantissa, product.exponent), by_step, atol=1e-12)


def corrupted(d: Derivation, expr: Any) -> Derivation:
    d.definitions = [
        Definition(n.series, n.indices, expr) if n.series == d.shared.J else n
        for n in d.definitions
    ]
    return d


def test_a_corrupted_jacobian_is_caught() -> None:
    cell = load("elman")
    data = samples(cell, 4, 0)
    sound = derive(cell, 4)
    assert all(Verifier(sound, data).check(e).passed for e in (product_bound(sound),))
    jacobian = next(n.expr for n in sound.definitions if n.series == sound.shared.J)
    halved = corrupted(derive(cell, 4), mul(instantiate(jacobian, {}), 0.5))
    assert not Verifier(halved, data).check(product_bound(halved)).passed
    swapped = corrupted(derive(cell, 4), mul(*reversed(jacobian.args)))
    wrong, right = Flow(swapped, data[1].trace), Flow(sound, data[1].trace)
    assert np.abs(wrong.log_norms - right.log_norms).max() > 1e-3


def test_a_block_that_cancels_has_no_digits_to_compare() -> None:
    """The corner of three turns by 30° is cos 90°: rounding is what is left of it, and differs."""
    from derive.gradientflow.confirmed import require_blocks

    flow, c, s = run(n=2, steps=3), np.cos(np.pi / 6), np.sin(np.pi / 6)
    flow.jacobians = [np.array([[c, -s], [s, c]])] * 3
    corner, first = slice(0, 1), 3 * np.log10(c) * np.arange(4) / 3
    right = np.array([0.0, np.log10(c), np.log10(0.5), -16.5])
    require_blocks(flow, corner, right, first)
    require_blocks(flow, corner, right - [0, 0, 0, 1.0], first)
    for wrong in ([0, 0, 1e-5, 0], [0, 0, 0, 9.0]):
        with pytest.raises(CheckError, match="the norms of a block by lag"):
            require_blocks(flow, corner, right + wrong, first)


@settings(max_examples=1500, deadline=None)
@given(
    st.integers(0, 2**32),
    st.sampled_from(("tanh", "sigmoid", "relu", "identity")),
    st.sampled_from(sorted(MATRICES)),
    st.floats(0.01, 20.0),
    st.floats(0.0, 10.0),
)
# The states are so small that the product's square is zero up to rounding, which eigenvalues feel.
@example(0, "tanh", "square_zero", 1.0, 5.960464477539063e-08)
def test_the_bounds_hold(seed: int, activation: str, kind: str, scale: float, size: float) -> None:
    n = 2 if kind in ("nonnormal", "square_zero") else 1 + seed % 6
    e = Experiment("x", "elman", activation, kind, scale, size, n, steps=6)
    flow = carry_out(e, seed).flow
    assert flow.log_uniform is not None
    assert (flow.log_norms <= flow.log_bound + ROUNDING).all()
    assert (flow.log_bound <= flow.log_uniform + ROUNDING).all()
    # What a verdict promises is what is measured.
    lags, verdict = np.arange(7), flow.verdict
    if verdict.because == "norm-bound" and verdict.number > 0:
        assert (flow.log_norms <= lags * np.log10(verdict.number) + ROUNDING).all()
    if verdict.because == "smallest-singular":
        assert (flow.log_norms >= lags * np.log10(verdict.number) - ROUNDING).all()
    # A spectral radius is at most the norm.
    assert (flow.log_radii <= flow.log_norms + ROUNDING).all()


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "identity"])
def test_the_statements_are_checked(activation: str) -> None:
    cell = load("elman", activation=activation)
    d = derive(cell, 4)
    verifier = Verifier(d, samples(cell, 4, 2))
    assert has_uniform_bound(d)
    for equation in (product_bound(d), factor_bound(d), uniform_bound(d)):
        assert verifier.require(equation).passed


@pytest.mark.parametrize("steps", [1, 4])
@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "relu", "softplus", "identity"])
def test_a_bound_by_a_wrong_power_fails(activation: str, steps: int) -> None:
    d = derive(load("elman", activation=activation), steps)
    verifier = Verifier(d, samples(d.cell, steps, 2))
    right = uniform_bound(d)
    # Too high a power fails where norms are below 1 only, too low a one above 1 only.
    for lag, scale in ((t - k + 1, "1/8"), (t - k - 1, "[2-8]")):
        wrong = replace(right, sides=(right.left, Power(rate(d), lag)))
        check = verifier.check(wrong)
        assert not check.passed
        assert re.search(f"parameters times {scale}", check.where)
        with pytest.raises(CheckError, match=f"parameters times {scale}"):
            verifier.require(wrong)


def test_a_norm_that_no_step_has_is_no_bound() -> None:
    d = derive(load("lstm"), 2)
    verifier = Verifier(d, samples(d.cell, 2, 0))
    right, j = product_bound(d), d.shared.index
    for body in (Power(Norm(d.shared.J[j]), 2), Spectral("sigma_min", d.shared.J[j])):
        wrong = replace(right, sides=(right.left, OrderedProduct(body, j, k + 1, t)))
        assert not verifier.check(wrong).passed
    assert not verifier.check(replace(lower_bound(d), sides=right.sides[::-1])).passed


AVERAGING = ("mamba", "min_gru", "minimal_gated", "rg_lru")


def test_data_on_both_sides_of_one() -> None:
    for name in COLUMNS:
        d = derive(load(name), 3)
        norms = [
            run.factor_singular[:, 0]
            for drawn in samples(d.cell, 3, 0)
            for run in (Flow(d, found.trace) for found in contrasted(drawn))
        ]
        # What is handed on as it is has the norm 1 at least.
        assert min(map(np.min, norms)) < 1 or d.cell.lags, name
        # Gates that are closed carry less than 1, whatever the size of the parameters.
        assert max(map(np.max, norms)) > (0.9 if name in AVERAGING else 1), name


def test_verdicts_are_given_only_where_they_are_proved() -> None:
    def said(**settings: Any) -> tuple[str, str]:
        verdict = run(**settings).verdict
        return verdict.says, verdict.because

    assert said(scale=0.9) == ("vanishes", "norm-bound")
    assert said(scale=0.9, inputs=3.0) == ("vanishes", "norm-bound")
    assert said(scale=3.9, activation="sigmoid") == ("vanishes", "norm-bound")
    assert said(scale=1.0) == ("keeps", "isometry")
    assert said(scale=1.1) == ("explodes", "smallest-singular")
    # The same weights, but the states are no longer at 0.
    assert said(scale=1.1, inputs=2.0) == ("measured", "none")
    # The spectral radius decides for linear networks, whatever the norm, and for tanh while it rests.
    assert said(activation="identity", matrix="nonnormal", n=2) == ("vanishes", "linear-radius")
    assert said(matrix="nonnormal", n=2) == ("vanishes", "linear-radius")
    assert said(matrix="nonnormal", n=2, inputs=0.3) == ("measured", "none")
    # At zero the slope of rectified units is taken as zero: their Jacobian is not W.
    assert said(activation="relu", matrix="nilpotent", n=4) == ("measured", "none")
    grown: dict[str, Any] = {"activation": "identity", "matrix": "nonnormal", "n": 2, "scale": 1.2}
    assert said(**grown) == ("explodes", "linear-radius")
    assert said(activation="identity", matrix="jordan") == ("measured", "none")


def test_a_nonnormal_matrix_grows_before_it_decays() -> None:
    flow = carry_out(experiment("nonnormal"), 0).flow
    norms = 10.0**flow.log_norms
    assert int(norms.argmax()) in (9, 10)
    assert norms.max() == pytest.approx(38.7, abs=0.05)
    assert norms[100] < 1
    assert flow.radius == pytest.approx(0.9)


def test_a_nilpotent_matrix_forgets_after_n_steps() -> None:
    flow = run(activation="identity", matrix="nilpotent", n=4)
    assert np.isfinite(flow.log_norms[:4]).all()
    assert (flow.log_norms[4:] == -np.inf).all()


def test_a_zero_is_exact_only_where_slopes_are_zero_or_one() -> None:
    exact = {name: run(activation=name, n=4).zero_is_exact for name in ("relu", "identity", "tanh")}
    assert exact == {"relu": True, "identity": True, "tanh": False}


def test_large_inputs_saturate_and_the_product_vanishes() -> None:
    quiet, loud = carry_out(experiment("exploding"), 0), carry_out(experiment("saturated"), 0)
    W = recurrent_weights(quiet.derivation)
    assert (quiet.trace.parameter(W) == loud.trace.parameter(W)).all()
    assert quiet.flow.log_norms[99] == pytest.approx(99 * np.log10(1.1), abs=1e-9)
    assert loud.flow.log_norms[99] < -10


def test_only_simple_networks_have_a_uniform_bound() -> None:
    shape = simple_shape(derive(load("elman", activation="sigmoid"), 1))
    assert shape is not None
    assert (shape.weights.name, shape.activation.gamma) == ("W", 0.25)
    linear = simple_shape(derive(load("elman", activation="identity"), 1))
    assert linear is not None
    assert linear.linear


def test_the_table_of_experiments_is_read_and_every_row_runs() -> None:
    assert {"vanishing", "steady", "exploding", "saturated"} <= set(table())
    for row in table().values():
        assert row.n >= 1
        flow = carry_out(row, 0).flow
        assert not np.isnan(flow.log_norms).any()
        assert (flow.log_norms <= flow.log_bound + ROUNDING).all()


def test_the_same_seed_gives_the_same_run() -> None:
    one, two = (carry_out(experiment("saturated"), 5).flow.log_norms for _ in range(2))
    other = carry_out(experiment("saturated"), 6).flow.log_norms
    assert (one == two).all()
    assert not (one == other).all()


def test_an_unknown_matrix_is_refused() -> None:
    with pytest.raises(Exception, match=r"unknown kind of matrix 'banded'.*orthogonal"):
        draw("banded", 1.0, 3, np.random.default_rng(0))

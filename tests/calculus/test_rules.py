"""The calculus against complex steps: each rule alone, and random compositions of all of them."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sympy import Identity, OneMatrix, Rational, ZeroMatrix

from derive.calculus import pullbacks as pullbacks_of
from derive.calculus.activations import ACTIVATIONS
from derive.calculus.pullbacks import depends, jacobian, pullbacks
from derive.calculus.rules import RULES
from derive.calculus.simplify import applied, chain, factored, gathered
from derive.catalogue import load
from derive.cells.cell import Cell
from derive.errors import DerivationError
from derive.expressions.algebra import (
    Diag,
    Hadamard,
    Plus,
    Scaled,
    Times,
    Transposed,
    add,
    had,
    is_zero,
    mul,
    neg,
    ones,
    transpose,
)
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean
from derive.expressions.blocks import Stack
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.named import FunctionFormula, Named, NamedSlope
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower, raised
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.spectra import Power
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample


@cache
def cell() -> Cell:
    return load("elman", bias=True)


@cache
def trace() -> Any:
    return sample(cell(), 2, 4, zero_start=False).trace


def at(expr: Any) -> Any:
    return Evaluator(trace()).at(expr)


U, W, V, b, c = cell().parameters
n = W.shape[0]
v, u = cell().states[0][1], cell().definition(cell().states[0]).expr.arg.series[2]
"""v is what is differentiated by; u does not depend on it, as a_2 is held fixed."""
SMOOTH = ("tanh", "sigmoid", "softplus", "silu", "gelu", "sin", "cos")


def positive(expr: Any) -> Any:
    """Return something of which there is a logarithm."""
    return Apply("sigmoid", expr)


def assert_jacobian(expr: Any, den: Any) -> None:
    """Assert that the calculus yields what a complex step through the expression does."""
    wanted = at(Partial(expr, den, u))
    found = jacobian(expr, den)
    assert found.shape == (expr.shape[0], den.shape[0])
    scale = np.abs(wanted).max() or 1.0
    assert np.abs(at(found) - wanted).max() <= 1e-12 * scale, f"{expr}: {found}"


def _swish_slope(place: Any) -> Any:
    gate = Apply("sigmoid", place)
    return add(gate, had(place, gate, 1 - gate))


SWISH = FunctionFormula(
    "swish(a) = a*sigmoid(a)", lambda place: had(place, Apply("sigmoid", place)), _swish_slope
)

EXAMPLES: dict[type, list[Any]] = {
    Plus: [v + u, u - v, add(v, neg(v)), add(v, v)],
    Times: [mul(W, v), mul(W, W, v), mul(-1, v), mul(transpose(u), v), mul(transpose(v), u),
             mul(transpose(v), v), mul(transpose(v), W, v), mul(V, v), mul(3, transpose(v), u),
             Times(Plus(Diag(v), W), u), Times(W, Diag(v), u), Times(Plus(W, transpose(W)), v),
             Times(Power(W, 2), v)],
    Transposed: [mul(transpose(mul(W, v)), u), mul(transpose(had(v, u)), v)],
    Hadamard: [had(v, u), had(u, v), had(v, v), had(v, u, v), had(1 - v, v)],
    Apply: [
        *(Apply(f, v) for f in ACTIVATIONS if f != "sqrt"), Apply("sqrt", positive(v)),
        Apply("abs", had(v, u)),
    ],
    Slope: [
        *(Slope(f, v) for f in ACTIVATIONS if f != "sqrt"), Slope("sqrt", positive(v)),
    ],
    Quotient: [Quotient(v, 2 + had(u, u)), Quotient(u, positive(v)), Quotient(v, positive(v)),
               Quotient(Mean(v), Mean(positive(v)))],
    PointwisePower: [raised(v, 2), raised(v, 3), raised(v, -1), raised(positive(v), Rational(1, 2)),
                     raised(positive(v), Rational(-3, 2)), raised(Mean(v), 2)],
    Named: [Named(SWISH, v), Named(SWISH, mul(W, v))],
    NamedSlope: [NamedSlope(SWISH, v)],
    Maximum: [Maximum(v, u), Maximum(u, v), Maximum(v, mul(2, v)), Maximum(v, mul(0, v))],
    Minimum: [Minimum(v, u), Minimum(u, v), Minimum(had(v, u), v), Minimum(Mean(v), Mean(u))],
    Softmax: [Softmax(v), Softmax(mul(V, v))],
    Log: [Log(positive(v)), mul(transpose(u), Log(Softmax(v)))],
    Scaled: [mul(mul(transpose(v), u), u), mul(mul(transpose(u), u), v),
             mul(mul(transpose(v), v), v)],
    Stack: [Stack(v, u), Stack(u, mul(W, v)), Stack(v, v)],
    Mean: [Mean(v), Scaled(Mean(had(v, u)), v)],
    LogSumExp: [LogSumExp(v), LogSumExp(mul(W, v)), had(u, mul(LogSumExp(v), ones(n)))],
    LayerNorm: [LayerNorm(v), had(u, LayerNorm(mul(W, v)))],
}  # fmt: skip


def test_every_rule_has_examples() -> None:
    assert EXAMPLES.keys() == RULES.entries.keys()
    for operation, examples in EXAMPLES.items():
        assert any(list(atoms_of(e, operation)) for e in examples)


@pytest.mark.parametrize("operation", RULES.entries, ids=lambda o: o.__name__)
def test_rule(operation: type) -> None:
    for expr in EXAMPLES[operation]:
        assert_jacobian(expr, v)


@pytest.mark.parametrize("operation", RULES.entries, ids=lambda o: o.__name__)
def test_a_wrong_rule_is_noticed(operation: type, monkeypatch: pytest.MonkeyPatch) -> None:
    right = RULES.entries[operation]
    monkeypatch.setitem(RULES.entries, operation, lambda node, i, out: mul(-1, right(node, i, out)))
    with pytest.raises(AssertionError):
        test_rule(operation)


COLUMNS: st.SearchStrategy[Any] = st.recursive(
    st.sampled_from([v, v, u, b]),
    lambda inner: st.one_of(
        st.builds(add, inner, inner),
        st.builds(lambda p, q: p - q, inner, inner),
        st.builds(had, inner, inner),
        st.builds(lambda p: 1 - p, inner),
        st.builds(lambda p: mul(W, p), inner),
        st.builds(lambda p: Softmax(p), inner),
        st.builds(lambda p: LayerNorm(p), inner),
        st.builds(lambda p: Scaled(Mean(p), v), inner),
        st.builds(lambda p: Log(positive(p)), inner),
        st.builds(Apply, st.sampled_from(SMOOTH), inner),
        st.builds(lambda p: Apply("sqrt", positive(p)), inner),
        st.builds(lambda p, q: Quotient(p, 1 + positive(q)), inner, inner),
        st.builds(lambda p: raised(p, 2), inner),
        st.builds(lambda p: raised(positive(p), Rational(-1, 2)), inner),
        # Of two that are never equal, so that no kink is met.
        st.builds(lambda p: Maximum(p, p - positive(p)), inner),
        st.builds(lambda p: Minimum(p - positive(p), p), inner),
        st.builds(lambda p, q, r: mul(mul(transpose(p), q), r), inner, inner, inner),
    ),
    max_leaves=6,
)


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(COLUMNS)
@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_composition(expr: Any) -> None:
    try:
        assert_jacobian(expr, v)
    except DerivationError as error:
        # Refusing is allowed where a (1, 1) factor stands between others; a wrong result is not.
        assert "inside the product" in str(error)  # noqa: PT017


@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(COLUMNS, st.sampled_from([W, b]))
@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_any_gradient_by_its_pulls(expr: Any, parameter: Parameter) -> None:
    row = transpose(u)
    wanted = at(Gradient(mul(row, expr), parameter, u, v))
    try:
        paths = pullbacks(expr, parameter)
    except DerivationError as error:
        assert "inside the product" in str(error)  # noqa: PT017
        return
    found = at(ZeroMatrix(*parameter.shape)) + sum(at(p.gradient(u)) for p in paths)
    assert np.abs(found - wanted).max() <= 1e-11 * (np.abs(wanted).max() or 1.0)


A = add(W, neg(transpose(W)))
SUMS = [
    mul(A, v), mul(add(W, mul(u, transpose(v))), v), mul(A, A, v), mul(A, W, u),
    mul(W, add(A, mul(v, transpose(v))), Apply("tanh", mul(A, v))),
    mul(transpose(add(W, mul(v, transpose(u)))), u), mul(Diag(v), W, v), mul(Diag(mul(W, v)), v),
    mul(add(Diag(v), W), v),
]  # fmt: skip


@pytest.mark.parametrize("expr", SUMS, ids=str)
def test_sums_of_matrices_before_a_column(expr: Any) -> None:
    """Each term acts on the column, and what stands beside the sum is counted once."""
    assert_jacobian(expr, v)
    wanted = at(Gradient(mul(transpose(u), expr), W, u, v))
    found = at(ZeroMatrix(*W.shape)) + sum(at(p.gradient(u)) for p in pullbacks(expr, W))
    assert np.abs(found - wanted).max() <= 1e-12 * np.abs(wanted).max()


def test_a_term_that_is_left_out_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    right = pullbacks_of._worked_out
    monkeypatch.setattr(pullbacks_of, "_worked_out", lambda *given: (right(*given) or [])[1:])
    with pytest.raises(AssertionError):
        test_sums_of_matrices_before_a_column(SUMS[0])


# -- what the results look like --------------------------------------------------------------------


def test_derivatives_are_written_in_the_output() -> None:
    s = cell().states[0]
    expr = cell().definition(s).expr
    assert jacobian(expr, expr.arg, s[1]) == Diag(1 - had(s[1], s[1]))
    relu = jacobian(Apply("relu", v), v, s[1])
    assert str(relu) == "diag(relu'(s_1))"


def test_equal_paths_are_counted() -> None:
    half = mul(transpose(v - u), v - u)
    assert jacobian(half, v) == mul(2, transpose(v - u))


def test_a_matrix_that_stands_in_several_terms_is_counted_however_its_number_is_written() -> None:
    quarter = Rational(1, 4)
    assert jacobian(had(mul(quarter, u), v), v) == Diag(mul(quarter, u))
    square = had(mul(-quarter, v), v, u)
    assert jacobian(square, v) == mul(-2 * quarter, Diag(had(v, u)))
    assert is_zero(jacobian(had(mul(quarter, v), u) - mul(quarter, had(v, u)), v))


def test_nothing_depends_on_what_is_not_there() -> None:
    assert is_zero(jacobian(u, v))
    assert pullbacks(W * u, v) == []
    assert depends(W * v, v)
    assert not depends(W * u, v)
    assert jacobian(v, v) == Identity(n)


def test_a_parameter_keeps_its_row_and_column() -> None:
    (pullback,) = pullbacks(W * v + b, W)
    assert pullback.left == Identity(n)
    assert pullback.right == v
    assert pullback.gradient(u) == mul(u, transpose(v))
    (bias,) = pullbacks(W * v + b, b)
    assert bias.right is None
    assert bias.gradient(u) == u


def test_diagonals_merge() -> None:
    assert chain(Diag(v), Diag(u)) == Diag(had(v, u))
    assert applied(Diag(v), u) == had(v, u)
    assert applied(mul(W, Diag(v)), u) == mul(W, had(v, u))
    row = mul(-1, transpose(v))
    assert chain(row, Diag(Quotient(ones(n), u))) == mul(-1, transpose(Quotient(v, u)))
    assert gathered([mul(-1, Diag(v)), Diag(u)]) == Diag(u - v)
    assert gathered([Diag(v), W]) == add(Diag(v), W)


def test_shared_factors_are_taken_out() -> None:
    assert factored([mul(W, Diag(v)), mul(W, Diag(u))]) == mul(W, Diag(v) + Diag(u))
    assert factored([mul(W, W), mul(Diag(v), W)]) == add(mul(W, W), mul(Diag(v), W))


REFUSED: list[tuple[Any, str]] = [
    (
        Deviation(v),
        "no rule for the operation Deviation in .*: cannot differentiate Deviation: it arises .*; "
        "known are Apply,",
    ),
    (Times(W, Diag(v), W), r"no rule for diag\(s_1\) inside the product"),
]


@pytest.mark.parametrize(("expr", "said"), REFUSED)
def test_what_there_is_no_rule_for(expr: Any, said: str) -> None:
    with pytest.raises(DerivationError, match=said):
        pullbacks(expr, v)


@pytest.mark.parametrize("kind", [Maximum, Minimum])
def test_of_two_that_are_equal_the_second_is_what_the_result_follows(kind: type) -> None:
    """As handouts say: nothing leads to the first, and all to the second."""
    one, other = kind(v, u), kind(u, v)
    tied = {v: u}
    assert not at(jacobian(one, v).xreplace(tied)).any()
    assert (at(jacobian(other, v).xreplace(tied)) == np.eye(len(at(u)))).all()


def test_ones_are_ones() -> None:
    assert ones(n) == OneMatrix(n, 1)
    assert isinstance(v, At)


def test_the_slope_of_a_fraction_of_numbers_is_one_fraction() -> None:
    w = Series("w", 1, 1)[t]
    (diagonal,) = (d for d in jacobian(Quotient(OneMatrix(1, 1), w), w).atoms(Quotient))
    assert diagonal == Quotient(OneMatrix(1, 1), PointwisePower(w, 2))

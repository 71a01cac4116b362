"""Gradients of matrices, each in its own shape, against complex steps: each rule alone and together."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from sympy import Rational

from derive.calculus.adjoints import PULLS, contributions, on_matrices
from derive.catalogue import load
from derive.cells.cell import Cell
from derive.errors import DerivationError
from derive.expressions.algebra import (
    Diag,
    Plus,
    Scaled,
    Times,
    Transposed,
    add,
    had,
    mul,
    ones,
    transpose,
)
from derive.expressions.averages import LayerNorm, LogSumExp, Mean
from derive.expressions.blocks import Stack
from derive.expressions.derivatives import Gradient
from derive.expressions.functions import Apply, Log, Quotient, Slope, Softmax
from derive.expressions.named import FunctionFormula, Named, NamedSlope
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower, raised
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import sample
from tests import ROOT


@cache
def cell() -> Cell:
    return load(str(ROOT / "tests" / "catalogue" / "literature" / "matrix_memory.toml"))


@cache
def trace() -> Any:
    return sample(cell(), 2, 4, zero_start=False).trace


def at(expr: Any) -> Any:
    return Evaluator(trace()).at(expr)


W, A, B = (p for p in cell().parameters if p.name in "WAB")
S, h = (s[0] for s in cell().states)
r = h.series[1]
"""By S and h is differentiated; r depends on both, and is held."""
n = S.shape[0]


def squared(a: Any) -> Any:
    return had(a, a, a)


CUBE = FunctionFormula("cube(a) = a^3", squared, lambda a: mul(3, had(a, a)))
POSITIVE = Apply("sigmoid", S)

OF_MATRICES = [
    S, Plus(A, S, S), mul(A, S, B), mul(S, A, S), mul(Rational(1, 2), S), mul(-1, S, A), transpose(S),
    mul(A, transpose(S), B), had(S, A, S), mul(S, h, transpose(r)), mul(h, transpose(h), S),
    mul(transpose(h), S, r, S), Scaled(mul(transpose(h), r), mul(A, S)), mul(S, Diag(h)),
    mul(Diag(h), S), mul(A, Diag(mul(S, h)), B), Diag(mul(S, h)), mul(A, Diag(h)),
    mul(A, add(S, mul(-1, mul(h, transpose(h)))), B), Scaled(mul(transpose(ones(n)), h), Diag(r)),
    Apply("tanh", S), Apply("sigmoid", S), Apply("softplus", mul(A, S)), Apply("exp", S),
    Apply("sqrt", POSITIVE), Slope("tanh", S), Slope("silu", S), Apply("relu", S), Quotient(S, POSITIVE),
    Quotient(A, POSITIVE), PointwisePower(S, 3), raised(POSITIVE, Rational(-1, 2)), Maximum(S, A),
    Minimum(mul(S, A), S), Named(CUBE, S), NamedSlope(CUBE, S),
    Scaled(mul(transpose(h), h), add(A, mul(h, transpose(r)))),
    Scaled(mul(transpose(h), h), Scaled(mul(transpose(h), r), S)),
]  # fmt: skip

OF_COLUMNS = [
    mul(S, h), mul(transpose(S), r), Softmax(mul(S, h)), Log(Apply("sigmoid", mul(S, h))),
    Stack(mul(S, h), h), LayerNorm(mul(S, r)), mul(Mean(mul(S, h)), r), mul(had(S, A), h),
    mul(LogSumExp(mul(S, h)), r),
    mul(transpose(add(S, A)), S, h), mul(Apply("tanh", S), h), mul(Diag(h), S, h),
    Quotient(mul(S, h), Apply("exp", h)), Transposed(mul(transpose(h), S)),
]  # fmt: skip


def compared(expr: Any, variable: Any) -> tuple[Any, Any]:
    """Return the gradient of ⟨G, expr⟩ by a variable, as the calculus and as complex steps have it."""
    rows, columns = expr.shape
    gradient = mul(Apply("cos", r), transpose(Apply("sin", r))) if columns != 1 else Apply("cos", r)
    if rows != n:
        gradient = Stack(r, Apply("cos", r))
    product = had(gradient, expr) if columns == 1 else None
    left = transpose(ones(rows))
    whole = mul(left, product) if product is not None else mul(left, had(gradient, expr), ones(n))
    wanted = at(Gradient(whole, variable, r))
    terms = contributions(expr, variable, gradient)
    assert all(term.shape == variable.shape for term in terms)
    return sum((at(term) for term in terms), np.zeros(wanted.shape)), wanted


def require(expr: Any, variable: Any) -> None:
    found, wanted = compared(expr, variable)
    assert np.abs(found - wanted).max() <= 1e-12 * max(1.0, np.abs(wanted).max())


@pytest.mark.parametrize("variable", [S, h], ids=str)
@pytest.mark.parametrize("expr", [*OF_MATRICES, *OF_COLUMNS], ids=str)
def test_each_operation(expr: Any, variable: Any) -> None:
    require(expr, variable)


def kinds() -> set[type]:
    return {type(node) for expr in (*OF_MATRICES, *OF_COLUMNS) for node in atoms_of(expr, object)}


def test_every_rule_has_an_example() -> None:
    assert set(PULLS.entries) <= kinds()


@pytest.mark.parametrize("node", sorted(PULLS.entries, key=str))
def test_a_wrong_rule_is_noticed(node: type, monkeypatch: pytest.MonkeyPatch) -> None:
    right = PULLS.entries[node]

    def wrong(*given: Any) -> Any:
        inner, pulled = right(*given)
        return inner, mul(2, pulled)

    monkeypatch.setitem(PULLS.entries, node, wrong)
    having = [
        e for e in (*OF_MATRICES, *OF_COLUMNS) if any(type(a) is node for a in atoms_of(e, object))
    ]
    differ = 0
    for expr in having:
        found, wanted = compared(expr, S)
        differ += bool(np.abs(found - wanted).max() > 1e-6 * np.abs(wanted).max())
    assert differ


def test_the_second_place_of_a_variable_is_not_forgotten() -> None:
    assert len(contributions(mul(S, A, S), S, B)) == 2


def test_a_product_of_columns_stays_one() -> None:
    """No sum of entries is written where a product says the same."""
    gradient = S.series[1]
    scale = mul(transpose(r), r)
    (of_factor,) = contributions(Scaled(scale, mul(h, transpose(h))), scale, gradient)
    assert of_factor == mul(transpose(h), gradient, h)


def test_an_operation_on_columns_has_no_matrix() -> None:
    with pytest.raises(
        DerivationError, match=r"Softmax is an operation on columns, and S_0 is a mat"
    ):
        contributions(Softmax(S), S, A)


def test_what_is_on_matrices() -> None:
    assert on_matrices(mul(S, h))
    assert on_matrices(mul(h, transpose(h)))
    assert not on_matrices(mul(A, h))
    assert isinstance(mul(A, S), Times)

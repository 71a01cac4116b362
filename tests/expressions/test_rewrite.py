"""The one rewriter: from the top, operands from left to right, shared nodes once, at any depth."""

from __future__ import annotations

from typing import Any

import pytest
from sympy import Identity, Symbol, ZeroMatrix

from derive.expressions.algebra import Times, add, mul
from derive.expressions.folding import folded, refold
from derive.expressions.functions import Apply
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.rewrite import rebuilt, rewrite, substituted
from derive.expressions.sums import TimeSum, instantiate
from derive.expressions.walk import atoms_of

n = Symbol("n", integer=True, positive=True)
A, B = Parameter("A", n, n), Parameter("B", n, n)
s, x = Series("s", n, 1), Series("x", n, 1)
DEPTH = 10_000


def deep(start: Any) -> Any:
    """Return A tanh(A tanh(… start)), never hashed, with far more levels than Python's stack has."""
    expr = start
    for _ in range(DEPTH):
        expr = Times(A, Apply("tanh", expr))
    return expr


def innermost(expr: Any) -> tuple[Any, int]:
    levels = 0
    while isinstance(expr, Times):
        assert expr.args[0] in (A, B)
        expr, levels = expr.args[1].arg, levels + 1
    return expr, levels


REPLACED = {
    "rewrite": lambda expr: rewrite(expr, lambda node: x[t] if isinstance(node, At) else None),
    "substituted": lambda expr: substituted(expr, {s[t]: x[t]}),
    "folded": lambda expr: folded(expr, {s[t]: x[t]}),
}


@pytest.mark.parametrize("how", REPLACED)
def test_ten_thousand_levels(how: str) -> None:
    assert innermost(REPLACED[how](deep(s[t]))) == (x[t], DEPTH)


def test_indices_of_ten_thousand_levels() -> None:
    assert innermost(instantiate(deep(s[t]), {t: 3})) == (s[3], DEPTH)
    assert set(atoms_of(deep(s[t]), At)) == {s[t]}


def test_the_depth_exhausts_a_recursion() -> None:
    with pytest.raises(RecursionError):
        hash(deep(s[t]))


def test_order_and_what_is_entered() -> None:
    seen: list[Any] = []

    def rule(node: Any) -> Any:
        seen.append(node)
        return x[t] if node == s[t] else node if isinstance(node, Parameter) else None

    made = rewrite(mul(A, s[t]) + mul(B, s[t]), rule)
    assert made == mul(A, x[t]) + mul(B, x[t])
    # What is replaced, or left whole, is not entered.
    assert seen[:3] == [mul(A, s[t]) + mul(B, s[t]), mul(A, s[t]), A]
    assert seen[3:] == [s[t], mul(B, s[t]), B, s[t]]


def test_a_shared_node_is_rewritten_once() -> None:
    expr: Any = s[t]
    for _ in range(60):
        # As a tree this has 2⁶⁰ leaves.
        expr = Times(A, add(expr, expr))
    calls: list[Any] = []

    def build(node: Any, operands: list[Any]) -> Any:
        calls.append(node)
        return rebuilt(node, operands)

    made = rewrite(expr, lambda node: x[t] if isinstance(node, At) else None, build)
    assert len(calls) < 200
    assert set(atoms_of(made, At)) == {x[t]}


def test_what_does_not_change_stays_the_same_object() -> None:
    expr = mul(A, Apply("tanh", s[t])) + x[t]
    assert rewrite(expr, lambda node: None) is expr
    assert substituted(expr, {x[t - 1]: s[t]}) is expr
    assert instantiate(expr, {n: 3}).args[1] == x[t]


def test_folding_and_bound_indices() -> None:
    assert folded(mul(A, s[t]) + x[t], {s[t]: ZeroMatrix(n, 1)}) == x[t]
    assert folded(mul(A, s[t]), {A: Identity(n)}) == s[t]
    assert refold(s[t].args[1] + 1, [t, t]) == 2 * t
    j = Symbol("j", integer=True)
    assert instantiate(TimeSum(s[j], j, 1, j), {j: 4}) == TimeSum(s[j], j, 1, 4)

"""The expressions: order is kept, zeros and identities fold, shapes must fit, indices move."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from sympy import Identity, Integer, Rational, Symbol, Tuple, ZeroMatrix, latex

from derive.bptt import unroll
from derive.catalogue import load, names
from derive.errors import CheckError, SpecError
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
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.folding import folded
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import (
    At,
    DiagonalSeries,
    Parameter,
    ParameterCopy,
    Series,
    T,
    j,
    k,
    t,
)
from derive.expressions.shown import Coloured, Rounded
from derive.expressions.sums import (
    Expanded,
    OrderedProduct,
    RisingProduct,
    TimeSum,
    expand,
    instantiate,
)
from derive.expressions.walk import atoms_of, series_in

n, m = (Symbol(name, integer=True, positive=True) for name in "nm")
A, B, M = Parameter("A", n, n), Parameter("B", n, n), Parameter("M", m, n)
s, x, w = Series("s", n, 1), Series("x", n, 1), Series("w", 1, 1)
D, J = DiagonalSeries("D", n, n), Series("J", n, n)


# -- order -----------------------------------------------------------------------------------------


def test_numbers_among_matrices_stay_in_their_order() -> None:
    one, other = Parameter("one", 1, 1), Parameter("other", 1, 1)
    together = mul(A, one, A, other, A)
    assert together == mul(mul(A, Scaled(one, A)), Scaled(other, A))
    assert together == Scaled(one, Scaled(other, mul(A, A, A)))


def test_written_order_is_kept() -> None:
    assert (B * A).args == (B, A)
    assert (x[t] + A * s[t]).args == (x[t], Times(A, s[t]))
    assert had(x[t], s[t]).args == (x[t], s[t])
    assert B * A != A * B
    assert str(B * s[t] + A * x[t]) == "B s_t + A x_t"


def test_operators_are_flat() -> None:
    assert (A * B * s[t]).args == (A, B, s[t])
    assert (A * (B * s[t])).args == (A, B, s[t])
    assert (x[t] + (s[t] + x[t])).args == (x[t], s[t], x[t])
    assert isinstance(A @ s[t], Times)


def test_numbers_come_first() -> None:
    assert mul(2, A, 3, s[t]).args == (6, A, s[t])
    assert mul(Rational(1, 2), 2, A) == A
    assert neg(A).args == (-1, A)
    assert neg(neg(A)) == A
    assert str(1 - s[t]) == "1 - s_t"
    assert (1 - s[t]) == Plus(ones(n), neg(s[t]))
    assert neg(x[t] - s[t]).args == (neg(x[t]), s[t])


def test_zeros_and_identities_fold() -> None:
    zero, one = ZeroMatrix(n, n), Identity(n)
    assert mul(A, one, B) == A * B
    assert mul(one, one) == one
    assert is_zero(mul(A, zero, B))
    assert mul(M, ZeroMatrix(n, 1)).shape == (m, 1)
    assert is_zero(0 * A)
    assert add(A, zero) == A
    assert is_zero(add(zero, zero))
    assert had(x[t], ones(n)) == x[t]
    assert is_zero(had(x[t], ZeroMatrix(n, 1)))
    assert had(ones(n), ones(n)) == ones(n)


def test_a_scalar_scales_what_it_does_not_conform_with() -> None:
    assert mul(w[t], M) == Scaled(w[t], M)
    assert mul(M, w[t]) == Scaled(w[t], M)
    assert mul(w[t], M).shape == (m, n)
    assert mul(w[t], transpose(s[t])).args == (w[t], transpose(s[t]))
    row = mul(transpose(s[t]), x[t], A)
    assert row == Scaled(mul(transpose(s[t]), x[t]), A)


# -- shapes ----------------------------------------------------------------------------------------

MISFITS: list[tuple[Callable[[], Any], str]] = [
    (
        lambda: s[t] + M,
        r"operands of \+ must have one shape, but s_t is \(n, 1\) and M is \(m, n\)",
    ),
    (lambda: had(s[t], M), "operands of ⊙"),
    (lambda: M * A * M, r"the product of A \(n, n\) and M \(m, n\) does not exist"),
    (lambda: s[t] * s[t], "does not exist"),
    (lambda: A * transpose(s[t]), "does not exist"),
]


@pytest.mark.parametrize(("build", "said"), MISFITS)
def test_shapes_that_do_not_fit(build: Callable[[], Any], said: str) -> None:
    with pytest.raises(SpecError, match=said):
        build()


def test_shapes() -> None:
    assert Partial(s[t], A).shape == (n, n**2)
    assert Partial(w[t], M).shape == (1, m * n)
    assert Gradient(w[t], M).shape == (m, n)
    assert Stack(s[t], x[t]).shape == (2 * n, 1)
    assert Blocks(2, A, B, M, M).shape == (n + m, 2 * n)
    assert Diag(s[t]).shape == (n, n)
    assert Diag(w[t]) == w[t]
    assert ParameterCopy(M, 3).shape == (m, n)
    assert Rounded([["1.0", "2.0"]], 1).shape == (1, 2)
    assert TimeSum(A, k, 1, T).shape == OrderedProduct(A, k, 1, T).shape == (n, n)
    assert Softmax(s[t]).shape == Apply("tanh", s[t]).shape == (n, 1)


# -- transposes ------------------------------------------------------------------------------------


def test_transposes_move_inwards() -> None:
    assert transpose(A * B) == Times(Transposed(B), Transposed(A))
    assert transpose(mul(2, A, s[t])).args[0] == 2
    assert transpose(transpose(A)) == A == A.T.T
    assert transpose(Diag(s[t])) == Diag(s[t])
    assert transpose(D[t]) == D[t]
    assert transpose(mul(D[j], A)) == mul(transpose(A), D[j])
    assert transpose(w[t]) == w[t]
    assert transpose(Identity(n)) == Identity(n)
    assert transpose(ZeroMatrix(m, n)) == ZeroMatrix(n, m)
    assert transpose(Scaled(w[t], M)) == Scaled(w[t], Transposed(M))
    assert transpose(Blocks(2, A, B, M, M)) == Blocks(2, A.T, M.T, B.T, M.T)
    assert transpose(x[t] - s[t]) == Transposed(x[t] - s[t])


def test_a_transposed_product_runs_the_other_way() -> None:
    product = OrderedProduct(J[j], j, k + 1, t)
    assert transpose(product) == Transposed(product)
    assert list(OrderedProduct(J[j], j, 2, 5).steps()) == [5, 4, 3, 2]
    assert list(RisingProduct(J[j], j, 2, 5).steps()) == [2, 3, 4, 5]
    assert list(OrderedProduct(J[j], j, 4, 3).steps()) == []


# -- time indices ----------------------------------------------------------------------------------


def test_free_indices_are_replaced_and_bound_ones_stay() -> None:
    body = mul(OrderedProduct(J[j], j, k + 1, t), s[k])
    total = TimeSum(body, k, 1, t)
    at_three = instantiate(total, {t: 3})
    assert at_three == TimeSum(mul(OrderedProduct(J[j], j, k + 1, 3), s[k]), k, 1, 3)
    # The bound k is another one than a k outside.
    assert instantiate(total, {k: 5}) == total
    assert instantiate(mul(transpose(s[k]), total), {k: 5}).args[0] == transpose(s[5])
    assert total.at(2) == mul(OrderedProduct(J[j], j, 3, t), s[2])
    assert instantiate(s[t - 1], {t: t + 1}) == s[t]


def test_what_stands_in_an_expression() -> None:
    expr = A * s[t] + B * s[t - 1] + A * s[t]
    assert list(atoms_of(expr, Parameter)).count(A) == 1
    assert set(series_in(expr)) == {s[t], s[t - 1]}
    assert all(isinstance(at, At) for at in series_in(expr))


def test_folding_after_a_replacement() -> None:
    expr = mul(transpose(A), s[t + 1]) + x[t]
    assert folded(expr, {s[t + 1]: ZeroMatrix(n, 1)}) == x[t]
    assert folded(had(x[t], expr), {x[t]: ones(n)}) == add(mul(A.T, s[t + 1]), ones(n))
    assert folded(expr, {s[t]: x[t]}) is expr


def test_products_are_spelled() -> None:
    assert expand(OrderedProduct(J[j], j, 4, 3)) == Identity(n)
    assert expand(OrderedProduct(J[j], j, 3, 3)) == J[3]
    spelled = expand(mul(OrderedProduct(J[j], j, 2, 3), s[1]))
    assert isinstance(spelled.args[0], Expanded)
    assert [spelled.args[0].part(i) for i in spelled.args[0].steps()] == [J[3], J[2]]
    assert expand(mul(OrderedProduct(J[j], j, 4, 3), s[3])) == s[3]
    assert expand(Coloured(OrderedProduct(J[j], j, 3, 3), 1, 3)) == Coloured(J[3], 1, 3)


def test_a_spelled_sum_runs_from_the_last_step() -> None:
    total = TimeSum(s[k], k, 1, 3)
    assert list(Expanded(total).steps()) == [3, 2, 1]
    assert list(Expanded(total, True).steps()) == [1, 2, 3]
    assert list(Expanded(RisingProduct(J[j], j, 2, 4)).steps()) == [2, 3, 4]


# -- SymPy -----------------------------------------------------------------------------------------

NODES = [
    A, s[t], A * s[t], x[t] + s[t], had(x[t], s[t]), A.T, Diag(s[t]), Apply("tanh", s[t]),
    Scaled(w[t], M), Stack(s[t], x[t]), Blocks(2, A, B, M, M), Partial(s[t], s[t - 1], x[t]),
    Gradient(w[t], M), TimeSum(s[k], k, 1, t), OrderedProduct(J[j], j, k, t),
    Expanded(TimeSum(s[k], k, 1, 3)), Coloured(s[t], 1, 3),
    ParameterCopy(A, k),
    Rounded([["1.0"]], 1),
]  # fmt: skip


@pytest.mark.parametrize("node", NODES, ids=lambda node: type(node).__name__)
def test_a_node_is_a_sympy_expression(node: Any) -> None:
    assert node.func(*node.args) == node
    assert hash(node.func(*node.args)) == hash(node)
    assert node.xreplace({}) == node
    assert latex(node)
    assert str(node)
    if not isinstance(node, Parameter):
        assert node.doit() is node


def test_factors_in_rising_order_are_not_shown_as_if_they_fell() -> None:
    """The sign of a product has one order, so that the other is written out, or transposed."""
    node = RisingProduct(J[j], j, k, t)
    assert node.func(*node.args) == node
    with pytest.raises(CheckError, match="is not printed as it was checked"):
        latex(node)


def test_nodes_of_other_classes_differ() -> None:
    over = (J[j], j, Integer(1), t)
    assert OrderedProduct(*over) != RisingProduct(*over) != TimeSum(*over)
    assert Plus(A, B) != Hadamard(A, B)
    assert Partial(s[t], A) != Gradient(s[t], A)
    assert Partial(s[t], A, x[t]).held == (x[t],)
    assert Partial(s[t], A, Tuple(x[t])) == Partial(s[t], A, x[t])


def test_deep_nesting_needs_no_deep_recursion() -> None:
    expr: Any = s[0]
    for step in range(1, 2 * sys.getrecursionlimit()):
        expr = had(x[step], A * Apply("tanh", expr) + x[step])
        # Python keeps a hash that is asked for, and so never goes deep for it.
        hash(expr)
    assert len(set(series_in(expr))) == 2 * sys.getrecursionlimit()


@pytest.mark.parametrize("name", names())
def test_a_nested_forward_pass_needs_no_deep_recursion(name: str) -> None:
    cell = load(name)
    if unroll.nests(cell):
        equation = unroll.nested_output(cell, sys.getrecursionlimit() + 100)
        assert equation.right.shape == equation.left.shape


def test_one_and_minus_one_of_a_number_drop_out_of_a_sum_in_pairs() -> None:
    x, one = Parameter("x", 1, 1), Identity(1)
    assert add(one, neg(add(one, neg(x)))) == x
    assert add(one, one, neg(one), x) == add(one, x)
    assert is_zero(add(one, neg(one)))
    # What only looks alike, as a term and its negative, stays as it was written.
    assert str(add(x, neg(x))) == "x - x"

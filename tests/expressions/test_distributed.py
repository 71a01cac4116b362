"""Products with sums in them, multiplied out."""

from __future__ import annotations

from sympy import Symbol

from derive.expressions.algebra import Diag, add, mul, neg
from derive.expressions.distributed import multiplied_out
from derive.expressions.quantities import Parameter, Series, t

n = Symbol("n", integer=True, positive=True)
A, B, C = (Parameter(name, n, n) for name in "ABC")
U, W = Series("u", n, 1)[t], Series("w", n, 1)[t]
G, H = Series("g", 1, 1)[t], Series("h", 1, 1)[t]


def test_each_choice_of_terms_is_one_in_the_order_of_its_factors() -> None:
    found = multiplied_out(mul(add(A, B), C, add(B, C)))
    assert found == (mul(A, C, B), mul(A, C, C), mul(B, C, B), mul(B, C, C))


def test_sums_within_sums_are_multiplied_out_and_signs_are_kept() -> None:
    found = multiplied_out(add(mul(add(A, mul(B, add(C, neg(A)))), C), B))
    assert found == (mul(A, C), mul(B, C, C), neg(mul(B, A, C)), B)


def test_what_is_no_sum_of_matrices_is_one_factor() -> None:
    diagonal = Diag(add(U, neg(W)))
    assert multiplied_out(mul(A, diagonal)) == (mul(A, diagonal),)
    numbers = mul(G, add(G, H))
    assert multiplied_out(numbers) == (numbers,)

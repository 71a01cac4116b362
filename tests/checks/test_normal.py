"""The form that is compared: what is written as numbers, and what was computed as such."""

from __future__ import annotations

from sympy import Identity, Integer, OneMatrix, Rational, ZeroMatrix

from derive.checks.normal import Normal, exact_numbers, numbered, with_numbers
from derive.expressions.algebra import Scalar, Scaled, add, mul, neg
from derive.expressions.blocks import Blocks
from derive.expressions.functions import Quotient
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.shown import Rounded

s = Series("s", 1, 1)
NORMAL = Normal()


def test_zeros_and_ones_that_are_written_are_the_blocks_that_print_so() -> None:
    for columns, rows in ((1, [["0"], ["1"]]), (2, [["0", "1"]])):
        meant = Blocks(columns, ZeroMatrix(1, 1), Identity(1))
        assert NORMAL(Rounded(rows, 0)) == NORMAL(meant)
        assert NORMAL(Rounded([row[::-1] for row in rows[::-1]], 0)) != NORMAL(meant)
        inside = mul(meant, s[t]) if columns == 1 else mul(s[t], meant)
        assert NORMAL(inside) == NORMAL(inside.xreplace({meant: Rounded(rows, 0)}))


def test_numbers_that_were_rounded_stay_what_they_are() -> None:
    for rows in ([["1"]], [["1"], ["2"]], [["0.0"], ["1.0"]]):
        assert isinstance(NORMAL(Rounded(rows, 1)), Rounded)
    assert NORMAL(Identity(1)) == OneMatrix(1, 1)


def test_a_column_that_is_scaled_and_divided_is_scaled_by_the_same_number() -> None:
    w, y, o = Series("w", 1, 1), Series("y", 3, 1), Series("o", 3, 1)
    first = Quotient(Scaled(w[t], y[t]), o[t])
    assert NORMAL(first) == NORMAL(Scaled(w[t], Quotient(y[t], o[t])))
    assert NORMAL(first) != NORMAL(Scaled(w[t], Quotient(o[t], y[t])))
    assert NORMAL(first) != NORMAL(Quotient(y[t], o[t]))


def test_a_number_is_one_with_the_factor_behind_it() -> None:
    """Read from the front or from the end: -1/2 W may be one factor or two."""
    W, D, half = Parameter("W", 3, 3), Series("D", 3, 3)[t], Scalar(Rational(-1, 2))
    meant = [D, Rational(-1, 2), W, Integer(-1), D]
    wanted = [D, mul(Rational(-1, 2), W), mul(-1, D)]
    assert [f for f, _ in numbered((f, 0) for f in [D, half, W, Integer(-1), D])] == wanted
    assert [*with_numbers(iter(meant), backwards=False)] == wanted
    assert [*with_numbers(iter(meant[::-1]), backwards=True)] == wanted[::-1]
    assert [*with_numbers(iter([D, W]), backwards=False)] != wanted


def test_a_sum_in_a_product_begins_with_no_minus() -> None:
    a, b = s[t], Series("b", 1, 1)[t]
    apart, within = mul(-1, b, add(a, neg(b))), mul(b, add(neg(a), b))
    assert NORMAL(apart) == NORMAL(within)
    assert NORMAL(apart) != NORMAL(mul(b, add(a, neg(b))))


def test_exact_numbers_of_a_column() -> None:
    column = Blocks(1, Scalar(Integer(-1)), OneMatrix(1, 1), ZeroMatrix(1, 1))
    assert exact_numbers(column) == [[-1], [1], [0]]
    assert exact_numbers(Blocks(1, Scalar(Integer(-1)), s[t])) is None
    assert exact_numbers(s[t]) is None

"""The form that is compared: what is written as numbers, and what was computed as such."""

from __future__ import annotations

from sympy import Identity, OneMatrix, ZeroMatrix

from derive.checks.normal import Normal
from derive.expressions.algebra import Scaled, mul
from derive.expressions.blocks import Blocks
from derive.expressions.functions import Quotient
from derive.expressions.quantities import Series, t
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

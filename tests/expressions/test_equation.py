"""Equations are compared with deep sides too, and differ however deep the difference stands."""

from __future__ import annotations

import sys
from dataclasses import replace

from derive.bptt.unroll import nested_output
from derive.catalogue import load
from derive.expressions.walk import alike, hashed

CELL = load("elman")
DEEP = sys.getrecursionlimit() + 100


def test_deep_equations_are_compared_by_what_they_say() -> None:
    one, other = nested_output(CELL, DEEP), nested_output(CELL, DEEP)
    assert one.right is not other.right
    assert one == other
    assert hash(one) == hash(other)
    assert {one: 1}[other] == 1


def test_equations_that_differ_far_inside_are_not_equal() -> None:
    one, other = nested_output(CELL, DEEP), nested_output(CELL, DEEP - 1)
    assert one != replace(other, id=one.id, sides=(one.left, other.right))
    assert not alike(hashed(one.right), hashed(other.right))


def test_what_else_they_say_counts_as_well() -> None:
    one = nested_output(CELL, 2)
    assert one != replace(one, id="another")
    assert one != replace(one, reasons=("chain",))
    assert one != replace(one, sides=one.sides[:1])
    assert one != "an equation"

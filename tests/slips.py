"""Slips of the program itself, of which no answer may come out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from derive.bptt.recursion import Recursion
from derive.bptt.substitution import Substitution
from derive.calculus.activations import ACTIVATIONS
from derive.expressions.algebra import had, mul
from derive.expressions.sums import TimeSum


def wrong_rule(monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivative of tanh, in the output, is off by a thousandth."""
    tanh = replace(ACTIVATIONS["tanh"], in_output=lambda y: 1 - mul(0.999, had(y, y)))
    monkeypatch.setitem(ACTIVATIONS, "tanh", tanh)


def wrong_slope(monkeypatch: pytest.MonkeyPatch) -> None:
    """The derivative of tanh as a function is off by a thousandth."""
    right = ACTIVATIONS["tanh"].slope
    tanh = replace(ACTIVATIONS["tanh"], slope=lambda a: 1.001 * right(a))
    monkeypatch.setitem(ACTIVATIONS, "tanh", tanh)


def wrong_gradient(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Recursion.gradient

    def twice(self: Any, parameter: Any) -> Any:
        node = right(self, parameter)
        return TimeSum(mul(2, node.body), node.index, node.low, node.high)

    monkeypatch.setattr(Recursion, "gradient", twice)


def wrong_term(monkeypatch: pytest.MonkeyPatch) -> None:
    right = Substitution.substituted_term

    def twice(self: Any, *args: Any) -> Any:
        term = right(self, *args)
        return None if term is None else mul(2, term)

    monkeypatch.setattr(Substitution, "substituted_term", twice)

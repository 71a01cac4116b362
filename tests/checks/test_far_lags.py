"""Checks where numbers leave the range of float64: over thousands of steps."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import Integer

from derive.checks.termwise import VANISHED
from derive.checks.verify import TOLERANCE, _error
from derive.expressions.equation import Equation, Kind, Step


def error(kind: Kind, left: float, right: float) -> float:
    equation = Equation("x", kind, (Integer(0), Integer(0)), Step("x"))
    return _error(equation, np.array([[left]]), np.array([[right]]), last=True)


def test_what_has_vanished_is_compared_absolutely() -> None:
    assert error(Kind.IDENTITY, 4.9e-274, 2.2e-274) <= TOLERANCE
    assert error(Kind.IDENTITY, 0.0, 0.0) == 0
    assert error(Kind.IDENTITY, 1e-100, 2e-100) == pytest.approx(0.5)
    assert error(Kind.IDENTITY, 1.0, VANISHED / 2) > TOLERANCE


def test_a_bound_beyond_float64_holds_and_nothing_else_does() -> None:
    assert error(Kind.INEQUALITY, 1.0, np.inf) == 0
    for left, right in ((np.inf, np.inf), (np.nan, np.inf), (1.0, -np.inf), (np.inf, 1.0)):
        assert not error(Kind.INEQUALITY, left, right) <= TOLERANCE
    assert not error(Kind.IDENTITY, np.inf, np.inf) <= TOLERANCE

"""Functions against their definitions with fifty digits, wherever a user's numbers may take them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from derive.calculus.activations import ACTIVATIONS
from derive.checks.exactly import EXACT, require_exact_at
from derive.errors import CheckError


def _arguments() -> np.ndarray:
    random = np.random.default_rng(0)
    tiny = np.exp(random.uniform(-700, 7, 200)) * random.choice([-1, 1], 200)
    # Slopes there are so small that a complex step leaves them few digits.
    lost = np.linspace(-520, -475, 46)
    return np.concatenate(
        [random.uniform(-800, 800, 300), random.uniform(-50, 50, 300), tiny, lost]
    )


@pytest.mark.parametrize("name", sorted(EXACT))
def test_a_right_function_is_right_everywhere(name: str) -> None:
    for one in _arguments():
        require_exact_at(name, np.array([one]))


@pytest.mark.parametrize("at", [-300.0, -3.0, 0.5, 20.0])
def test_a_slope_that_is_a_little_off_is_noticed(
    at: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = ACTIVATIONS["sigmoid"]
    wrong = replace(right, slope=lambda a: right.slope(a) * (1 + 1e-9))
    monkeypatch.setitem(ACTIVATIONS, "sigmoid", wrong)
    with pytest.raises(CheckError, match="the slope of sigmoid is"):
        require_exact_at("sigmoid", np.array([at]))


@pytest.mark.parametrize("at", [-300.0, -3.0, 0.5])
def test_a_value_whose_slope_is_off_is_noticed(at: float, monkeypatch: pytest.MonkeyPatch) -> None:
    right = ACTIVATIONS["sigmoid"]
    wrong = replace(
        right, value=lambda a: right.value(a.real) + 1j * right.value(a).imag * (1 + 1e-9)
    )
    monkeypatch.setitem(ACTIVATIONS, "sigmoid", wrong)
    with pytest.raises(CheckError, match="by a complex step"):
        require_exact_at("sigmoid", np.array([at]))

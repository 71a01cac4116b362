"""The kernels: products of real and complex matrices, in whatever order is the cheapest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from derive.numerics.kernels import over, product, times

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("step", [1.0, 1e-50, 1e-300, 0.0])
def test_a_real_and_a_complex_matrix_are_multiplied_part_by_part(step: float) -> None:
    real = RNG.normal(size=(4, 3))
    moved = RNG.normal(size=(5, 3, 2)) + 1j * step * RNG.normal(size=(5, 3, 2))
    for found, wanted in (
        (product(real, moved), real.astype(complex) @ moved),
        (product(moved.swapaxes(1, 2), real.T), moved.swapaxes(1, 2) @ real.T.astype(complex)),
    ):
        assert found.dtype == complex
        np.testing.assert_allclose(found.real, wanted.real, rtol=1e-14)
        np.testing.assert_allclose(found.imag, wanted.imag, rtol=1e-13, atol=1e-16 * step)


@pytest.mark.parametrize("multiply", [product, times, over], ids=lambda f: f.__name__)
def test_the_square_of_a_step_moves_nothing_beside_a_kink(multiply: Callable[..., Any]) -> None:
    # 0 times 2, or over it, each moved by a step: where it was 0 it stays, and f' there is that of 0.
    moved = multiply(np.array([[3e-50j]]), np.array([[2 + 5e-50j]]))
    assert moved.real == 0
    assert moved.imag == {product: 6e-50, times: 6e-50, over: 1.5e-50}[multiply]
    assert multiply(np.array([[4.0 + 1e-50j]]), np.array([[2.0]])).real in (8, 2)
    small = multiply(np.array([[1e-254 + 1e-50j]]), np.array([[1 + 1e-50j]]))
    assert small.real == 1e-254

"""The kernels: products of real and complex matrices, in whatever order is the cheapest."""

from __future__ import annotations

import numpy as np
import pytest

from derive.numerics.kernels import larger, product, smaller

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


@pytest.mark.parametrize("left", [1e-100, -1e-100, 0.0])
def test_the_second_of_two_equal_numbers_is_the_larger_and_the_smaller(left: float) -> None:
    first, second = np.array([2 + left + 1e-50j]), np.array([2 + 3e-50j])
    zero = np.array([left + 1e-50j])
    for choose in (larger, smaller):
        assert choose(first, second) == second
        assert choose(zero, 3 * zero.imag * 1j) == 3e-50j

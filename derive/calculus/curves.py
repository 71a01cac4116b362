"""Elementwise functions on arrays, real or complex: those that take more than one line.

Branches are taken on the real part, and what is no function of NumPy is continued to a complex step
by its derivative, so that such a step differentiates it.
"""

from __future__ import annotations

from math import erfc, pi, tanh

import numpy as np

from derive.arrays import Array


def sigmoid(a: Array) -> Array:
    """Return 1 / (1 + exp(−a))."""
    # exp of the non-positive half only, so that it cannot overflow.
    positive = a.real >= 0
    small = np.exp(np.where(positive, -a, a))
    result: Array = np.where(positive, 1.0, small) / (1.0 + small)
    return result


def softplus(a: Array) -> Array:
    """Return log(1 + exp(a))."""
    positive = a.real >= 0
    result: Array = np.where(positive, a, 0.0) + _log1p(np.exp(np.where(positive, -a, a)))
    return result


def _log1p(a: Array) -> Array:
    # NumPy's complex log1p is 0 where a is smaller than 1e-16; a complex step is far smaller still.
    if not np.iscomplexobj(a):
        return np.log1p(a)
    result: Array = np.log1p(a.real) + 1j * np.arctan2(a.imag, 1 + a.real)
    return result


def silu_slope(a: Array) -> Array:
    """Return the derivative of a σ(a)."""
    gate = sigmoid(a)
    return gate * (1 + a * sigmoid(-a))


def pdf(a: Array) -> Array:
    """Return the density of the standard normal distribution."""
    result: Array = np.exp(-a * a / 2) / np.sqrt(2 * pi)
    return result


_erfc = np.vectorize(erfc, otypes=[float])


def cdf(a: Array) -> Array:
    """Return the standard normal distribution; of a complex number along its first derivative."""
    # From the tail, as 1 + erf loses its digits where a is far below 0.
    real = np.real(a)
    value: Array = _erfc(-real / np.sqrt(2)) / 2
    return value + 1j * a.imag * pdf(real) if np.iscomplexobj(a) else value


def elu(a: Array) -> Array:
    """Return a where it is positive, else exp(a) − 1."""
    below = np.where(a.real > 0, 0.0, a)
    return np.where(a.real > 0, a, expm1(below))


def expm1(a: Array) -> Array:
    """Return exp(a) − 1 with all its digits; NumPy's complex one loses a complex step near 0."""
    if not np.iscomplexobj(a):
        return np.expm1(a)
    result: Array = np.expm1(a.real) + 1j * a.imag * np.exp(a.real)
    return result


def elu_slope(a: Array) -> Array:
    """Return 1 where a is positive, else exp(a)."""
    return np.exp(np.where(a.real > 0, 0.0, a))


def leaky_slope(a: Array) -> Array:
    """Return 1 where a is positive, 1/100 where it is negative, and 0 at 0."""
    return np.where(a.real > 0, 1.0, np.where(a.real < 0, 0.01, 0.0))


def sign(a: Array) -> Array:
    """Return −1, 0 or 1."""
    return np.sign(a.real)


def _steepest_silu() -> float:
    """Return the largest derivative of a σ(a): there a tanh(a/2) = 2."""
    a = 2.0
    for _ in range(60):
        a = 2 / tanh(a / 2)
    return float(silu_slope(np.array([a]))[0])


STEEPEST_SILU = _steepest_silu()
"""The largest derivative of silu."""

STEEPEST_GELU = float((cdf(np.sqrt([2.0])) + np.sqrt(2) * pdf(np.sqrt([2.0])))[0])
"""The largest derivative of gelu, at √2."""

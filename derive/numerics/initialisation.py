"""Recurrent weights for experiments: one row per kind, each drawn for a size and a scale."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from derive.arrays import Array
from derive.errors import UsageError

Draw = Callable[[np.random.Generator, int], Array]


def orthogonal(rng: np.random.Generator, n: int) -> Array:
    """Return an orthogonal matrix, uniformly distributed (Haar measure; Mezzadri 2007)."""
    Q, R = np.linalg.qr(rng.normal(size=(n, n)))
    # QR leaves the signs to the library; fixing them on the diagonal of R makes the draw uniform.
    result: Array = Q * np.where(np.diag(R) < 0, -1.0, 1.0)
    return result


def _gaussian(rng: np.random.Generator, n: int) -> Array:
    return rng.normal(size=(n, n)) / np.sqrt(n)


def _uniform(rng: np.random.Generator, n: int) -> Array:
    # The default of many libraries, PyTorch among them.
    return rng.uniform(-1, 1, size=(n, n)) / np.sqrt(n)


def _nilpotent(rng: np.random.Generator, n: int) -> Array:
    return np.triu(rng.normal(size=(n, n)), 1)


def _jordan(rng: np.random.Generator, n: int) -> Array:
    return np.eye(n) + np.eye(n, k=1)


def _nonnormal(rng: np.random.Generator, n: int) -> Array:
    if n != 2:
        raise UsageError(f"the nonnormal matrix is 2 × 2, but n is {n}; set n = 2")
    return np.array([[0.9, 10.0], [0.0, 0.9]])


def _traceless(rng: np.random.Generator, n: int) -> Array:
    if n != 2:
        raise UsageError(f"the square-zero matrix is 2 × 2, but n is {n}; set n = 2")
    return np.array([[8.0, 8.0], [-8.0, -8.0]])


MATRICES: dict[str, Draw] = {
    "orthogonal": orthogonal,
    "gaussian": _gaussian,  # entries of variance 1/n: spectral radius near 1, norm near 2
    "uniform": _uniform,  # entries up to 1/√n: spectral radius near 0.58
    "identity": lambda rng, n: np.eye(n),
    "nilpotent": _nilpotent,  # all eigenvalues 0
    "jordan": _jordan,  # one eigenvalue, 1, and one eigenvector: ‖Wˡ‖ grows like a polynomial
    "nonnormal": _nonnormal,  # eigenvalues 0.9, norm above 10
    "square_zero": _traceless,  # W² = 0
}


def draw(kind: str, scale: float, n: int, rng: np.random.Generator) -> Array:
    """Return ``scale`` times a matrix of a kind, (n, n); an unknown kind is a `UsageError`."""
    if kind not in MATRICES:
        known = ", ".join(sorted(MATRICES))
        raise UsageError(f"unknown kind of matrix {kind!r}: expected one of {known}")
    return scale * MATRICES[kind](rng, n)

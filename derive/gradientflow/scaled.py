"""Long matrix products whose size no float can hold: a matrix and a power of two beside it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import ArrayLike

from derive.arrays import Array

_LOG10_2 = log10(2.0)


@dataclass(frozen=True)
class ScaledMatrix:
    """The matrix ``mantissa · 2^exponent``; its largest entry without the power is in [½, 1)."""

    mantissa: Array
    exponent: int

    def __matmul__(self, factor: Array) -> ScaledMatrix:
        # The factor is brought to size 1 as well: 0.9 · 1e308 entries would add up to infinity.
        small = scaled(factor)
        product = scaled(self.mantissa @ small.mantissa)
        exponent = self.exponent + small.exponent + product.exponent
        return ScaledMatrix(product.mantissa, exponent if product.mantissa.any() else 0)

    def log_singular(self) -> Array:
        """Return log10 of the singular values, largest first; −inf for 0.

        Those below about 1e-16 times the largest are rounding, not properties of the matrix.
        """
        return self._log(np.linalg.svd(self.mantissa, compute_uv=False))

    def log_norm(self) -> float:
        """Return log10 of the spectral norm; −inf where the product is 0."""
        return float(self._log(np.linalg.norm(self.mantissa, 2)))

    def log_radius(self) -> float:
        """Return log10 of the spectral radius, the largest modulus of an eigenvalue."""
        return float(self._log(np.abs(np.linalg.eigvals(self.mantissa)).max()))

    def _log(self, values: ArrayLike) -> Array:
        with np.errstate(divide="ignore"):
            return np.log10(values) + self.exponent * _LOG10_2


def scaled(matrix: Array) -> ScaledMatrix:
    """Return a matrix with its power of two taken out, which is exact."""
    _, exponent = np.frexp(np.abs(matrix).max())
    return ScaledMatrix(np.ldexp(matrix, -int(exponent)), int(exponent))


def products(factors: Iterable[Array], size: int) -> Iterator[ScaledMatrix]:
    """Yield the identity, then the product of the first factor, of the first two, …, in order."""
    product = ScaledMatrix(np.eye(size) / 2, 1)
    yield product
    for factor in factors:
        product = product @ factor
        yield product

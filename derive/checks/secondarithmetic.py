"""The arithmetic of the second reader: what its signs and functions do to arrays, by NumPy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import erfc
from typing import TypeAlias

import numpy as np

from derive.arrays import Array

EPSILON = 1e-5
"""What layer normalisation adds to the variance."""


@dataclass(frozen=True)
class Eye:
    """A multiple of the identity whose size is that of what stands beside it."""

    factor: Array

    def beside(self, other: Array) -> Array:
        """Return it in the size of a square matrix."""
        return self.factor * np.eye(len(other))


Evaluated: TypeAlias = "Array | Eye"


def number(value: float) -> Array:
    """Return a number as an array of one entry."""
    return np.full((1, 1), value)


def _cdf(a: Array) -> Array:
    real: Array = np.vectorize(erfc, otypes=[float])(-a.real / np.sqrt(2)) / 2
    moved: Array = real + 1j * a.imag * np.exp(-a.real * a.real / 2) / np.sqrt(2 * np.pi)
    return moved if np.iscomplexobj(a) else real


def _normal(a: Array) -> Array:
    centred: Array = a - a.mean()
    return centred / np.sqrt((centred * centred).mean() + EPSILON)


def _softmax(a: Array) -> Array:
    powers: Array = np.exp(a - a.real.max())
    return powers / powers.sum()


def _eigenvalue(a: Array) -> float:
    return float(np.abs(np.linalg.eigvals(a)).max())


def _singular(a: Array) -> Array:
    return np.linalg.svd(a, compute_uv=False)


FUNCTIONS: dict[str, Callable[[Array], Array]] = {
    "tanh": np.tanh,
    "sigmoid": lambda a: 1 / (1 + np.exp(-a)),
    "bipolar": lambda a: np.tanh(a / 2),
    "relu": lambda a: a * (a.real > 0),
    "leaky_relu": lambda a: a * np.where(a.real > 0, 1, 0.01),
    "identity": lambda a: a,
    "softplus": lambda a: np.log(1 + np.exp(a)) if np.iscomplexobj(a) else np.log1p(np.exp(a)),
    "silu": lambda a: a / (1 + np.exp(-a)),
    "gelu": lambda a: a * _cdf(a),
    "elu": lambda a: np.where(a.real > 0, a, np.exp(a) - 1 if np.iscomplexobj(a) else np.expm1(a)),
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "abs": lambda a: a * np.sign(a.real),
    "softmax": _softmax,
    "layernorm": _normal,
    "mean": lambda a: number(1.0) * a.mean(),
    "logsumexp": lambda a: number(1.0) * (a.real.max() + np.log(np.exp(a - a.real.max()).sum())),
    "diag": lambda a: np.diag(a[:, 0]),
    "norm": lambda a: number(float(_singular(a).max())),
    "sigma_max": lambda a: number(float(_singular(a).max())),
    "sigma_min": lambda a: number(float(_singular(a).min())),
    "rho": lambda a: number(_eigenvalue(a)),
}
"""What the functions of one argument are, written once more: a mistake in theirs is none in these."""


def plus(a: Evaluated, b: Evaluated) -> Evaluated:
    """Return a sum; an identity has the size of what it is added to."""
    if isinstance(a, Eye) and isinstance(b, Eye):
        return Eye(a.factor + b.factor)
    if isinstance(a, Eye):
        return a.beside(b) + b  # type: ignore[arg-type, operator]
    return a + (b.beside(a) if isinstance(b, Eye) else b)


def times(a: Evaluated, b: Evaluated) -> Evaluated:
    """Return a product of matrices, or a multiple where one is a number."""
    if isinstance(a, Eye) and isinstance(b, Eye):
        return Eye(a.factor * b.factor)
    if isinstance(a, Eye) or isinstance(b, Eye):
        eye, other = (a, b) if isinstance(a, Eye) else (b, a)
        scaled: Array = eye.factor * other  # type: ignore[operator, union-attr]
        return Eye(scaled) if scaled.shape == (1, 1) else scaled
    return a * b if (1, 1) in (a.shape, b.shape) else a @ b


def over(a: Evaluated, b: Evaluated) -> Evaluated:
    """Return a quotient, entry by entry."""
    return Eye(a.factor / b) if isinstance(a, Eye) else a / b  # type: ignore[operator]

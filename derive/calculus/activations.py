"""The activation functions: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from sympy import Expr, MatrixExpr, Max, Rational, Symbol, exp, log, tanh

from derive.arrays import Array
from derive.errors import SpecError
from derive.expressions.algebra import had, mul, ones
from derive.expressions.functions import Apply
from derive.expressions.types import Column
from derive.suggest import suggestion


@dataclass(frozen=True)
class Activation:
    """An elementwise function f.

    ``value`` evaluates f and ``slope`` f' on arrays, real or complex; branches are taken on the
    real part, so that a complex step differentiates them.  ``scalar`` is f as a SymPy expression,
    from which the tests derive f' again.  ``in_output`` writes f' as a matrix expression in the
    OUTPUT y = f(a), where that is shorter.  ``kinks`` are the points without a derivative (f' is
    taken as 0 there), ``gamma`` is sup |f'|.
    """

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    scalar: Callable[[Symbol], Expr]
    in_output: Callable[[Column], Column] | None
    gamma: float
    kinks: tuple[float, ...] = ()


def _sigmoid(a: Array) -> Array:
    # exp of the non-positive half only, so that it cannot overflow.
    positive = a.real >= 0
    small = np.exp(np.where(positive, -a, a))
    result: Array = np.where(positive, 1.0, small) / (1.0 + small)
    return result


def _softplus(a: Array) -> Array:
    positive = a.real >= 0
    result: Array = np.where(positive, a, 0.0) + _log1p(np.exp(np.where(positive, -a, a)))
    return result


def _log1p(a: Array) -> Array:
    # NumPy's complex log1p is 0 where a is smaller than 1e-16; a complex step is far smaller still.
    if not np.iscomplexobj(a):
        return np.log1p(a)
    result: Array = np.log1p(a.real) + 1j * np.arctan2(a.imag, 1 + a.real)
    return result


def _one(a: Array) -> Array:
    return np.ones_like(a)


ACTIVATIONS: dict[str, Activation] = {
    row.name: row
    for row in (
        Activation(
            "tanh", np.tanh, lambda a: 1 - np.tanh(a) ** 2, tanh, lambda y: 1 - had(y, y), 1.0
        ),
        Activation(
            "sigmoid",
            _sigmoid,
            lambda a: _sigmoid(a) * _sigmoid(-a),
            lambda a: 1 / (1 + exp(-a)),
            lambda y: had(y, 1 - y),
            0.25,
        ),
        # 2σ(a) − 1, the h of the first LSTM: as tanh, with half its slope.
        Activation(
            "bipolar",
            lambda a: np.tanh(a / 2),
            lambda a: (1 - np.tanh(a / 2) ** 2) / 2,
            lambda a: 2 / (1 + exp(-a)) - 1,
            lambda y: mul(Rational(1, 2), 1 - had(y, y)),
            0.5,
        ),
        Activation(
            "relu",
            lambda a: np.where(a.real > 0, a, 0.0),
            lambda a: np.where(a.real > 0, 1.0, 0.0),
            lambda a: Max(a, 0),
            None,
            1.0,
            (0.0,),
        ),
        Activation("identity", lambda a: a, _one, lambda a: a, lambda y: ones(y.shape[0]), 1.0),
        Activation(
            "softplus",
            _softplus,
            _sigmoid,
            lambda a: log(1 + exp(a)),
            lambda y: 1 - Apply("exp_minus", y),
            1.0,
        ),
        # e^{-a}: what the derivative of softplus needs in its output, 1 − e^{−y}.
        Activation(
            "exp_minus",
            lambda a: np.exp(-a),
            lambda a: -np.exp(-a),
            lambda a: exp(-a),
            lambda y: -y,
            float("inf"),
        ),
    )
}


def usable() -> list[str]:
    """Return the names of the functions that a network can use: those whose slope is bounded.

    The others are only parts of derivatives.
    """
    return sorted(name for name, row in ACTIVATIONS.items() if row.gamma != float("inf"))


def activation(name: str) -> Activation:
    """Return the activation of that name; an unknown one is a `SpecError` that lists the known."""
    if name not in ACTIVATIONS:
        raise SpecError(f"unknown activation {name!r}: {suggestion(name, usable())}")
    return ACTIVATIONS[name]


def apply(name: str, arg: MatrixExpr) -> MatrixExpr:
    """Return f applied to an expression, element by element; the identity yields the expression."""
    if name not in usable():
        raise SpecError(f"unknown activation {name!r}: {suggestion(name, usable())}")
    row = activation(name)
    return arg if row.name == "identity" else Apply(row.name, arg)

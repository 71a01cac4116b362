"""The elementwise functions: one row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

import numpy as np
from sympy import (
    Expr,
    Heaviside,
    MatrixExpr,
    Max,
    Min,
    OneMatrix,
    Rational,
    Symbol,
    cos,
    erf,
    exp,
    log,
    pi,
    sin,
    sqrt,
    tanh,
)

from derive.arrays import Array
from derive.calculus import curves
from derive.errors import SpecError
from derive.expressions.algebra import had, mul, ones
from derive.expressions.functions import Apply, Quotient
from derive.expressions.pointwise import Maximum, Minimum
from derive.expressions.types import Column
from derive.suggest import suggestion


class Standing(Enum):
    """Where a function may stand."""

    ACTIVATION = "the activation of a network, and in formulas"
    FUNCTION = "in formulas"
    PART = "in derivatives only"


@dataclass(frozen=True)
class Activation:
    """An elementwise function f.

    ``value`` evaluates f and ``slope`` f' on arrays, real or complex; branches are taken on the
    real part, so that a complex step differentiates them.  ``scalar`` is f as a SymPy expression,
    from which the tests derive f' again.  ``in_output`` writes f' as a matrix expression in the
    OUTPUT y = f(a), ``in_argument`` in a, where there is such a form; the first is what is printed
    for f', the second where it is ``short``: a longer one is printed once, as what f'(a) stands for.
    ``written`` is f in words of better known functions, where a reader may not know it by its name.
    ``kinks`` are the points without a derivative (f' is taken as 0 there), ``gamma`` is sup |f'|.
    """

    name: str
    value: Callable[[Array], Array]
    slope: Callable[[Array], Array]
    scalar: Callable[[Symbol], Expr]
    in_output: Callable[[Column], Column] | None
    gamma: float
    kinks: tuple[float, ...] = ()
    in_argument: Callable[[Column], Column] | None = None
    short: bool = False
    use: Standing = Standing.ACTIVATION
    written: Callable[[Column], Column] | None = None

    @property
    def long_slope(self) -> Callable[[Column], Column] | None:
        """Return the form of f' that stands for f'(a) where that is printed, if there is one."""
        return None if self.short or self.in_output is not None else self.in_argument


def _one(a: Array) -> Array:
    return np.ones_like(a)


def _zero(a: Array) -> Array:
    return np.zeros_like(a)


def _silu_slope(a: Column) -> Column:
    gate = Apply("sigmoid", a)
    return had(gate, 1 + had(a, 1 - gate))


INF = float("inf")

ACTIVATIONS: dict[str, Activation] = {
    row.name: row
    for row in (
        Activation(
            "tanh", np.tanh, lambda a: 1 - np.tanh(a) ** 2, tanh, lambda y: 1 - had(y, y), 1.0
        ),
        Activation(
            "sigmoid",
            curves.sigmoid,
            lambda a: curves.sigmoid(a) * curves.sigmoid(-a),
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
            written=lambda a: mul(2, Apply("sigmoid", a)) - 1,
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
            curves.softplus,
            curves.sigmoid,
            lambda a: log(1 + exp(a)),
            lambda y: 1 - Apply("exp_minus", y),
            1.0,
        ),
        # a σ(a) (Elfwing, Uchibe and Doya 2018), also called swish.
        Activation(
            "silu",
            lambda a: a * curves.sigmoid(a),
            curves.silu_slope,
            lambda a: a / (1 + exp(-a)),
            None,
            curves.STEEPEST_SILU,
            in_argument=_silu_slope,
            written=lambda a: had(a, Apply("sigmoid", a)),
        ),
        # a Φ(a), Φ the distribution of the standard normal (Hendrycks and Gimpel 2016).
        Activation(
            "gelu",
            lambda a: a * curves.cdf(a),
            lambda a: curves.cdf(a) + a * curves.pdf(a),
            lambda a: a * (1 + erf(a / sqrt(2))) / 2,
            None,
            curves.STEEPEST_GELU,
            in_argument=lambda a: Apply("cdf", a) + had(a, Apply("pdf", a)),
            written=lambda a: had(a, Apply("cdf", a)),
        ),
        # a where it is positive, else eᵃ − 1 (Clevert, Unterthiner and Hochreiter 2016).
        Activation(
            "elu",
            curves.elu,
            curves.elu_slope,
            lambda a: Max(a, 0) + exp(Min(a, 0)) - 1,
            None,
            1.0,
            in_argument=lambda a: Apply("exp", Minimum(a, mul(0, a))),
            written=lambda a: Maximum(a, mul(0, a)) + Apply("exp", Minimum(a, mul(0, a))) - 1,
        ),
        # A hundredth of a where it is negative (Maas, Hannun and Ng 2013).
        Activation(
            "leaky_relu",
            lambda a: a * curves.leaky_slope(a),
            curves.leaky_slope,
            lambda a: Max(a, 0) + Min(a, 0) / 100,
            None,
            1.0,
            (0.0,),
            in_argument=lambda a: (
                Apply("step", a) + mul(Rational(1, 100), Apply("step", mul(-1, a)))
            ),
            written=lambda a: (
                Maximum(a, mul(0, a)) + mul(Rational(1, 100), Minimum(a, mul(0, a)))
            ),
        ),
        Activation("exp", np.exp, np.exp, exp, lambda y: y, INF, use=Standing.FUNCTION),
        Activation(
            "sqrt",
            np.sqrt,
            lambda a: 0.5 / np.sqrt(a),
            sqrt,
            lambda y: mul(Rational(1, 2), Quotient(OneMatrix(*y.shape), y)),
            INF,
            use=Standing.FUNCTION,
        ),
        Activation(
            "sin", np.sin, np.cos, sin, None, 1.0,
            in_argument=lambda a: Apply("cos", a), short=True, use=Standing.FUNCTION,
        ),
        Activation(
            "cos", np.cos, lambda a: -np.sin(a), cos, None, 1.0,
            in_argument=lambda a: -Apply("sin", a), short=True, use=Standing.FUNCTION,
        ),
        Activation(
            "abs",
            lambda a: a * curves.sign(a),
            curves.sign,
            # The way through max keeps SymPy's derivative real.
            lambda a: Max(a, 0) - Min(a, 0),
            None,
            1.0,
            (0.0,),
            in_argument=lambda a: Apply("sign", a),
            short=True,
            use=Standing.FUNCTION,
        ),
        # e^{-a}: what the derivative of softplus needs in its output, 1 − e^{−y}.
        Activation(
            "exp_minus",
            lambda a: np.exp(-a),
            lambda a: -np.exp(-a),
            lambda a: exp(-a),
            lambda y: -y,
            INF,
            use=Standing.PART,
        ),
        # What the derivatives of abs, max and min need: −1, 0 or 1, and 0 or 1.
        Activation(
            "sign", curves.sign, _zero, lambda a: Heaviside(a) - Heaviside(-a), None, 0.0, (0.0,),
            in_argument=lambda a: mul(0, a), short=True, use=Standing.PART,
        ),
        Activation(
            "step", lambda a: np.where(a.real > 0, 1.0, 0.0), _zero, lambda a: Heaviside(a), None,
            0.0, (0.0,), in_argument=lambda a: mul(0, a), short=True, use=Standing.PART,
        ),
        # The standard normal distribution and its density, which the derivative of gelu needs.
        Activation(
            "cdf", curves.cdf, curves.pdf, lambda a: (1 + erf(a / sqrt(2))) / 2, None,
            float(curves.pdf(np.zeros(1))[0]), in_argument=lambda a: Apply("pdf", a), short=True,
            use=Standing.PART,
        ),
        Activation(
            "pdf", curves.pdf, lambda a: -a * curves.pdf(a),
            lambda a: exp(-(a**2) / 2) / sqrt(2 * pi), None, float(curves.pdf(np.ones(1))[0]),
            in_argument=lambda a: -had(a, Apply("pdf", a)), short=True, use=Standing.PART,
        ),
    )
}  # fmt: skip


def usable() -> list[str]:
    """Return the names of the functions that a network can have as its activation."""
    return sorted(row.name for row in ACTIVATIONS.values() if row.use is Standing.ACTIVATION)


def callable_in_formulas() -> list[str]:
    """Return the names of the functions that may stand in a formula."""
    return sorted(row.name for row in ACTIVATIONS.values() if row.use is not Standing.PART)


def activation(name: str) -> Activation:
    """Return the function of that name; an unknown one is a `SpecError` that lists the known."""
    if name not in ACTIVATIONS:
        raise SpecError(f"unknown activation {name!r}: {suggestion(name, usable())}")
    return ACTIVATIONS[name]


def apply(name: str, arg: MatrixExpr) -> MatrixExpr:
    """Return f applied to an expression, element by element; the identity yields the expression."""
    if name not in usable():
        raise SpecError(f"unknown activation {name!r}: {suggestion(name, usable())}")
    row = activation(name)
    return arg if row.name == "identity" else Apply(row.name, arg)

"""The functions of networks, entry by entry, against their definitions with fifty digits.

Whatever is computed on a user's numbers is confirmed with the same functions: where one of them is wrong
far out, or at a kink, both sides of a check are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, TypeAlias

import mpmath
import numpy as np

from derive.arrays import Array
from derive.calculus.activations import ACTIVATIONS
from derive.checks.columnparts import inexact
from derive.errors import CheckError
from derive.numerics import kernels

DIGITS = 50

SIZES = (5e-324, 1e-100, 1e-12, 1e-4, 0.1, 0.5, 1.0, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 36.0, 90.0,
         300.0, 709.0, 800.0)  # fmt: skip
"""Sizes of arguments, of both signs, beside 0: from the least to where an exponential overflows."""

CLOSE = 1e-12
"""How far a value may be from the right one, relative to it."""

ROUNDING = 1e-15
"""What rounding may leave of what is 1 minus something, or a sum of both signs."""

VANISHED = 1e-250
"""As good as 0."""

STEP = 1e-100
"""The size of a complex step."""

_LOST_TO_THE_STEP = float(np.finfo(float).tiny) / STEP
"""Slopes below this have lost digits: the step times such a slope is no normal number any more."""

_Exact: TypeAlias = Callable[[Any], Any]


def _sigmoid(a: Any) -> Any:
    return 1 / (1 + mpmath.exp(-a))


def _normal(a: Any) -> Any:
    return mpmath.erfc(-a / mpmath.sqrt(2)) / 2


def _density(a: Any) -> Any:
    return mpmath.exp(-a * a / 2) / mpmath.sqrt(2 * mpmath.pi)


def _sided(above: _Exact, below: _Exact, between: float = 0.0) -> _Exact:
    """Return a function that is one thing above 0, one below, and has a value of its own at 0."""
    return lambda a: above(a) if a > 0 else below(a) if a < 0 else between


EXACT: Mapping[str, tuple[_Exact, _Exact]] = {
    "tanh": (mpmath.tanh, lambda a: mpmath.sech(a) ** 2),
    "sigmoid": (_sigmoid, lambda a: _sigmoid(a) * _sigmoid(-a)),
    "bipolar": (lambda a: mpmath.tanh(a / 2), lambda a: mpmath.sech(a / 2) ** 2 / 2),
    "relu": (_sided(lambda a: a, lambda a: 0), _sided(lambda a: 1, lambda a: 0)),
    "identity": (lambda a: a, lambda a: 1),
    "softplus": (lambda a: mpmath.log1p(mpmath.exp(a)), _sigmoid),
    "silu": (lambda a: a * _sigmoid(a), lambda a: _sigmoid(a) * (1 + a * _sigmoid(-a))),
    "gelu": (lambda a: a * _normal(a), lambda a: _normal(a) + a * _density(a)),
    "elu": (_sided(lambda a: a, mpmath.expm1), _sided(lambda a: 1, mpmath.exp, 1.0)),
    "leaky_relu": (
        _sided(lambda a: a, lambda a: a / 100), _sided(lambda a: 1, lambda a: mpmath.mpf(1) / 100)
    ),
    "exp": (mpmath.exp, mpmath.exp),
    "exp_minus": (lambda a: mpmath.exp(-a), lambda a: -mpmath.exp(-a)),
    "sqrt": (
        lambda a: mpmath.sqrt(a) if a >= 0 else mpmath.nan,
        _sided(lambda a: 1 / (2 * mpmath.sqrt(a)), lambda a: mpmath.nan, mpmath.inf),
    ),
    "sin": (mpmath.sin, mpmath.cos),
    "cos": (mpmath.cos, lambda a: -mpmath.sin(a)),
    "abs": (_sided(lambda a: a, lambda a: -a), _sided(lambda a: 1, lambda a: -1)),
    "sign": (_sided(lambda a: 1, lambda a: -1), lambda a: 0),
    "step": (_sided(lambda a: 1, lambda a: 0), lambda a: 0),
    "cdf": (_normal, _density),
    "pdf": (_density, lambda a: -a * _density(a)),
}  # fmt: skip
"""What each function is, and its derivative: 0 at a kink. At 0 elu has none: its slope is 1 there."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "softplus": ("sigmoid", "exp_minus"), "silu": ("sigmoid",), "gelu": ("cdf", "pdf"),
    "sin": ("cos",), "cos": ("sin",),
}  # fmt: skip
"""Functions that the derivative of another one needs."""

ALWAYS = ("abs", "sign", "step")
"""Functions that a derivative may need without a name: that of a larger or a smaller number."""

_OF_ROUNDING = ("tanh", "bipolar")
"""Functions whose slope is a difference, of which rounding is left far out."""


COLUMNS: Mapping[str, Callable[[Array], Array]] = {
    "deviation": lambda a: kernels.deviation(a),
    "layer_norm": lambda a: kernels.layer_norm(a),
    "log_sum_exp": lambda a: kernels.log_sum_exp(a),
    "log_softmax": lambda a: kernels.log_softmax(a),
    "softmax": lambda a: np.exp(kernels.log_softmax(a)),
}
"""Functions of whole columns."""


@cache
def require_exact(names: frozenset[str]) -> None:
    """Raise a `CheckError` unless functions and their slopes are right far out, near 0 and at a kink.

    Functions of columns are among them, by the names of `COLUMNS`.
    """
    real = np.array([0.0, *(sign * size for size in SIZES for sign in (1, -1))])
    single = names - COLUMNS.keys()
    needed = (one for name in single for one in NEEDED.get(name, ()))
    for name in sorted({*single, *ALWAYS, *needed}):
        require_exact_at(name, real)
    for problem in inexact({name: _upright(name) for name in names & COLUMNS.keys()}):
        raise CheckError(f"{problem}. {_END}")


def _upright(name: str) -> Callable[[Array], Array]:
    """Return a function of columns as one of rows, which generated modules have."""
    return lambda rows: COLUMNS[name](np.swapaxes(rows, -1, -2))


_END = "Nothing is printed, as it would be wrong; please report it"


def require_exact_at(name: str, real: Array) -> None:
    """Raise a `CheckError` unless a function and its slope are right at these arguments."""
    row = ACTIVATIONS[name]
    # A complex step is no small one beside a root of what is smaller still.
    apart = real[real > np.sqrt(STEP)] if name == "sqrt" else real
    with np.errstate(all="ignore"):
        ways = (
            (name, real, row.value(real[:, None]), 0, VANISHED),
            (f"the slope of {name}", real, row.slope(real[:, None]), 1, VANISHED),
            (f"the slope of {name}, by a complex step,", apart,
             np.imag(row.value(apart[:, None] + 1j * STEP)) / STEP, 1, _LOST_TO_THE_STEP),
        )  # fmt: skip
    for said, places, found, which, vanished in ways:
        least = ROUNDING if which and name in _OF_ROUNDING else vanished
        wanted = _meant(name, which, places)
        for a, one, right in zip(places.tolist(), np.ravel(found).tolist(), wanted, strict=True):
            same = one == right or (np.isnan(one) and np.isnan(right))
            if not (same or abs(one - right) <= max(CLOSE * abs(right), least)):
                raise CheckError(f"{said} is {one:.9g} at {a:g}, and not {right:.9g}. {_END}")


@cache
def _exactly(name: str, which: int, places: tuple[float, ...]) -> tuple[float, ...]:
    exact = EXACT[name][which]
    with mpmath.workdps(DIGITS):
        return tuple(float(exact(mpmath.mpf(a))) for a in places)


def _meant(name: str, which: int, places: Array) -> tuple[float, ...]:
    return _exactly(name, which, tuple(places.tolist()))

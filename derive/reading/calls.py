"""Functions of one argument, by their names."""

from __future__ import annotations

from collections.abc import Callable

from sympy import Basic

from derive.expressions.algebra import Diag
from derive.expressions.averages import Deviation, LayerNorm, LogSumExp, Mean
from derive.expressions.functions import Apply, Log, Slope, Softmax
from derive.expressions.pointwise import Maximum, Minimum
from derive.expressions.spectra import Spectral

_FORMS: dict[str, Callable[[Basic], Basic]] = {
    "log": Log,
    "softmax": Softmax,
    "diag": Diag,
    "logsumexp": LogSumExp,
    "mean": Mean,
    "sd": Deviation,
    "layernorm": LayerNorm,
    "rho": lambda argument: Spectral("rho", argument),
    "sigma_max": lambda argument: Spectral("sigma_max", argument),
    "sigma_min": lambda argument: Spectral("sigma_min", argument),
}

EXPONENTIAL = "e^"
"""e to the power of its argument, as it is written for e^{−a}; no name, so that exp(a) is another."""

OF_TWO: dict[str, Callable[[Basic, Basic], Basic]] = {"max": Maximum, "min": Minimum}
"""The functions of two arguments."""

FORMS = frozenset((*_FORMS, *OF_TWO))
"""The functions that have a node of their own; all others act entry by entry."""


def called(function: str, primes: int, argument: Basic, fail: Callable[[str], Exception]) -> Basic:
    """Return a function of its argument; with one prime its slope."""
    if function in OF_TWO:
        raise fail(f"{function} is of two arguments, with a comma between")
    if function in _FORMS:
        if primes:
            raise fail(f"{function} has no slope that is written with a prime")
        return _FORMS[function](argument)
    if function == EXPONENTIAL:
        from derive.reading.building import negated

        return Apply("exp_minus", negated(argument))
    if primes > 1:
        raise fail(f"expected {function} or its slope with one prime, found {primes}")
    return Slope(function, argument) if primes else Apply(function, argument)

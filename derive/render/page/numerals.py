"""Computed numbers as mathematics."""

from __future__ import annotations

import math

from derive.document.text import Bound, Number
from derive.errors import RenderError

# A bound below this says as much about the machine as about the equation: one rounds to exactly 0
# where another has 1e-17.  Documents must not differ by that.
SMALLEST_EXPONENT = -12

# Numbers from 0.001 to 9999 are written out.
_PLAIN_EXPONENTS = range(-3, 4)


def number_parts(number: Number) -> tuple[str, int | None]:
    """Return the digits of ``number`` as they are written, and the power of ten behind them, or None.

    The digits are empty where it is a power of ten alone, and ``∞`` with its sign for an infinite one.
    RenderError for not-a-number.
    """
    value, digits = float(number.value), number.printed
    if math.isnan(value):
        raise RenderError("a computed number for the document is not a number (NaN)")
    if math.isinf(value):
        return ("∞" if value > 0 else "-∞"), None
    if value == 0:
        return "0", None
    mantissa, exponent = f"{value:.{digits - 1}e}".split("e")
    power = int(exponent)
    if power in _PLAIN_EXPONENTS:
        return f"{value:.{max(0, digits - 1 - power)}f}", None
    if float(mantissa) in (1.0, -1.0):
        return "-" if value < 0 else "", power
    return mantissa, power


def number_tex(number: Number) -> str:
    """Bare TeX of ``number`` with the digits that it is printed with; RenderError for not-a-number."""
    digits, power = number_parts(number)
    if power is None:
        return digits.replace("∞", r"\infty")
    return rf"{digits} \cdot 10^{{{power}}}" if digits.strip("-") else f"{digits}10^{{{power}}}"


def number_words(number: Number) -> str:
    """Return ``number`` in plain text, ``5.4·10^{-3}``, with the same digits; errors as `number_tex`."""
    digits, power = number_parts(number)
    if power is None:
        return digits
    return f"{digits}·10^{{{power}}}" if digits.strip("-") else f"{digits}10^{{{power}}}"


def bound_power(bound: Bound) -> int:
    """Return the least n for which ``bound`` is below 10^n, and none below the smallest one."""
    value = abs(float(bound.value))
    if not math.isfinite(value):
        raise RenderError(f"a computed error cannot be bounded: it is {bound.value}")
    exponent = SMALLEST_EXPONENT
    while value >= float(f"1e{exponent}"):
        exponent += 1
    return exponent


def bound_words(bound: Bound) -> str:
    """Return ``< 10^{n}`` in plain text, with the n of `bound_power`."""
    return f"< 10^{{{bound_power(bound)}}}"


def bound_tex(bound: Bound) -> str:
    """Bare TeX ``< 10^n``, with the least n that holds and none below the smallest one."""
    return f"< 10^{{{bound_power(bound)}}}"

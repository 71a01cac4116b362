"""The error of a check as a bound, so that it reads the same on every machine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from derive.checks.verify import Check
from derive.expressions.equation import Kind

SMALLEST_EXPONENT = -12
"""A bound below this says as much about the machine as about the equation."""


@dataclass(frozen=True)
class ErrorBound:
    """``error < 10^exponent``, or ``error > 10^exponent`` where a claim is refuted.

    The exponent is None for an error that is infinite or not a number.
    """

    relation: str
    exponent: int | None

    @property
    def text(self) -> str:
        """The bound as plain text, ``< 1e-12``."""
        if self.exponent is None:
            return "unbounded"
        return f"{self.relation} 1e{self.exponent}"


def bound(check: Check) -> ErrorBound:
    """Return the least power of ten above the error; for a refuted claim, the largest below it.

    The error of a rounded number is bounded by half a unit of its last digit anyway, and that is
    its bound: the next power of ten would depend on the number.
    """
    error = check.tolerance if check.kind is Kind.ROUNDED and check.passed else check.error
    if check.kind is Kind.REFUTED:
        if not error > 0 or math.isnan(error):
            return ErrorBound("<", SMALLEST_EXPONENT if error == 0 else None)
        return ErrorBound(">", 0 if math.isinf(error) else _below(error))
    return ErrorBound("<", _above(error) if math.isfinite(error) else None)


def _above(error: float) -> int:
    exponent = SMALLEST_EXPONENT
    while error >= float(f"1e{exponent}"):
        exponent += 1
    return exponent


def _below(error: float) -> int:
    exponent = math.floor(math.log10(error))
    return exponent if float(f"1e{exponent}") < error else exponent - 1

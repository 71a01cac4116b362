"""Whether a gradient agrees, told a second time, number by number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isclose, isinf, isnan
from typing import Protocol

from derive.arrays import Array
from derive.errors import CheckError


class ComparedGradient(Protocol):
    """What is told of one gradient."""

    @property
    def parameter(self) -> str: ...
    @property
    def agrees(self) -> bool: ...
    @property
    def error(self) -> float: ...


def require_judged(
    findings: Sequence[ComparedGradient],
    mine: Mapping[str, Array],
    right: Mapping[str, Array],
    allowed: float,
) -> None:
    """Raise a `CheckError` unless of each given gradient it is told once how far off it is.

    That is in units of the largest entry of the right one, and absolutely where all are 0.
    """
    if sorted(one.parameter for one in findings) != sorted(name for name in right if name in mine):
        raise CheckError(_WRONG.format("of some gradient nothing is told, or twice"))
    for one in findings:
        error = _apart(mine[one.parameter], right[one.parameter])
        same = isclose(one.error, error, rel_tol=1e-9) or (isinf(one.error) and isinf(error))
        if not same or one.agrees != (error <= allowed):
            said = "agree" if one.agrees else "differ"
            raise CheckError(
                _WRONG.format(f"{one.parameter} is said to {said} with the error {one.error:.3g}, "
                              f"and it is {error:.3g}, where {allowed:.3g} is allowed")
            )  # fmt: skip


def _apart(one: Array, other: Array) -> float:
    if one.shape != other.shape:
        return float("inf")
    pairs = [*zip(one.ravel().tolist(), other.ravel().tolist(), strict=True)]
    largest = max((abs(b) for _, b in pairs), default=0.0) or 1.0
    errors = [abs(a - b) / largest for a, b in pairs]
    return float("inf") if any(map(isnan, errors)) else max(errors, default=0.0)


_WRONG = "what is told of gradients is not so: {}. Nothing is printed; please report it"

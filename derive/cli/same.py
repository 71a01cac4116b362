"""Refusals of answers that are not what was confirmed; nothing heavy is loaded for them."""

from __future__ import annotations

import math

from derive.errors import CheckError


def unlike(what: str, found: object, wanted: object) -> CheckError:
    """Return the error for a text that does not say what was confirmed."""
    return CheckError(
        f"what would be printed is not what was confirmed: {what} reads {found}, where {wanted} "
        "was confirmed. Nothing is printed; please report it"
    )


def require_same(what: str, found: object, wanted: object) -> None:
    """Raise a `CheckError` unless what was read is what was confirmed."""
    if found != wanted:
        raise unlike(what, found, wanted)


def has_digits(text: str, value: float, digits: int) -> bool:
    """Tell whether a text is a number to so many significant digits: off by half of the last one."""
    found = float(text)
    if not math.isfinite(value) or not math.isfinite(found) or value == 0:
        return found == value or (math.isnan(found) and math.isnan(value))
    last = 10.0 ** (math.floor(math.log10(abs(value))) - digits + 1)
    return abs(found - value) <= 0.5 * last * (1 + 1e-6)

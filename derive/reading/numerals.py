r"""Numbers as sentences have them: ``285``, ``2.95 \cdot 10^{-5}``, ``< 10^{-12}``."""

from __future__ import annotations

import re
from decimal import Decimal

_POWER = r"10\^\{(?P<exponent>-?\d+)\}"
_NUMBER = re.compile(
    rf"(?P<sign>-?)(?:(?P<infinite>\\infty)|(?P<digits>\d+(?:\.\d+)?)(?: \\cdot {_POWER})?"
    rf"|{_POWER.replace('exponent', 'alone')})"
)
_BOUND = re.compile(rf"< {_POWER}")


def number(tex: str) -> Decimal | None:
    """Return the number that a text writes, or None if it is none."""
    found = _NUMBER.fullmatch(tex)
    if found is None:
        return None
    if found["infinite"]:
        return Decimal(f"{found['sign']}Infinity")
    digits = found["digits"] or "1"
    return Decimal(f"{found['sign']}{digits}E{found['exponent'] or found['alone'] or 0}")


def bound(tex: str) -> int | None:
    """Return the power of ten that a text writes as a bound, or None if it is none."""
    found = _BOUND.fullmatch(tex)
    return None if found is None else int(found["exponent"])

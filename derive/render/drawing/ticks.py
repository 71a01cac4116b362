"""Where an axis has ticks, and how numbers on it are written."""

from __future__ import annotations

from math import ceil, floor, log10

_STEPS = (1.0, 2.0, 5.0, 10.0)


def linear_ticks(low: float, high: float, most: int, whole: bool = False) -> list[float]:
    """Return about ``most`` round numbers in the range, their distance 1, 2 or 5 times 10ⁿ."""
    rough = 0.75 * (high - low) / max(most, 1)
    power = 10.0 ** floor(log10(rough))
    steps = (step * power for step in _STEPS)
    step = next(step for step in steps if step >= rough * (1 - 1e-9))
    if whole:
        step = max(1.0, float(ceil(step)))
    slack = 1e-9 * (high - low)
    first, last = ceil((low - slack) / step), floor((high + slack) / step)
    return [n * step for n in range(first, last + 1)]


def decade_ticks(low: float, high: float, most: int) -> list[int]:
    """Return the exponents n with 10ⁿ in the range, thinned to about ``most``."""
    first, last = ceil(log10(low) - 1e-9), floor(log10(high) + 1e-9)
    stride = max(1, ceil((last - first + 1) / max(most, 1)))
    return [n for n in range(first, last + 1) if n % stride == 0]


def written(values: list[float]) -> list[str]:
    """Return the numbers with as many decimals as tell them apart, and a true minus sign."""
    for decimals in range(16):
        texts = [f"{value:.{decimals}f}" for value in values]
        exact = all(
            abs(float(t) - v) <= 1e-9 * max(1.0, abs(v)) for t, v in zip(texts, values, strict=True)
        )
        if exact and len(set(texts)) == len(set(values)):
            break
    else:
        texts = [f"{value:.3g}" for value in values]
    return ["0" if float(t) == 0 else t.replace("-", "\N{MINUS SIGN}") for t in texts]

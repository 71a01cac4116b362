"""What names a line in a finished picture: its sample in a legend, beside its words."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from derive.reading.elements import DrawnElement, DrawnPath, DrawnWords
from derive.reading.extents import extents

SAMPLE = (0.3, 1.2)
"""How long a sample is, in cm."""

BESIDE, LEVEL = 0.4, 0.2
"""How far the words begin behind their sample, and how much higher or lower they may stand, in cm."""

THIN = 1.25
"""The width in points from which on a line is a thick one."""


def sampled(
    elements: Iterable[DrawnElement], text: str, colour: str, style: str, *,
    block: bool = False, marker: bool = False, width: float | None = None,
) -> bool:  # fmt: skip
    """Tell whether a legend has a sample of a line, in its colour, dashes and width, before a text."""
    found = list(elements)
    for n, (sample, words) in enumerate(pairwise(found)):
        if not isinstance(words, DrawnWords) or words.text != text:
            continue
        parts = [sample] if not marker else found[max(0, n - 1) : n + 1]
        looks = _looks(parts[0], colour, style, block, width)
        dotted = not marker or _dot(parts[-1], colour)
        if looks and dotted and all(_before(part, words) for part in parts):
            return True
    return False


def _looks(sample: DrawnElement, colour: str, style: str, block: bool, width: float | None) -> bool:
    if not isinstance(sample, DrawnPath) or sample.opacity < 1:
        return False
    left, _, right, _ = sample.edges
    if not SAMPLE[0] <= right - left <= SAMPLE[1]:
        return False
    if block:
        return sample.fill == colour and sample.stroke is None
    thick = width is None or (sample.width > THIN) == (width > THIN)
    return sample.stroke == colour and sample.fill is None and sample.style == style and thick


def _dot(mark: DrawnElement, colour: str) -> bool:
    return isinstance(mark, DrawnPath) and mark.fill == colour


def _before(sample: DrawnElement, words: DrawnWords) -> bool:
    """Tell whether a sample stands to the left of its words, on their height."""
    if not isinstance(sample, DrawnPath):
        return False
    _, bottom, right, top = sample.edges
    left, low, _, high = extents(words)
    return 0 < left - right < BESIDE + SAMPLE[1] / 2 and (
        abs((low + high) / 2 - (bottom + top) / 2) < LEVEL
    )

"""Colours: contrast, told apart in grey and by colour-blind readers."""

from __future__ import annotations

from itertools import combinations, pairwise

import numpy as np
import pytest

from derive.typesetting.palette import (
    QUIET,
    contrast_on_white,
    contribution_colours,
    diverging_colour,
    luminance,
    sequential_colour,
)

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
VISION = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
}
TO_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)


def lab(colour: str, vision: str = "normal") -> np.ndarray:
    """Return CIE L*a*b* of a colour as seen."""
    rgb = np.array([int(colour[n : n + 2], 16) / 255 for n in (0, 2, 4)])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(VISION[vision] @ linear, 0, 1)
    t = (TO_XYZ @ seen) / (TO_XYZ @ np.ones(3))
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("count", range(1, 7))
def test_few_colours_can_be_read_as_text(count: int) -> None:
    colours = contribution_colours(count)
    assert len(set(colours)) == count
    assert min(map(contrast_on_white, colours)) >= 4.5


@pytest.mark.parametrize("vision", VISION)
def test_few_colours_are_told_apart(vision: str) -> None:
    seen = [lab(colour, vision) for colour in contribution_colours(6)]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) > 15


def test_few_colours_are_told_apart_in_grey() -> None:
    lightness = sorted(lab(colour)[0] for colour in contribution_colours(6))
    assert min(b - a for a, b in pairwise(lightness)) > 5


@pytest.mark.parametrize("count", [7, 20, 100])
def test_many_colours_are_a_ramp_from_dark_to_light(count: int) -> None:
    colours = contribution_colours(count)
    assert len(set(colours)) == len(colours) == count
    assert min(map(contrast_on_white, colours)) >= 3.5
    # Of a hundred, neighbours may differ by the rounding to 8 bits only.
    stride = max(1, count // 20)
    assert all(luminance(a) < luminance(b) for a, b in pairwise(colours[::stride]))


def test_no_and_fewer_than_no_colours() -> None:
    assert contribution_colours(0) == ()
    with pytest.raises(ValueError, match="negative"):
        contribution_colours(-1)


def test_contrast_of_known_colours() -> None:
    assert contrast_on_white("000000") == pytest.approx(21)
    assert contrast_on_white("FFFFFF") == pytest.approx(1)
    assert contrast_on_white("777777") == pytest.approx(4.48, abs=0.01)
    assert contrast_on_white(QUIET) >= 4.5


def test_ramps_of_heat_maps() -> None:
    shades = [luminance(sequential_colour(n / 20)) for n in range(21)]
    assert all(a < b for a, b in pairwise(shades))
    assert diverging_colour(0.5) == "FFFFFF"
    ends = luminance(diverging_colour(0)), luminance(diverging_colour(1))
    assert ends[0] == pytest.approx(ends[1], abs=0.02)
    assert sequential_colour(-1) == sequential_colour(0)

"""Colours that hold on white paper, on a grey printer and for colour-blind readers.

All colours are ``RRGGBB`` in upper case without ``#``: the form that xcolor's HTML model takes.
"""

from __future__ import annotations

from collections.abc import Sequence

from derive.expressions.elision import shown_steps

INK = "1F2328"
"""Text and forward arrows."""

QUIET = "6B7280"
"""Axes, ticks and whatever must step back; 4.8:1 on white."""

# Okabe and Ito (2008), hues kept: blue, vermillion, bluish green, reddish purple, then blue and
# vermillion once more as navy and brown.  Darkened to 4.5:1 on white, as formulas are set in them,
# and to CIE lightness 42, 49, 29, 36, 14, 21, so that no two look alike in grey.
_NAMED = ("1069A3", "C05607", "054F38", "9C1B6F", "07253D", "552707")

# The dark part of viridis (van der Walt and Smith, 2015); brighter colours cannot be read as text.
_RAMP = ("440154", "472D7B", "3B528B", "2C728E", "21898D")

# The whole of cividis (Nuñez, Anderton and Renslow, 2018), at equal distances.
_CIVIDIS = (
    "00224E",
    "1E3A6E",
    "434E6C",
    "61646F",
    "7D7C78",
    "9B9476",
    "BBAE6D",
    "DDC957",
    "FEE838",
)

# Blue for what shrinks, white for what stays, brown-red for what grows; both ends equally dark.
_DIVERGING = ("0B4A75", "4A8FBF", "B5D3E7", "FFFFFF", "F3CBAA", "C9763A", "783204")


def contribution_colours(count: int) -> tuple[str, ...]:
    """Return ``count`` colours, one per temporal contribution; the position is the lag.

    Up to six are distinct hues with a contrast of 4.5:1 on white; more are a ramp from dark to
    light that keeps 3.5:1.  Raises ValueError for a negative count.
    """
    if count < 0:
        raise ValueError(f"a number of colours cannot be negative: {count}")
    if count <= len(_NAMED):
        return _NAMED[:count]
    return tuple(_between(_RAMP, lag / (count - 1)) for lag in range(count))


def sequential_colour(share: float) -> str:
    """Return the colour of a heat map at ``share`` of its range, 0 dark and 1 light."""
    return _between(_CIVIDIS, share)


def diverging_colour(share: float) -> str:
    """Return the colour at ``share`` of a range with a neutral middle: 0 blue, ½ white, 1 brown."""
    return _between(_DIVERGING, share)


def luminance(colour: str) -> float:
    """Return the relative luminance, 0 black to 1 white (WCAG 2.1, relative luminance)."""
    red, green, blue = (_linear(channel / 255) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast_on_white(colour: str) -> float:
    """Return the contrast ratio on white, 1 to 21 (WCAG 2.1, contrast ratio)."""
    return 1.05 / (luminance(colour) + 0.05)


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else float(((channel + 0.055) / 1.055) ** 2.4)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[0:2], 16), int(colour[2:4], 16), int(colour[4:6], 16)


def _between(anchors: Sequence[str], share: float) -> str:
    position = min(max(share, 0.0), 1.0) * (len(anchors) - 1)
    first = min(int(position), len(anchors) - 2)
    rest = position - first
    pairs = zip(_channels(anchors[first]), _channels(anchors[first + 1]), strict=True)
    return "".join(f"{round(low + (high - low) * rest):02X}" for low, high in pairs)


def step_colours(horizon: int) -> dict[int, str]:
    """Return the colour of each shown step's contribution, the last step's first."""
    latest_first = shown_steps(horizon)[::-1]
    return dict(zip(latest_first, contribution_colours(len(latest_first)), strict=True))

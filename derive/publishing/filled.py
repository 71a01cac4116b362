"""What is filled between the axes of a finished plot: bands, bars, dots, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from derive.document.plot import Bars, Curve, Heat, Panel
from derive.publishing.framed import NEAR, Scale
from derive.reading.elements import DrawnBox, DrawnPath, DrawnPoint

THROUGH = 0.5
"""The opacity below which a band is seen through."""

DOT = 0.2
"""How wide a dot may be, in cm."""


def misfilled(box: DrawnBox, panel: Panel, x: Scale, y: Scale) -> Iterator[str]:
    """Yield that a band is missing or has other borders, or that something else is filled."""
    if any(isinstance(item, Heat) for item in panel.items):
        return
    curves = [item for item in panel.items if isinstance(item, Curve)]
    left = [path for path in box.inside if path.fill is not None]
    for curve in curves:
        if curve.band is None:
            continue
        corners = _corners(curve, x, y)
        found = [p for p in left if p.fill == curve.colour and _bounded(p, corners, box)]
        if not found and any(_within(corner, box) for corner in corners):
            yield f"no band in the colour {curve.colour} has its borders"
        left = [path for path in left if path not in found]
    bars = {colour for item in panel.items if isinstance(item, Bars) for colour in item.colours}
    for path in left:
        if path.opacity < 1 or path.stroke is not None or not (
            (_square(path) and path.fill in bars) or any(_dots(path, c, x, y) for c in curves)
        ):  # fmt: skip
            yield f"something is filled with {path.fill} between the axes, which is not meant"
            return


def _corners(curve: Curve, x: Scale, y: Scale) -> list[DrawnPoint]:
    assert curve.band is not None
    pairs = zip(curve.x, *curve.band, strict=True)
    there = [(a, low, high) for a, low, high in pairs if isfinite(low) and isfinite(high)]
    lows = [(x.place(a), y.place(low)) for a, low, _ in there]
    return lows + [(x.place(a), y.place(high)) for a, _, high in reversed(there)]


def _bounded(path: DrawnPath, corners: list[DrawnPoint], box: DrawnBox) -> bool:
    """Tell whether a fill has corners, all that are seen, in their order, and no others."""
    seen = [corner for corner in corners if _within(corner, box)]
    drawn = [point for point in path.points if _within(point, box)]
    return path.opacity < THROUGH and path.stroke is None and len(seen) == len(drawn) and all(
        abs(p[0] - q[0]) <= 2 * NEAR and abs(p[1] - q[1]) <= 2 * NEAR
        for p, q in zip(seen, drawn, strict=True)
    )  # fmt: skip


def _within(point: DrawnPoint, box: DrawnBox) -> bool:
    left, bottom, right, top = box.edges
    inner = 4 * NEAR
    return left + inner < point[0] < right - inner and bottom + inner < point[1] < top - inner


def _square(path: DrawnPath) -> bool:
    return len(path.points) == 4 and not path.controls


def _dots(path: DrawnPath, curve: Curve, x: Scale, y: Scale) -> bool:
    """Tell whether a fill is a dot at a point of a curve that has dots, or at one that stands alone."""
    left, bottom, right, top = path.edges
    if path.fill != curve.colour or max(right - left, top - bottom) > DOT:
        return False
    middle = (left + right) / 2, (bottom + top) / 2
    for n, (a, b) in enumerate(zip(curve.x, curve.y, strict=True)):
        if isfinite(b) and (
            abs(x.place(a) - middle[0]) <= 2 * NEAR and abs(y.place(b) - middle[1]) <= 2 * NEAR
        ):
            beside = (curve.y[m] for m in (n - 1, n + 1) if 0 <= m < len(curve.y))
            return curve.marker or not any(isfinite(other) for other in beside)
    return False

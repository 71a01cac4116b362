"""What a picture is made of: paths, words with their outlines, axes, and the paper."""

from __future__ import annotations

from dataclasses import dataclass

DrawnPoint = tuple[float, float]
DrawnEdges = tuple[float, float, float, float]
"""Left, bottom, right and top."""


@dataclass(frozen=True)
class DrawnPath:
    """A path by the points on it, its colours as six digits; ``controls`` are those of curves.

    ``width`` and the lengths of ``dash`` are in points.
    """

    points: tuple[DrawnPoint, ...]
    stroke: str | None
    fill: str | None
    dash: tuple[float, ...] = ()
    controls: tuple[DrawnPoint, ...] = ()
    width: float = 0.0
    opacity: float = 1.0

    @property
    def style(self) -> str:
        """Return solid, dashed or dotted, as it is seen: what is longer than its gaps is no dot."""
        if not self.dash:
            return "solid"
        return "dashed" if self.dash[0] > self.dash[1] else "dotted"

    @property
    def edges(self) -> DrawnEdges:
        """Return how far the points reach."""
        xs, ys = zip(*self.points, strict=True)
        return min(xs), min(ys), max(xs), max(ys)


@dataclass(frozen=True)
class DrawnGlyph:
    """An outline at a place beside that of its words, or a ``letter`` that the reader's font sets.

    Places and sizes are in points, y upwards.
    """

    outline: str
    x: float
    y: float
    size: float
    letter: str = ""


@dataclass(frozen=True)
class DrawnWords:
    """Words at a place, with their mathematics between dollar signs.

    In SVG they are drawn by ``glyphs``, and ``bars`` (left, bottom, right, top) of fractions and roots;
    in TikZ ``anchor`` says which end of them is at the place, and ``size`` how large they are.  A
    ``halo`` is white behind them, as far round them as it says in points.
    """

    place: DrawnPoint
    text: str
    colour: str
    glyphs: tuple[DrawnGlyph, ...] = ()
    bars: tuple[DrawnEdges, ...] = ()
    anchor: str = ""
    size: float = 0.0
    upright: bool = False
    halo: DrawnEdges | None = None


@dataclass(frozen=True)
class DrawnBox:
    """The edges of axes: left, bottom, right and top, and the paths that end there."""

    edges: DrawnEdges
    inside: tuple[DrawnPath, ...]


@dataclass(frozen=True)
class DrawnPaper:
    """How far a picture reaches, in cm; ``scale`` is how much larger it is shown, across and up."""

    edges: DrawnEdges
    scale: DrawnPoint = (1.0, 1.0)


DrawnElement = DrawnPath | DrawnWords | DrawnBox

DrawnPart = DrawnPath | DrawnWords | DrawnEdges | None
"""A path, words, the edges where a part begins that ends there, or None where it is over."""

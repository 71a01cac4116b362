"""What a picture is made of: paths, words with their outlines, and axes."""

from __future__ import annotations

from dataclasses import dataclass

DrawnPoint = tuple[float, float]
DrawnEdges = tuple[float, float, float, float]
"""Left, bottom, right and top."""


@dataclass(frozen=True)
class DrawnPath:
    """A path by the points on it, its colours as six digits; ``controls`` are those of curves."""

    points: tuple[DrawnPoint, ...]
    stroke: str | None
    fill: str | None
    dashed: bool
    controls: tuple[DrawnPoint, ...] = ()


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

    In SVG they are drawn by ``glyphs``, and ``bars`` (left, bottom, right, top) of fractions and roots.
    """

    place: DrawnPoint
    text: str
    colour: str
    glyphs: tuple[DrawnGlyph, ...] = ()
    bars: tuple[DrawnEdges, ...] = ()


@dataclass(frozen=True)
class DrawnBox:
    """The edges of axes: left, bottom, right and top, and the paths that end there."""

    edges: DrawnEdges
    inside: tuple[DrawnPath, ...]


DrawnElement = DrawnPath | DrawnWords | DrawnBox

DrawnPart = DrawnPath | DrawnWords | DrawnEdges | None
"""A path, words, the edges where a part begins that ends there, or None where it is over."""

"""What is drawn in a picture: paths and words at their places, from SVG or TikZ.

Places are in cm, y upwards.  What ends at the edge of axes stands behind the `DrawnBox` of these.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from derive.reading.elements import (
    DrawnBox,
    DrawnElement,
    DrawnPaper,
    DrawnPart,
    DrawnPath,
    DrawnWords,
)
from derive.reading.passage import Passage
from derive.reading.svg import SvgElements
from derive.reading.tikz import TikzElements


class _Elements(Protocol):
    def paper(self) -> DrawnPaper:
        """Return how far the picture reaches."""

    def elements(self, lines: list[str]) -> Iterator[DrawnPart]:
        """Yield what lines draw."""


def drawn(picture: Passage) -> list[DrawnElement]:
    """Return what is drawn, in order; a `ReadingError` for what is neither a path nor words."""
    found: list[DrawnElement] = []
    inside: list[DrawnPath] | None = None
    for element in _reading(picture).elements(picture.inner.splitlines()):
        if isinstance(element, DrawnPath) and inside is not None:
            inside.append(element)
        elif isinstance(element, tuple):
            inside, edges = [], element
        elif element is None and inside is not None:
            found.append(DrawnBox(edges, tuple(inside)))
            inside = None
        elif isinstance(element, DrawnPath | DrawnWords):
            found.append(element)
    return found


def paper(picture: Passage) -> DrawnPaper:
    """Return how far a picture reaches; a `ReadingError` if it does not say so once."""
    return _reading(picture).paper()


def _reading(picture: Passage) -> _Elements:
    return SvgElements(picture) if picture.inner.startswith("<?xml") else TikzElements(picture)

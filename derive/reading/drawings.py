"""What is drawn in a picture: paths and words at their places, from SVG or TikZ.

Places are in cm, y upwards.  What ends at the edge of axes stands behind the `DrawnBox` of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from html import unescape

from derive.reading.passage import Passage, ReadingError

DrawnPoint = tuple[float, float]

_CM = 72 / 2.54
"""The units of an SVG picture in a centimetre."""


@dataclass(frozen=True)
class DrawnPath:
    """A path by the points on it, its colours as six digits; ``controls`` are those of curves."""

    points: tuple[DrawnPoint, ...]
    stroke: str | None
    fill: str | None
    dashed: bool


@dataclass(frozen=True)
class DrawnWords:
    """Words at a place, with their mathematics between dollar signs."""

    place: DrawnPoint
    text: str
    colour: str


@dataclass(frozen=True)
class DrawnBox:
    """The edges of axes: left, bottom, right and top, and the paths that end there."""

    edges: tuple[float, float, float, float]
    inside: tuple[DrawnPath, ...]


DrawnElement = DrawnPath | DrawnWords | DrawnBox

_NUMBER = r"-?\d+(?:\.\d+)?"


def drawn(picture: Passage) -> list[DrawnElement]:
    """Return what is drawn, in order; a `ReadingError` for what is neither a path nor words."""
    lines = picture.inner.splitlines()
    reading = _Svg(picture) if lines[:1] and lines[0].startswith("<?xml") else _Tikz(picture)
    found: list[DrawnElement] = []
    inside: list[DrawnPath] | None = None
    for element in reading.elements(lines):
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


_Edges = tuple[float, float, float, float]
_Part = DrawnPath | DrawnWords | _Edges | None
"""A path, words, the edges where a part begins that ends there, or None where it is over."""


class _Tikz:
    _PATH = re.compile(r"  \\path\[(?P<look>[^\]]*)\] (?P<points>\(.*\)(?: -- cycle)?);")
    _NODE = re.compile(
        rf"  \\node\[(?P<look>.*?)\] at \((?P<x>{_NUMBER}),(?P<y>{_NUMBER})\) \{{(?P<text>.*)\}};"
    )
    _CLIP = re.compile(
        rf"  \\clip \(({_NUMBER}),({_NUMBER})\) rectangle \(({_NUMBER}),({_NUMBER})\);"
    )
    _POINT = re.compile(
        rf"(?P<controls>controls \([^)]*\) and \([^)]*\) \.\. )?\((?P<x>{_NUMBER}),(?P<y>{_NUMBER})\)"
    )

    def __init__(self, picture: Passage) -> None:
        self.picture = picture
        defined = r"\\definecolor\{(\w+)\}\{HTML\}\{([0-9A-F]{6})\}"
        self.colours = dict(re.findall(defined, picture.inner))

    def elements(self, lines: list[str]) -> Iterator[_Part]:
        """Yield what the lines draw."""
        for line in lines:
            if found := self._PATH.fullmatch(line):
                if "use as bounding box" not in found["look"]:
                    yield self._path(found["look"], found["points"])
            elif found := self._NODE.fullmatch(line):
                colour = re.search(r"text=(\w+)", found["look"])
                yield DrawnWords(
                    (float(found["x"]), float(found["y"])), found["text"],
                    self.colours[colour[1]] if colour else "",
                )  # fmt: skip
            elif found := self._CLIP.fullmatch(line):
                left, bottom, right, top = map(float, found.groups())
                yield left, bottom, right, top
            elif line.strip() == r"\end{scope}":
                yield None
            elif not re.match(r"\s*\\(begin|end|definecolor)\{|  \\path\[use as", line):
                raise ReadingError(f"nothing is drawn by {line.strip()}", self.picture, 0)

    def _path(self, look: str, points: str) -> DrawnPath:
        places = [(float(m["x"]), float(m["y"])) for m in self._POINT.finditer(points)]
        stroke, fill = re.search(r"draw=(\w+)", look), re.search(r"fill=(\w+)", look)
        return DrawnPath(
            tuple(places),
            self.colours[stroke[1]] if stroke else None,
            self.colours[fill[1]] if fill else None,
            "dash pattern" in look,
        )


class _Svg:
    _PATH = re.compile(
        r'<path fill="(?:none|#(?P<fill>\w+))"(?: stroke="#(?P<stroke>\w+)")?(?P<look>[^>]*) '
        r'd="(?P<d>[^"]*)"/>'
    )
    _WORDS = re.compile(
        rf'<g fill="#(?P<colour>\w+)" aria-label=(?P<q>["\'])(?P<text>.*)(?P=q) '
        rf'transform="translate\((?P<x>{_NUMBER}) (?P<y>{_NUMBER})\)(?: rotate\(-90\))?">'
    )
    _CLIPS = re.compile(
        rf'<clipPath id="(?P<id>[^"]*)"><rect x="({_NUMBER})" y="({_NUMBER})" '
        rf'width="({_NUMBER})" height="({_NUMBER})"/></clipPath>'
    )
    _INSIDE = re.compile(r'<g clip-path="url\(#(?P<id>[^)]*)\)">')
    _STEP = re.compile(r"(?P<letter>[MLCZ])(?P<numbers>[^MLCZ]*)")

    def __init__(self, picture: Passage) -> None:
        self.clips = {}
        for found in self._CLIPS.finditer(picture.inner):
            x, y, width, height = map(float, found.groups()[1:])
            left, top = _upwards(x, y)
            right, bottom = _upwards(x + width, y + height)
            self.clips[found["id"]] = (left, bottom, right, top)

    def elements(self, lines: list[str]) -> Iterator[_Part]:
        """Yield what the lines draw."""
        words = False
        for line in lines:
            if found := self._PATH.fullmatch(line):
                yield DrawnPath(
                    tuple(self._points(found["d"])), found["stroke"], found["fill"],
                    "stroke-dasharray" in found["look"],
                )  # fmt: skip
            elif found := self._WORDS.fullmatch(line):
                words = True
                place = _upwards(float(found["x"]), float(found["y"]))
                yield DrawnWords(place, unescape(found["text"]), found["colour"])
            elif found := self._INSIDE.fullmatch(line):
                yield self.clips[found["id"]]
            elif line == "</g>" and words:
                words = False
            elif line == "</g>":
                yield None

    def _points(self, d: str) -> Iterator[DrawnPoint]:
        for step in self._STEP.finditer(d):
            numbers = [float(n) for n in re.findall(_NUMBER, step["numbers"])]
            if numbers:
                # Of a curve, where it ends.
                yield _upwards(*numbers[-2:])


def _upwards(x: float, y: float) -> DrawnPoint:
    return x / _CM, -y / _CM

"""What is drawn in a picture: paths and words at their places, from SVG or TikZ.

Places are in cm, y upwards.  What ends at the edge of axes stands behind the `DrawnBox` of these.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.reading.elements import (
    DrawnBox,
    DrawnElement,
    DrawnPart,
    DrawnPath,
    DrawnWords,
)
from derive.reading.passage import Passage, ReadingError
from derive.reading.svg import SvgElements

_NUMBER = r"-?\d+(?:\.\d+)?"


def drawn(picture: Passage) -> list[DrawnElement]:
    """Return what is drawn, in order; a `ReadingError` for what is neither a path nor words."""
    lines = picture.inner.splitlines()
    reading = SvgElements(picture) if lines[:1] and lines[0].startswith("<?xml") else _Tikz(picture)
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

    def elements(self, lines: list[str]) -> Iterator[DrawnPart]:
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
        found = [*self._POINT.finditer(points)]
        places = [(float(m["x"]), float(m["y"])) for m in found]
        pairs = re.findall(rf"({_NUMBER}),({_NUMBER})", "".join(m["controls"] or "" for m in found))
        stroke, fill = re.search(r"draw=(\w+)", look), re.search(r"fill=(\w+)", look)
        return DrawnPath(
            tuple(places),
            self.colours[stroke[1]] if stroke else None,
            self.colours[fill[1]] if fill else None,
            "dash pattern" in look,
            tuple((float(x), float(y)) for x, y in pairs),
        )

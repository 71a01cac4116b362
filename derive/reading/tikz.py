"""The elements of a picture in TikZ, one a line: paths, words, and where axes end."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.reading.elements import DrawnPaper, DrawnPart, DrawnPath, DrawnWords
from derive.reading.passage import Passage, ReadingError

_NUMBER = r"-?\d+(?:\.\d+)?"
_PLACE = rf"\(({_NUMBER}),({_NUMBER})\)"
_BEGIN = r"\begin{tikzpicture}[x=1cm, y=1cm, inner sep=0pt, line cap=butt, line join=round]"
_PAPER = re.compile(rf"  \\path\[use as bounding box\] {_PLACE} rectangle {_PLACE};")
_CLIP = re.compile(rf"  \\clip {_PLACE} rectangle {_PLACE};")
_COLOUR = re.compile(r"  \\definecolor\{(\w+)\}\{HTML\}\{([0-9A-F]{6})\}")
_PATH = re.compile(r"  \\path\[(?P<look>[^\]]*)\] (?P<points>\(.*\)(?: -- cycle)?);")
_NODE = re.compile(
    rf"  \\node\[(?P<look>.*?)\] at \((?P<x>{_NUMBER}),(?P<y>{_NUMBER})\) \{{(?P<text>.*)\}};"
)
_POINT = re.compile(
    rf"(?P<controls>controls \([^)]*\) and \([^)]*\) \.\. )?\((?P<x>{_NUMBER}),(?P<y>{_NUMBER})\)"
)
_LOOK = re.compile(
    rf"draw=(?P<stroke>\w+)|line width=(?P<width>{_NUMBER})bp|fill=(?P<fill>\w+)"
    rf"|dash pattern=(?P<dash>(?:(?:on|off) {_NUMBER}bp ?)+)|opacity=(?P<opacity>{_NUMBER})"
)
_LETTERS = re.compile(
    r"anchor=(?P<anchor>base(?: west| east)?)|text=(?P<text>\w+)|rotate=(?P<rotate>90)"
    rf"|fill=white|inner sep=(?P<halo>{_NUMBER})pt"
    rf"|font=\\fontsize\{{(?P<size>{_NUMBER})\}}\{{{_NUMBER}\}}\\selectfont"
)
_ENDS = {"base west": "left", "base": "center", "base east": "right"}


class TikzElements:
    """Reads the lines of a picture."""

    def __init__(self, picture: Passage) -> None:
        self.picture = picture
        self.colours = dict(_COLOUR.findall(picture.inner))

    def paper(self) -> DrawnPaper:
        """Return how far the picture reaches."""
        found = [*map(_PAPER.fullmatch, self.picture.inner.splitlines())]
        boxes = [tuple(map(float, box.groups())) for box in found if box is not None]
        if len(boxes) != 1 or self.picture.inner.splitlines()[0] != _BEGIN:
            raise ReadingError("it does not say in cm how far it reaches", self.picture, 0)
        left, bottom, right, top = boxes[0]
        return DrawnPaper((left, bottom, right, top))

    def elements(self, lines: list[str]) -> Iterator[DrawnPart]:
        """Yield what the lines draw."""
        scopes = 0
        for line in lines:
            if _PAPER.fullmatch(line) or _COLOUR.fullmatch(line) or line == _BEGIN:
                continue
            if found := _PATH.fullmatch(line):
                yield self._path(found["look"], found["points"])
            elif found := _NODE.fullmatch(line):
                yield self._words(found)
            elif found := _CLIP.fullmatch(line):
                left, bottom, right, top = map(float, found.groups())
                yield left, bottom, right, top
            elif line.strip() == r"\begin{scope}" and not scopes:
                scopes += 1
            elif line.strip() == r"\end{scope}" and scopes:
                scopes -= 1
                yield None
            elif line != r"\end{tikzpicture}":
                raise self._unknown(line)

    def _path(self, look: str, points: str) -> DrawnPath:
        found = [*_POINT.finditer(points)]
        places = [(float(m["x"]), float(m["y"])) for m in found]
        pairs = re.findall(rf"({_NUMBER}),({_NUMBER})", "".join(m["controls"] or "" for m in found))
        said = self._said(_LOOK, look)
        return DrawnPath(
            tuple(places),
            self._colour(said.get("stroke")),
            self._colour(said.get("fill")),
            tuple(map(float, re.findall(_NUMBER, said.get("dash", "")))),
            tuple((float(x), float(y)) for x, y in pairs),
            float(said.get("width", 0.0)),
            float(said.get("opacity", 1.0)),
        )

    def _words(self, node: re.Match[str]) -> DrawnWords:
        said = self._said(_LETTERS, node["look"])
        halo = float(said["halo"]) if "halo" in said else None
        return DrawnWords(
            (float(node["x"]), float(node["y"])), node["text"], self._colour(said.get("text")) or "",
            anchor=_ENDS[said.get("anchor", "base")], size=float(said.get("size", 0.0)),
            upright="rotate" in said, halo=None if halo is None else (halo, halo, halo, halo),
        )  # fmt: skip

    def _said(self, words: re.Pattern[str], look: str) -> dict[str, str]:
        """Return what options say, by name; a `ReadingError` for one that is not known."""
        said: dict[str, str] = {}
        for option in look.split(", "):
            found = words.fullmatch(option)
            if found is None:
                raise self._unknown(option)
            said |= {name: value for name, value in found.groupdict().items() if value is not None}
        return said

    def _colour(self, name: str | None) -> str | None:
        if name is not None and name not in self.colours:
            raise self._unknown(name)
        return None if name is None else self.colours[name]

    def _unknown(self, line: str) -> ReadingError:
        return ReadingError(f"nothing is drawn by {line.strip()}", self.picture, 0)

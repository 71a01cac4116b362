"""The elements of a picture in SVG: paths, and words with the outlines that draw them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

from derive.reading.elements import (
    DrawnEdges,
    DrawnGlyph,
    DrawnPaper,
    DrawnPart,
    DrawnPath,
    DrawnPoint,
    DrawnWords,
)
from derive.reading.passage import Passage, ReadingError

_CM = 72 / 2.54
"""The units of an SVG picture in a centimetre."""

_EM = 100.0
"""The size of letters, in units of the outlines."""

_NUMBER = r"-?\d+(?:\.\d+)?"
_RECT = rf'x="({_NUMBER})" y="({_NUMBER})" width="({_NUMBER})" height="({_NUMBER})"/>'
_PATH = re.compile(
    r'<path fill="(?:none|#(?P<fill>\w+))"(?: stroke="#(?P<stroke>\w+)" '
    rf'stroke-width="(?P<width>{_NUMBER})" stroke-linejoin="round")?'
    rf'(?: stroke-dasharray="(?P<dash>[\d. ]+)")?(?: shape-rendering="crispEdges")?'
    rf'(?: opacity="(?P<opacity>{_NUMBER})")? d="(?P<d>[^"]*)"/>'
)
_OUTLINE = re.compile(r'<path id="([^"]*)" d="([^"]*)"/>')
_WORDS = re.compile(
    rf'<g fill="#(?P<colour>\w+)" aria-label=(?P<q>["\'])(?P<text>.*)(?P=q) '
    rf'transform="translate\((?P<x>{_NUMBER}) (?P<y>{_NUMBER})\)(?P<turn> rotate\(-90\))?">'
)
_CLIP = re.compile(rf'<clipPath id="([^"]*)"><rect {_RECT}</clipPath>')
_INSIDE = re.compile(r'<g clip-path="url\(#(?P<id>[^)]*)\)">')
_STEP = re.compile(r"(?P<letter>[MLCZ])(?P<numbers>[^MLCZ]*)")
_USE = re.compile(
    rf'<use href="#(?P<id>[^"]*)" transform="translate\((?P<x>{_NUMBER}) (?P<y>{_NUMBER})\) '
    rf'scale\((?P<size>{_NUMBER}) -(?P=size)\)"/>'
)
_BAR = re.compile(rf"<rect {_RECT}")
_HALO = re.compile(
    rf'<rect x="({_NUMBER})" y="({_NUMBER})" fill="#FFFFFF" width="({_NUMBER})" height="({_NUMBER})"/>'
)
_LEFT = re.compile(
    rf'<text x="(?P<x>{_NUMBER})" y="0" font-size="(?P<size>{_NUMBER})" font-family="[^"]*" '
    rf'textLength="(?P<long>{_NUMBER})" lengthAdjust="spacingAndGlyphs">(?P<text>[^<]*)</text>'
)
_PAPER = re.compile(rf'<rect width="({_NUMBER})" height="({_NUMBER})" fill="#FFFFFF"/>')
_SVG = re.compile(
    rf'<svg xmlns="http://www.w3.org/2000/svg" width="({_NUMBER})" height="({_NUMBER})" '
    rf'viewBox="0 0 ({_NUMBER}) ({_NUMBER})" role="img" aria-labelledby="[^"]*">'
)
_FRAME = re.compile(
    r'<\?xml version="1.0" encoding="UTF-8"\?>|</svg>|</?defs>|<(title|desc) id="[^"]*">[^<]*</\1>'
)


class SvgElements:
    """Reads the lines of a picture."""

    def __init__(self, picture: Passage) -> None:
        self.picture = picture
        self.outlines = dict(_OUTLINE.findall(picture.inner))
        self.clips: dict[str, DrawnEdges] = {}
        for name, *numbers in _CLIP.findall(picture.inner):
            x, y, width, height = map(float, numbers)
            left, top = _upwards(x, y)
            right, bottom = _upwards(x + width, y + height)
            self.clips[name] = (left, bottom, right, top)
        self.words: re.Match[str] | None = None
        self.glyphs: list[DrawnGlyph] = []
        self.bars: list[DrawnEdges] = []
        self.halo: DrawnEdges | None = None

    def paper(self) -> DrawnPaper:
        """Return how far the picture reaches, and how much larger it is shown."""
        lines = self.picture.inner.splitlines()
        said = [found for found in map(_SVG.fullmatch, lines) if found]
        white = [found for found in map(_PAPER.fullmatch, lines) if found]
        if len(said) != 1 or len(white) != 1 or said[0].groups()[2:] != white[0].groups():
            raise ReadingError("it does not say once how far it reaches", self.picture, 0)
        width, height, right, down = map(float, said[0].groups())
        _, bottom = _upwards(0.0, down)
        return DrawnPaper(
            (0.0, bottom, right / _CM, 0.0), (width / max(right, 1e-9), height / max(down, 1e-9))
        )

    def elements(self, lines: list[str]) -> Iterator[DrawnPart]:
        """Yield what the lines draw; a `ReadingError` for a line that draws in an unknown way."""
        blank = True
        for line in lines:
            # White paper over what is drawn would hide it.
            blank = blank and not line.startswith(("<path fill", "<g"))
            if self.words is not None:
                if line == "</g>":
                    yield self._written(self.words)
                    self.words = None
                elif not self._within(line):
                    raise self._unknown(line)
            elif found := _PATH.fullmatch(line):
                yield DrawnPath(
                    tuple(self._points(found["d"])), found["stroke"], found["fill"],
                    tuple(map(float, (found["dash"] or "").split())),
                    tuple(self._controls(found["d"])), float(found["width"] or 0.0),
                    float(found["opacity"] or 1.0),
                )  # fmt: skip
            elif found := _WORDS.fullmatch(line):
                self.words, self.glyphs, self.bars, self.halo = found, [], [], None
            elif found := _INSIDE.fullmatch(line):
                if found["id"] not in self.clips:
                    raise self._unknown(line)
                yield self.clips[found["id"]]
            elif line == "</g>":
                yield None
            elif not (blank and _PAPER.fullmatch(line)) and not any(
                p.fullmatch(line) for p in (_OUTLINE, _CLIP, _SVG, _FRAME)
            ):
                raise self._unknown(line)

    def _written(self, words: re.Match[str]) -> DrawnWords:
        place = _upwards(float(words["x"]), float(words["y"]))
        text = unescape(words["text"])
        return DrawnWords(
            place, text, words["colour"], tuple(self.glyphs), tuple(self.bars),
            size=max((glyph.size for glyph in self.glyphs), default=0.0),
            upright=words["turn"] is not None, halo=self.halo,
        )  # fmt: skip

    def _within(self, line: str) -> bool:
        """Take up what draws a part of the words; False for what does not."""
        if found := _USE.fullmatch(line):
            if found["id"] not in self.outlines:
                raise self._unknown(line)
            size = _EM * float(found["size"])
            outline = self.outlines[found["id"]]
            self.glyphs.append(DrawnGlyph(outline, float(found["x"]), -float(found["y"]), size))
        elif found := _BAR.fullmatch(line):
            x, y, width, height = map(float, found.groups())
            self.bars.append((x, -y - height, x + width, -y))
        elif found := _LEFT.fullmatch(line):
            text, x = unescape(found["text"]), float(found["x"])
            wide = float(found["long"]) / max(1, len(text))
            self.glyphs += [
                DrawnGlyph("", x + n * wide, 0.0, float(found["size"]), letter)
                for n, letter in enumerate(text)
                if not letter.isspace()
            ]
        elif (found := _HALO.fullmatch(line)) and not self.glyphs and not self.bars:
            x, y, width, height = map(float, found.groups())
            self.halo = (x, -y - height, x + width, -y)
        else:
            return False
        return True

    def _unknown(self, line: str) -> ReadingError:
        return ReadingError(f"nothing is drawn by {line}", self.picture, 0)

    def _points(self, d: str) -> Iterator[DrawnPoint]:
        for numbers in self._steps(d):
            if numbers:
                # Of a curve, where it ends.
                yield _upwards(*numbers[-2:])

    def _controls(self, d: str) -> Iterator[DrawnPoint]:
        for numbers in self._steps(d):
            for n in range(0, len(numbers) - 2, 2):
                yield _upwards(*numbers[n : n + 2])

    def _steps(self, d: str) -> Iterator[list[float]]:
        for step in _STEP.finditer(d):
            yield [float(n) for n in re.findall(_NUMBER, step["numbers"])]


def _upwards(x: float, y: float) -> DrawnPoint:
    return x / _CM, -y / _CM

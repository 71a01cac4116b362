"""What a writer draws: paths and words at places in cm, y upwards, and nothing else."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from typing import TypeAlias

Point: TypeAlias = tuple[float, float]

# M and L take one point, C three (two controls and the end), Z none.
PathCommand: TypeAlias = tuple[str, tuple[Point, ...]]
Path: TypeAlias = tuple[PathCommand, ...]

CM = 72 / 2.54
"""Points (PostScript, 1/72 inch) in a centimetre."""


@dataclass(frozen=True)
class Shape:
    """A path, stroked, filled or both; ``width`` and ``dash`` in points."""

    path: Path
    stroke: str | None = None
    width: float = 0.8
    dash: tuple[float, ...] = ()
    fill: str | None = None
    opacity: float = 1.0
    crisp: bool = False  # edges on whole pixels, for cells that lie over each other


@dataclass(frozen=True)
class Words:
    """Typeset text; (x, y) is the left end, middle or right end of its baseline."""

    x: float
    y: float
    text: str
    size: float
    align: str = "center"
    colour: str = "1F2328"
    upright: bool = False  # turned by 90 degrees, reading upwards
    halo: bool = False  # white behind it, where it stands on lines


@dataclass(frozen=True)
class Clipped:
    """Shapes of which only what lies in the box (left, bottom, right, top) is seen."""

    box: tuple[float, float, float, float]
    shapes: tuple[Shape, ...]


Item: TypeAlias = Shape | Words | Clipped


@dataclass(frozen=True)
class Scene:
    """A drawing from (left, bottom) to (right, top)."""

    left: float
    bottom: float
    right: float
    top: float
    items: tuple[Item, ...]


_TOKEN = re.compile(r"\\([A-Za-z]+|.)|[_^]|\s+|.", re.DOTALL)
_SILENT = {
    "mathrm", "operatorname", "mathbf", "mathit", "mathcal", "mathbb", "boldsymbol", "bm", "symbf",
    "symup", "symbfup", "symbfit", "symit", "text", "textrm", "left", "right", "bigl", "bigr",
    "bar", "hat", "tilde", "vec", "overline", "mathopen", "mathclose", "limits", "displaystyle",
    "textstyle", "ensuremath", "frac", ",", "!", ";", ":", "{", "}",
}  # fmt: skip
_WIDE = {"cdots", "dots", "ldots", "log", "tanh", "sum", "prod", "max", "min", "diag", "leq", "geq"}


def text_width(text: str, size: float) -> float:
    """Return about how many cm ``text`` takes at ``size`` points, for leaving room.

    Not measured with the font: TeX and the browser have different ones, and both formats must have
    the same layout.  Errs on the wide side.
    """
    width, script, depth = 0.0, False, 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        scale = 0.7 if script or depth else 1.0
        if token in "_^":
            script = True
            continue
        if token == "{":
            depth += 1 if script or depth else 0
        elif token == "}":
            depth = max(depth - 1, 0)
        else:
            width += scale * _em(token, match.group(1))
        script = False
    return width * size / CM


def _em(token: str, command: str | None) -> float:
    if command is not None:
        return 0.0 if command in _SILENT else 1.2 if command in _WIDE else 0.62
    if token == "$":
        return 0.0
    if unicodedata.east_asian_width(token[0]) in "WF":
        return 1.0
    if token.isspace():
        return 0.26
    if token in "=+-<>−≤≥":
        return 0.9
    if token in "mwMW":
        return 0.85
    if token in "fijlrt.,;:'()[]|!":
        return 0.36
    return 0.7 if token.isupper() else 0.52

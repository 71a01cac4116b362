"""The letters of the fonts that pictures are drawn with, as the files of the fonts have them."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from derive.reading.setting import ANY, BOLD, SLANTED, UPRIGHT
from derive.render.drawing import fonts

_FILES = {
    UPRIGHT: ("STIXGeneral.ttf",),
    SLANTED: ("STIXGeneralItalic.ttf",),
    BOLD: ("STIXGeneralBol.ttf",),
    "large": ("STIXSizOneSymReg.ttf", "STIXSizTwoSymReg.ttf", "STIXSizThreeSymReg.ttf",
              "STIXSizFourSymReg.ttf", "STIXSizFiveSymReg.ttf"),
}  # fmt: skip
_EM = 100
"""The size at which outlines are written, in points of a picture with 72 in an inch."""

_WRITTEN = 0.06
"""By how much the numbers of an outline may be off, as they are rounded to tenths."""

_WORD = re.compile(r"[A-Z]|-?\d+(?:\.\d+)?")
_LETTERS = {1: ("M", 1), 2: ("L", 1), 3: ("Q", 2), 4: ("C", 3)}
_CLOSED = 79

_Outline = tuple[str, tuple[float, ...]]
"""The letters of a path, and its numbers."""


class StixForms:
    """The letters of STIX, which come with Matplotlib."""

    def shows(self, outline: str, sign: str, face: str) -> bool:
        """Tell whether an outline is that of a sign, in a face or in any."""
        return _shows(outline, sign, face)


@lru_cache(maxsize=4096)
def _shows(outline: str, sign: str, face: str) -> bool:
    written = _read(outline)
    names = [name for kind in _FILES for name in _FILES[kind] if face in (kind, ANY)]
    return any(_alike(written, form) for name in names for form in _forms(name, sign))


def _alike(one: _Outline, other: _Outline) -> bool:
    return one[0] == other[0] and all(
        abs(a - b) <= _WRITTEN for a, b in zip(one[1], other[1], strict=True)
    )


def _read(outline: str) -> _Outline:
    words = _WORD.findall(outline)
    letters = "".join(word for word in words if word.isalpha())
    return letters, tuple(float(word) for word in words if not word.isalpha())


@lru_cache(maxsize=4096)
def _forms(name: str, signs: str) -> tuple[_Outline, ...]:
    """Return the outlines of any of these signs in a file."""
    font, found = _font(name), []
    from matplotlib.ft2font import LoadFlags

    for sign in signs:
        if font.get_char_index(ord(sign)):
            font.load_char(ord(sign), flags=LoadFlags.NO_HINTING)
            found.append(_outline(*font.get_path()))
    return tuple(found)


def _outline(vertices: Any, codes: Any) -> _Outline:
    letters, numbers, left = "", [], 0
    for point, code in zip(vertices.tolist(), codes.tolist(), strict=True):
        if code == _CLOSED:
            letters += "Z"
            continue
        if left == 0:
            letter, left = _LETTERS[code]
            letters += letter
        left -= 1
        numbers += point
    return letters, tuple(numbers)


@cache
def _font(name: str) -> Any:
    fonts.load()
    import matplotlib
    from matplotlib.ft2font import FT2Font

    # Not one that is shared: whoever draws with it sets other sizes.
    font = FT2Font(str(Path(matplotlib.get_data_path(), "fonts", "ttf", name)))
    font.set_size(_EM, 72)
    return font

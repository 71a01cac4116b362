"""Typeset labels → outlines of glyphs, for formats that cannot count on the reader's fonts.

matplotlib's mathtext sets the formulas, in the STIX fonts that come with it: nothing to ship or to
install, a full set of mathematical letters, and sturdy at the size of a label.  (The PDF does not
need them: TikZ leaves all words to TeX.)  Words are set in the same face; what it lacks (Chinese)
stays text, which the reader's own fonts show well.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from derive.errors import RenderError
from derive.render.drawing import fonts

EM = 100.0
"""Units of the outlines in one em: the scale at which matplotlib loads them."""


@dataclass(frozen=True)
class Glyph:
    """An outline by its name, at (x, y) in units of EM, ``scale`` times its size."""

    name: str
    x: float
    y: float
    scale: float


@dataclass(frozen=True)
class LabelRun:
    """A part of a label: outlines and bars (fraction lines), or text left as text.

    It reaches ``above`` and ``below`` its baseline.
    """

    x: float
    width: float
    above: float = 0.75 * EM
    below: float = 0.25 * EM
    glyphs: tuple[Glyph, ...] = ()
    bars: tuple[tuple[float, float, float, float], ...] = ()
    text: str | None = None


@dataclass(frozen=True)
class LabelLine:
    """A whole label on one line, in units of EM, with the outlines it needs by name."""

    width: float
    runs: tuple[LabelRun, ...]
    outlines: dict[str, str]

    @property
    def above(self) -> float:
        """How far it reaches above its baseline."""
        return max((run.above for run in self.runs), default=0.0)

    @property
    def below(self) -> float:
        """How far it reaches below its baseline."""
        return max((run.below for run in self.runs), default=0.0)


# mathtext knows these under other names, or not at all; none of them changes the meaning.
_SAME: dict[str, str] = {
    r"\lVert": r"\Vert", r"\rVert": r"\Vert", r"\lvert": r"\vert", r"\rvert": r"\vert",
    r"\bm": r"\boldsymbol", r"\symbfit": r"\boldsymbol", r"\symbf": r"\mathbf",
    r"\symbfup": r"\mathbf", r"\symup": r"\mathrm", r"\symit": r"\mathit",
    r"\textrm": r"\mathrm", r"\symcal": r"\mathcal", r"\symbb": r"\mathbb",
    r"\tfrac": r"\frac", r"\le": r"\leq", r"\ge": r"\geq", r"\iff": r"\Leftrightarrow",
    r"\coloneqq": ":=", r"\dotsm": r"\cdots", r"\dotsb": r"\cdots", r"\dotsc": r"\ldots",
    r"\top": "⊤",  # the command is spaced like a relation
    r"\limits": "", r"\nolimits": "", r"\displaystyle": "", r"\textstyle": "",
    r"\mathopen": "", r"\mathclose": "", r"\mathord": "", r"\mathbin": "", r"\mathrel": "",
    r"\mathinner": "", r"\bigl": "", r"\bigr": "", r"\Bigl": "", r"\Bigr": "", r"\big": "",
    r"\Big": "", r"\biggl": "", r"\biggr": "", r"\allowbreak": "", r"\nobreak": "",
}  # fmt: skip
_PRIMES = re.compile(r"\^\{(?:\\prime\s*)+\}|\^\\prime(?![A-Za-z])|'+")
# An escape, a dollar sign, or what stands between; an escape is a backslash before punctuation.
_WORD_TOKEN = re.compile(r"\\([!-/:-@\[-`{-~])|(\$)|(\\|[^\\$]+)")
_COMMAND = re.compile(r"\\(?:[A-Za-z]+|.)", re.DOTALL)


def escaped(text: str) -> str:
    """Return plain text as part of a label: backslashes and dollar signs stand for themselves."""
    return text.replace("\\", "\\\\").replace("$", "\\$")


def translate(tex: str) -> str:
    """Return mathematics as mathtext reads it, from LaTeX without its dollar signs."""
    tex = tex.replace(r"\operatorname*", r"\operatorname")
    # mathtext would shrink and raise the prime of the font, which is small and high already.
    tex = _PRIMES.sub(lambda match: "\N{PRIME}" * len(re.findall("prime|'", match.group())), tex)
    return _COMMAND.sub(lambda match: _replacement(match.group(), match.string[match.end() :]), tex)


def _replacement(command: str, rest: str) -> str:
    other = _SAME.get(command)
    if other is None:
        return command
    # A command that becomes a shorter one must not swallow the letter after it.
    return other + " " if other[-1:].isalpha() and rest[:1].isalpha() else other


@lru_cache(maxsize=4096)
def set_line(label: str, where: str) -> LabelLine:
    """Return the outlines of ``label``, mathematics between dollar signs.

    Raises RenderError where a dollar sign lacks its partner or mathtext does not know a command;
    ``where`` names the figure.
    """
    x = 0.0
    runs: list[LabelRun] = []
    outlines: dict[str, str] = {}
    for piece, is_math in _pieces(label, where):
        parts = _math(piece, label, where) if is_math else _words(piece)
        for run, needed in parts:
            runs.append(replace(run, x=x))
            outlines.update(needed)
            x += run.width
    return LabelLine(x, tuple(runs), outlines)


def _pieces(label: str, where: str) -> list[tuple[str, bool]]:
    """Return words (escapes undone) and formulas in turn."""
    pieces: list[tuple[str, bool]] = []
    words, end = "", 0
    while match := _WORD_TOKEN.match(label, end):
        end = match.end()
        if not match.group(2):
            words += match.group(1) or match.group(3)
            continue
        close = label.find("$", end)
        if close < 0:
            raise RenderError(
                f"figure {where}: the label {label!r} has an odd number of dollar signs; expected "
                r"mathematics between $…$ and a literal dollar sign as \$"
            )
        pieces += [(words, False), (label[end:close], True)]
        words, end = "", close + 1
    pieces.append((words, False))
    return [piece for piece in pieces if piece[0]]


def _math(tex: str, label: str, where: str) -> list[tuple[LabelRun, dict[str, str]]]:
    font = _face()
    for letter in tex:
        if ord(letter) > 127 and font.get_char_index(ord(letter)) == 0:
            raise RenderError(
                f"figure {where}: the label {label!r} has {letter!r} in its mathematics, which the "
                "formula font lacks; put it outside the dollar signs, or write a command for it"
            )
    engine, properties = _engine()
    source = f"${translate(tex)}$"
    try:
        width, height, below = engine.get_text_width_height_descent(source, properties, True)
        glyphs, outlines, bars = engine.get_glyphs_mathtext(properties, source)
    except ValueError as error:
        reason = str(error).strip().splitlines()[-1]
        raise RenderError(
            f"figure {where}: cannot set the label {label!r} as a picture: {reason}; write it with "
            "commands that matplotlib's mathtext knows, or add it to derive/render/drawing/mathtext.py"
        ) from error
    boxes = tuple(_box(vertices) for vertices, _ in bars)
    run = replace(_run(width, glyphs, boxes), above=float(height - below), below=float(below))
    return [(run, _outlines(outlines))]


def _words(text: str) -> list[tuple[LabelRun, dict[str, str]]]:
    engine, _ = _engine()
    font = _face()
    parts: list[tuple[LabelRun, dict[str, str]]] = []
    for known, piece in _by_coverage(text, font):
        if not known:
            wide = sum(EM if _is_wide(letter) else 0.6 * EM for letter in piece)
            parts.append((LabelRun(0.0, wide, text=piece), {}))
            continue
        # The place of a letter set after the piece is the piece's width, its spaces included.
        glyphs, outlines, _ = engine.get_glyphs_with_font(font, piece + "|")
        *glyphs, (_, width, _, _) = glyphs
        used = {glyph[0] for glyph in glyphs}
        parts.append(
            (_run(width, glyphs, ()), _outlines({k: v for k, v in outlines.items() if k in used}))
        )
    return parts


def _by_coverage(text: str, font: Any) -> list[tuple[bool, str]]:
    pieces: list[tuple[bool, str]] = []
    for letter in text:
        known = font.get_char_index(ord(letter)) != 0
        if pieces and pieces[-1][0] == known:
            pieces[-1] = (pieces[-1][0], pieces[-1][1] + letter)
        else:
            pieces.append((known, letter))
    return pieces


def _is_wide(letter: str) -> bool:
    return unicodedata.east_asian_width(letter) in "WF"


def _run(
    width: float, glyphs: Any, bars: tuple[tuple[float, float, float, float], ...]
) -> LabelRun:
    placed = tuple(Glyph(str(name), float(x), float(y), float(s)) for name, x, y, s in glyphs)
    return LabelRun(0.0, float(width), glyphs=placed, bars=bars)


def _box(vertices: Any) -> tuple[float, float, float, float]:
    (left, bottom), (right, top) = vertices[0], vertices[2]
    return float(left), float(bottom), float(right), float(top)


def _outlines(glyphs: Any) -> dict[str, str]:
    return {str(name): _path_data(*outline) for name, outline in glyphs.items()}


_LETTERS = {1: "M", 2: "L", 3: "Q", 4: "C"}


def _path_data(vertices: Any, codes: Any) -> str:
    """Return SVG path data; matplotlib repeats a curve's code for each of its points."""
    parts: list[str] = []
    left = 0
    for (x, y), code in zip(vertices.tolist(), codes.tolist(), strict=True):
        if code == 79:
            parts.append("Z")
            continue
        if left == 0:
            parts.append(_LETTERS[code])
            left = {3: 2, 4: 3}.get(code, 1)
        left -= 1
        parts.append(f"{_short(x)} {_short(y)}")
    return " ".join(parts)


def _short(value: float) -> str:
    text = f"{value:.1f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


@lru_cache(maxsize=1)
def _engine() -> tuple[Any, Any]:
    fonts.load()
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextToPath

    properties = FontProperties(family="STIXGeneral", math_fontfamily="stix", size=EM)
    return TextToPath(), properties


@lru_cache(maxsize=1)
def _face() -> Any:
    properties = _engine()[1]
    from matplotlib.font_manager import findfont, get_font

    font = get_font(findfont(properties))
    font.set_size(EM, 72)
    return font

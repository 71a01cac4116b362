"""An equation as a picture, for places that set no mathematics: lines, signs and colours as printed."""

from __future__ import annotations

import re
from collections.abc import Iterator

from derive.equation import Equation
from derive.errors import RenderError
from derive.figures.diagram import check_id
from derive.figures.mathtext import EM, set_line
from derive.figures.scene import CM, Scene, Words
from derive.figures.svg import drawing
from derive.layout import lines_of
from derive.notation import Notation
from derive.palette import INK
from derive.printing import Printer

_SIZE = 10.0  # points
_LEADING = 0.16  # cm between the lowest of a line and the highest of the next
_MARGIN = 0.2  # cm
# Space that TeX leaves by itself: round a sum or product with its bounds, before a named function.
_SPACED = (
    (re.compile(r"(\\(?:sum|prod)_\{[^{}]*\}\^\{[^{}]*\})"), r"\\,\1\\,"),
    (re.compile(r"(?<=[\w}] )(?=\\(?:tanh|log|operatorname)\b)"), r"\\,"),
    # Fractions as large as on display.
    (re.compile(r"\\frac"), r"\\dfrac"),
)
_COLOUR = re.compile(r"\\textcolor\{#([0-9A-F]{6})\}\{")


def formula_svg(equation: Equation, notation: Notation | None = None) -> str:
    """Yield an equation as an SVG file, whose title is the equation as plain text.

    Raises RenderError for what cannot be set as outlines, such as a matrix of blocks.
    """
    scene = formula_scene(equation, notation)
    return drawing(equation.id, scene, Printer(notation, "plain").display(equation))


def formula_scene(equation: Equation, notation: Notation | None = None) -> Scene:
    """Yield the drawing of an equation; its lines are aligned at their first sign."""
    check_id(equation.id)
    left, lines = lines_of(Printer(notation, "markdown"), equation)
    scale = _SIZE / EM / CM
    words: list[Words] = []

    def set_row(tex: str, x: float, y: float) -> float:
        for piece, colour in _coloured(tex, equation.id):
            words.append(Words(x, y, piece, _SIZE, "left", colour))
            x += scale * set_line(piece, equation.id).width
        return x

    indent = set_row(left, 0.0, 0.0) if left else 0.0
    right, y = indent, 0.0
    above, below = _reach(words, equation.id)
    top = scale * above
    for n, tex in enumerate(lines):
        first = len(words)
        end = set_row(tex, indent, y)
        above, under = _reach(words[first:], equation.id)
        if n == 0:
            top, below = max(top, scale * above), max(below, under)
        else:
            # The line before has been set; now it is known how far this one reaches up to it.
            drop = scale * (below + above) + _LEADING
            y -= drop
            words[first:] = [Words(w.x, y, w.text, w.size, w.align, w.colour) for w in words[first:]]
            below = under
        right = max(right, end)
    bottom = y - scale * below
    return Scene(-_MARGIN, bottom - _MARGIN, right + _MARGIN, top + _MARGIN, tuple(words))


def _reach(words: list[Words], id: str) -> tuple[float, float]:
    lines = [set_line(word.text, id) for word in words]
    return max((x.above for x in lines), default=0.0), max((x.below for x in lines), default=0.0)


def _coloured(tex: str, id: str) -> Iterator[tuple[str, str]]:
    """Yield the pieces of a printed line, as labels, with their colours."""
    end = 0
    while match := _COLOUR.search(tex, end):
        if match.start() > end:
            yield _label(tex[end : match.start()], end > 0), INK
        end = _closing(tex, match.end(), id)
        yield _label(tex[match.end() : end - 1], False), match[1]
    if end < len(tex):
        yield _label(tex[end:], end > 0), INK


def _label(tex: str, continues: bool) -> str:
    for pattern, spaced in _SPACED:
        tex = pattern.sub(spaced, tex)
    # Without anything before it a sign would be set as that of a number, close to what follows.
    return f"${'{}' if continues else ''}{tex}$"


def _closing(tex: str, start: int, id: str) -> int:
    """Yield where the text goes on after the group that is open at ``start``."""
    level = 1
    for i in range(start, len(tex)):
        level += (tex[i] == "{") - (tex[i] == "}")
        if level == 0:
            return i + 1
    raise RenderError(f"equation {id}: braces do not match in {tex!r}")

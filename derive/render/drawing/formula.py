"""An equation as a picture, for places that set no mathematics."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from derive.document.diagram import check_id
from derive.errors import RenderError
from derive.expressions.equation import Equation
from derive.render.drawing.mathtext import EM, LabelLine, set_line
from derive.render.drawing.scene import CM, Scene, Words
from derive.render.drawing.svg import drawing
from derive.typesetting.layout import display, lines_of
from derive.typesetting.notation import Notation
from derive.typesetting.palette import INK
from derive.typesetting.printing import Printer

_SIZE = 10.0  # points
_SCALE = _SIZE / EM / CM  # cm per unit of an outline
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
    """Return an equation as an SVG file, whose title is the equation as plain text.

    Raises RenderError for what cannot be set as outlines, such as a matrix of blocks.
    """
    scene = formula_scene(equation, notation)
    return drawing(equation.id, scene, display(Printer(notation, "plain"), equation))


def formula_scene(equation: Equation, notation: Notation | None = None) -> Scene:
    """Return the drawing of an equation; its lines are aligned at their first sign."""
    check_id(equation.id)
    left, lines = lines_of(Printer(notation, "markdown"), equation)
    head = _row(left, 0.0, equation.id)
    rows = [_row(tex, head.end, equation.id) for tex in lines]
    rows[0] = _Row(head.pieces + rows[0].pieces, rows[0].end)
    words: list[Words] = []
    y, below = 0.0, 0.0
    for n, row in enumerate(rows):
        y -= (below + row.above + _LEADING) if n else 0.0
        below = row.below
        words += (Words(x, y, text, _SIZE, "left", colour) for x, text, colour, _ in row.pieces)
    right = max(row.end for row in rows)
    top = rows[0].above
    return Scene(-_MARGIN, y - below - _MARGIN, right + _MARGIN, top + _MARGIN, tuple(words))


@dataclass(frozen=True)
class _Row:
    """A line: where each piece begins, its text and colour, and how it is set; all in cm."""

    pieces: tuple[tuple[float, str, str, LabelLine], ...]
    end: float

    @property
    def above(self) -> float:
        return max(_SCALE * line.above for *_, line in self.pieces)

    @property
    def below(self) -> float:
        return max(_SCALE * line.below for *_, line in self.pieces)


def _row(tex: str, x: float, id: str) -> _Row:
    pieces = []
    for text, colour in _coloured(tex, id):
        line = set_line(text, id)
        pieces.append((x, text, colour, line))
        x += _SCALE * line.width
    return _Row(tuple(pieces), x)


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
    """Return where the text goes on after the group that is open at ``start``."""
    level = 1
    for i in range(start, len(tex)):
        level += (tex[i] == "{") - (tex[i] == "}")
        if level == 0:
            return i + 1
    raise RenderError(f"equation {id}: braces do not match in {tex!r}")

"""Scene → SVG that looks the same everywhere: white paper, outlines for letters, no style sheet.

The same bytes each time for one version of matplotlib; ids begin with the figure's id, so that
several figures may stand on one page.
"""

from __future__ import annotations

import re
from html import escape

from derive.document.figures import Figure, Typeset
from derive.render.drawing.layout import lay_out
from derive.render.drawing.mathtext import EM, LabelLine, escaped, set_line
from derive.render.drawing.scene import CM, Item, Path, Scene, Shape, Words

__all__ = ["drawing", "escaped", "svg"]

# A figure's 9 pt then come out as the 16 px of a web page's text, and 15.5 cm as 747 px.
_PIXELS = 1.7
_FAMILY = "'Noto Serif CJK SC', 'Source Han Serif SC', 'Songti SC', SimSun, serif"


def svg(figure: Figure, typeset: Typeset, title: str = "", description: str = "") -> str:
    """Return an SVG file; ``title`` and ``description`` are plain text for those who cannot see it.

    ``typeset`` must give plain text (made safe by `escaped`) with LaTeX between dollar signs.
    Raises RenderError for mathematics that cannot be set as outlines.
    """
    return drawing(figure.id, lay_out(figure, typeset), title, description)


def drawing(id: str, scene: Scene, title: str = "", description: str = "") -> str:
    """Return a scene as an SVG file; ``id`` must be fit for XML."""
    writer = _Writer(id, scene)
    body = [line for item in scene.items for line in writer.written(item)]
    width, height = (scene.right - scene.left) * CM, (scene.top - scene.bottom) * CM
    size = f'width="{_number(width * _PIXELS)}" height="{_number(height * _PIXELS)}"'
    names = f"{id}-title" + (f" {id}-desc" if description else "")
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} '
        f'viewBox="0 0 {_number(width)} {_number(height)}" role="img" aria-labelledby="{names}">',
        f'<title id="{id}-title">{_text(title or id)}</title>',
    ]
    if description:
        lines.append(f'<desc id="{id}-desc">{_text(description)}</desc>')
    lines += ["<defs>", *writer.definitions(), "</defs>"]
    # White paper, as the colours are made for it; a dark page then shows a white card.
    lines.append(f'<rect width="{_number(width)}" height="{_number(height)}" fill="#FFFFFF"/>')
    return "\n".join([*lines, *body, "</svg>"]) + "\n"


class _Writer:
    """Keeps the outlines and clip boxes that the elements refer to."""

    def __init__(self, figure: str, scene: Scene) -> None:
        self._figure = figure
        self._scene = scene
        self._outlines: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._clips: list[str] = []

    def written(self, item: Item) -> list[str]:
        """Return the elements of one item."""
        if isinstance(item, Shape):
            return [self._shape(item)]
        if isinstance(item, Words):
            return self._words(item)
        left, top = self._place(item.box[0], item.box[3])
        right, bottom = self._place(item.box[2], item.box[1])
        name = f"{self._figure}-clip{len(self._clips)}"
        self._clips.append(
            f'<clipPath id="{name}"><rect x="{_number(left)}" y="{_number(top)}" '
            f'width="{_number(right - left)}" height="{_number(bottom - top)}"/></clipPath>'
        )
        inner = [self._shape(shape) for shape in item.shapes]
        return [f'<g clip-path="url(#{name})">', *inner, "</g>"]

    def definitions(self) -> list[str]:
        """Return what the elements written so far refer to."""
        return [
            *self._clips,
            *(f'<path id="{self._names[k]}" d="{d}"/>' for k, d in self._outlines.items() if d),
        ]

    def _shape(self, shape: Shape) -> str:
        look = f'fill="#{shape.fill}"' if shape.fill else 'fill="none"'
        if shape.stroke:
            look += f' stroke="#{shape.stroke}" stroke-width="{_number(shape.width)}"'
            look += ' stroke-linejoin="round"'
        if shape.dash:
            look += f' stroke-dasharray="{" ".join(map(_number, shape.dash))}"'
        if shape.crisp:
            look += ' shape-rendering="crispEdges"'
        if shape.opacity != 1.0:
            look += f' opacity="{_number(shape.opacity)}"'
        return f'<path {look} d="{self._path(shape.path)}"/>'

    def _words(self, words: Words) -> list[str]:
        line = set_line(words.text, self._figure)
        scale = words.size / EM
        width = line.width * scale
        x, y = self._place(words.x, words.y)
        start = -{"left": 0.0, "center": width / 2, "right": width}[words.align]
        turn = " rotate(-90)" if words.upright else ""
        place = f"translate({_number(x)} {_number(y)}){turn}"
        lines = [
            f'<g fill="#{words.colour}" aria-label={_attribute(words.text)} transform="{place}">'
        ]
        if words.halo:
            top, height = -0.8 * words.size, 1.05 * words.size
            lines.append(
                f'<rect x="{_number(start - 1.2)}" y="{_number(top)}" fill="#FFFFFF" '
                f'width="{_number(width + 2.4)}" height="{_number(height)}"/>'
            )
        return [*lines, *self._runs(line, start, scale, words.size), "</g>"]

    def _runs(self, line: LabelLine, start: float, scale: float, size: float) -> list[str]:
        found: list[str] = []
        for run in line.runs:
            left = start + run.x * scale
            if run.text is not None:
                found.append(
                    f'<text x="{_number(left)}" y="0" font-size="{_number(size)}" '
                    f'font-family="{_FAMILY}" textLength="{_number(run.width * scale)}" '
                    f'lengthAdjust="spacingAndGlyphs">{_text(run.text)}</text>'
                )
            for glyph in run.glyphs:
                name = self._name(glyph.name, line.outlines)
                if name is None:
                    continue
                x, y = left + glyph.x * scale, -glyph.y * scale
                factor = f"{glyph.scale * scale:.4f}"
                found.append(
                    f'<use href="#{name}" transform="translate({_number(x)} {_number(y)}) '
                    f'scale({factor} -{factor})"/>'
                )
            for x0, y0, x1, y1 in run.bars:
                found.append(
                    f'<rect x="{_number(left + x0 * scale)}" y="{_number(-y1 * scale)}" '
                    f'width="{_number((x1 - x0) * scale)}" height="{_number((y1 - y0) * scale)}"/>'
                )
        return found

    def _name(self, glyph: str, outlines: dict[str, str]) -> str | None:
        """Return the short id of an outline, None for a space."""
        if glyph not in self._names:
            self._names[glyph] = f"{self._figure}-g{len(self._names)}"
            self._outlines[glyph] = outlines[glyph]
        return self._names[glyph] if self._outlines[glyph] else None

    def _path(self, path: Path) -> str:
        parts = []
        for letter, points in path:
            placed = (self._place(x, y) for x, y in points)
            parts.append(letter + " ".join(f"{_number(x)} {_number(y)}" for x, y in placed))
        return "".join(parts)

    def _place(self, x: float, y: float) -> tuple[float, float]:
        """Return cm, y upwards, as points from the upper left corner."""
        return (x - self._scene.left) * CM, (self._scene.top - y) * CM


def _number(value: float) -> str:
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


# What XML 1.0 cannot hold, not even escaped.
_FORBIDDEN = re.compile("[^\t\n\r -\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _text(text: str) -> str:
    return escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text), quote=False)


def _attribute(text: str) -> str:
    """Return text as an attribute; `xml.sax.saxutils` does the same, and loads what opens addresses."""
    safe = _text(text).replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")
    if '"' not in safe:
        return f'"{safe}"'
    return f"'{safe}'" if "'" not in safe else '"{}"'.format(safe.replace('"', "&quot;"))

"""Scene → TikZ for XeLaTeX: the words are set by TeX, in the fonts of the document.

Only the package tikz is needed, no library of it.  ``typeset`` must give LaTeX.
"""

from __future__ import annotations

from derive.document.figures import Figure, Typeset
from derive.errors import RenderError
from derive.render.drawing.layout import lay_out
from derive.render.drawing.scene import Clipped, Item, Path, Point, Scene, Shape, Words

PACKAGES = ("tikz",)
"""What the preamble must load."""

_ANCHORS = {"left": "base west", "center": "base", "right": "base east"}


def tikz(figure: Figure, typeset: Typeset) -> str:
    """Return a ``tikzpicture``, one element a line, the same bytes each time.

    Raises RenderError for a typeset label that would end the node it stands in.
    """
    scene = lay_out(figure, typeset)
    lines = [
        r"\begin{tikzpicture}[x=1cm, y=1cm, inner sep=0pt, line cap=butt, line join=round]",
        f"  \\path[use as bounding box] {_point((scene.left, scene.bottom))}"
        f" rectangle {_point((scene.right, scene.top))};",
    ]
    lines += [rf"  \definecolor{{f{colour}}}{{HTML}}{{{colour}}}" for colour in _colours(scene)]
    for item in scene.items:
        lines += _written(item, figure.id)
    lines.append(r"\end{tikzpicture}")
    return "\n".join(lines) + "\n"


def _written(item: Item, figure: str) -> list[str]:
    if isinstance(item, Shape):
        return [_shape(item)]
    if isinstance(item, Words):
        return [_words(item, figure)]
    left, bottom, right, top = item.box
    return [
        r"  \begin{scope}",
        f"  \\clip {_point((left, bottom))} rectangle {_point((right, top))};",
        *(_shape(shape) for shape in item.shapes),
        r"  \end{scope}",
    ]


def _shape(shape: Shape) -> str:
    options = []
    if shape.stroke is not None:
        options += [f"draw=f{shape.stroke}", f"line width={_number(shape.width)}bp"]
    if shape.dash:
        on = " ".join(
            f"{'off' if n % 2 else 'on'} {_number(length)}bp" for n, length in enumerate(shape.dash)
        )
        options.append(f"dash pattern={on}")
    if shape.fill is not None:
        options.append(f"fill=f{shape.fill}")
    if shape.opacity != 1.0:
        options.append(f"opacity={_number(shape.opacity)}")
    return f"  \\path[{', '.join(options)}] {_path(shape.path)};"


def _words(words: Words, figure: str) -> str:
    _check(words.text, figure)
    options = [f"anchor={_ANCHORS[words.align]}", f"text=f{words.colour}"]
    if words.upright:
        options.append("rotate=90")
    if words.halo:
        options.append("fill=white, inner sep=1.2pt")
    font = f"\\fontsize{{{_number(words.size)}}}{{{_number(1.2 * words.size)}}}\\selectfont"
    options.append(f"font={font}")
    # The strut-free box of a halo would shift the baseline; `base` anchors do not care.
    return f"  \\node[{', '.join(options)}] at {_point((words.x, words.y))} {{{words.text}}};"


def _check(text: str, figure: str) -> None:
    """Refuse unbalanced braces and dollars: they would take the rest of the document with them."""
    depth = dollars = 0
    escaped = False
    for letter in text:
        if not escaped:
            depth += (letter == "{") - (letter == "}")
            dollars += letter == "$"
        escaped = letter == "\\" and not escaped
        if depth < 0:
            break
    if depth or dollars % 2 or escaped or "\n\n" in text:
        raise RenderError(
            f"figure {figure}: the label {text!r} has unbalanced braces or dollar signs; expected "
            "escaped LaTeX with mathematics between $…$; check what the label is typeset from"
        )


def _path(path: Path) -> str:
    parts = []
    for letter, points in path:
        if letter == "M":
            parts.append(_point(points[0]))
        elif letter == "L":
            parts.append(f"-- {_point(points[0])}")
        elif letter == "C":
            first, second, end = map(_point, points)
            parts.append(f".. controls {first} and {second} .. {end}")
        else:
            parts.append("-- cycle")
    return " ".join(parts)


def _colours(scene: Scene) -> list[str]:
    found: set[str] = set()
    for item in scene.items:
        if isinstance(item, Words):
            found.add(item.colour)
            continue
        for shape in item.shapes if isinstance(item, Clipped) else (item,):
            found |= {colour for colour in (shape.stroke, shape.fill) if colour}
    return sorted(found)


def _point(point: Point) -> str:
    return f"({_number(point[0])},{_number(point[1])})"


def _number(value: float) -> str:
    """Return at most three decimals: a hundredth of a millimetre, and no -0."""
    text = f"{value:.3f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text

"""Faults in how pictures look: legends, arcs, axes, what hides what, and what is cut off."""

from __future__ import annotations

from dataclasses import replace
from math import pi
from typing import Any

from derive.document.diagram import Style
from derive.render.drawing.geometry import rectangle
from derive.render.drawing.scene import Scene, Shape, Words
from tests.faults.fault import Change, Fault, constant, instead, sub, text

DRAWING = "derive.render.drawing"
DRAWN = r"figure \S+ of \S+ is not drawn as it was meant|nothing is drawn by|how far it reaches"

NETWORKS, BENT = "elman-3/forward,first", "lem-2/forward"
PLOTS, MAPS = "elman-2/activation,flow", "elman-2/network,landscape"


def _drawn(name: str, document: str, target: str, make: Change) -> Fault:
    """Return a fault in what draws, which shows in both formats."""
    runs = (f"write {document} latex", f"write {document} markdown")
    return Fault(name, f"{DRAWING}.{target}", make, runs, DRAWN)


def _tikz(name: str, document: str, target: str, make: Change) -> Fault:
    return Fault(name, f"{DRAWING}.tikz.{target}", make, (f"write {document} latex",), DRAWN)


def _svg(name: str, document: str, target: str, make: Change) -> Fault:
    return Fault(name, f"{DRAWING}.svg.{target}", make, (f"write {document} markdown",), DRAWN)


def _each(kind: type, change: Any) -> Change:
    """Change the shapes, or the words, of what is drawn."""
    return text(lambda items: [change(i) if isinstance(i, kind) else i for i in items])


def _moved(across: float, up: float) -> Any:
    """Move a shape, or words."""

    def move(item: Any) -> Any:
        if isinstance(item, Words):
            return replace(item, x=item.x + across, y=item.y + up)
        path = tuple((c, tuple((x + across, y + up) for x, y in ps)) for c, ps in item.path)
        return replace(item, path=path)

    return move


def _over(kind: type, change: Any, which: Any = lambda item: True) -> Change:
    """Change what lies over the curves of a plot, or under them."""
    return text(lambda both: tuple(
        [change(i) if isinstance(i, kind) and which(i) else i for i in items] for items in both
    ))  # fmt: skip


def _scene(change: Any) -> Change:
    return text(lambda scene: replace(scene, items=tuple(change(list(scene.items)))))


def _covered(items: list[Any]) -> list[Any]:
    """Put white paper over the middle one of the words."""
    words = [item for item in items if isinstance(item, Words)]
    x, y = words[len(words) // 2].x, words[len(words) // 2].y
    return [*items, Shape(rectangle(x - 1, y - 0.5, x + 1, y + 0.5), fill="FFFFFF")]


def _exchanged(items: list[Any]) -> list[Any]:
    """Exchange two numbers of a colour bar."""
    first, second = [n for n, item in enumerate(items) if isinstance(item, Words)][1:3]
    made = list(items)
    made[first] = replace(items[first], text=items[second].text)
    made[second] = replace(items[second], text=items[first].text)
    return made


def _entry(**values: Any) -> Change:
    return instead(lambda right, entry, *more: right(replace(entry, **values), *more))


def _cut(**values: float) -> Change:
    def cut(scene: Scene) -> Scene:
        return replace(scene, **{k: getattr(scene, k) + v for k, v in values.items()})

    return text(cut)


WRONG_DASHES = {Style.SOLID: (), Style.DASHED: (0.9, 1.6), Style.DOTTED: (4.0, 1.6)}

FAULTS = (
    # Legends
    _drawn("dots in a legend for dashes", PLOTS, "legend.draw_entry", _entry(style=Style.DOTTED)),
    _drawn("a whole line in a legend", PLOTS, "legend.draw_entry", _entry(style=Style.SOLID)),
    _drawn("a dot in a legend for a curve without", MAPS, "legend.draw_entry", _entry(block=True)),
    _drawn("a thick line in a legend", PLOTS, "legend.draw_entry", _entry(width=1.9)),
    _drawn("samples away from their words", MAPS, "axes.legend_rows", text(lambda made: (
        [_moved(3, 0)(i) if isinstance(i, Shape) else i for i in made[0]], made[1]))),
    _drawn("a curve of dots for dashes", PLOTS, "curves.DASHES", constant(WRONG_DASHES)),
    _svg("dashes of SVG that are dots", PLOTS, "_Writer._shape",
         sub('stroke-dasharray="4 1.6"', 'stroke-dasharray="0.9 1.6"')),
    _tikz("dashes of TikZ that are dots", PLOTS, "_shape", sub("pattern=on 4bp", "pattern=on 0.9bp")),
    _drawn("a thin curve for a thick one", PLOTS, "axes.draw_series", instead(
        lambda right, curve, frame: right(replace(curve, thin=not curve.thin), frame))),
    _drawn("names at the ends of curves exchanged", PLOTS, "curves._apart", text(
        lambda heights: heights[::-1])),
    # Maps
    _drawn("a colour bar above its map", MAPS, "axes.draw_bar", _each(Shape, _moved(0, 0.5))),
    _drawn("a colour bar over its map", MAPS, "axes.draw_bar", instead(
        lambda right, heat, left, *more: right(heat, left - 2, *more))),
    _drawn("numbers of a colour bar exchanged", MAPS, "axes.draw_bar", text(_exchanged)),
    _drawn("numbers of a colour bar beside others", MAPS, "axes.draw_bar", _each(Words, _moved(0, 0.3))),
    _drawn("a contour line at another place", MAPS, "heat._contour", text(
        lambda lines: [[(x / 2, y) for x, y in line] for line in lines])),
    _drawn("a contour line that is not drawn", MAPS, "heat._contour", text(lambda lines: [])),
    _drawn("the number of a contour line elsewhere", MAPS, "axes.draw_heat", text(
        lambda made: (made[0], [_moved(-2, 1)(words) for words in made[1]]))),
    # Axes
    _drawn("numbers beside their ticks", PLOTS, "frame.number", instead(
        lambda right, tick, x, *more: right(tick, x + 0.5, *more))),
    _drawn("the line of an axis elsewhere", PLOTS, "axes.draw_axes", _over(
        Shape, _moved(1, 0), lambda shape: len(shape.path) == 3)),
    _drawn("a grid between the numbers", PLOTS, "axes.draw_axes", text(
        lambda made: ([_moved(0, 0.13)(line) for line in made[0]], made[1]))),
    _drawn("the name of an axis lying down", PLOTS, "axes.draw_axes", _over(
        Words, lambda words: replace(words, upright=False))),
    _drawn("dots on a curve without", PLOTS, "axes.draw_series", instead(
        lambda right, curve, frame: right(replace(curve, marker=True), frame))),
    # Arrows
    _drawn("heads that point aside", BENT, "graph.arrow_head", instead(
        lambda right, tip, angle, size: right(tip, angle + pi / 6, size))),
    _drawn("an arc on the other side", BENT, "graph._draw_edge", instead(
        lambda right, edge, *more: right(replace(edge, bend=-edge.bend), *more))),
    _drawn("an arc that is straight", BENT, "graph._draw_edge", instead(
        lambda right, edge, *more: right(replace(edge, bend=0.0), *more))),
    _drawn("paths on the other side", NETWORKS, "graph._draw_edge", instead(
        lambda right, edge, *more: right(replace(edge, offset=-edge.offset), *more))),
    _tikz("controls in reverse order", BENT, "_path", sub(
        r"controls (\S+) and (\S+)", r"controls \2 and \1")),
    _svg("controls at a corner", BENT, "_Writer._path", sub(r"C(\S+) (\S+)", "C0 0")),
    _drawn("nodes that are filled alike", NETWORKS, "graph._FILLS", constant({})),
    # What is drawn beside what is meant
    _drawn("a number at no mark", PLOTS, "axes.plot_scene", _scene(
        lambda items: [*items, Words(3, -2, "0.5", 8.5)])),
    _drawn("outlines of no node", NETWORKS, "graph._draw_node", text(lambda items: [
        *(made := list(items)), *(_moved(0.6, 0.6)(i) for i in made if isinstance(i, Shape))])),
    _drawn("an arrow too many", NETWORKS, "graph.graph_scene", _scene(
        lambda items: [*items, *[i for i in items if isinstance(i, Shape)][:2]])),
    _drawn("a line across an axis that is whole", MAPS, "axes.draw_reference", _each(
        Shape, lambda shape: replace(shape, dash=()))),
    _drawn("the words of such a line elsewhere", MAPS, "axes.draw_reference", _each(
        Words, _moved(-4, -1))),
    _svg("words that are not shown", PLOTS, "_Writer._words", text(
        lambda lines: [line.replace("<g ", '<g display="none" ') for line in lines])),
    _svg("what is cut off by nothing", PLOTS, "_Writer.written", text(
        lambda lines: [line.replace("url(#", "url(#no-") for line in lines])),
    _svg("white paper over all", PLOTS, "drawing", sub(
        "</svg>", '<rect width="439.37" height="126.14" fill="#FFFFFF"/>\n</svg>')),
    _tikz("another unit", NETWORKS, "tikz", sub("x=1cm", "x=2cm")),
    # What can be seen
    _drawn("white paper over a network", NETWORKS, "graph.graph_scene", _scene(_covered)),
    _drawn("white paper over a plot", PLOTS, "axes.plot_scene", _scene(_covered)),
    _drawn("outlines over their labels", NETWORKS, "graph._draw_node", text(
        lambda items: list(items)[::-1])),
    _drawn("lines that are not seen", NETWORKS, "graph._draw_edge", _each(
        Shape, lambda shape: replace(shape, opacity=0.0))),
    _drawn("curves without a width", PLOTS, "axes.draw_series", _each(
        Shape, lambda shape: replace(shape, width=0.0))),
    _drawn("a network that is cut off", NETWORKS, "graph.graph_scene", _cut(right=-2)),
    _drawn("a plot that is cut off", PLOTS, "axes.plot_scene", _cut(bottom=0.5)),
    _drawn("a picture with much empty paper", NETWORKS, "graph.graph_scene", _cut(right=6)),
    Fault("a name that nothing bears", f"{DRAWING}.svg.drawing",
          sub('aria-labelledby="', 'aria-labelledby="no-'), (f"write {NETWORKS} markdown",),
          "is not named by its title and description"),
    _svg("a view that is narrower", NETWORKS, "drawing", sub(
        r'viewBox="0 0 \S+ ', 'viewBox="0 0 50 ')),
    _svg("a picture pressed together", NETWORKS, "drawing", sub(
        r'width="[\d.]+" height', 'width="20" height')),
    _drawn("letters that are too large", NETWORKS, "graph._draw_node", _each(
        Words, lambda words: replace(words, size=40.0))),
    _drawn("numbers that are too small", PLOTS, "frame.TICK_SIZE", constant(2.0)),
    _drawn("labels beside their nodes", NETWORKS, "graph._draw_node", _each(
        Words, lambda words: replace(words, align="left"))),
    _drawn("labels that stand upright", NETWORKS, "graph._draw_node", _each(
        Words, lambda words: replace(words, upright=True))),
    _tikz("labels of TikZ over their arrows", NETWORKS, "_ANCHORS", constant(
        {"left": "base east", "center": "base", "right": "base west"})),
    _svg("labels of SVG over their arrows", NETWORKS, "_Writer._words", instead(
        lambda right, self, words: right(self, replace(
            words, align={"left": "right", "right": "left"}.get(words.align, words.align))))),
)  # fmt: skip

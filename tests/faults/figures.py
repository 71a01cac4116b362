"""Faults in pictures: what is drawn where, in which colour, under which label."""

from __future__ import annotations

from dataclasses import replace
from math import cos, sin
from typing import Any

from derive.document.diagram import Diagram, Style
from derive.document.plot import Curve, Plot
from tests.faults.fault import Change, Fault, constant, instead, sub, swapped, text

DRAWING = "derive.render.drawing"
NETWORK = "derive.chapters.network"
UNROLLED = "derive.chapters.figures.unrolled"

DRAWN = r"figure \S+ of \S+ is not drawn as it was meant|of \S+ is not printed as it was checked"
SHOWN = r"figure \S+ does not show the network|figure \S+ of \S+ is not drawn as it was meant"
TITLED = r"is called '.*', where '.*' is meant"
FUNCTION = r"figure \S+ shows no"

NETWORKS, PLOTS = "elman-3/forward,first", "elman-2/activation,flow"


def _drawn(name: str, document: str, target: str, make: Change) -> Fault:
    """Return a fault in what draws, which shows in both formats."""
    runs = (f"write {document} latex", f"write {document} markdown")
    return Fault(name, f"{DRAWING}.{target}", make, runs, DRAWN)


def _tikz(name: str, document: str, target: str, make: Change) -> Fault:
    return Fault(name, f"{DRAWING}.tikz.{target}", make, (f"write {document} latex",), DRAWN)


def _svg(name: str, document: str, target: str, make: Change) -> Fault:
    return Fault(name, f"{DRAWING}.svg.{target}", make, (f"write {document} markdown",), DRAWN)


def _made(name: str, document: str, target: str, make: Change, refusal: str = SHOWN) -> Fault:
    """Return a fault in what describes a picture."""
    return Fault(name, target, make, (f"make {document} markdown",), refusal)


def _edges(change: Any) -> Change:
    """Change the arrows of a finished description."""
    return text(lambda made: Diagram(made.id, made.nodes, tuple(change(made.edges)), made.legend))


def _items(kind: type, change: Any) -> Change:
    """Change the curves or bars of a plot."""
    return text(
        lambda plot: Plot(
            plot.id,
            tuple(
                replace(p, items=tuple(change(i) if isinstance(i, kind) else i for i in p.items))
                for p in plot.panels
            ),
            plot.columns,
            plot.width,
            plot.height,
        )
    )


def _y(change: Any) -> Change:
    return _items(Curve, lambda curve: replace(curve, y=tuple(map(change, curve.y))))


def _outlines(change: Any) -> Change:
    """Change the outlines of a label, and what the drawing has of no other label."""
    return text(lambda line: replace(line, runs=tuple(map(change, line.runs))))


def _glyphs(change: Any) -> Any:
    """Change all outlines of a part of a label."""
    return lambda run: replace(run, glyphs=tuple(change(run.glyphs)))


def _each(**changes: Any) -> Any:
    """Change numbers of each outline, by what they were."""
    return _glyphs(lambda glyphs: [
        replace(g, **{name: f(g) for name, f in changes.items()}) for g in glyphs])  # fmt: skip


def _mirrored(glyphs: Any) -> Any:
    """Put the letters in reverse order, each at the place of another."""
    return [replace(g, x=other.x) for g, other in zip(glyphs, glyphs[::-1], strict=True)]


def _drawn_letters(name: str, change: Change) -> Fault:
    """Return a fault in the outlines of labels, under a label that is right."""
    return Fault(name, f"{DRAWING}.svg.set_line", change, (
        f"write {NETWORKS} markdown", "run show elman-grad-W-terms-3 --as svg"),
        r"the outlines do not show")  # fmt: skip


FLOW_NORMS = r"flow-norms does not show the runs|table flow-runs does not hold"

FAULTS = (
    # What draws plots.
    _drawn("data drawn by other axes", PLOTS, "axes._contents",
           instead(lambda right, panel, frame, typeset: right(
               panel, replace(frame, y=(frame.y[0], frame.y[1] * 1.5 + 1)), typeset))),
    _drawn("x and y exchanged", PLOTS, "curves._pieces",
           text(lambda pieces: [[(y, x) for x, y in piece] for piece in pieces])),
    _drawn("a curve upside down", PLOTS, "curves._pieces",
           instead(lambda right, series, frame: [
               [(x, frame.top + frame.bottom - y) for x, y in piece]
               for piece in right(series, frame)])),
    _drawn("a curve that lacks its points", PLOTS, "curves._pieces",
           text(lambda pieces: [piece[::7] for piece in pieces])),
    _drawn("a curve in another's colour", PLOTS, "axes.draw_series",
           instead(lambda right, series, frame: right(
               replace(series, colour="0069A8" if series.colour != "0069A8" else "C05607"), frame))),
    _drawn("numbers of an axis off by one", PLOTS, "frame.written",
           text(lambda texts: [*texts[1:], texts[0]])),
    _drawn("an axis without minus signs", PLOTS, "frame.written",
           text(lambda texts: [t.lstrip("−") for t in texts])),
    _drawn("the labels of the axes exchanged", PLOTS, "axes.draw_axes",
           instead(lambda right, frame, x, y, panel, typeset: right(
               frame, x, y, replace(panel, x_label=panel.y_label, y_label=panel.x_label), typeset))),
    _drawn("the label of another curve", PLOTS, "curves._label",
           instead(lambda right, curve, *more: right(replace(curve, colour="0069A8"), *more))),
    _drawn("bars that are too high", PLOTS, "axes.draw_bars",
           instead(lambda right, bars, frame, typeset: right(
               replace(bars, heights=tuple(1.2 * h for h in bars.heights)), frame, typeset))),
    _drawn("bars in reverse order", PLOTS, "axes.draw_bars",
           instead(lambda right, bars, frame, typeset: right(
               replace(bars, heights=bars.heights[::-1]), frame, typeset))),
    _drawn("a bar in the colour of another contribution", PLOTS, "axes.draw_bars",
           instead(lambda right, bars, frame, typeset: right(
               replace(bars, colours=("C05607", *bars.colours[1:])), frame, typeset))),
    # What draws diagrams.
    _drawn("an arrow turned round", NETWORKS, "graph._draw_edge",
           swapped(1, 2)),
    _drawn("an arrow in another colour", NETWORKS, "graph._draw_edge",
           instead(lambda right, edge, *more: right(replace(edge, colour="0069A8"), *more))),
    _drawn("a path without its dashes", NETWORKS, "graph.DASHES",
           constant(dict.fromkeys(Style, ()))),
    _drawn("labels of an arrow that are lost", NETWORKS, "graph._draw_edge",
           instead(lambda right, edge, *more: right(replace(edge, labels=()), *more))),
    _drawn("the label of a node at another's place", NETWORKS, "graph._draw_node",
           instead(lambda right, node, box, words: right(replace(node, x=node.x + 1), box, words))),
    _drawn("a node in another colour", NETWORKS, "graph._draw_node",
           instead(lambda right, node, *more: right(replace(node, colour="0069A8"), *more))),
    _drawn("heads that point away", NETWORKS, "graph.arrow_head",
           instead(lambda right, tip, angle, size: right(tip, angle + 3.14159, size))),
    _drawn("heads at the other end", NETWORKS, "graph.arrow_head",
           instead(lambda right, tip, angle, size: right(
               (tip[0] - cos(angle), tip[1] - sin(angle)), angle, size))),
    _drawn("heads in another colour", NETWORKS, "graph._draw_edge", text(
        lambda items: [replace(item, fill="0069A8") if getattr(item, "fill", None) else item
                       for item in items])),
    _drawn("words away from their arrow", NETWORKS, "graph._beside",
           instead(lambda right, point, *more: right((point[0] + 2.5, point[1]), *more))),
    _drawn("a reference line at another place", PLOTS, "axes.draw_reference",
           instead(lambda right, line, *more: right(replace(line, value=line.value + 0.2), *more))),
    _drawn("a reference line across the other axis", PLOTS, "axes.draw_reference",
           instead(lambda right, line, *more: right(
               replace(line, axis="y" if line.axis == "x" else "x"), *more))),
    _drawn("a mark at another point", PLOTS, "axes.draw_mark",
           instead(lambda right, mark, *more: right(replace(mark, x=mark.x + 0.5), *more))),
    _drawn("words on the other side of a mark", PLOTS, "axes.draw_mark",
           instead(lambda right, mark, *more: right(replace(mark, align="below"), *more))),
    _drawn("a curve with a corner too many", PLOTS, "curves._pieces",
           text(lambda pieces: [[*piece[:2], (piece[1][0], piece[1][1] - 0.4), *piece[2:]]
                                if len(piece) > 2 else piece for piece in pieces])),
    _drawn("a curve that goes back and forth", PLOTS, "curves._pieces",
           text(lambda pieces: [[*piece, *piece[-3:-1]] for piece in pieces])),
    # The formats.
    _tikz("a coordinate rounded away", NETWORKS, "_number", text(lambda found: found.partition(".")[0])),
    _tikz("x and y exchanged in TikZ", PLOTS, "_point",
          instead(lambda right, point: right((point[1], point[0])))),
    _tikz("a word in another colour", NETWORKS, "_words", sub(r"text=f\w+", "text=f1F2328")),
    _tikz("a label cut off", NETWORKS, "_words", sub(r"_\{\d\}", "")),
    _svg("a picture upside down", PLOTS, "_Writer._place",
         text(lambda place: (place[0], -place[1]))),
    _svg("a picture stretched", PLOTS, "_Writer._path", sub(r"^M[\d.]+", "M0")),
    _svg("a label of SVG that says another thing", NETWORKS, "_attribute", sub("s_", "o_")),
    _svg("the title of a picture that is another's", NETWORKS, "_text",
         text(lambda found: found.replace("unrolled", "rolled up"))),
    _svg("a picture without a title", NETWORKS, "_text", text(lambda found: "")),
    # The outlines of labels.
    _drawn_letters("outlines that are another letter's", text(lambda line: replace(
        line, outlines=dict(zip(line.outlines, [*line.outlines.values()][::-1], strict=True))))),
    _drawn_letters("indices that stand above", _outlines(_each(
        y=lambda g: 1.0 - 2 * g.y if g.scale < 1 else g.y))),
    _drawn_letters("indices as large as letters", _outlines(_each(scale=lambda g: 1.0))),
    _drawn_letters("letters in reverse order", _outlines(_glyphs(_mirrored))),
    _drawn_letters("letters on top of each other", _outlines(_each(x=lambda g: 0.0))),
    _drawn_letters("a letter that is not drawn", _outlines(_glyphs(lambda glyphs: glyphs[:-1]))),
    _drawn_letters("a letter that is drawn twice", _outlines(_glyphs(
        lambda glyphs: [*glyphs, replace(glyphs[-1], x=glyphs[-1].x + 60)]))),
    _drawn_letters("letters that are bent", text(lambda line: replace(
        line, outlines={k: d.replace("Q", "L") for k, d in line.outlines.items()}))),
    _drawn_letters("labels away from their places", _outlines(_each(x=lambda g: g.x + 400))),
    _drawn_letters("labels below their line", _outlines(_each(y=lambda g: g.y - 300))),
    Fault("a fraction without its bar", f"{DRAWING}.svg.set_line",
          _outlines(lambda run: replace(run, bars=())),
          ("run show elman-grad-W-terms-3 --as svg",), r"the outlines do not show"),
    _svg("words in reverse order", PLOTS, "set_line", _outlines(_glyphs(_mirrored))),
    # On which side of an arrow its words stand.
    _drawn("words on the other side of an arrow", NETWORKS, "graph._beside",
           instead(lambda right, point, normal, *more: right(point, normal + 3.14159, *more))),
    _drawn("words on the other side of a bent arrow", "lem-2/forward", "graph._draw_edge",
           instead(lambda right, edge, *more: right(
               replace(edge, side=-edge.side if edge.bend else edge.side), *more))),
    # Formulas in titles and alternative texts.
    *(Fault(name, f"{DRAWING}.svg.{target}", make, (f"write {PLOTS} markdown",), TITLED)
      for name, target, make in (
          ("another quantity in titles", "svg", instead(lambda right, figure, say, title: right(
              figure, say, title=title.replace("∂s", "∂o")))),
          ("another index in titles", "svg", instead(lambda right, figure, say, title: right(
              figure, say, title=title.replace("_100", "_10")))),
          ("a prime that titles lack", "svg", instead(lambda right, figure, say, title: right(
              figure, say, title=title.replace("tanh'", "tanh")))))),
    *(Fault(f"{name} in bare text", "derive.render.page.plain.plain_mathematics", sub(wrong, by),
            (f"write {PLOTS} markdown",), TITLED + r"|is not what was meant")
      for name, wrong, by in (("another quantity", "s_", "o_"), ("another index", "100", "10"),
                              ("a norm that is lost", "‖(.*)‖", r"\1"),
                              ("a lost prime", "'", ""))),
    # What describes networks.
    _made("an arrow that nothing reads", NETWORKS, f"{NETWORK}.unrolled_network",
          _edges(lambda edges: (*edges, replace(edges[0], src="x-1", dst="o-1")))),
    _made("an arrow that is missing", NETWORKS, f"{NETWORK}.unrolled_network",
          _edges(lambda edges: edges[1:])),
    _made("the parameter of another arrow", NETWORKS, f"{NETWORK}.links",
          text(lambda links: [replace(a, parameters=b.parameters) for a, b in
                              zip(links, [*links[1:], links[0]], strict=True)])),
    _made("a label that is lost in the description", NETWORKS,
          "derive.chapters.figures.links._multiplies", constant(lambda *args: False)),
    _made("the state of another step", NETWORKS, f"{NETWORK}.VectorRow",
          instead(lambda right, name, label: right(name, lambda step: label(step + 1)))),
    _made("paths that begin at another loss", NETWORKS, f"{UNROLLED}._route",
          instead(lambda right, start, goal, *more: right((start[0], start[1] - 1), goal, *more)
                  if start[1] - 1 >= goal[1] else right(start, goal, *more))),
    _made("paths that end at another step", NETWORKS, f"{UNROLLED}._route",
          instead(lambda right, start, goal, *more: right(start, (goal[0], goal[1] % 3 + 1), *more))),
    _made("the colours of paths in the wrong order", NETWORKS, "derive.chapters.gradients.step_colours",
          text(lambda found: dict(zip(found, [*found.values()][::-1], strict=True)))),
    _made("the copy of another step at a path", NETWORKS, f"{UNROLLED}._backward",
          text(lambda found: (found[0], [replace(w, label=found[1][0].label) for w in found[1]]))),
    _made("a step of a path that is left out", NETWORKS, f"{NETWORK}.unrolled_network",
          _edges(lambda edges: [e for e in edges if e.colour is None or e.src != "s-3"])),
    # What describes plots.
    _made("a function without its sign", "elman-2/network,activation",
          "derive.chapters.activation.activation_plot", _y(abs), FUNCTION),
    _made("value and derivative exchanged", "elman-2/network,activation",
          "derive.chapters.activation.activation_plot",
          instead(lambda right, id, x, value, slope, **more: right(id, x, slope, value, **more)),
          FUNCTION),
    _made("a curve off by a thousandth", "elman-2/network,activation",
          "derive.chapters.activation.activation_plot", _y(lambda y: 1.001 * y), FUNCTION),
    _made("a curve of another run", "elman-2/flow", "derive.chapters.flow.norm_by_lag_plot",
          instead(lambda right, id, curves, **more: right(id, [
              replace(c, label=o.label) for c, o in zip(curves, [*curves[1:], curves[0]], strict=True)],
              **more)),
          FLOW_NORMS),
    _made("norms shifted by a step", "elman-2/flow", "derive.chapters.flow.norm_by_lag_plot",
          _items(Curve, lambda c: replace(c, y=(*c.y[1:], *c.y[:1]))), FLOW_NORMS),
)  # fmt: skip

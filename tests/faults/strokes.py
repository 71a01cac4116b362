"""Faults in lines of plots and in small pictures: dashes, gaps, levels, arrows, labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from derive.document.diagram import Diagram, Style
from derive.document.plot import Curve, Reference
from tests.faults.fault import Change, Fault, constant, instead, text

CHAPTERS = "derive.chapters"
READY = f"{CHAPTERS}.figures.readymade"

LINE = r"figure \S+ has a line that says something else"
ABOUT = r"figure \S+ does not show what it is about|figure \S+ does not show the network"


def _made(name: str, document: str, target: str, make: Change, refusal: str = LINE) -> Fault:
    return Fault(name, target, make, (f"make {document} markdown",), refusal)


def _diagram(name: str, document: str, target: str, **changes: Any) -> Fault:
    """Return a fault in a finished description of a small picture: of its ``nodes`` or ``edges``."""

    def changed(made: Diagram) -> Diagram:
        parts = {part: changes.get(part, tuple)(getattr(made, part)) for part in ("nodes", "edges")}
        return Diagram(made.id, tuple(parts["nodes"]), tuple(parts["edges"]), made.legend)

    return _made(name, document, f"{CHAPTERS}.{target}", text(changed), ABOUT)


def _curve(right: Any, x: Any, y: Any, label: Any, colour: str, *more: Any, **named: Any) -> Curve:
    """Draw a bound through, whose sample in the legend is dashed."""
    bound = label is None and bool(x)
    made: Curve = right(x, y, label, colour, *(() if bound else more), **named)
    return made


ARROWS, HIGHWAY = "recursion.two_arrows", "memory.highway"


def _label(id: str, other: str) -> Any:
    """Give a node the label of another."""

    def changed(nodes: Any) -> list[Any]:
        (label,) = (node.label for node in nodes if node.id == other)
        return [replace(node, label=label) if node.id == id else node for node in nodes]

    return changed


FAULTS = (
    _made("bounds that are drawn through", "elman-2/flow", f"{READY}.Curve", instead(_curve)),
    _made("bounds in another colour", "elman-2/flow", f"{READY}.Curve", instead(
        lambda right, x, y, label, colour, *more, **named: right(
            x, y, label, "1F2328" if label is None else colour, *more, **named))),
    _made("the norm 1 at another height", "elman-2/flow", f"{READY}.Reference", instead(
        lambda right, value, *more, **named: right(1.0, *more, **named))),
    _made("an axis at one", "elman-2/network,activation", f"{READY}.Reference", instead(
        lambda right, value, *more, **named: right(1.0, *more, **named))),
    _made("no line at the norm 1", "elman-2/flow", f"{READY}.Reference", instead(
        lambda right, value, *more, **named: Reference(value, "x"))),
    Fault("a line up a jump", f"{CHAPTERS}.activation.LEAST_JUMP", constant(10.0),
          ("run handout elman --activation relu -T 1 --format md --out {out}",), LINE),
    _made("lines up the jumps of a gallery", "elman-2/forward,landscape",
          f"{CHAPTERS}.landscape.apart_at_jumps", instead(lambda right, grid, slopes, kinks: slopes)),
    _made("a gap where nothing jumps", "elman-2/network,activation",
          f"{CHAPTERS}.activation.apart_at_jumps", text(lambda found: (
              found.__setitem__(7, float("nan")), found)[1]), rf"{LINE}|shows no"),
    # The two arrows that leave a state, and the ways around it.
    _diagram("a loss of the wrong step", "elman-2/recursion", ARROWS,
             nodes=_label("next-loss", "loss")),
    _diagram("a state of the wrong step", "elman-2/recursion", ARROWS, nodes=_label("next", "state")),
    _diagram("an arrow to a loss left out", "elman-2/recursion", ARROWS, edges=lambda edges: [
        e for e in edges if (e.src, e.dst) != ("next", "next-loss")]),
    _diagram("an arrow to what comes later left out", "elman-2/recursion", ARROWS, edges=lambda edges: [
        e for e in edges if e.dst != "later"]),
    _diagram("ways back that are drawn through", "elman-2/recursion", ARROWS, edges=lambda edges: [
        replace(e, style=Style.SOLID) for e in edges]),
    _diagram("colours of the ways back exchanged", "elman-2/recursion", ARROWS, edges=lambda edges: [
        replace(e, colour={"0069A8": "C05607", "C05607": "0069A8"}.get(e.colour, e.colour))
        for e in edges]),
    _diagram("a way through a state of the wrong step", "lstm-2/memory", HIGHWAY,
             nodes=lambda nodes: [replace(n, label=n.label.series[9]) if n.id == "other-1" else n
                                  for n in nodes]),
    _diagram("a way around that is drawn through", "lstm-2/memory", HIGHWAY, edges=lambda edges: [
        replace(e, style=Style.SOLID) for e in edges]),
    _diagram("an arrow that leads to nothing", "lstm-2/memory", HIGHWAY, edges=lambda edges: [
        *edges, replace(edges[-1], src="between", dst="other-1")]),
    _made("no arrow to the steps left out", "elman-9/forward,first",
          f"{CHAPTERS}.network.unrolled_network", text(lambda made: Diagram(
              made.id, made.nodes, tuple(e for e in made.edges if not (
                  e.dst.endswith("-dots") and e.colour is None)), made.legend)), ABOUT),
)  # fmt: skip

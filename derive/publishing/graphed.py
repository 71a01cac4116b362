"""Nodes and arrows in a finished picture, beside the diagram that it is to show."""

from __future__ import annotations

from collections.abc import Iterator
from math import hypot, radians, sin

from derive.document.diagram import Diagram, Edge, Node, NodeRole, Typeset
from derive.publishing.arced import astray, misheaded, on_curve
from derive.publishing.legends import sampled
from derive.reading.elements import DrawnElement, DrawnPath, DrawnPoint, DrawnWords
from derive.reading.extents import extents
from derive.typesetting.palette import INK, QUIET

REACH, BESIDE, LETTER = 0.25, 0.25, 0.01
"""Centimetres from a line to the tip of its head, to words beside it, and for each of their letters."""

RAISED = 0.07
"""Centimetres from the line that words stand on to the middle of their letters."""

TOLD = (NodeRole.INPUT, NodeRole.STATE, NodeRole.OUTPUT, NodeRole.LOSS)
"""The roles that are told apart by what fills a node."""

CENTRED = 0.1
"""Centimetres by which the middle of a label may stand aside of its node's: letters are slanted."""

ACROSS = 0.02
"""Centimetres by which a label may stand aside: both formats round."""


def misdrawn(diagram: Diagram, elements: list[DrawnElement], typeset: Typeset) -> Iterator[str]:
    """Yield how a picture differs from the diagram that it is to show."""
    shift = _shift(diagram, elements, typeset)
    if shift is None:
        yield "no node stands where it is meant"
        return
    words = [element for element in elements if isinstance(element, DrawnWords)]
    for node in diagram.nodes:
        text = typeset(node.label)
        if text and not any(_names(w, node, text, shift) for w in words):
            yield f"{text} does not stand at its node, in its colour"
            return
    shapes = [element for element in elements if isinstance(element, DrawnPath)]
    for node in diagram.nodes:
        if node.role is not NodeRole.WORDS and not _outlines(node, shapes, shift):
            yield f"the node {node.id} is not drawn as it is told by its role"
            return
    outlines = {
        n: _outlines(n, shapes, shift) for n in diagram.nodes if n.role is not NodeRole.WORDS
    }
    yield from _filled(outlines)
    left = [*elements]
    places = {node.id: _middle(*found) for node, found in outlines.items()}
    for edge in diagram.edges:
        problem = _edge(edge, left, places, typeset)
        if problem is not None:
            yield problem
            return
    yield from _legend(diagram, elements, typeset)
    # A node has an outline and words, or dots; an entry of the legend a sample and words.
    parts = {NodeRole.DOTS: 3, NodeRole.WORDS: 1}
    meant = sum(parts.get(node.role, 2) for node in diagram.nodes) + 2 * len(diagram.legend)
    if len(left) != meant:
        yield f"{len(left)} things are drawn beside the arrows, {meant} are meant"


def _shift(diagram: Diagram, elements: list[DrawnElement], typeset: Typeset) -> DrawnPoint | None:
    """Return by how much the picture is moved: what all of the nodes have in common."""
    named = [n for n in diagram.nodes if typeset(n.label) and n.role is not NodeRole.WORDS]
    if not named:
        return 0.0, 0.0
    first, text = named[0], typeset(named[0].label)
    for element in elements:
        if isinstance(element, DrawnWords) and element.text == text:
            return element.place[0] - first.x, element.place[1] - first.y
    return None


def _names(words: DrawnWords, node: Node, text: str, shift: DrawnPoint) -> bool:
    apart = hypot(words.place[0] - node.x - shift[0], words.place[1] - node.y - shift[1])
    left, _, right, _ = extents(words)
    aside = abs((left + right) / 2 - node.x - shift[0])
    stands = apart <= ACROSS and aside <= CENTRED and not words.upright
    return words.text == text and stands and words.colour == (node.colour or INK)


def _outlines(node: Node, shapes: list[DrawnPath], shift: DrawnPoint) -> list[DrawnPath]:
    """Return the outline of a node, dashed where it is given, or its three dots; else nothing."""
    place = node.x + shift[0], node.y + shift[1]
    if node.role is NodeRole.DOTS:
        dots = [s for s in shapes if s.stroke is None and s.fill == (node.colour or QUIET)]
        near = [dot for dot in dots if _apart(_middle(dot), place) < REACH]
        return near if len({round(_middle(dot)[0], 1) for dot in near}) == 3 else []
    start = node.role is NodeRole.START
    ink = node.colour or (QUIET if start else INK)
    return [
        s for s in shapes if s.fill is not None and s.stroke == ink
        and (s.style != "solid") == start
        and abs(_middle(s)[0] - place[0]) <= ACROSS
        and abs(_middle(s)[1] - place[1] - RAISED) <= RAISED / 2
        and (node.size is None or _apart(_extent(s), node.size) <= ACROSS)
    ]  # fmt: skip


def _filled(outlines: dict[Node, list[DrawnPath]]) -> Iterator[str]:
    """Yield that nodes can't be told apart by what fills them, as their roles are."""
    fills: dict[NodeRole, set[str | None]] = {}
    for node, (first, *_) in outlines.items():
        if node.role in TOLD:
            fills.setdefault(node.role, set()).add(first.fill)
    found = [fill for known in fills.values() for fill in known]
    if any(len(known) > 1 for known in fills.values()) or len({*found}) < len(found):
        yield "nodes of one role are not filled alike, or those of two are"


def _extent(shape: DrawnPath) -> DrawnPoint:
    xs, ys = zip(*shape.points, strict=True)
    return max(xs) - min(xs), max(ys) - min(ys)


def _middle(*shapes: DrawnPath) -> DrawnPoint:
    xs, ys = zip(*(point for shape in shapes for point in shape.points), strict=True)
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _edge(
    edge: Edge,
    left: list[DrawnElement],
    places: dict[str, DrawnPoint],
    typeset: Typeset,
) -> str | None:
    """Take an arrow and its labels off what is left; a complaint if it goes elsewhere."""
    name = f"the arrow from {edge.src} to {edge.dst}"
    line = left.pop(0) if left else None
    if not isinstance(line, DrawnPath) or line.stroke != (edge.colour or INK):
        return f"{name} is not drawn in its place and colour"
    ends = [_nearest(line.points[n], places) for n in (0, -1)]
    if ends != [edge.src, edge.dst]:
        return f"{name} goes from {ends[0]} to {ends[1]}"
    if line.style != edge.style.value:
        return f"{name} has not the dashes that it is told by"
    for way in astray(edge, line, places[edge.src], places[edge.dst]):
        return f"{name} {way}"
    if edge.head:
        problem = _head(left.pop(0) if left else None, line, places[edge.dst])
        if problem is not None:
            return f"{name} {problem}"
    texts = [typeset(label) for label in edge.labels]
    for row in (", ".join(texts[n : n + 2]) for n in range(0, len(texts), 2)):
        words = left.pop(0) if left else None
        if not isinstance(words, DrawnWords) or words.text != row:
            return f"{row} does not stand beside {name}"
        if not _beside(words, edge, line):
            return f"{row} stands away from {name}"
    return None


def _head(head: DrawnElement | None, line: DrawnPath, goal: DrawnPoint) -> str | None:
    """Return what is wrong with a head: its first corner is the tip, which comes nearest to the node."""
    if not isinstance(head, DrawnPath) or len(head.points) < 3 or head.fill != line.stroke:
        return "has no head in its colour"
    tip, *back = head.points[:4]
    if _apart(tip, line.points[-1]) > REACH:
        return "has its head at another place"
    if any(_apart(corner, goal) <= _apart(tip, goal) for corner in back):
        return "has a head that points away"
    return misheaded(head, line)


def _beside(words: DrawnWords, edge: Edge, line: DrawnPath) -> bool:
    """Tell whether words stand near the place on an arrow that they are meant for, on its side."""
    (a, b), (c, d) = line.points[0], line.points[-1]
    long = _apart((a, b), (c, d))
    # A bent arrow leaves the straight line by at most this, and is cut at the borders of its nodes.
    bow = long * abs(sin(radians(edge.bend)))
    place = (a + edge.at * (c - a), b + edge.at * (d - b))
    rows = (len(edge.labels) + 1) // 2
    near = _apart(words.place, place) <= BESIDE + bow + 0.3 * rows + LETTER * len(words.text)
    return near and _left(words, line, edge.at) == (edge.side > 0)


def _left(words: DrawnWords, line: DrawnPath, at: float) -> bool:
    """Tell whether words stand to the left of an arrow, seen along it, at a share of its length."""
    start, end = line.points[0], line.points[-1]
    if len(line.controls) != 2:
        return _side(start, end, words) > 0
    corners = (start, *line.controls, end)
    here, there = (on_curve(corners, max(0.0, min(1.0, at + d))) for d in (-0.05, 0.05))
    return _side(here, there, words) > 0


def _side(start: DrawnPoint, end: DrawnPoint, words: DrawnWords) -> float:
    """Return a number above zero for words to the left of the way from one point to another."""
    middle = (start[0] + end[0]) / 2, (start[1] + end[1]) / 2
    left, bottom, right, top = extents(words)
    aside = (left + right) / 2 - middle[0], (bottom + top) / 2 - middle[1]
    return (end[0] - start[0]) * aside[1] - (end[1] - start[1]) * aside[0]


def _apart(one: DrawnPoint, other: DrawnPoint) -> float:
    return hypot(one[0] - other[0], one[1] - other[1])


def _nearest(point: DrawnPoint, places: dict[str, DrawnPoint]) -> str:
    return min(places, key=lambda node: _apart(point, places[node]))


def _legend(diagram: Diagram, elements: list[DrawnElement], typeset: Typeset) -> Iterator[str]:
    for entry in diagram.legend:
        text = typeset(entry.label)
        if not sampled(elements, text, entry.colour, entry.style.value):
            yield (
                f"the legend does not say {text} of a {entry.style.value} line of the colour "
                f"{entry.colour}"
            )
            return

"""Diagram → scene: shapes of the roles, arrows from border to border, labels beside them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import cos, hypot, radians, sin

from derive.document.diagram import Diagram, Edge, Node, NodeRole, Typeset
from derive.render.drawing.geometry import (
    RIGHT_ANGLE,
    arrow_head,
    bezier,
    circle,
    direction,
    distance,
    rounded,
    step,
)
from derive.render.drawing.legend import DASHES, LegendItem, legend_rows
from derive.render.drawing.scene import CM, Item, Point, Scene, Shape, Words, text_width
from derive.typesetting.palette import INK, QUIET

NODE_SIZE = 10.0
EDGE_SIZE = 9.0
RADIUS = 0.45  # of a state, in cm
_FILLS = {
    NodeRole.INPUT: "F3F4F6",
    NodeRole.STATE: "DFEAF4",
    NodeRole.OUTPUT: "FFFFFF",
    NodeRole.LOSS: "F6E7DC",
    NodeRole.BLOCK: "DFEAF4",
}
_GAP = 0.05  # between an arrow and the border it comes to
_HEAD = 0.2


@dataclass(frozen=True)
class _Box:
    """The outline of a node: a rectangle with round corners."""

    x: float
    y: float
    half_width: float
    half_height: float
    corner: float

    def outside(self, point: Point) -> float:
        """Return the distance of ``point`` from the outline, negative inside."""
        right = abs(point[0] - self.x) - self.half_width + self.corner
        up = abs(point[1] - self.y) - self.half_height + self.corner
        return hypot(max(right, 0.0), max(up, 0.0)) + min(max(right, up), 0.0) - self.corner


def graph_scene(diagram: Diagram, typeset: Typeset) -> Scene:
    """Return the drawing of a diagram, its origin where the description has it."""
    words = {node.id: typeset(node.label) for node in diagram.nodes}
    boxes = {node.id: _box(node, words[node.id]) for node in diagram.nodes}
    items: list[Item] = []
    for edge in diagram.edges:
        items += _draw_edge(edge, boxes[edge.src], boxes[edge.dst], typeset)
    for node in diagram.nodes:
        items += _draw_node(node, boxes[node.id], words[node.id])
    left, bottom, right, top = _bounds(items)
    entries = [LegendItem(typeset(e.label), e.colour, e.style) for e in diagram.legend]
    rows, depth = legend_rows(entries, (left + right) / 2, bottom - 0.3, max(right - left, 8.0))
    if rows:
        items += rows
        left, bottom, right, top = _bounds(items)
        bottom = min(bottom, depth)
    return Scene(left - 0.05, bottom - 0.05, right + 0.05, top + 0.05, tuple(items))


def _box(node: Node, text: str) -> _Box:
    wide = text_width(text, NODE_SIZE) / 2
    if node.role is NodeRole.DOTS:
        return _Box(node.x, node.y, 0.34, 0.34, 0.3)
    if node.role is NodeRole.WORDS:
        return _Box(node.x, node.y, text_width(text, EDGE_SIZE) / 2 + 0.05, 0.2, 0.05)
    if node.size is not None:
        return _Box(node.x, node.y, node.size[0] / 2, node.size[1] / 2, 0.04)
    if node.role in (NodeRole.INPUT, NodeRole.LOSS):
        return _Box(node.x, node.y, max(0.4, wide + 0.12), 0.36, 0.12)
    # Half circles at the ends of a wide one leave the corners of its name less room.
    half = wide + 0.24 if wide + 0.14 > RADIUS else RADIUS
    return _Box(node.x, node.y, half, RADIUS, RADIUS)


def _draw_node(node: Node, box: _Box, text: str) -> Iterator[Item]:
    ink = node.colour or INK
    if node.role is NodeRole.DOTS:
        for shift in (-0.16, 0.0, 0.16):
            yield Shape(circle(node.x + shift, node.y, 0.035), fill=node.colour or QUIET)
        return
    size = EDGE_SIZE if node.role is NodeRole.WORDS else NODE_SIZE
    if node.role is not NodeRole.WORDS:
        outline = rounded(box.x, box.y, box.half_width, box.half_height, box.corner)
        start = node.role is NodeRole.START
        yield Shape(
            outline,
            stroke=node.colour or (QUIET if start else INK),
            width=0.8,
            dash=(2.2, 1.8) if start else (),
            fill=_FILLS.get(node.role, "FFFFFF"),
        )
    # A letter with a subscript looks centred when its x-height is, so the baseline is fixed.
    yield Words(node.x, node.y - 0.23 * size / CM, text, size, colour=ink)


def _draw_edge(edge: Edge, start: _Box, end: _Box, typeset: Typeset) -> Iterator[Item]:
    colour = edge.colour or INK
    width = 1.05 if edge.colour else 0.8
    a, b = (start.x, start.y), (end.x, end.y)
    angle = direction(a, b)
    if edge.offset:
        a = step(a, angle + RIGHT_ANGLE, edge.offset)
        b = step(b, angle + RIGHT_ANGLE, edge.offset)
    reach = 0.4 * distance(a, b)
    leave = angle + radians(edge.bend)
    arrive = angle - radians(edge.bend)
    curve = (a, step(a, leave, reach), step(b, arrive, -reach), b)
    first, last = _border(curve, start, 0.0), _border(curve, end, 1.0)
    curve = _part(curve, first, last)
    tip = curve[3]
    heading = direction(curve[2], tip)
    if edge.head:
        # The line ends inside the head, or its square end would show at the tip.
        curve = (*curve[:3], step(tip, heading, -0.6 * _HEAD))
    drawn = ("C", curve[1:]) if edge.bend else ("L", (curve[3],))
    yield Shape((("M", (curve[0],)), drawn), stroke=colour, width=width, dash=DASHES[edge.style])
    if edge.head:
        yield Shape(arrow_head(tip, heading, _HEAD), fill=colour)
    if edge.labels:
        here, there = (
            bezier(curve, max(edge.at - 0.05, 0.0)),
            bezier(curve, min(edge.at + 0.05, 1.0)),
        )
        normal = direction(here, there) + (RIGHT_ANGLE if edge.side > 0 else -RIGHT_ANGLE)
        yield from _beside(bezier(curve, edge.at), normal, edge, [typeset(x) for x in edge.labels])


def _border(curve: tuple[Point, Point, Point, Point], box: _Box, end: float) -> float:
    """Return where on the curve the node at its ``end`` (0 or 1) begins, a gap included."""
    inside, outside = end, 0.5
    if box.outside(bezier(curve, inside)) > _GAP:
        return end
    for _ in range(30):
        middle = (inside + outside) / 2
        if box.outside(bezier(curve, middle)) > _GAP:
            outside = middle
        else:
            inside = middle
    return outside


def _part(
    curve: tuple[Point, Point, Point, Point], first: float, last: float
) -> tuple[Point, Point, Point, Point]:
    """Return the piece of a cubic curve between two parameters (by its end slopes)."""
    start, end = bezier(curve, first), bezier(curve, last)
    third = (last - first) / 3

    def slope(t: float) -> Point:
        p, q, r, s = curve
        weights = (3 * (1 - t) ** 2, 6 * (1 - t) * t, 3 * t**2)
        return (
            sum(w * (y[0] - x[0]) for w, x, y in zip(weights, (p, q, r), (q, r, s), strict=True)),
            sum(w * (y[1] - x[1]) for w, x, y in zip(weights, (p, q, r), (q, r, s), strict=True)),
        )

    out, back = slope(first), slope(last)
    return (
        start,
        (start[0] + third * out[0], start[1] + third * out[1]),
        (end[0] - third * back[0], end[1] - third * back[1]),
        end,
    )


def _beside(point: Point, normal: float, edge: Edge, texts: list[str]) -> Iterator[Words]:
    rows = [", ".join(texts[n : n + 2]) for n in range(0, len(texts), 2)]
    leading = 1.15 * EDGE_SIZE / CM
    # What is both raised and lowered, as the sign of a block, is higher than a letter.
    tall = 0.08 if any("^" in row and "_" in row for row in rows) else 0.0
    half_height = 0.13 + tall + leading * (len(rows) - 1) / 2
    across, along = cos(normal), sin(normal)
    up = point[1] + along * (0.13 + half_height)
    # Words beside a steep arrow begin or end at it: their width differs from format to format.
    align = "left" if across > 0.6 else "right" if across < -0.6 else "center"
    wide = max(text_width(row, EDGE_SIZE) for row in rows) / 2
    aside = 0.1 * across if align != "center" else across * (0.1 + wide)
    top = up + leading * (len(rows) - 1) / 2 - 0.23 * EDGE_SIZE / CM
    for n, row in enumerate(rows):
        y = top - n * leading
        yield Words(point[0] + aside, y, row, EDGE_SIZE, align, colour=edge.colour or INK)


def _bounds(items: list[Item]) -> tuple[float, float, float, float]:
    xs: list[float] = []
    ys: list[float] = []
    for item in items:
        if isinstance(item, Words):
            wide = text_width(item.text, item.size)
            left = item.x - {"left": 0.0, "center": wide / 2, "right": wide}[item.align]
            xs += [left, left + wide]
            ys += [item.y - 0.12, item.y + 0.8 * item.size / CM]
        elif isinstance(item, Shape):
            points = [point for _, group in item.path for point in group]
            xs += [x for x, _ in points]
            ys += [y for _, y in points]
    if not xs:
        return 0.0, 0.0, 1.0, 1.0
    return min(xs), min(ys), max(xs), max(ys)

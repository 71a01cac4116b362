"""Small pictures of the ways that a derivative goes: out of a state, and through a state's own block."""

from __future__ import annotations

from derive.cells.cell import Cell
from derive.document.diagram import Diagram, Edge, Node, NodeRole, Style
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import Series, t
from derive.gradientflow.carousel import Carousel
from derive.typesetting.palette import contribution_colours

_ACROSS, _UP = 3.6, 1.5  # cm from one node to the next
_ASIDE = 0.2  # cm from an arrow to the way back beside it


def two_arrows(id: str, cell: Cell, state: Series) -> Diagram:
    """Return the two arrows that leave a state at step t, and what comes back along them."""
    loss = cell.loss_series
    own, later = contribution_colours(2)
    nodes = (
        Node("state", 0.0, 0.0, state[t], NodeRole.STATE),
        Node("next", _ACROSS, 0.0, state[t + 1], NodeRole.STATE),
        Node("loss", 0.0, _UP, loss[t], NodeRole.LOSS),
        Node("next-loss", _ACROSS, _UP, loss[t + 1], NodeRole.LOSS),
        Node("later", 1.6 * _ACROSS, 0.0, "", NodeRole.DOTS),
    )
    back = {"style": Style.DASHED, "offset": _ASIDE}
    edges = (
        Edge("state", "loss"),
        Edge("state", "next"),
        Edge("next", "next-loss"),
        Edge("next", "later"),
        Edge("loss", "state", (Partial(loss[t], state[t]),), colour=own, **back),  # type: ignore[arg-type]
        Edge("next", "state", (Partial(state[t + 1], state[t]),), colour=later, **back),  # type: ignore[arg-type]
    )
    return Diagram(id, nodes, edges)


def highway(id: str, carousel: Carousel) -> Diagram:
    """Return the ways of a state over two steps: straight on, and through each of the others."""
    state = carousel.state
    (colour,) = contribution_colours(1)
    nodes = [
        Node("first", 0.0, 0.0, state[t - 2], NodeRole.STATE),
        Node("between", _ACROSS, 0.0, state[t - 1], NodeRole.STATE),
        Node("last", 2 * _ACROSS, 0.0, state[t], NodeRole.STATE),
    ]
    straight = [
        Edge("first", "between", (carousel.handed_on(t - 1),), colour=colour),
        Edge("between", "last", (carousel.handed_on(t),), colour=colour),
    ]
    around = []
    for row, (other, into, out) in enumerate(carousel.ways_around(), 1):
        nodes.append(Node(f"other-{row}", _ACROSS, -row * _UP, other[t - 1], NodeRole.STATE))
        around += [
            Edge("first", f"other-{row}", (into,), Style.DOTTED, side=-1),
            Edge(f"other-{row}", "last", (out,), Style.DOTTED, side=-1),
        ]
    return Diagram(id, tuple(nodes), (*straight, *around))

"""Small pictures whole: each node, each arrow and each label, beside a second description of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import pairwise

from sympy import Basic

from derive.cells.cell import Cell
from derive.document.diagram import Diagram, Edge, Label, Node, NodeRole, Style
from derive.errors import CheckError
from derive.expressions.derivatives import Partial
from derive.expressions.quantities import Series, t
from derive.typesetting.palette import contribution_colours

LOSS, STATE = NodeRole.LOSS, NodeRole.STATE


def require_arrows(diagram: Diagram, cell: Cell, state: Series) -> Diagram:
    """Return the picture of what a state acts on at once; a `CheckError` for another.

    It acts on the loss of its own step and on the next state, and that acts on its own loss and on what
    comes later. What comes back has the colours of contributions, the nearest first.
    """
    loss, ends = cell.loss_series, {node.id: _node(node) for node in diagram.nodes}
    here, then, later = (STATE, state[t]), (STATE, state[t + 1]), (NodeRole.DOTS, "")
    own, following = (LOSS, loss[t]), (LOSS, loss[t + 1])
    nodes = [here, then, later, own, following]
    forward = [(here, own), (here, then), (then, following), (then, later)]
    near, far = contribution_colours(2)
    back: dict[tuple[object, object], tuple[str, Partial]] = {
        (own, here): (near, Partial(loss[t], state[t])),
        (then, here): (far, Partial(state[t + 1], state[t])),
    }
    if Counter(ends.values()) != Counter(nodes):
        raise _wrong(diagram, f"it has {[str(label) for _, label in ends.values()]}")
    found = Counter(_ends(edge, ends) for edge in diagram.edges if edge.colour is None)
    if found != Counter(forward) or any(e.labels for e in diagram.edges if e.colour is None):
        raise _wrong(diagram, "an arrow of what is computed is missing, too many or labelled")
    coming = [edge for edge in diagram.edges if edge.colour is not None]
    for edge in coming:
        wanted = back.get(_ends(edge, ends))
        if wanted is None or wanted != (edge.colour, *edge.labels):
            raise _wrong(diagram, f"a way back has {[*map(str, edge.labels)]} beside it")
    if len(coming) != len(back):
        raise _wrong(diagram, f"{len(coming)} ways come back")
    _require_styles(diagram, {None: Style.SOLID, near: Style.DASHED, far: Style.DASHED})
    return diagram


def require_highway(diagram: Diagram, state: Series, states: tuple[Series, ...]) -> Diagram:
    """Return the picture of the ways of a state over two steps; a `CheckError` for another.

    One goes on in the state itself and is drawn through, the others go through other states, dotted.
    Every arrow goes on by one step.
    """
    labels = {node.id: node.label for node in diagram.nodes}
    straight = [state[t - 2], state[t - 1], state[t]]
    others = [label for label in labels.values() if label not in straight]
    allowed = [s[t - 1] for s in states if s != state]
    if any(labels[node.id] not in [*straight, *allowed] or node.role is not STATE
           for node in diagram.nodes) or len(set(labels.values())) != len(labels):  # fmt: skip
        raise _wrong(diagram, f"it has {[*map(str, labels.values())]}")
    wanted: list[tuple[object, object]] = [(straight[0], straight[1]), (straight[1], straight[2])]
    wanted += [pair for other in others for pair in ((straight[0], other), (other, straight[2]))]
    pairs = [(labels[edge.src], labels[edge.dst]) for edge in diagram.edges]
    if Counter(map(str, pairs)) != Counter(map(str, wanted)):
        raise _wrong(diagram, f"its arrows are {[f'{a} → {b}' for a, b in pairs]}")
    if any(len(edge.labels) != 1 for edge in diagram.edges):
        raise _wrong(diagram, "an arrow has not one factor beside it")
    (colour,) = contribution_colours(1)
    for edge in diagram.edges:
        on = labels[edge.src] in straight and labels[edge.dst] in straight
        if (edge.colour, edge.style) != ((colour, Style.SOLID) if on else (None, Style.DOTTED)):
            raise _wrong(diagram, f"the arrow to {labels[edge.dst]} is drawn as another way")
    return diagram


def left_out(diagram: Diagram, steps: Mapping[tuple[str, str], frozenset[Basic]]) -> Iterator[str]:
    """Yield what is wrong with the arrows into and out of the dots that stand for steps left out.

    ``steps`` are the rows that read others of the step before, and the parameters in between.
    """
    there = {node.id for node in diagram.nodes}
    if not any(id.endswith("-dots") for id in there):
        return
    columns = sorted(
        {int(id.rpartition("-")[2]) for id in there if id.rpartition("-")[2].isdigit()}
    )
    before = next(a for a, b in pairwise(columns) if b > a + 1)
    after = columns[columns.index(before) + 1]
    wanted = {}
    for (src, dst), parameters in steps.items():
        for pair in ((f"{src}-{before}", f"{dst}-dots"), (f"{src}-dots", f"{dst}-{after}")):
            if there.issuperset(pair):
                wanted[pair] = parameters
    found = {(e.src, e.dst): e for e in diagram.edges if e.colour is None and _dots(e)}
    for pair in wanted.keys() ^ found.keys():
        yield f"the arrow from {pair[0]} to {pair[1]} is missing or too many"
    labelled = any(edge.labels for edge in diagram.edges if edge.colour is None)
    for pair in wanted.keys() & found.keys():
        if labelled and frozenset(found[pair].labels) != wanted[pair]:
            yield f"the arrow from {pair[0]} to {pair[1]} is labelled otherwise"


def _dots(edge: Edge) -> bool:
    return edge.src.endswith("-dots") or edge.dst.endswith("-dots")


def _node(node: Node) -> tuple[NodeRole, Label]:
    return node.role, node.label


def _ends(edge: Edge, ends: Mapping[str, tuple[NodeRole, Label]]) -> tuple[object, object]:
    return ends[edge.src], ends[edge.dst]


def _require_styles(diagram: Diagram, styles: Mapping[str | None, Style]) -> None:
    for edge in diagram.edges:
        if edge.style is not styles[edge.colour] or not edge.head:
            raise _wrong(diagram, f"an arrow is {edge.style.value}, or has no head")


def _wrong(diagram: Diagram, problem: str) -> CheckError:
    return CheckError(
        f"figure {diagram.id} does not show what it is about: {problem}. Nothing is written; correct "
        "what draws it"
    )

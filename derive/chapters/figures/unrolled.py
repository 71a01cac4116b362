"""The unrolled network of any cell as a diagram, from plain data.

A column per time step, a row per vector: inputs at the bottom, the states above, then the outputs
and the losses.  Of a long horizon the first and the last steps are shown.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import asin, degrees

from derive.chapters.figures.spots import Segment, clear_spot, outline
from derive.document.diagram import Diagram, Edge, Label, LegendEntry, Node, NodeRole, Style
from derive.expressions.elision import WHOLE, shown_steps

_DOTS = -1  # the column that stands for the steps left out
_ROW, _TALL_ROW = 1.75, 2.25  # cm from row to row, and where arrows carry many labels
_BARE_ROW = 1.25  # cm where no arrow carries any
_COLUMN, _MARGIN = 2.75, 1.15  # cm
_BOW, _PATH_BOW = 0.8, 1.2  # cm by which an arrow goes round a state, and a path round its label
_WIDE, _WIDER = 3, 0.08  # more signs in a name than these widen both, by so many cm each
_LABEL = 0.4  # cm for a label beside an arrow
_PATH_LABEL, _FAR_PATH_LABEL = 0.72, 1.3  # cm right of a state, without and with such an arrow
_BELOW = 0.64  # cm from a row down to the labels of paths that stand below its arrows
_LANES = (0.13, 0.4)  # offsets of the innermost and outermost gradient path, cm
_APART = 0.1  # cm between gradient paths where there is room


@dataclass(frozen=True)
class VectorRow:
    """A vector of each time step: its name, unique in the figure, and its symbol at step t."""

    name: str
    label: Callable[[int], Label]


@dataclass(frozen=True)
class Link:
    """``dst`` at step t uses ``src`` at step t − lag, through ``parameters``.

    These stand beside the arrow if it is ``named``.
    """

    src: str
    dst: str
    parameters: tuple[str, ...] = ()
    lag: int = 0
    named: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        """Return the parameters that stand beside the arrow."""
        return self.parameters if self.named else ()


@dataclass(frozen=True)
class GradientPaths:
    """Gradient paths to draw: from the loss of the last step back to step k, for each k.

    ``colours`` maps k to its colour, ``label`` gives the words at the end of a path; ``to`` names
    the row of states at which a path ends (the first by default), ``apart`` the rows of the steps
    whose paths end at another one.  Paths to ``left`` are those that a truncated gradient leaves
    out.  ``parameter`` is the name of what is used at the end of a path.
    """

    colours: Mapping[int, str]
    label: Callable[[int], Label]
    to: str | None = None
    left: Collection[int] = ()
    parameter: str = ""
    apart: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Plan:
    """Where each row and each shown step stands."""

    columns: tuple[int, ...]
    rows: Mapping[str, int]
    heights: tuple[float, ...]
    apart: float
    wider: float

    @property
    def bow(self) -> float:
        """Return by how much an arrow goes round a state, in cm."""
        return _BOW + self.wider

    @property
    def path_bow(self) -> float:
        """Return by how much a path goes round the label of such an arrow, in cm."""
        return _PATH_BOW + self.wider

    def place(self, name: str, column: int) -> tuple[float, float]:
        return self.columns.index(column) * self.apart, self.heights[self.rows[name]]

    def rise(self, start: str, end: str) -> float:
        """Return by how much one row stands above another, in cm."""
        return self.heights[self.rows[end]] - self.heights[self.rows[start]]


def unrolled_network(
    id: str,
    horizon: int,
    *,
    inputs: VectorRow | None,
    states: Sequence[VectorRow],
    output: VectorRow,
    loss: VectorRow | None,
    links: Sequence[Link],
    parameter: Callable[[str, int], Label],
    contributions: GradientPaths | None = None,
    loss_steps: Collection[int] | None = None,
    legend: Sequence[LegendEntry] = (),
    width: float = 15.5,
) -> Diagram:
    """Return the picture of a cell unrolled over ``horizon`` steps.

    ``states`` are ordered from the bottom; without ``inputs`` there is no row below them.
    ``parameter(name, t)`` is the symbol of a parameter where step t uses it.  ``loss_steps`` are the
    steps that have a loss (all by default).
    ``width`` in cm bounds the figure.  Raises ValueError for a row given twice, a link to no row,
    or a contribution that is not shown.  One without a path, which is 0, is left out.
    """
    rows = [*([inputs] if inputs else []), *states, output, *([loss] if loss else [])]
    names = [row.name for row in rows]
    if len(set(names)) != len(names) or not states:
        raise ValueError(f"figure {id}: rows need different names and a state: {names}")
    for link in links:
        if link.src not in names or link.dst not in names or link.lag not in (0, 1):
            raise ValueError(f"figure {id}: {link} does not join rows {names} of one or two steps")
    if horizon < 1:
        raise ValueError(f"an unrolled network needs a step, not T = {horizon}")
    shown = shown_steps(horizon)
    half = len(shown) // 2
    gap = (_DOTS,) if horizon > WHOLE else ()
    columns = (0, *(shown[:half] + gap + shown[half:] if gap else shown))
    order = {name: n for n, name in enumerate(names)}
    goal = (contributions.to if contributions else None) or states[0].name
    # What stands between the ends of an arrow that goes round it may have a long name.
    wider = _WIDER * max(0, *(len(state.name) - _WIDE for state in states))
    aside = _FAR_PATH_LABEL if _passed(goal, order, links) else _PATH_LABEL
    room = aside if contributions else 0.0
    if any(not link.lag and abs(order[link.dst] - order[link.src]) > 1 for link in links):
        # What goes round a row in the last column stands out, with its label.
        room = max(room, wider + (_PATH_BOW if contributions else _BOW) + _LABEL)
    apart = (width - _MARGIN - room) / (len(columns) - 1)
    plan = _Plan(columns, order, _heights(order, links), min(_COLUMN, apart), wider)
    begin = {link.src for link in links if link.lag}
    with_loss = set(shown if loss_steps is None else loss_steps)
    roles = {output.name: NodeRole.OUTPUT} | ({inputs.name: NodeRole.INPUT} if inputs else {})
    roles |= {state.name: NodeRole.STATE for state in states} | (
        {loss.name: NodeRole.LOSS} if loss else {}
    )

    nodes: list[Node] = []
    for row in rows:
        for column in columns:
            if column == 0 and row.name not in begin:
                continue
            if loss and row.name == loss.name and column != _DOTS and column not in with_loss:
                continue
            x, y = plan.place(row.name, column)
            dots = column == _DOTS
            role = NodeRole.DOTS if dots else NodeRole.START if column == 0 else roles[row.name]
            label = "" if dots else row.label(column)
            nodes.append(Node(_node(row.name, column), x, y, label, role))
    there = {node.id for node in nodes}
    edges = [edge for link in links for edge in _forward(link, links, plan, parameter, there)]
    if contributions:
        if loss is None or horizon not in with_loss:
            raise ValueError(f"figure {id}: contributions begin at the loss of the last step")
        begin_at = (loss.name, horizon)
        lanes, words = _backward(id, contributions, begin_at, (goal, aside), links, plan)
        edges += lanes
        nodes += words
    return Diagram(id, tuple(nodes), tuple(edges), tuple(legend))


def _heights(rows: Mapping[str, int], links: Sequence[Link]) -> tuple[float, ...]:
    heights = [0.0]
    row = _ROW if any(link.names for link in links) else _BARE_ROW
    for lower in range(len(rows) - 1):
        ends = {lower, lower + 1}
        crowded = any(
            len(link.names) > 2 and {rows[link.src], rows[link.dst]} == ends for link in links
        )
        heights.append(heights[-1] + (_TALL_ROW if crowded else row))
    return tuple(heights)


def _node(name: str, column: int) -> str:
    return f"{name}-dots" if column == _DOTS else f"{name}-{column}"


def _forward(
    link: Link,
    links: Sequence[Link],
    plan: _Plan,
    parameter: Callable[[str, int], Label],
    there: Collection[str],
) -> list[Edge]:
    """Return the arrows of one link in all columns."""
    edges = []
    rise = plan.rows[link.dst] - plan.rows[link.src]
    bend = -_around(plan, link.src, link.dst, plan.bow) if link.lag == 0 else 0.0
    back = (link.dst, link.src)
    crossed = rise != 0 and any((o.src, o.dst) == back for o in links if o.lag)
    for n, column in enumerate(plan.columns):
        if link.lag:
            if n == 0:
                continue
            src = _node(link.src, plan.columns[n - 1])
        elif column in (0, _DOTS):
            continue
        else:
            src = _node(link.src, column)
        dst = _node(link.dst, column)
        if src not in there or dst not in there:
            continue
        step = column if column != _DOTS else plan.columns[n - 1] + 1
        labels = tuple(parameter(name, step) for name in link.names)
        # Labels of diagonals keep clear of the row they end in and of where two of them cross, those of
        # a way round of that row.
        at = 0.64 if bend else 0.3 if link.lag and (rise > 0 or crossed) else 0.5
        edges.append(Edge(src, dst, labels, bend=bend, at=at, side=-1 if bend else 1))
    return edges


def _around(plan: _Plan, low: str, high: str, bow: float) -> float:
    """Return the angle by which an arrow within a column leaves, to go round the rows it skips."""
    rise = plan.rows[high] - plan.rows[low]
    height = plan.heights[plan.rows[high]] - plan.heights[plan.rows[low]]
    return degrees(asin(min(bow / (0.3 * abs(height)), 1.0))) if abs(rise) > 1 else 0.0


def _passed(goal: str, rows: Mapping[str, int], links: Sequence[Link]) -> bool:
    """Return whether an arrow goes round the row ``goal``, where its labels would stand."""
    return any(rows[link.src] < rows[goal] < rows[link.dst] and not link.lag for link in links)


def _backward(
    figure: str,
    contributions: GradientPaths,
    start: tuple[str, int],
    goal: tuple[str, float],
    links: Sequence[Link],
    plan: _Plan,
) -> tuple[list[Edge], list[Node]]:
    """Return the gradient paths as dashed lines next to the arrows, each with its label.

    ``goal`` is the row they end in and how far to the right of it their labels stand, unless the copy
    of the parameter is used on an arrow from the step before: then they stand below that, or, where it
    comes down from another row and has no names beside it, above it.
    """
    lanes: list[Edge] = []
    words: list[Node] = []
    # The path that goes farthest runs innermost: the others end outside it, at their labels.
    steps = sorted(contributions.colours)
    near, far = _LANES
    apart = min(_APART, (far - near) / max(len(steps) - 1, 1))
    for n, k in enumerate(steps):
        if k not in plan.columns or k < 1:
            raise ValueError(f"figure {figure}: the contribution of step {k} is not shown")
        row, aside, down = goal[0], *_below(*goal, contributions.parameter, links, plan)
        if k in contributions.apart:
            # To the right of what goes round the rows above, unless an arrow into that row has its name.
            row, aside, down = contributions.apart[k], plan.path_bow, -_BELOW
            used = _used_on(row, contributions.parameter, links)
            if used is not None and contributions.parameter in used.names:
                aside = -plan.apart / 2
        route = _route(start, (row, k), links, plan)
        if route is None:
            # Nothing of that step reaches the loss: its contribution is 0, and there is no path.
            continue
        colour, offset = contributions.colours[k], near + n * apart
        style = Style.DOTTED if k in contributions.left else Style.DASHED
        for src, dst in pairwise(route):
            if src[1] == dst[1] == _DOTS:
                continue
            ends = (_node(*src), _node(*dst))
            last = dst == route[-1]
            # Back along an arrow that goes round a row, on the same side of it.
            bend = _around(plan, dst[0], src[0], plan.path_bow) if src[1] == dst[1] else 0.0
            lanes.append(Edge(*ends, (), style, colour, bend=bend, offset=offset, head=last))
        x, y = plan.place(row, k)
        label = contributions.label(k)
        words.append(Node(f"path-{k}", x + aside, y + down, label, NodeRole.WORDS, colour))
    return lanes, words


def _below(
    row: str, aside: float, parameter: str, links: Sequence[Link], plan: _Plan
) -> tuple[float, float]:
    """Return where the words of a path that ends in a row stand, from the place where it ends."""
    used = _used_on(row, parameter, links)
    if used is None:
        return aside, -_BELOW
    if used.src != row and not used.named:
        return _beside(used, links, plan) or (aside, -_BELOW)
    return -plan.apart / 2, -_BELOW


def _beside(used: Link, links: Sequence[Link], plan: _Plan) -> tuple[float, float] | None:
    """Return where words have room beside an arrow from another row, from the place where it ends."""

    def drawn(link: Link) -> Segment:
        return (-plan.apart, plan.rise(used.dst, link.src)), (0.0, plan.rise(used.dst, link.dst))

    first = -plan.apart / 3, plan.rise(used.dst, used.src) * 2 / 3
    others = [drawn(link) for link in links if link.lag]
    # An arrow may pass the states of other rows.
    for height in plan.heights:
        here = height - plan.heights[plan.rows[used.dst]]
        others += [*outline((0.0, here)), *outline((-plan.apart, here))]
    return clear_spot(first, drawn(used), others, plan.bow - plan.apart)


def _used_on(row: str, parameter: str, links: Sequence[Link]) -> Link | None:
    """Return the arrow into a row from the step before on which a parameter acts, None if on none.

    Of several it is that from the row itself.  Where those of no arrow are known, any may be the one.
    """
    into = sorted((n for n in links if n.lag and n.dst == row), key=lambda n: n.src != row)
    known = any(link.parameters for link in links)
    return next((n for n in into if parameter in n.parameters or not known), None)


def _route(
    start: tuple[str, int], goal: tuple[str, int], links: Sequence[Link], plan: _Plan
) -> list[tuple[str, int]] | None:
    """Return the shortest way back against the arrows, within a step before leaving it."""
    ordered = sorted(links, key=lambda link: link.lag)
    before = dict(zip(plan.columns[1:], plan.columns, strict=False))
    came: dict[tuple[str, int], tuple[str, int] | None] = {start: None}
    queue = deque([start])
    while queue:
        here = queue.popleft()
        if here == goal:
            route = [here]
            while (previous := came[route[-1]]) is not None:
                route.append(previous)
            return route[::-1]
        for link in ordered:
            if link.dst != here[0] or (link.lag and here[1] not in before):
                continue
            there = (link.src, before[here[1]] if link.lag else here[1])
            if there not in came and there[1] != 0:
                came[there] = here
                queue.append(there)
    return None

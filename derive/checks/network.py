"""The picture of an unrolled network against the equations of its cell."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import pairwise

import numpy as np
from sympy import Basic, HadamardProduct, MatMul, MatrixExpr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.checks.diagrams import left_out
from derive.document.diagram import Diagram, Edge, Node, NodeRole, Style
from derive.errors import CheckError
from derive.expressions.algebra import Scaled
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import At, Parameter, ParameterCopy, Series, t
from derive.expressions.walk import atoms_of

LOSS = "loss"
"""The row of the losses, in a picture."""

Arrow = tuple[str, str, int]
"""From which row to which, over how many steps."""


def require_network(
    diagram: Diagram, cell: Cell, steps: int, colours: Mapping[int, str], most: int
) -> None:
    """Raise a `CheckError` unless a picture shows what the equations of a cell read.

    ``colours`` are those of the contributions, by their steps; no arrow has its parameters beside it
    where one has more than ``most``.
    """
    for problem in (
        *_nodes(diagram, cell),
        *_arrows(diagram, cell, most),
        *_paths(diagram, steps, colours),
    ):
        raise CheckError(
            f"figure {diagram.id} does not show the network {cell.name}: {problem}. Nothing is "
            "written; correct what draws it"
        )


def require_paths(
    diagram: Diagram,
    parameter: Parameter,
    loss: At,
    steps: Collection[int],
    value: Callable[[MatrixExpr], Array],
) -> None:
    """Raise a `CheckError` unless each contribution of some steps to a loss has a path, if not zero.

    ``value`` evaluates an expression on data. There may be a path also where a factor is zero on these.
    """
    found = {node.label for node in diagram.nodes}
    for step in steps:
        copy = ParameterCopy(parameter, step)
        if copy not in found and np.any(value(Gradient(loss, copy))):
            raise CheckError(
                f"figure {diagram.id} has no path to {copy}, whose contribution to the gradient of "
                f"{loss} is not zero. Nothing is written; correct what draws it"
            )


def _series(cell: Cell, row: str) -> Series | None:
    if row == LOSS:
        return cell.loss_series
    known = [*cell.given, *cell.states, *(e.variable for e in cell.equations)]
    return next((series for series in known if series.name == row), None)


def _nodes(diagram: Diagram, cell: Cell) -> Iterator[str]:
    """Yield labels that are not those of their rows and columns."""
    for node in diagram.nodes:
        row, _, column = node.id.rpartition("-")
        series = _series(cell, row)
        if node.role in (NodeRole.WORDS, NodeRole.DOTS) or series is None:
            continue
        if node.label != series[int(column)]:
            yield f"{node.label} stands where {series[int(column)]} belongs"


def _arrows(diagram: Diagram, cell: Cell, most: int) -> Iterator[str]:
    forward = [edge for edge in diagram.edges if edge.colour is None]
    rows = {node.id.rpartition("-")[0] for node in diagram.nodes if node.role is not NodeRole.WORDS}
    wanted = _read(cell, rows)
    for edge in forward:
        arrow = _arrow(edge)
        if not edge.head:
            yield f"the arrow from {edge.src} to {edge.dst} has no head"
        if arrow is not None and arrow not in wanted:
            yield f"an arrow goes from {edge.src} to {edge.dst}, which does not read it"
    there = {node.id for node in diagram.nodes}
    drawn = {(edge.src, edge.dst) for edge in forward}
    for src, dst, lag in wanted:
        for node in diagram.nodes:
            # Before the first step nothing is computed: the states there are given.
            row, _, column = node.id.rpartition("-")
            before = f"{src}-{int(column) - lag}" if column.isdigit() and column != "0" else ""
            if row == dst and before in there and (before, node.id) not in drawn:
                yield f"no arrow goes from {before} to {node.id}"
    lagged = {(src, dst): p for (src, dst, lag), p in wanted.items() if lag == 1}
    yield from left_out(diagram, lagged)
    # What leads over several steps crosses other arrows, so that nothing can stand beside any.
    fits = not cell.lagged and all(len(p) <= most for p in wanted.values())
    if fits or any(e.labels for e in forward):
        yield from _labels(forward, wanted)


def _labels(forward: list[Edge], wanted: Mapping[Arrow, frozenset[Parameter]]) -> Iterator[str]:
    for edge in forward:
        arrow = _arrow(edge)
        if arrow is not None and wanted.get(arrow) != frozenset(edge.labels):
            yield f"the arrow from {edge.src} to {edge.dst} is labelled {[*map(str, edge.labels)]}"


def _arrow(edge: Edge) -> Arrow | None:
    """Return what an arrow says, None for one from or to left-out steps."""
    src, _, early = edge.src.rpartition("-")
    dst, _, late = edge.dst.rpartition("-")
    if not (early.isdigit() and late.isdigit()):
        return None
    return src, dst, int(late) - int(early)


def _read(cell: Cell, rows: set[str]) -> dict[Arrow, frozenset[Parameter]]:
    """Return what each row reads of the others, and by which parameters these are multiplied."""
    found: dict[Arrow, set[Parameter]] = {}
    for row in rows:
        series = _series(cell, row)
        if series is not None and cell.defines(series):
            _collect(cell, rows, row, cell.definition(series).expr, found)
    return {arrow: frozenset(parameters) for arrow, parameters in found.items()}


def _collect(
    cell: Cell, rows: set[str], row: str, expr: MatrixExpr, found: dict[Arrow, set[Parameter]]
) -> None:
    names = {LOSS if s == cell.loss_series else s.name for s in (*cell.given, *cell.states)}
    for at in atoms_of(expr, At):
        name = LOSS if at.series == cell.loss_series else at.series.name
        lag = int(t - at.indices[0])
        if name in rows:
            by = set(_multiplied(expr, at)) & set(cell.parameters)
            found.setdefault((name, row, lag), set()).update(by)
        elif name not in names and lag == 0:
            _collect(cell, rows, row, cell.definition(at.series).expr, found)


def _multiplied(expr: Basic, at: At) -> Iterator[Parameter]:
    """Yield the parameters that a quantity is multiplied by."""
    if isinstance(expr, MatMul | HadamardProduct | Scaled) and any(a.has(at) for a in expr.args):
        for arg in expr.args:
            yield from atoms_of(arg, Parameter)
    else:
        for arg in expr.args:
            yield from _multiplied(arg, at)


def _paths(diagram: Diagram, steps: int, colours: Mapping[int, str]) -> Iterator[str]:
    """Yield what is wrong with the paths of the gradient: each goes from the last loss to its step."""
    arrows = {(edge.dst, edge.src): edge for edge in diagram.edges if edge.colour is None}
    for node in diagram.nodes:
        if not isinstance(node.label, ParameterCopy):
            continue
        step = int(node.label.args[1])
        if colours.get(step) != node.colour:
            yield f"the path of step {step} has the colour {node.colour}, not {colours.get(step)}"
            return
        path = [edge for edge in diagram.edges if edge.colour == node.colour]
        if not path or path[0].src != f"{LOSS}-{steps}":
            yield f"the path of step {step} does not begin at the loss of step {steps}"
        elif path[-1].dst.rpartition("-")[2] != str(step):
            yield f"the path of step {step} ends at {path[-1].dst}"
        elif _at_another(node, path[-1], diagram):
            yield f"the label of step {step} does not stand at the arrow on which {node.label} is used"
        elif any(not _joined(a, b) for a, b in pairwise(path)):
            yield f"the path of step {step} has a gap"
        elif any((edge.src, edge.dst) not in arrows for edge in path):
            yield f"the path of step {step} goes where no arrow comes from"
        elif [edge.head for edge in path] != [edge is path[-1] for edge in path]:
            yield f"the path of step {step} has its head elsewhere than at its end"
        # An arrow that goes round a row has its way back on the same side, or that would cross it.
        elif any((edge.bend > 0) != (arrows[edge.src, edge.dst].bend < 0) for edge in path):
            yield f"the path of step {step} does not go back along its arrows"


def _at_another(label: Node, end: Edge, diagram: Diagram) -> bool:
    """Tell whether a label stands at another step than the arrow with its parameter, into the end."""
    copy = label.label
    assert isinstance(copy, ParameterCopy), "the label of a path is a copy of a parameter"
    x = {node.id: node.x for node in diagram.nodes}
    used = [e for e in diagram.edges if e.dst == end.dst and copy.args[0] in e.labels]
    return any(x[e.src] < x[e.dst] and not x[e.src] < label.x < x[e.dst] for e in used)


def _joined(first: Edge, then: Edge) -> bool:
    """Tell whether a path goes on where it came to, or beside the dots of the same left-out steps."""
    within = first.dst.endswith("-dots") and then.src.endswith("-dots")
    return first.dst == then.src or within


def require_window(diagram: Diagram, steps: int, window: int) -> None:
    """Raise a `CheckError` unless the paths to the last uses are followed, and others left out.

    What a window of so many steps leaves out is dotted, what it follows is dashed.
    """
    found: dict[Style, set[int]] = {}
    for node in diagram.nodes:
        if isinstance(node.label, ParameterCopy):
            (style,) = {edge.style for edge in diagram.edges if edge.colour == node.colour}
            found.setdefault(style, set()).add(int(node.label.args[1]))
    followed, left = found.get(Style.DASHED, set()), found.get(Style.DOTTED, set())
    if followed != {*range(steps - window + 1, steps + 1)} or 1 not in left or followed & left:
        raise CheckError(
            f"figure {diagram.id} follows the paths to the steps {sorted(followed)} and leaves out "
            f"{sorted(left)}, with a window of {window} steps of {steps}. Nothing is written; correct "
            "what draws it"
        )

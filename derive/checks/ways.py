"""Pictures of the ways that a derivative goes, against the equation whose terms these ways are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Basic, MatAdd, MatMul, MatrixExpr

from derive.document.diagram import Diagram, Edge, Label
from derive.errors import CheckError
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation


def require_ways(
    diagram: Diagram, equation: Equation, meanings: Mapping[MatrixExpr, MatrixExpr]
) -> None:
    """Raise a `CheckError` unless the ways through a picture are the terms of an equation's derivative.

    Each way goes from what the equation differentiates by to what is differentiated; its factors are
    the labels of its arrows.  ``meanings`` are the expressions that the equation has names for.
    """
    left, right = equation.sides[0], equation.sides[-1]
    assert isinstance(left, Partial), "the left side of an equation with ways is a derivative"
    meant = sorted(_product(term, meanings) for term in _terms(right))
    labels = _labels(diagram)
    found = sorted(" ".join(way) for way in _ways(diagram, labels, left.den, left.num))
    if found != meant:
        raise _wrong(diagram, f"its ways are {found}, the terms of {equation.id} are {meant}")


def require_back(diagram: Diagram, equation: Equation) -> None:
    """Raise a `CheckError` unless what comes back in a picture are the derivatives of the last line.

    Each dashed arrow goes against a solid one, and its label is the derivative of where it comes from
    by where it goes.  The last line of the equation has these derivatives, and the total's alone.
    """
    labels = _labels(diagram)
    forward = {(e.src, e.dst) for e in diagram.edges if e.colour is None}
    left = equation.left
    assert isinstance(left, Partial), "the recursion is about a derivative"
    shown = []
    for edge in (e for e in diagram.edges if e.colour is not None):
        wanted = Partial(labels[edge.src], labels[edge.dst])
        if edge.labels != (wanted,) or (edge.dst, edge.src) not in forward:
            raise _wrong(diagram, f"{[*map(str, edge.labels)]} stands at the way back of {wanted}")
        shown.append(wanted)
    parts = equation.sides[-1].atoms(Partial) if hasattr(equation.sides[-1], "atoms") else set()
    meant = {part for part in parts if part.num != left.num}
    if set(shown) != meant or len(shown) != len(meant):
        raise _wrong(diagram, f"it has {shown}, and {equation.id} has {meant}")


def _wrong(diagram: Diagram, problem: str) -> CheckError:
    return CheckError(
        f"figure {diagram.id} does not show what it is about: {problem}. Nothing is written; correct "
        "what draws it"
    )


def _labels(diagram: Diagram) -> dict[str, Label]:
    return {node.id: node.label for node in diagram.nodes}


def _ways(
    diagram: Diagram, labels: Mapping[str, Label], start: Basic, end: Basic
) -> Iterator[list[str]]:
    """Yield the factors along each way, the last arrow's first."""
    (here,) = [id for id, label in labels.items() if label == start]
    yield from _from(here, diagram.edges, labels, end)


def _from(
    here: str, edges: tuple[Edge, ...], labels: Mapping[str, Label], end: Basic
) -> Iterator[list[str]]:
    if labels[here] == end:
        yield []
        return
    for edge in edges:
        if edge.src == here:
            for rest in _from(edge.dst, edges, labels, end):
                yield [*rest, *map(str, edge.labels)]


def _terms(side: Basic) -> tuple[Basic, ...]:
    return side.args if isinstance(side, MatAdd) else (side,)


def _product(term: Basic, meanings: Mapping[MatrixExpr, MatrixExpr]) -> str:
    factors = term.args if isinstance(term, MatMul) else (term,)
    return " ".join(str(meanings.get(factor, factor)) for factor in factors)

"""Matrices that are drawn as blocks, against the equation that they show."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from sympy import MatrixExpr, Tuple

from derive.document.diagram import Diagram, Node, NodeRole
from derive.errors import CheckError
from derive.expressions.algebra import mul
from derive.expressions.equation import Equation


def require_blocks_of(diagram: Diagram, equation: Equation) -> None:
    """Raise a `CheckError` unless blocks, from the left, are the sides of an equation, in shape too.

    The first block is the left side, the product of the others the right side.  Blocks have one
    length for one size, the shortest for one, and each has its shape below it.
    """
    for problem in _problems(diagram, equation):
        raise CheckError(
            f"figure {diagram.id} does not show {equation.id}: {problem}. Nothing is written; correct "
            "what draws it"
        )


def _problems(diagram: Diagram, equation: Equation) -> Iterator[str]:
    blocks = sorted((n for n in diagram.nodes if n.role is NodeRole.BLOCK), key=lambda n: n.x)
    matrices = [block.label for block in blocks if isinstance(block.label, MatrixExpr)]
    if len(matrices) < max(len(blocks), 2):
        yield "its blocks are no matrices"
        return
    whole, *parts = matrices
    fits = all(a.shape[1] == b.shape[0] for a, b in pairwise(parts))
    if whole != equation.left or not fits or mul(*parts) != equation.sides[-1]:
        yield f"its blocks are {', '.join(map(str, matrices))}"
    known: dict[object, float] = {}
    for block in blocks:
        yield from _shape(block, diagram, known)
    lengths = sorted(known.values())
    if any(known.get(1, 0.0) >= length for size, length in known.items() if size != 1):
        yield "a size of one is not the shortest"
    if len({*lengths}) != len(lengths):
        yield "two sizes have one length"


def _shape(block: Node, diagram: Diagram, known: dict[object, float]) -> Iterator[str]:
    """Note the lengths of a block by its sizes; yield what contradicts them, or its shape in words."""
    assert block.size is not None, "blocks have sizes"
    wide, high = block.size
    for size, length in zip(block.label.shape, (high, wide), strict=True):  # type: ignore[union-attr]
        if known.setdefault(size, length) != length:
            yield f"{block.label} is not drawn in its shape"
    below = [n.label for n in diagram.nodes if n.role is NodeRole.WORDS and n.x == block.x]
    if below != [Tuple(*block.label.shape)]:  # type: ignore[union-attr]
        yield f"{below} stands below {block.label}"

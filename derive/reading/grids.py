"""Matrices entry by entry: of decimals, of columns, of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sympy import Basic

from derive.expressions.blocks import Blocks, Stack
from derive.expressions.shown import Rounded
from derive.reading import tree
from derive.reading.passage import ReadingError
from derive.reading.vocabulary import Vocabulary


class Entries(Protocol):
    """What reads the entries of a matrix."""

    vocabulary: Vocabulary

    def fail(self, problem: str, at: int) -> ReadingError: ...
    def attempt(self, node: tree.TreeNode) -> Basic | None: ...
    def matrix(self, node: tree.TreeNode, wanted: tuple[Basic | None, Basic | None]) -> Basic: ...


def decimals(rows: list[list[str]]) -> Basic:
    """Return numbers as they are written; they must have equally many places."""
    return Rounded(rows, max(places(cell) for row in rows for cell in row))


def places(text: str) -> int:
    """Return how many places a decimal has."""
    return len(text.partition(".")[2])


def negative_decimals(value: Basic) -> Basic | None:
    """Return the negative of a single decimal, as it would be written; None for all else."""
    if not isinstance(value, Rounded) or value.shape != (1, 1):
        return None
    (text,) = value.texts[0]
    return Rounded([[text[1:] if text.startswith("-") else f"-{text}"]], value.digits)


def numeral(node: tree.TreeNode) -> str | None:
    """Return the text of a number with its sign, or None if a node is none."""
    if isinstance(node, tree.Numeral):
        return node.text
    if isinstance(node, tree.Sum) and len(node.terms) == 1:
        inner = numeral(node.terms[0].node)
        return None if inner is None else f"-{inner}"
    return None


def stacked(reader: Entries, node: tree.Grid) -> Basic:
    """Return a matrix of decimals, a stack of columns, or a matrix of blocks."""
    texts = [[numeral(cell) for cell in row] for row in node.rows]
    if all(text is not None for row in texts for text in row):
        # Of blocks, some are none but zero.
        found = [[text or "" for text in row] for row in texts]
        if len({places(cell) for row in found for cell in row}) > 1:
            raise reader.fail("the numbers of this matrix differ in their places", node.at)
        return decimals(found)
    blocks = _blocks(reader, node)
    if len(node.rows[0]) == 1:
        return Stack(*(row[0] for row in blocks))
    return Blocks(len(node.rows[0]), *(block for row in blocks for block in row))


def _blocks(reader: Entries, node: tree.Grid) -> list[list[Basic]]:
    known = [[reader.attempt(cell) for cell in row] for row in node.rows]
    states = [state.shape[0] for state in reader.vocabulary.states]
    columns = list(zip(*known, strict=True))
    heights = _sizes(known, 0, states)
    widths = _sizes(columns, 1, states if len(columns) > 1 else [1])
    return [
        [
            block if block is not None else reader.matrix(cell, (height, width))
            for block, cell, width in zip(blocks, cells, widths, strict=True)
        ]
        for blocks, cells, height in zip(known, node.rows, heights, strict=True)
    ]


def _sizes(lines: Sequence[Sequence[Basic]], axis: int, usual: Sequence[Basic]) -> list[Basic]:
    """Return the sizes of rows or columns of blocks.

    Where all blocks are zero, they are those of the states, if there are as many.
    """
    found = []
    for n, line in enumerate(lines):
        own = next((b.shape[axis] for b in line if b is not None), None)
        found.append(usual[n] if own is None and len(usual) == len(lines) else own)
    return found

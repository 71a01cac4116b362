"""Matrices entry by entry: of decimals, of columns, of blocks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeAlias

from sympy import Basic, Integer, ZeroMatrix

from derive.expressions.blocks import Blocks, Stack
from derive.expressions.shown import Rounded
from derive.reading import tree
from derive.reading.passage import ReadingError, UnshapedError
from derive.reading.shapes import Wanted
from derive.reading.vocabulary import Vocabulary

Sizes: TypeAlias = list[Basic | None]
"""The sizes of the rows, or of the columns, of blocks: None where it is not known yet."""


class Entries(Protocol):
    """What reads the entries of a matrix."""

    vocabulary: Vocabulary
    certain: bool

    def fail(self, problem: str, at: int) -> ReadingError: ...
    def unshaped(self, problem: str, at: int) -> UnshapedError: ...
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


def stacked(reader: Entries, node: tree.Grid, wanted: Wanted) -> Basic:
    """Return a matrix of decimals, a stack of columns, or a matrix of blocks."""
    texts = [[numeral(cell) for cell in row] for row in node.rows]
    if all(text is not None for row in texts for text in row):
        # Of blocks, some are none but zero.
        found = [[text or "" for text in row] for row in texts]
        if len({places(cell) for row in found for cell in row}) > 1:
            raise reader.fail("the numbers of this matrix differ in their places", node.at)
        return decimals(found)
    blocks = _blocks(reader, node, wanted)
    if len(node.rows[0]) == 1 and all(row[0].shape[1] == 1 for row in blocks):
        return Stack(*(row[0] for row in blocks))
    return Blocks(len(node.rows[0]), *(block for row in blocks for block in row))


def _blocks(reader: Entries, node: tree.Grid, wanted: Wanted) -> list[list[Basic]]:
    known = [[_told(reader, cell) for cell in row] for row in node.rows]
    heights, widths = _sizes(reader, node, known, wanted)
    return [
        [
            block if block is not None else reader.matrix(cell, (height, width))
            for block, cell, width in zip(blocks, cells, widths, strict=True)
        ]
        for blocks, cells, height in zip(known, node.rows, heights, strict=True)
    ]


def _told(reader: Entries, cell: tree.TreeNode) -> Basic | None:
    """Return a block that needs nothing beside it: a number is one entry, zero and a bold 1 are not."""
    if not _is_number(cell):
        return reader.attempt(cell)
    value = reader.matrix(cell, (Integer(1), Integer(1)))
    return None if isinstance(value, ZeroMatrix) else value


def _is_number(node: tree.TreeNode) -> bool:
    """Tell whether a node is a number alone, with a sign or as a fraction."""
    if isinstance(node, tree.Sum) and len(node.terms) == 1:
        return _is_number(node.terms[0].node)
    if isinstance(node, tree.FractionNode):
        return _is_number(node.above) and _is_number(node.below)
    return isinstance(node, tree.Numeral)


def _sizes(
    reader: Entries, node: tree.Grid, known: list[list[Basic | None]], wanted: Wanted
) -> tuple[Sizes, Sizes]:
    """Return the sizes of the rows and columns of blocks.

    An identity is as high as it is wide, and the whole has the shape that is wanted.  What nothing
    tells has the sizes of the states, if there are as many blocks.
    """
    states = [state.shape[0] for state in reader.vocabulary.states]
    heights = [_own(row, 0) for row in known]
    widths = [_own(column, 1) for column in zip(*known, strict=True)]
    square = [
        (n, m)
        for n, row in enumerate(node.rows)
        for m, cell in enumerate(row)
        if known[n][m] is None and isinstance(cell, tree.NameNode)
    ]
    _complete(heights, widths, square, wanted)
    usual = states if len(widths) > 1 else [Integer(1)]
    for sizes, likely in ((heights, states), (widths, usual)):
        if not reader.certain and len(likely) == len(sizes) and not (square and len(sizes) == 1):
            sizes[:] = [own or of_state for own, of_state in zip(sizes, likely, strict=True)]
    _complete(heights, widths, square, wanted)
    if None in (*heights, *widths):
        raise reader.unshaped("nothing beside this matrix tells the sizes of its blocks", node.at)
    return heights, widths


def _own(line: Sequence[Basic | None], axis: int) -> Basic | None:
    return next((block.shape[axis] for block in line if block is not None), None)


def _complete(heights: Sizes, widths: Sizes, square: list[tuple[int, int]], wanted: Wanted) -> None:
    """Fill in the sizes that follow from the others."""
    # Twice: what the whole tells of one size, an identity may tell of another.
    for _ in range(2):
        for sizes, whole in ((heights, wanted[0]), (widths, wanted[1])):
            if whole is not None and sizes.count(None) == 1:
                rest = whole - sum(size for size in sizes if size is not None)
                sizes[sizes.index(None)] = rest
        for n, m in square:
            heights[n] = heights[n] or widths[m]
            widths[m] = widths[m] or heights[n]

"""What is made of blocks: stacked columns and block matrices."""

from __future__ import annotations

from typing import Self

from sympy import Basic, Identity, Integer, ZeroMatrix, sympify
from sympy.matrices.expressions import MatrixExpr

from derive.expressions.algebra import Ordered, transpose
from derive.expressions.types import MatrixShape


class Stack(Ordered):
    """Columns one above the other: the stacked state of a cell with several states."""

    def __new__(cls, *columns: MatrixExpr) -> Self:
        return Basic.__new__(cls, *columns)

    @property
    def shape(self) -> MatrixShape:
        return (sum((c.shape[0] for c in self.args), Integer(0)), self.args[0].shape[1])


class Blocks(Ordered):
    """A block matrix: args are the number of block columns and the blocks, row by row."""

    def __new__(cls, columns: int | Integer, *blocks: MatrixExpr) -> Self:
        return Basic.__new__(cls, sympify(columns), *blocks)

    @property
    def rows_of_blocks(self) -> list[tuple[MatrixExpr, ...]]:
        """Return the blocks, row by row."""
        width, blocks = int(self.args[0]), self.args[1:]
        return [blocks[i : i + width] for i in range(0, len(blocks), width)]

    @property
    def shape(self) -> MatrixShape:
        rows = self.rows_of_blocks
        return (
            sum((row[0].shape[0] for row in rows), Integer(0)),
            sum((block.shape[1] for block in rows[0]), Integer(0)),
        )

    @property
    def chooses(self) -> bool:
        """Tell whether it picks components of a column: zeros and identities, in one line.

        Blocks that are numbers are not meant: they tell their sizes.
        """
        width, blocks = self.args[0], self.args[1:]
        kinds = all(isinstance(block, (Identity, ZeroMatrix)) for block in blocks)
        return kinds and width in (1, len(blocks)) and any(b.shape != (1, 1) for b in blocks)

    def _eval_transpose(self) -> MatrixExpr | None:
        rows = self.rows_of_blocks
        columns = zip(*rows, strict=True)
        return Blocks(len(rows), *(transpose(block) for column in columns for block in column))

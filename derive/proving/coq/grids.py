"""What is made of blocks, in the words of the prelude: columns one below the other, and grids."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Add, Identity, MatrixExpr, ZeroMatrix

from derive.expressions.algebra import transpose
from derive.expressions.blocks import Blocks, Stack
from derive.proving.coq.terms import RULES, ChangePath, CoqRule, CoqTerms, by_matrix, shape, size


def picked(before: list[MatrixExpr], block: MatrixExpr, whole: MatrixExpr) -> str:
    """Return the matrix of zeros and ones that picks a block out of a column of blocks."""
    rows = block.shape[0]
    start = size(Add(*(one.shape[0] for one in before)))
    return f"(pick R {size(rows)} {size(whole.shape[0])} {start}%N)"


def _stacked(terms: CoqTerms, node: Stack) -> str:
    parts = (
        f"({picked(node.args[:n], block, node)}^T *m {terms.value(block)})"
        for n, block in enumerate(node.args)
    )
    return f"({' + '.join(parts)})"


def _of_stacked(terms: CoqTerms, node: Stack, whole: MatrixExpr) -> Iterator[ChangePath]:
    for n, block in enumerate(node.args):
        yield by_matrix(block, f"{picked(node.args[:n], block, node)}^T")


def _blocks(terms: CoqTerms, node: Blocks) -> str:
    lines = node.rows_of_blocks
    flat = [block for line in lines for block in line]
    ones = [n for n, block in enumerate(flat) if isinstance(block, Identity)]
    zeros = sum(isinstance(block, ZeroMatrix) for block in flat)
    if 1 in (len(lines), len(lines[0])) and len(ones) == 1 and zeros == len(flat) - 1:
        (n,) = ones
        if len(lines) > 1:
            return picked(flat[:n], flat[n], node) + "^T"
        return picked([transpose(one) for one in flat[:n]], flat[n], transpose(node))
    return _grid(terms, node)


def _grid(terms: CoqTerms, node: Blocks) -> str:
    """Return the sum of the blocks, each put in its place."""
    parts = []
    lines = node.rows_of_blocks
    for i, line in enumerate(lines):
        for j, block in enumerate(line):
            if isinstance(block, ZeroMatrix):
                continue
            made = terms.value(block)
            if len(line) > 1:
                before = [transpose(one) for one in line[:j]]
                made = f"({made} *m {picked(before, transpose(block), transpose(node))})"
            if len(lines) > 1:
                above = [one[0] for one in lines[:i]]
                made = f"({picked(above, block, node)}^T *m {made})"
            parts.append(made)
    return f"({' + '.join(parts)})" if parts else f"(0 : {shape(node)})"


RULES.add(
    {
        Stack: CoqRule(_stacked, _of_stacked),
        Blocks: CoqRule(_blocks, lambda terms, node, whole: iter(())),
    }
)

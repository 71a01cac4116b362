"""Shapes of what is read, and what reads the nodes of a tree."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from sympy import Basic, OneMatrix, Symbol, ZeroMatrix

from derive.expressions.algebra import mul
from derive.expressions.types import MatrixShape
from derive.reading import tree
from derive.reading.passage import Passage, ReadingError, UnshapedError
from derive.reading.vocabulary import Vocabulary

Wanted = tuple[Basic | None, Basic | None]
"""The shape that something must have, as far as it is known."""

ANY: Wanted = (None, None)


class NodeReader(Protocol):
    """What gives the nodes of one tree their meaning."""

    passage: Passage
    vocabulary: Vocabulary
    lenient: bool
    indices: dict[str, Symbol]
    elided: dict[Basic, Basic]
    certain: bool

    def fail(self, problem: str, at: int) -> ReadingError: ...
    def unshaped(self, problem: str, at: int) -> UnshapedError: ...
    def expr(self, node: tree.TreeNode, wanted: Wanted = ANY) -> Basic: ...
    def matrix(self, node: tree.TreeNode, wanted: Wanted = ANY) -> Basic: ...
    def attempt(self, node: tree.TreeNode) -> Basic | None: ...
    def open(self, node: tree.TreeNode) -> bool: ...
    def index(self, item: tree.WordGroup) -> Basic: ...
    def bound(self, item: tree.WordGroup) -> AbstractContextManager[Symbol]: ...


def settled(wanted: Wanted) -> MatrixShape | None:
    """Return a shape of which both numbers are known."""
    return None if None in wanted else wanted


def number_in(number: Basic, shape: MatrixShape) -> Basic:
    """Return a number in every entry of a matrix of that shape."""
    if number == 0:
        return ZeroMatrix(*shape)
    ones = OneMatrix(*shape)
    return ones if number == 1 else mul(number, ones)

"""Printed results, read back: the numbers in a text, by their names, as they were confirmed.

The readers know nothing of the printers.
"""

from __future__ import annotations

import json
import re
from array import array
from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

import numpy as np

from derive.arrays import Array
from derive.cli.same import require_same, unlike

ResultPath: TypeAlias = tuple[str, ...]

_JSON = re.compile(r'\s*("(?:[^"\\]|\\.)*"|[{}\[\],:]|[^\s{}\[\],:"]+)')
_HEAD = re.compile(r"(\w+)(?:\[(\w+)\])?")


def require_numbers(
    read: Iterable[tuple[ResultPath, Array]], confirmed: Mapping[str, object]
) -> None:
    """Raise a `CheckError` unless a text has these numbers under these names, and no others."""
    wanted: dict[ResultPath, Array] = {}
    for name, value in confirmed.items():
        for part, numbers in value.items() if isinstance(value, Mapping) else [("", value)]:
            wanted[(name, part) if part else (name,)] = np.asarray(numbers)
    for path, numbers in read:
        name = "/".join(path)
        if path not in wanted:
            raise unlike("a name", name, "another one, or none,")
        right = wanted.pop(path)
        if numbers.shape != right.shape or not np.array_equal(numbers, right):
            raise unlike(name, numbers.ravel()[:4], right.ravel()[:4])
    if wanted:
        raise unlike("the text", "nothing", "/".join(next(iter(wanted))))


# -- JSON ------------------------------------------------------------------------------------------


def of_json(pieces: Iterable[str]) -> Iterator[tuple[ResultPath, Array]]:
    """Yield the arrays of a JSON object, each with the names that lead to it.

    The text comes in pieces that end between its words.  Number by number: as objects, those of a
    thousand steps would need ten times the memory.
    """
    path: list[str] = []
    numbers, lengths, depth = array("d"), _Lengths(), 0
    tokens = (found[1] for piece in pieces for found in _JSON.finditer(piece))
    for token in tokens:
        if token == "{":
            path.append("")
        elif token == "}":
            path.pop()
        elif token == "[":
            depth += 1
            lengths.begin(depth)
        elif token == "]":
            lengths.end(depth)
            depth -= 1
        elif token.startswith('"'):
            path[-1] = json.loads(token)
            continue
        elif token not in ",:":
            numbers.append(float(token))
            lengths.add(depth)
        if depth == 0 and numbers:
            yield tuple(path), np.frombuffer(numbers).reshape(lengths.shape())
            numbers, lengths = array("d"), _Lengths()


class _Lengths:
    """How long the rows of nested lists are, at each depth."""

    def __init__(self) -> None:
        self._known: dict[int, int] = {}
        self._open: dict[int, int] = {}

    def begin(self, depth: int) -> None:
        """Take up a list, which is an entry of the one around it."""
        self.add(depth - 1)
        self._open[depth] = 0

    def add(self, depth: int) -> None:
        """Count an entry."""
        if depth > 0:
            self._open[depth] += 1

    def end(self, depth: int) -> None:
        """Close a list, as long as all of its depth."""
        length = self._open.pop(depth)
        require_same("the length of a row", length, self._known.setdefault(depth, length))

    def shape(self) -> tuple[int, ...]:
        """Return the lengths, from the outermost list on."""
        return tuple(self._known[depth] for depth in sorted(self._known))


# -- text ------------------------------------------------------------------------------------------


def of_text(
    pieces: Iterable[str], confirmed: Mapping[str, object]
) -> Iterator[tuple[ResultPath, Array]]:
    """Yield the arrays under the names at the beginnings of lines, shaped as what was confirmed.

    A row is a line, and an empty one stands between the matrices of two steps; rows and gaps that
    are elsewhere are a `CheckError`.
    """
    path: ResultPath = ()
    rows = _Rows((), None)
    for line in (*_lines(pieces), "end"):
        if line.startswith(" "):
            rows.add(line)
        elif not line:
            rows.gap()
        else:
            if path:
                yield path, rows.shaped()
            head = _HEAD.fullmatch(line)
            if head is None:
                raise unlike("a line", repr(line), "a name")
            path = tuple(part for part in head.groups() if part)
            value = confirmed.get(path[0])
            rows = _Rows(path, value.get(path[-1]) if isinstance(value, Mapping) else value)


def _lines(pieces: Iterable[str]) -> Iterator[str]:
    begun = ""
    for piece in pieces:
        *whole, begun = (begun + piece).split("\n")
        yield from whole
    if begun:
        yield begun


class _Rows:
    """The rows of numbers under a name, one by one."""

    def __init__(self, path: ResultPath, confirmed: object) -> None:
        self._name = "/".join(path)
        self._shape = np.shape(confirmed) if isinstance(confirmed, np.ndarray) else ()
        self._count = int(np.prod(self._shape[:-1]))
        # A matrix of each step where there are more axes than two.
        self._matrix = self._shape[-2] if len(self._shape) > 2 else self._count
        self._numbers, self._read = array("d"), 0

    def add(self, line: str) -> None:
        """Take up a row, which must be as long as all."""
        words = line.split()
        width = self._shape[-1] if self._shape else 1
        require_same(f"the length of a row of {self._name}", len(words), width)
        self._numbers.extend(map(float, words))
        self._read += 1

    def gap(self) -> None:
        """Take up an empty line, which must stand between two matrices."""
        require_same(f"the rows above a gap in {self._name}", self._read % self._matrix, 0)

    def shaped(self) -> Array:
        """Return the rows in the shape of what was confirmed."""
        require_same(f"the number of rows of {self._name}", self._read, self._count)
        return np.frombuffer(self._numbers).reshape(self._shape)

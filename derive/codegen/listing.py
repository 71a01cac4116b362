"""The backward sweep of a module by itself: its lines from the first adjoint to the last gradient."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from sympy import Basic

from derive.cells.cell import Cell
from derive.codegen.lines import Statement, Writer
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import Series

WIDTH = 80
"""Characters of a line that leave room for the number of an equation at its right."""

LOOP = "for t in range(T, 0, -1):"

_PRODUCT = re.compile(r" @ |\bact\(")
_OUTER = re.compile(r"\b(?:outer|crossed)\(")
_OPERATOR = re.compile(r" (?=(?:[-+/@]|\*\*?) )|(?<=,) ")


@dataclass(frozen=True)
class SweepLine:
    """A statement in short lines, and the left side of what it computes, if it has one."""

    rows: tuple[str, ...]
    computes: Basic | None = None


@dataclass(frozen=True)
class Sweep:
    """A backward sweep, and what a step of it costs, as the plan has it.

    ``products`` are those with a matrix, ``outer`` those of a column and a row, ``own`` the arrays that
    it makes with a row for each step, and ``read`` those that are given, or of the forward pass, each
    under its name.
    ``once_products`` and ``once_outer`` are those for the gradients of initial states, of one step.
    """

    lines: tuple[SweepLine, ...]
    products: int
    outer: int
    own: int
    read: Mapping[str, Series]
    once_products: int
    once_outer: int


def sweep(cell: Cell) -> Sweep:
    """Return the backward sweep of the module of a cell, without its helpers and its data."""
    writer = Writer(cell)
    backward, gradients = writer.backward(), writer.gradients()
    starts = cell.handed if cell.initial == "trainable" else ()
    wanted = {*cell.parameters, *(s[0] for s in starts)}
    summed = [line for line in gradients if line.formulas[0][0] in wanted]
    stated = [*backward.before, *backward.loop, *backward.after]
    lines = [
        *_lines(backward.before, 0),
        *([SweepLine((LOOP,))] if backward.loop else []),
        *_lines(backward.loop, 4),
        *_lines(backward.after, 0),
        *_lines(summed, 0, cell),
    ]
    sources = [line.source for line in (*stated, *summed)]
    at_start = {s[0] for s in starts}
    once = [line.source for line in summed if line.formulas[0][0] in at_start]
    by_step = [source for source in sources if source not in once]
    forward = [*cell.given, *cell.states, *(e.variable for e in writer.cell.equations)]
    names = {writer.names.of[series]: series for series in forward}
    code = "\n".join(sources)
    return Sweep(
        tuple(lines),
        _count(_PRODUCT, by_step),
        _count(_OUTER, by_step),
        len(stated),
        {name: of for name, of in names.items() if re.search(rf"\b{name}\[", code)},
        _count(_PRODUCT, once),
        _count(_OUTER, once),
    )


def _count(pattern: re.Pattern[str], sources: Iterable[str]) -> int:
    return sum(len(pattern.findall(source)) for source in sources)


def _lines(
    statements: Iterable[Statement], indent: int, cell: Cell | None = None
) -> Iterator[SweepLine]:
    """Yield statements in lines; those of gradients belong to a ``cell``."""
    for one in statements:
        formulas = one.formulas
        computes: Basic | None = None
        if cell is not None:
            of = formulas[0][0]
            computes = Gradient(cell.total, of)
        elif formulas and len(formulas[0]) > 1:
            computes = formulas[0][0]
        yield SweepLine(tuple(wrapped(one.source, indent)), computes)


def wrapped(source: str, indent: int) -> list[str]:
    """Return a statement in lines, broken before operators and behind commas within brackets."""
    space = " " * indent
    if len(source) + indent <= WIDTH:
        return [space + source]
    left, right = source.split(" = ", 1)
    if not _is_bracketed(right):
        right = f"({right})"
    rows, inner = [f"{space}{left} = {right}"], space + "    "
    before = 0
    while len(rows[-1]) > WIDTH:
        last = rows[-1]
        begin = len(last) - len(last.lstrip())
        found = (m.start() for m in _OPERATOR.finditer(last, begin + 1) if m.start() <= WIDTH)
        depths = {at: before + _depth(last[:at]) for at in found}
        places = {at: depth for at, depth in depths.items() if depth > 0}
        # An index stays whole where it can.
        outside = {at: d for at, d in places.items() if not _depth(last[:at], "[", "]")}
        places = outside or places
        if not places:
            break
        # As far out as it goes: what stands in inner brackets stays together where it can.
        outer = [at for at, depth in places.items() if depth == min(places.values())]
        terms = [at for at in outer if last[at + 1] in "+-" and at > WIDTH // 2]
        at = max(terms or outer)
        rows[-1:] = [last[:at], inner + last[at + 1 :]]
        before += _depth(rows[-2])
    return rows


def _is_bracketed(source: str) -> bool:
    """Tell whether all of a source is one call, or stands in brackets."""
    if not re.match(r"[\w.]*\(", source) or not source.endswith(")"):
        return False
    depth = 0
    for at, sign in enumerate(source):
        depth += (sign == "(") - (sign == ")")
        if depth == 0 and sign == ")":
            return at == len(source) - 1
    return False


def _depth(source: str, opening: str = "([", closing: str = ")]") -> int:
    return sum(map(source.count, opening)) - sum(map(source.count, closing))

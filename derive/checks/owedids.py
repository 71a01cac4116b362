"""Which equations a network must have by what stands in its own equations, whatever it is called.

The file of ids knows networks that ship. Of any other it is told here from its equations: which
quantities it computes, which functions stand there, which parameters act on a state, and from how far
back it reads.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from sympy import MatrixExpr

from derive.calculus.activations import activation
from derive.cells.cell import Cell
from derive.expressions.averages import LayerNorm
from derive.expressions.functions import Apply
from derive.expressions.named import Named
from derive.expressions.quantities import Parameter, Series, t
from derive.expressions.walk import atoms_of, series_in

RUNNING = (
    r"(step-)#(-.+)", r"(nested-)#()", r"(grad-.+-(?:terms|substituted)-)#()",
    r"(grad-.+-contribution-\d+-)#()", r"(.+-lag-\d+-)#()",
)  # fmt: skip
"""Ids that there are for each step that is written out, where there is one; # stands for its number."""

MOST_NUMBERS = 36
"""So many numbers of a constant are written out, and no more."""


def owed(cell: Cell, steps: int, written_out: Collection[int]) -> Iterator[str]:
    """Yield ids, without the name of the network, that it must have; ``written_out`` are steps."""
    # The loss and its weight are not of the forward pass.
    of_loss = (cell.loss_series, cell.weight)
    yield from (f"forward-{e.variable.name}" for e in cell.equations if e.variable not in of_loss)
    yield from (f"lagged-{name}" for name, first in first_steps(cell).items() if first <= steps)
    yield from (
        f"constant-{c.name}" for c in cell.constants if 1 < _numbers(cell, c) <= MOST_NUMBERS
    )
    yield from _of_functions(cell)
    shown = {*cell.states, cell.output} & {e.variable for e in cell.equations}
    yield from (f"step-{n}-{one.name}" for one in shown for n in written_out)
    yield from (f"grad-{x.name}" for x in cell.inputs)
    yield from (f"grad-{s.name}0" for s in cell.handed)
    if cell.weight is not None and cell.defines(cell.weight):
        yield "loss-weight"
    if cell.has_matrices:
        return
    yield from (["stacked"] if len(cell.states) > 1 else [])
    yield from (f"grad-{x.name}-sum" for x in cell.inputs)
    for parameter, _ in _acting_on_states(cell):
        yield f"grad-{parameter.name}-contributions"
        yield from (f"grad-{parameter.name}-contribution-{steps}-{n}" for n in written_out)
        if steps > 1:
            yield f"steps-unrolled-{parameter.name}"


def interrupted(ids: Collection[str], cell: Cell, written_out: Collection[int]) -> Iterator[str]:
    """Yield what is missing in a row of ids that runs over steps, of which one is there at least."""
    found = {*ids}
    # The chain to the initial state has the letter of the state, and there is always one.
    starts = {one[1] for id in found for one in [re.fullmatch(r"grad-(.+0)-sum", id)] if one}
    if not cell.has_matrices:
        for start in starts or {"(an initial state)"}:
            yield from (f"grad-{start}-{form}" for form in ("sum", "substituted", "total"))
            yield from (f"grad-{start}-terms-{n}" for n in written_out)
        for parameter, entries in _acting_on_states(cell):
            # Where each adjoint has a name, and no way leads past the states, the sums change places.
            summed = {f"steps-summed-{entry.name}" for entry in entries} <= found
            if summed and not any(_stands(parameter, e.expr) for e in cell.equations
                                  if e.variable not in entries):  # fmt: skip
                yield f"steps-added-{parameter.name}"
    for pattern in RUNNING:
        row = re.compile(pattern.replace("#", r"\d+"))
        for one in filter(None, map(row.fullmatch, found)):
            yield from (f"{one[1]}{n}{one[2]}" for n in written_out)


def first_steps(cell: Cell) -> dict[str, int]:
    """Return, by what is read from further back, from which step on there is all that it reads."""
    found = {}
    for equation in cell.lagged:
        reads = [(at.series, int(t - at.indices[0])) for at in series_in(equation.expr)]
        # A state has a value before the first step, an input has none.
        there = [0 if series in cell.states else 1 for series, _ in reads]
        first = 1
        while any(first - lag < least for (_, lag), least in zip(reads, there, strict=True)):
            first += 1
        found[equation.variable.name] = first
    return found


def _numbers(cell: Cell, constant: Parameter) -> int:
    value = cell.constants[constant]
    rows = value if isinstance(value, list) else [value]
    return sum(len(row) if isinstance(row, list) else 1 for row in rows)


def _of_functions(cell: Cell) -> Iterator[str]:
    """Yield the ids of the functions that stand in the equations, and in one another."""
    waiting = [e.expr for e in cell.equations]
    seen = set()
    while waiting:
        expr = waiting.pop()
        for node in atoms_of(expr, Named):
            if node not in seen:
                seen.add(node)
                waiting.append(node.expanded)
                yield from (f"{what}-{node.function}" for what in ("function", "slope"))
        if any(True for _ in atoms_of(expr, LayerNorm)):
            yield from ("function-layernorm", "function-sd")
        for name in {node.function for node in atoms_of(expr, Apply)}:
            yield from [f"function-{name}"] if activation(name).written is not None else []
            yield from [f"slope-{name}"] if activation(name).long_slope is not None else []


def _acting_on_states(cell: Cell) -> list[tuple[Parameter, set[Series]]]:
    """Return the parameters from which ways lead to a state of their step, with where these begin."""
    reads = {e.variable: {at.series for at in series_in(e.expr) if at.indices[0] == t}
             for e in cell.equations}  # fmt: skip
    leading = {*cell.states}
    while more := {one for reader in leading for one in reads.get(reader, ())} - leading:
        leading |= more
    entries = [(p, {e.variable for e in cell.equations if _stands(p, e.expr)} & leading)
               for p in cell.parameters]  # fmt: skip
    return [(p, those) for p, those in entries if those]


def _stands(parameter: Parameter, expr: MatrixExpr) -> bool:
    return parameter in {*atoms_of(expr, Parameter)}

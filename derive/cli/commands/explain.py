"""Says in plain words what was understood of a network: its sizes, its states, what acts where.

Nothing is derived or written; a file that makes no sense is refused as by the other commands.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from derive.cli import arguments as common
from derive.cli.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sympy import Basic

    from derive.cells.cell import Cell
    from derive.cells.understood import Action
    from derive.expressions.quantities import Parameter

HELP = "say in plain words what was understood of a network"


BESIDE = "not handed on, but between the step before and the output"
"""What stands above the states that no later step reads."""

AS_WRITTEN = "as written: "
"""What stands before an equation that reads quantities of further back than one step."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments: the cell and its options."""
    common.add_cell(parser)
    common.add_network(parser)


def run(args: argparse.Namespace, terminal: Terminal) -> int:
    """Print it."""
    terminal.progress("loading")
    cell = common.cell_of(args)
    terminal.asked.require_cell(cell)
    terminal.clear()
    from derive.cli.explained import require_explained

    with terminal.read_back(lambda lines: require_explained(lines, cell)):
        for head, rows in _parts(cell):
            terminal.say(head)
            for row in rows:
                terminal.say(f"  {row}")
    return 0


def _parts(cell: Cell) -> Iterator[tuple[str, list[str]]]:
    """Yield the parts with their heads; none is empty."""
    yield (f"{cell.name}: {cell.title}" if cell.title not in (None, cell.name) else cell.name), []
    sizes = [f"{size}: the size of {_and(_sized(cell, size))}" for size in cell.dimensions]
    if sizes:
        yield "sizes", sizes
    yield "given at each step", [_with_shape(cell, s) for s in cell.given]
    handed = [f"{_with_shape(cell, s)}; {_STARTS[cell.initial]}" for s in cell.handed]
    yield "handed from step to step", handed
    beside = [_with_shape(cell, s) for s in cell.states if s not in cell.handed]
    if beside:
        yield BESIDE, beside
    yield "computed at each step, in this order", list(_equations(cell))
    yield "output and loss", _loss(cell)
    yield "trained", [line for p in cell.parameters for line in _acting(cell, p.name)]
    if cell.constants:
        constants = [f"{_plain(p)} = {_numbers(value)}" for p, value in cell.constants.items()]
        yield "not trained", constants
    yield "as a whole", _whole(cell)


def _numbers(value: object) -> str:
    """Return a number, or the numbers of a column in parentheses."""
    if isinstance(value, list):
        return f"({', '.join(map(_numbers, value))})"
    return f"{value!r}".removesuffix(".0")


def _plain(value: Basic) -> str:
    from derive.api import plain

    return plain(value)


def _and(words: Sequence[str]) -> str:
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def _sized(cell: Cell, size: Basic) -> list[str]:
    from derive.expressions.quantities import t

    series = [s[t] for s in (*cell.inputs, *cell.states, cell.target) if size in s.shape]
    if series:
        return [_plain(s) for s in series]
    sides = ((p, n) for p in cell.parameters for n in p.shape)
    return list(dict.fromkeys(f"a side of {_plain(p)}" for p, n in sides if n == size))


def _with_shape(cell: Cell, quantity: Basic) -> str:
    from derive.expressions.quantities import Series, t
    from derive.expressions.shapes import shape_text

    shown = quantity[t] if isinstance(quantity, Series) else quantity
    meaning = cell.meanings.get(quantity.name)
    return f"{_plain(shown)} {shape_text(quantity.shape)}{f', {meaning}' if meaning else ''}"


_STARTS = {
    "zero": "at step 0 it is 0",
    "given": "at step 0 it is given with the data",
    "trainable": "at step 0 it is trained",
}


def _equations(cell: Cell) -> Iterator[str]:
    from derive.cells.understood import readings

    written = {e.variable: e for e in cell.lagged}
    for reading in readings(cell):
        said = [
            f"{word}{' each of' if len(found) > 1 else ''} {_and([_plain(at) for at in found])}"
            for word, found in (("linear in", reading.linear), ("not linear in", reading.other))
            if found
        ]
        equation = reading.equation
        yield f"{_plain(equation.left)} = {_plain(equation.expr)}"
        if equation.variable in written:
            own = written[equation.variable]
            yield f"    {AS_WRITTEN}{_plain(own.left)} = {_plain(own.expr)}"
        yield f"    {'; '.join(said) if said else 'reads no quantity'}"


def _loss(cell: Cell) -> list[str]:
    from derive.expressions.quantities import t

    o, loss = cell.definition(cell.output), cell.definition(cell.loss_series)
    rows = [f"{_plain(e.left)} = {_plain(e.expr)}" for e in (o, loss)]
    total = "the total loss is the sum over every step"
    if cell.weight is not None:
        total += f", with the weight {_plain(cell.weight[t])}"
    if cell.weight is not None and cell.defines(cell.weight):
        total += f" = {_plain(cell.definition(cell.weight).expr)}"
        total += ", 1 at the last step and 0 at all others" if cell.counts_last_only else ""
    return [*rows, total]


def _acting(cell: Cell, name: str) -> Iterator[str]:
    from derive.cells.understood import actions

    parameter = next(p for p in cell.parameters if p.name == name)
    places = list(dict.fromkeys(_action(action, parameter) for action in actions(cell, parameter)))
    comma = "," if cell.meanings.get(name) else ""
    yield f"{_with_shape(cell, parameter)}{comma} {_and(places)}"


def _action(action: Action, parameter: Parameter) -> str:
    from derive.expressions.algebra import transpose
    from derive.expressions.quantities import t

    if action.added:
        does = "is added"
    elif action.on is None:
        does = f"acts {'as a number' if parameter.shape == (1, 1) else 'by its components'}"
    else:
        does = f"multiplies {_plain(action.on)}{' entry by entry' if action.entrywise else ''}"
    which = f"as {_plain(transpose(parameter))} " if action.turned else ""
    return f"{which}{does} in {_plain(action.entry[t])}"


def _whole(cell: Cell) -> list[str]:
    from derive.cells.understood import actions, recurrence_is_linear

    linear = recurrence_is_linear(cell)
    rows = ["the states are linear in those of the step before" if linear else
            "the states are not linear in those of the step before"]  # fmt: skip
    tied = [p for p in cell.parameters if len(actions(cell, p)) > 1]
    if tied:
        rows.append(f"used in more than one place: {', '.join(map(_plain, tied))}")
    return rows

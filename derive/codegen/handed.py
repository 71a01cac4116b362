"""What the loop of a module is handed where it stands in a function of its own."""

from __future__ import annotations

import ast
import builtins
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from derive.codegen.lines import Source, Statement, Writer
from derive.codegen.loops import HandedOn
from derive.expressions.quantities import Series

WIDTH = 99
"""How long a line may be."""

SHORT = 70
"""How long a tuple may be, with what stands before it on its line, to be in one line with it."""


@dataclass(frozen=True)
class HandedOnArray(HandedOn):
    """A quantity that a step hands on, with the sizes of its array and the name of its initial state."""

    size: str
    key: str


def of_loops(writer: Writer, forward: Source, backward: Source) -> Mapping[str, Any]:
    """Return what the templates ask for: what loops that are functions are given and hand on."""
    return {
        **_arguments(writer, "forward", forward.loop),
        **_arguments(writer, "backward", backward.loop),
        "forward_carried": _carried(writer, forward.carried),
        "backward_carried": _carried(writer, backward.carried),
        "listed": _listed,
        "tupled": tupled,
    }


_NAMES: Mapping[str, Callable[[HandedOnArray], str | None]] = {
    "beside": lambda one: one.beside if one.read else None,
    "handed": lambda one: one.now if one.read else None,
    "now": lambda one: one.now,
    "array": lambda one: one.array,
}


def _listed(found: Iterable[HandedOnArray], which: str, indent: int) -> str:
    """Return a tuple of names as source, in lines that are short enough."""
    names = [name for one in found if (name := _NAMES[which](one)) is not None]
    return tupled(names, indent)


def tupled(names: Sequence[str], indent: int) -> str:
    """Return a tuple of names as source, broken into lines where it is long."""
    if len(names) < 2:
        return f"({''.join(f'{name},' for name in names)})"
    text = ", ".join(names)
    if len(text) + indent <= SHORT:
        return f"({text})"
    space = " " * (indent + 4)
    rows = textwrap.wrap(f"{text},", WIDTH, initial_indent=space, subsequent_indent=space,
                         break_long_words=False)  # fmt: skip
    return "\n".join(["(", *rows, f"{' ' * indent})"])


def _arguments(writer: Writer, way: str, lines: Iterable[Statement]) -> dict[str, list[str]]:
    """Return the variables that lines read, and what is given for each, in the order they stand in."""
    read = dict.fromkeys(
        node.id
        for line in lines
        for node in ast.walk(ast.parse(line.source))
        if isinstance(node, ast.Name)
    )
    names = writer.names.of
    sizes = {writer.step.count(size): writer.every.count(size) for size in writer.cell.dimensions}
    constants = {names[p]: value for p, value in writer.cell.constants.items()}
    # Numbers are known where the function is compiled.
    known = {"t", "T", "np", *writer.used, *dir(builtins)}
    known |= {name for name, value in constants.items() if not isinstance(value, list)}
    names_read = [name for name in read if name not in known]
    values = [
        f"np.asarray({name}, dtype)" if name in constants else sizes.get(name, name)
        for name in names_read
    ]
    return {f"{way}_names": ["T", *names_read], f"{way}_values": ["T", *values]}


def _carried(writer: Writer, found: Iterable[HandedOn]) -> list[HandedOnArray]:
    series = {writer.names.of[s]: s for s in writer.names.of if isinstance(s, Series)}
    states = set(writer.cell.handed)
    return [
        HandedOnArray(
            one.array, one.now, one.beside, one.read,
            writer.every.stored(series[one.array]), _key(series[one.array], states),
        )
        for one in found
    ]  # fmt: skip


def _key(series: Series, states: set[Series]) -> str:
    """Return the name of a state, without which there is no initial one."""
    return series.name if series in states else ""

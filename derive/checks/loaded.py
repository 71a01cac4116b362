"""Cells, each of which computes what its file says, or what the papers say that it is from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from derive import catalogue
from derive.arrays import Array
from derive.cells.cell import Cell, CellText
from derive.checks import shipped
from derive.checks.chosen import require_chosen, unlike
from derive.checks.comparing import SecondWording, names_in, outputs, said
from derive.errors import CheckError, DeriveError
from derive.numerics.sample import sample
from derive.numerics.trace import ForwardPass

OUR_FAULT = "a fault of the program"
OURS = f"this is {OUR_FAULT}, not of the file"


def load(name: str, **options: object) -> Cell:
    """Return a cell by name or file; a `CheckError` if it does not compute what its text says.

    Or if it is not as its options say, those that it has by default included.
    """
    try:
        cell = catalogue.load(name, **options)
    except DeriveError as error:
        if options or name not in catalogue.names():
            raise
        # Nothing was asked for that could be wrong.
        raise CheckError(
            f"{error}; {name} is a network that ships, and this is {OUR_FAULT}"
        ) from error
    if cell.written is not None:
        confirm(cell, cell.written, options)
    else:
        require_chosen(cell, {**catalogue.options_of(name), **options})
        shipped.confirm(cell, name, options)
    return cell


def confirm(cell: Cell, written: CellText, options: Mapping[str, object]) -> None:
    """Check a cell against its text: equations on random data, constants, shapes and options."""
    values = tomllib.loads(written.toml)
    lag = _farthest(values)
    steps = max(3, lag + 2)
    trace = sample(cell, steps, seed=0, zero_start=False).trace
    for found in (*_misshapen(values, trace), *_other(values, trace, written.path, options)):
        raise CheckError(f"{written.path}: {found}; {OURS}")
    # What is read from further back than the first step is no quantity of the text: at step 0 there
    # are states, and no inputs.
    for step in range(lag + 1, steps + 1):
        for found in _misunderstood(values, trace, step):
            raise CheckError(f"{written.path}: {found}; {OURS}")


def _misunderstood(values: Mapping[str, Any], trace: ForwardPass, step: int) -> Iterator[str]:
    """Yield how the equations of a text differ from those of the cell, at a step."""
    for name, value, made in _wording(values).differing(trace, step):
        yield (
            f"the equation of {name}[t] was not understood as it is written: at step {step} of "
            f"random data (seed 0) the text gives {said(value)}, and the cell {said(made)}"
        )


def _wording(values: Mapping[str, Any]) -> SecondWording:
    constants = {name: _array(value) for name, value in values.get("constants", {}).items()}
    return SecondWording(values["equations"], values.get("functions", {}), constants)


def wording(trace: ForwardPass, options: Mapping[str, object]) -> tuple[SecondWording, int]:
    """Return the equations of the cell of a pass in other words, and how far back they read."""
    cell = trace.cell
    if cell.written is None:
        sizes = {str(symbol): size for symbol, size in trace.sizes.items()}
        return shipped.wording(cell.name, options, sizes), 1
    values = tomllib.loads(cell.written.toml)
    return _wording(values), _farthest(values)


def _farthest(values: Mapping[str, Any]) -> int:
    return max(map(_lag, re.findall(r"\[\s*(t[^\]]*)\]", values["equations"])))


def _misshapen(values: Mapping[str, Any], trace: ForwardPass) -> Iterator[str]:
    """Yield what has another shape than the text says."""
    sizes = {str(symbol): size for symbol, size in trace.sizes.items()}
    shapes = {p.name: trace.parameter(p).shape for p in trace.cell.parameters}
    shapes |= {s.name: trace.value(s, 1).shape for s in (*trace.cell.inputs, *trace.cell.states)}
    for table in ("inputs", "states", "parameters"):
        for name, text in names_in(values.get(table, {})).items():
            if shapes.get(name) != _shape(text, sizes):
                yield f"{name} is {text} in the text, and not in the cell"


def _shape(text: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    parts = re.sub(r"\s*\+\s*", "+", text.strip()).replace(",", " ").replace("×", " ").split()
    made = [sum(int(n) if n.isdigit() else sizes[n] for n in p.split("+")) for p in parts]
    return (made[0], made[1]) if len(made) == 2 else (made[0], 1)


def _other(
    values: Mapping[str, Any], trace: ForwardPass, path: str, options: Mapping[str, object]
) -> Iterator[str]:
    """Yield what a text, or a command, says of a cell beside its equations, and is not so."""
    cell, name = trace.cell, values.get("name") or Path(path).stem
    for key, wanted, found in (
        ("name", name, cell.name),
        ("title", values.get("title") or name, cell.title),
        ("meanings", values.get("meanings", {}), dict(cell.meanings)),
    ):
        if wanted != found:
            yield f"the {key} is {wanted} in the text, and {found} in the cell"
    numbers = {p.name: value for p, value in cell.constants.items()}
    for constant, value in values.get("constants", {}).items():
        # Equations alone do not tell: the smaller of two numbers hides the other.
        given = numbers.get(constant)
        if given is None or not np.array_equal(_array(value), _array(given)):
            yield f"the constant {constant} is {value} in the text, and {given} in the cell"
    asked = {
        "output_layer": options.get("output_layer", values.get("output", "softmax")),
        "loss": options.get("loss", values.get("loss", "every")),
        "initial": options.get("initial", values.get("initial", "zero")),
    }
    for problem in unlike(cell, asked):
        yield f"in the text or beside it the {problem}"
    yield from outputs(trace, asked["output_layer"], str(asked["loss"]))


def _array(value: float | list[Any]) -> Array:
    array = np.array(value, dtype=float)
    return array if array.ndim == 2 else array.reshape(-1, 1)


def _lag(index: str) -> int:
    return sum(map(int, re.findall(r"\d+", index)))

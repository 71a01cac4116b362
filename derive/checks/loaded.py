"""Cells, each of which computes what its file says, or what the papers say that it is from."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from derive import catalogue
from derive.arrays import Array
from derive.cells.cell import Cell, CellText
from derive.cells.weighting import weighting
from derive.checks import shipped
from derive.checks.comparing import Wording, names_in, outputs, said
from derive.errors import CheckError
from derive.numerics.sample import sample
from derive.numerics.trace import ForwardPass

OURS = "this is a fault of the program, not of the file"


def load(name: str, **options: object) -> Cell:
    """Return a cell by name or file; a `CheckError` if it does not compute what its text says."""
    cell = catalogue.load(name, **options)
    if cell.written is not None:
        confirm(cell, cell.written, options)
    else:
        shipped.confirm(cell, name, options)
    return cell


def confirm(cell: Cell, written: CellText, options: Mapping[str, object]) -> None:
    """Check a cell against its text: equations on random data, constants, shapes and options."""
    values = tomllib.loads(written.toml)
    lag = max(map(_lag, re.findall(r"\[([^\]]*)\]", values["equations"])))
    steps = max(3, lag + 2)
    trace = sample(cell, steps, seed=0, zero_start=False).trace
    for found in (*_misshapen(values, trace), *_other(values, trace, options)):
        raise CheckError(f"{written.path}: {found}; {OURS}")
    # What is read from further back than the first step is no quantity of the text: at step 0 there
    # are states, and no inputs.
    for step in range(lag + 1, steps + 1):
        for found in _misunderstood(values, trace, step):
            raise CheckError(f"{written.path}: {found}; {OURS}")


def _misunderstood(values: Mapping[str, Any], trace: ForwardPass, step: int) -> Iterator[str]:
    """Yield how the equations of a text differ from those of the cell, at a step."""
    constants = {name: _array(value) for name, value in values.get("constants", {}).items()}
    wording = Wording(values["equations"], values.get("functions", {}), constants)
    for name, value, made in wording.differing(trace, step):
        yield (
            f"the equation of {name}[t] was not understood as it is written: at step {step} of "
            f"random data (seed 0) the text gives {said(value)}, and the cell {said(made)}"
        )


def _misshapen(values: Mapping[str, Any], trace: ForwardPass) -> Iterator[str]:
    """Yield what has another shape than the text says."""
    sizes = {str(symbol): size for symbol, size in trace.sizes.items()}
    shapes = {p.name: trace.parameter(p).shape for p in trace.cell.parameters}
    shapes |= {s.name: trace.value(s, 1).shape for s in (*trace.cell.inputs, *trace.cell.states)}
    for table in ("inputs", "states", "parameters"):
        for name, text in names_in(values[table]).items():
            if shapes.get(name) != _shape(text, sizes):
                yield f"{name} is {text} in the text, and not in the cell"


def _shape(text: str, sizes: Mapping[str, int]) -> tuple[int, ...]:
    parts = re.sub(r"\s*\+\s*", "+", text.strip()).replace(",", " ").replace("×", " ").split()
    made = [sum(int(n) if n.isdigit() else sizes[n] for n in p.split("+")) for p in parts]
    return (made[0], made[1]) if len(made) == 2 else (made[0], 1)


def _other(
    values: Mapping[str, Any], trace: ForwardPass, options: Mapping[str, object]
) -> Iterator[str]:
    """Yield which options of a text, or of a command, the cell does not have."""
    cell = trace.cell
    loss = str(options.get("loss", values.get("loss", "every")))
    output = options.get("output_layer", values.get("output", "softmax"))
    initial = options.get("initial", values.get("initial", "zero"))
    if cell.initial != initial:
        yield f"the initial state is {initial} in the text, and {cell.initial} in the cell"
    if output not in (cell.loss.layer, cell.loss.name):
        yield f"the output is {output} in the text, and {cell.loss.layer} in the cell"
    if cell.weight != weighting(loss).weight:
        yield f"the loss is {loss} in the text, and another one in the cell"
    yield from outputs(trace, output, loss)


def _array(value: float | list[Any]) -> Array:
    array = np.array(value, dtype=float)
    return array if array.ndim == 2 else array.reshape(-1, 1)


def _lag(index: str) -> int:
    return sum(map(int, re.findall(r"\d+", index)))

"""Cells, each of which computes what its file says."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from derive import catalogue
from derive.arrays import Array
from derive.cells.cell import Cell, Written
from derive.checks.secondreading import SecondReader
from derive.errors import CheckError
from derive.numerics.sample import sample

TOLERANCE = 1e-9
"""Of the largest entry of a quantity: both evaluate one formula, in another order."""

LOST = 100.0
"""Times what changes if all that is read is rounded otherwise: differences of large numbers."""


def load(name: str, **options: object) -> Cell:
    """Return a cell by name or file; a `CheckError` if it does not compute what the file says."""
    cell = catalogue.load(name, **options)
    if cell.written is not None:
        confirm(cell, cell.written)
        _require_declared(cell, Path(name), options)
    return cell


def _require_declared(cell: Cell, path: Path, options: Mapping[str, object]) -> None:
    """Check constants, initial state and output of a cell against its file, read by `tomllib` alone."""
    file = tomllib.loads(path.read_text("utf-8-sig"))
    constants = {str(c.name): value for c, value in cell.constants.items()}
    output = options.get("output_layer", file.get("output", "cross_entropy"))
    declared = {
        **{f"the constant {name}": value for name, value in file.get("constants", {}).items()},
        "initial": options.get("initial", file.get("initial", "zero")),
        "output": output,
    }
    made = {
        **{f"the constant {name}": value for name, value in constants.items()},
        "initial": cell.initial,
        "output": cell.loss.name if output == cell.loss.name else cell.loss.layer,
    }
    for key in sorted({*declared, *made}):
        if not np.array_equal(np.asarray(declared.get(key)), np.asarray(made.get(key))):
            raise CheckError(
                f"{path}: {key} was not taken as it is asked for, {declared.get(key)}: the cell has "
                f"{made.get(key)}; this is a fault of the program, not of the file"
            )


def confirm(cell: Cell, written: Written) -> None:
    """Check the equations of a cell against their text, evaluated on random data by another reader."""
    lag = max(map(_lag, re.findall(r"\[([^\]]*)\]", written.equations)))
    steps = max(3, lag + 2)
    trace = sample(cell, steps, seed=0, zero_start=False).trace
    series = {e.variable.name: e.variable for e in cell.equations}
    rng = np.random.default_rng(0)
    # What is read from further back than the first step is no quantity of the text.
    for step in range(max(1, lag), steps + 1):
        with np.errstate(all="ignore"):
            found, near = (
                SecondReader(written.equations, trace, step, written.functions, rng=r).equations()
                for r in (None, rng)
            )
        for name, value in found.items():
            made = trace.value(series[name], step) if name in series else np.array(np.nan)
            lost = LOST * float(np.abs(value - near[name]).max())
            allowed = max(TOLERANCE * float(np.abs(value).max()), lost)
            if made.shape != value.shape or not float(np.abs(made - value).max()) <= allowed:
                raise CheckError(
                    f"{written.path}: the equation of {name}[t] was not understood as it is written: "
                    f"at step {step} of random data (seed 0) the text gives {_said(value)}, and the "
                    f"cell {_said(made)}; this is a fault of the program, not of the file"
                )


def _lag(index: str) -> int:
    return sum(map(int, re.findall(r"\d+", index)))


def _said(value: Array) -> str:
    return np.array2string(value.ravel(), precision=6, threshold=6)

"""The module of a cell, given out after its equations, its formulas and its numbers were checked."""

from __future__ import annotations

import builtins
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.bptt.derivation import derive
from derive.cells.cell import Cell
from derive.checks.required import STEPS, require
from derive.codegen.comments import require_formulas
from derive.codegen.module import written_module
from derive.errors import CheckError
from derive.numerics.trace import ForwardPass

TOLERANCE = 1e-9
SEEDS = (0, 1)
SEQUENCES = 2


def verified(cell: Cell) -> str:
    """Return the source of the module of a cell.

    A `CheckError` that names what is wrong if an equation that it is written from fails its check,
    if a formula in its text does not say what is computed, if its forward pass is not that of the
    cell, or if the module that was written finds its own gradients wrong.
    """
    derivation = derive(cell, STEPS)
    require(derivation, derivation.recursion.equations())
    made = written_module(cell)
    require_formulas(made)
    for seed in SEEDS:
        try:
            _require_numbers(cell, made.source, seed)
        except CheckError:
            raise
        except Exception as error:
            # Whatever it is, what was written does not run.
            raise CheckError(
                f"the code for {cell.name} breaks when it is run: {type(error).__name__}: {error}. "
                "Nothing is written; please report the cell"
            ) from error
    return made.source


def _require_numbers(cell: Cell, source: str, seed: int) -> None:
    """Raise a `CheckError` unless the numbers of a module are right."""
    _require_forward(cell, source, seed)
    error = own_check(source, seed)
    if not error <= TOLERANCE:
        raise CheckError(
            f"the code for {cell.name} finds its own gradients wrong: error {error:.3g}, allowed "
            f"{TOLERANCE:.0e}, seed {seed}. Nothing is written; please report the cell"
        )


def _require_forward(cell: Cell, source: str, seed: int) -> None:
    """Raise a `CheckError` unless a module computes what the equations of its cell give."""
    names, rng = _run(source), np.random.default_rng(seed)
    sizes = {str(size): n for n, size in enumerate(cell.dimensions, 2)}

    def draw(size: Any, *more: int) -> Array:
        found: Array = rng.normal(size=(*more, names["size_of"](size, sizes))) / 2
        return found

    parameters = {
        name: rng.normal(size=[names["size_of"](size, sizes) for size in shape]) / 2
        for name, shape in names["PARAMETERS"].items()
    }
    data = {name: draw(size, STEPS, SEQUENCES) for name, size in names["DATA"].items()}
    target = cell.target.name
    data[target] = rng.uniform(size=data[target].shape)
    initial = {name: draw(size, SEQUENCES) for name, size in names["INITIAL"].items()}
    found, total = names["forward"](parameters, data, initial), 0.0
    general = cell.without_assumptions()
    for sequence in range(SEQUENCES):
        series = {name: rows[:, sequence] for name, rows in data.items()}
        starts = {name[:-1]: rows[sequence] for name, rows in initial.items()}
        trace = ForwardPass(general, parameters, series, starts)
        total += float(trace.parameter(general.total)[0, 0])
        for equation in general.equations:
            name = equation.variable.name
            first = 0 if equation.variable in general.states else 1
            wanted = trace.value(equation.variable, np.arange(first, STEPS + 1))[..., 0]
            # What is the same for all sequences may have a single one.
            rows = found[name][first : STEPS + 1]
            rows = rows[:, sequence if rows.shape[1] > 1 else 0]
            _require_same(cell, name, rows, wanted)
    _require_same(cell, "total", np.array([found["total"]]), np.array([total]))


def _require_same(cell: Cell, name: str, found: Array, wanted: Array) -> None:
    scale = max(1.0, float(np.abs(wanted).max()))
    if found.shape != wanted.shape or not np.abs(found - wanted).max() <= TOLERANCE * scale:
        raise CheckError(
            f"the code for {cell.name} does not compute {name} as the equations of the cell do: "
            f"{np.array2string(found, precision=6)} instead of "
            f"{np.array2string(wanted, precision=6)}. Nothing is written; please report the cell"
        )


def own_check(source: str, seed: int = 0) -> float:
    """Return the largest error that a module finds in its own gradients; nan if it is not finite."""
    return float(_run(source)["check"](seed))


def _run(source: str) -> dict[str, Any]:
    """Return the names of a module."""
    # The source is our own, and the names in it have been through `Names`.
    names: dict[str, Any] = {"__name__": "generated"}
    exec(builtins.compile(source, "<generated>", "exec"), names)
    return names

"""The module of a cell, given out only after its equations and its numbers were checked."""

from __future__ import annotations

import builtins
from typing import Any

from derive.bptt.derivation import derive
from derive.cells.cell import Cell
from derive.checks.required import STEPS, require
from derive.codegen.module import module as written
from derive.errors import CheckError

TOLERANCE = 1e-9
SEEDS = (0, 1)


def verified(cell: Cell) -> str:
    """Return the source of the module of a cell.

    A `CheckError` that names what is wrong if an equation that it is written from fails its check,
    or if the module that was written finds its own gradients wrong.
    """
    derivation = derive(cell, STEPS)
    require(derivation, derivation.recursion.equations())
    source = written(cell)
    for seed in SEEDS:
        error = own_check(source, seed)
        if not error <= TOLERANCE:
            raise CheckError(
                f"the code for {cell.name} finds its own gradients wrong: error {error:.3g}, allowed "
                f"{TOLERANCE:.0e}, seed {seed}. Nothing is written; please report the cell"
            )
    return source


def own_check(source: str, seed: int = 0) -> float:
    """Return the largest error that a module finds in its own gradients; nan if it is not finite."""
    # The source is our own, and the names in it have been through `Names`.
    names: dict[str, Any] = {"__name__": "generated"}
    exec(builtins.compile(source, "<generated>", "exec"), names)
    return float(names["check"](seed))

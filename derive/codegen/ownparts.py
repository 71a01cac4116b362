"""The functions that a generated module brings along, against the table of functions.

Whole networks meet few arguments of a function: none that is within 10^-6 of a kink, or far out.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.calculus.activations import ACTIVATIONS
from derive.cells.cell import Cell
from derive.checks.columnparts import inexact
from derive.codegen.columns import CALLED
from derive.errors import CheckError

SIZES = (5e-324, 1e-300, 1e-100, 1e-20, 1e-12, 1e-9, 1e-6, 1e-4, 1e-2, 0.1, 0.5, 1.0, 1.5, 2.0, 3.0,
         5.0, 8.0, 20.0, 36.0, 40.0, 300.0, 709.0, 720.0, 800.0)  # fmt: skip
"""Sizes of arguments, of both signs: from the least number to where an exponential overflows."""

CLOSE = 1e-12
"""How far two ways to compute a function may be apart, relative to its value."""

FAR, ROUNDING = 15.0, 1e-15
"""Beyond such arguments what is made of rounding, as 1 - tanh(20)^2, has no digits: it is as small."""

_OF_ROUNDING = ("bipolar",)
"""Functions of which the table has a slope that is a difference, and a complex step one that is none."""

VANISHED = 1e-250
"""As good as 0: a product with a complex step has no digits there."""

STEP = 1e-100
"""The size of a complex step."""


def require_functions(cell: Cell, names: Mapping[str, Any]) -> None:
    """Raise a `CheckError` unless each function of a module is that of the table, at all sizes."""
    real = np.array([0.0, *(sign * size for size in SIZES for sign in (1, -1))])[:, None]
    with np.errstate(all="ignore"):
        for name, right in _meant():
            if name in names:
                _require_same(cell, name, real, names[name](real), right(real))
        for name, row in ACTIVATIONS.items():
            called = CALLED.get(name, name)
            if called in names:
                along = np.imag(names[called](real + 1j * STEP)) / STEP
                _require_same(cell, called, real, along, row.slope(real))
        for problem in inexact(names):
            raise CheckError(
                f"the code for {cell.name} does not compute {problem}. Nothing is written; please "
                "report the cell"
            )
        for name, choice in (("larger", np.maximum), ("smaller", np.minimum)):
            if name in names:
                _require_same(cell, name, real, names[name](real, real.T), choice(real, real.T))


def _meant() -> Iterator[tuple[str, Callable[[Array], Array]]]:
    """Yield functions by the names that they have in a module."""
    for name, row in ACTIVATIONS.items():
        yield CALLED.get(name, name), row.value
        yield f"{name}_slope", row.slope


def _require_same(cell: Cell, name: str, real: Array, found: Array, wanted: Array) -> None:
    least = np.where((np.abs(real) > FAR) & (name in _OF_ROUNDING), ROUNDING, VANISHED)
    near = np.abs(found - wanted) <= np.maximum(CLOSE * np.abs(wanted), least)
    # Where there is no number, as below a root, there is none in either.
    wrong = ~(near | (found == wanted) | (np.isnan(found) & np.isnan(wanted)))
    if np.any(wrong):
        at = np.broadcast_to(real, wrong.shape)[wrong][0]
        raise CheckError(
            f"the code for {cell.name} does not compute {name} as the table of functions does: at "
            f"{at:g} it is {found[wrong][0]:g} instead of {wanted[wrong][0]:g}. Nothing is written; "
            "please report the cell"
        )

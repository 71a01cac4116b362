"""The parameters of runs at the start of training: how they are drawn, by what each is for."""

from __future__ import annotations

import numpy as np
from sympy import MatrixExpr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.cells.describe import divisors, parameter_role
from derive.expressions.quantities import Parameter
from derive.expressions.shapes import number

APART = 0.1
"""How far from one, on average, numbers are that something is divided by."""

INPUTS, UNITS, OUTPUTS = 3, 16, 4
"""Components of the input, of what else is given by a letter, and of the output."""


def shape_of(cell: Cell, quantity: MatrixExpr) -> tuple[int, int]:
    """Return a shape in numbers, its letters as they are in runs."""
    ends = {x.shape[0]: INPUTS for x in cell.inputs[:1]} | {cell.target.shape[0]: OUTPUTS}
    sizes = {s: ends.get(s, UNITS) for s in cell.dimensions}
    rows, columns = (number(s, sizes) for s in quantity.shape)
    return rows, columns


def weights(cell: Cell, rng: np.random.Generator, scale: float = 1.0) -> dict[str, Array]:
    """Return weights, normal with the variance scale²/columns; biases 0, and divisors near 1."""
    found, below = {}, divisors(cell)
    for p in cell.parameters:
        rows, columns = shape_of(cell, p)
        drawn = rng.normal(size=(rows, columns)) / np.sqrt(columns)
        if p in below:
            # Divided by a number near 0, everything would grow, and that tells nothing.
            found[p.name] = 1.0 + APART * np.sqrt(columns) * drawn
        else:
            found[p.name] = scale * drawn * (parameter_role(cell, p) != "bias")
    return found


def begun(cell: Cell, rng: np.random.Generator) -> dict[str, Array]:
    """Return the states of step 0: zero, or normal where no input would move them away from it."""
    shapes = {s.name: shape_of(cell, s) for s in cell.states}
    drawn = np.zeros if cell.inputs else rng.standard_normal
    return {name: drawn(shape) for name, shape in shapes.items()}


def columns_beside(cell: Cell) -> list[Parameter]:
    """Return the parameters of one column that are drawn like weights: no biases and no divisors."""
    below = divisors(cell)
    return [
        p for p in cell.parameters
        if p.shape[1] == 1 and p not in below and parameter_role(cell, p) != "bias"
    ]  # fmt: skip

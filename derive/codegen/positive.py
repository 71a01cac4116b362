"""Which of its random numbers a module has to draw positive, as below a root others have no value."""

from __future__ import annotations

from collections.abc import Collection
from itertools import islice

import numpy as np
from sympy import Expr, MatrixExpr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.expressions.shapes import is_vector
from derive.numerics.trace import ForwardPass

STEPS = 12
"""Steps of the sequences that are tried."""

TRIED = 20
"""How many draws are tried."""

ENOUGH = (10, 5)
"""Of how many draws all quantities must be numbers: of half, so that several sequences at a time have
values, or of fewer where nothing reaches that.

What must be positive is so by chance in some draws, two small numbers in a quarter of them."""


def positive_names(cell: Cell) -> tuple[str, ...]:
    """Return what is drawn positive, by its name in a module; nothing where no more is needed.

    s ← 0.9 s + 0.1 u² is never negative from a start that is not, and what stands below a root is
    meant to be such a quantity.
    """
    starts = [f"{s.name}0" for s in cell.handed]
    columns = [p.name for p in cell.parameters if is_vector(p)]
    every = [p.name for p in cell.parameters] + [s.name for s in cell.inputs]
    sets: tuple[list[str], ...] = ([], starts, [*starts, *columns], [*starts, *every])
    first = ((tried, enough) for enough in ENOUGH for tried in sets if _is(enough, cell, tried))
    tried, enough = next(first, ([], 0))
    for name in [*tried]:
        fewer = [other for other in tried if other != name]
        if _is(enough, cell, fewer):
            tried = fewer
    return tuple(tried)


def _is(enough: int, cell: Cell, positive: Collection[str]) -> bool:
    """Tell whether all quantities are numbers in so many of the draws."""
    values = (seed for seed in range(TRIED) if _has_values(cell, positive, seed))
    return len([*islice(values, enough)]) == enough


def _has_values(cell: Cell, positive: Collection[str], seed: int) -> bool:
    """Tell whether all quantities are numbers on some random data; what grows beyond them is one."""
    rng = np.random.default_rng(seed)
    general = cell.without_assumptions()
    sizes = {size: n for n, size in enumerate(cell.dimensions, 2)}

    def draw(name: str, *shape: Expr | int) -> Array:
        numbers = [n if isinstance(n, int) else int(n.subs(sizes)) for n in shape]
        made: Array = rng.normal(size=numbers) / 2
        return np.abs(made) if name in positive else made

    def own(quantity: MatrixExpr) -> tuple[Expr, ...]:
        shape: tuple[Expr, ...] = quantity.shape
        return shape[:1] if is_vector(quantity) else shape

    parameters = {p.name: draw(p.name, *p.shape) for p in cell.parameters}
    data = {s.name: draw(s.name, STEPS, s.shape[0]) for s in cell.given}
    data[cell.target.name] = rng.uniform(size=data[cell.target.name].shape)
    starts = {s.name: draw(f"{s.name}0", *own(s)) for s in cell.states}
    with np.errstate(all="ignore"):
        one = ForwardPass(general, parameters, data, starts)
        return not any(
            bool(np.isnan(one.columns[e.variable][1 : one.steps + 1]).any())
            for e in general.equations
        )

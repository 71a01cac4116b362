"""Which of its random numbers a module has to draw positive, as below a root others have no value."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
from sympy import Expr, MatrixExpr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.expressions.shapes import is_vector
from derive.numerics.trace import ForwardPass

STEPS = 12
"""Steps of the sequences that are tried."""

TRIED, ENOUGH = 20, 5
"""How many draws are tried, and of how many all quantities must be numbers."""


def positive_names(cell: Cell) -> tuple[str, ...]:
    """Return what is drawn positive, by its name in a module; nothing where no more is needed.

    s ← 0.9 s + 0.1 u² is never negative from a start that is not, and what stands below a root is
    meant to be such a quantity.
    """
    starts = [f"{s.name}0" for s in cell.states]
    columns = [p.name for p in cell.parameters if is_vector(p)]
    every = [p.name for p in cell.parameters] + [s.name for s in cell.inputs]
    for tried in ([], starts, [*starts, *columns], [*starts, *every]):
        if _is_enough(cell, tried):
            break
    else:
        return ()
    for name in [*tried]:
        fewer = [other for other in tried if other != name]
        if _is_enough(cell, fewer):
            tried = fewer
    return tuple(tried)


def _is_enough(cell: Cell, positive: Collection[str]) -> bool:
    found = 0
    for seed in range(TRIED):
        found += _has_values(cell, positive, seed)
        if found == ENOUGH:
            return True
    return False


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

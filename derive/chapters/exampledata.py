"""Numbers for an example: small, with one decimal, and such that there is something to see."""

from __future__ import annotations

import numpy as np
from sympy import Expr

from derive.arrays import Array
from derive.calculus.activations import ACTIVATIONS
from derive.cells.cell import Cell
from derive.chapters.context import Context
from derive.chapters.network import leading
from derive.expressions.derivatives import Gradient
from derive.expressions.functions import Apply, Softmax
from derive.expressions.quantities import Parameter, ParameterCopy, Series
from derive.expressions.shapes import is_vector, number
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import is_finite
from derive.numerics.trace import ForwardPass

DRAWS = 100
"""How often numbers are drawn, until all that is computed of them has a value and tells something."""


def drawn_trace(c: Context, steps: int) -> ForwardPass:
    """Return the forward pass on small numbers with one decimal, one-hot targets and s_0 ≠ 0."""
    return drawn(c.cell, c.seed, steps, None if c.cell.has_matrices else leading(c))


def drawn(cell: Cell, seed: int, steps: int, lead: Parameter | None) -> ForwardPass:
    """Return it such that each step contributes to the gradient by a parameter, where that may be."""
    rng = np.random.default_rng([seed, 1])
    # All different for the simple network, and small: 1 for the input, 3 for the output.
    ends = {x.shape[0]: 1 for x in cell.inputs[:1]} | {cell.target.shape[0]: 3}
    sizes = {s: ends.get(s, 2) for s in cell.dimensions}

    def size(symbol: Expr) -> int:
        return number(symbol, sizes)

    def draw(rows: int, columns: int) -> Array:
        # Below one: larger ones saturate what functions act on, and all slopes are near 0.
        numbers = rng.integers(1, 10, size=(rows, columns)) / 10.0
        return numbers * rng.choice([-1.0, 1.0], size=(rows, columns))

    first: ForwardPass | None = None
    second: ForwardPass | None = None
    for _ in range(DRAWS):
        parameters = {p.name: draw(size(p.shape[0]), size(p.shape[1])) for p in cell.parameters}
        series = {s.name: draw(steps, size(s.shape[0])) for s in cell.inputs}
        rows = size(cell.target.shape[0])
        series[cell.target.name] = np.eye(rows)[rng.integers(0, rows, size=steps)]
        if cell.weight in cell.given:
            series[cell.weight.name] = rng.integers(1, 10, size=(steps, 1)) / 10.0
        # Not zero: the contribution of the first step would vanish, and with one step all of them.
        initial = {
            s.name: possible(cell, s, draw(size(s.shape[0]), size(s.shape[1]))) for s in cell.states
        }
        with np.errstate(all="ignore"):
            trace = ForwardPass(cell, parameters, series, initial)
        # Of a negative number there is no root: what has none is drawn anew.
        if not is_finite(trace):
            continue
        # So is what has a unit of rectified ones inactive wherever it is needed.
        if lead is None:
            return trace
        if not zero_contributions(trace, lead):
            if not silent_units(trace):
                return trace
            second = second or trace
        first = first or trace
    return second or first or trace


def silent_units(trace: ForwardPass) -> bool:
    """Tell whether a function has no slope at some component, at every step."""
    cell, value = trace.cell, Evaluator(trace, {}).value
    for equation in cell.equations:
        made = equation.expr
        if not isinstance(made, Apply) or made.function not in ACTIVATIONS:
            continue
        row = ACTIVATIONS[made.function]
        if row.kinks and is_vector(equation.variable):
            steps = range(1, trace.steps + 1)
            slopes = [row.slope(value(made.arg, t=step)) for step in steps]
            if not np.any(slopes, axis=0).all():
                return True
    return False


def zero_contributions(trace: ForwardPass, parameter: Parameter) -> list[int]:
    """Return the steps whose contribution to the gradient of the last loss by a parameter is zero."""
    loss, value = trace.cell.loss_series[trace.steps], Evaluator(trace, {}).value
    steps = range(1, trace.steps + 1)
    return [n for n in steps if not np.any(value(Gradient(loss, ParameterCopy(parameter, n))))]


def possible(cell: Cell, state: Series, numbers: Array) -> Array:
    """Return an initial state that the cell could have itself, of numbers between −1 and 1."""
    made = cell.definition(state).expr
    if isinstance(made, Softmax):
        # Tenths that are shares of a whole, as probabilities are.
        weights = np.abs(numbers) / np.abs(numbers).sum()
        tenths = 1 + np.floor((10 - len(numbers)) * weights)
        tenths[0] += 10 - tenths.sum()
        return tenths / 10
    grid = np.linspace(-4, 4, 401)
    known = made.function in ACTIVATIONS if isinstance(made, Apply) else False
    if known and ACTIVATIONS[made.function].value(grid).min() >= 0:
        return np.abs(numbers)
    return numbers

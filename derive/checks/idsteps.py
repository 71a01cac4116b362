"""The numbers in the id of an equation, against its left side: at which steps it is, and of what loss.

Another equation under an id may be just as true, as that of the step before: no number would tell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sympy import Basic, Integer

from derive.cells.cell import Cell
from derive.checks.identified import misnamed
from derive.checks.owedids import first_steps
from derive.errors import CheckError
from derive.expressions.components import Component
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation
from derive.expressions.quantities import At, Parameter, ParameterCopy, T, t
from derive.expressions.sums import OrderedProduct, RisingProduct, TimeSum
from derive.expressions.walk import atoms_of

_GRADIENT = re.compile(
    r"grad-(?P<of>\w+?)(?:-(?P<what>sum|terms|substituted|total|contributions?|first))?"
    r"(?P<steps>(?:-\d+)*)"
)
_STEPS = re.compile(r"(?<=-)\d+(?=-|$)")

_AT_A_STEP = ("sum", "terms", "substituted")
_OF_THE_LAST = ("contributions", "first")


def misplaced(equation: Equation, cell: Cell, steps: int) -> str | None:
    """Return what is wrong with the id of an equation of a cell, None where nothing is.

    Its numbers are steps of the left side, what it is free in stands there, and a gradient is that of
    the loss and by the quantity that the id names. What is said for any T does not read the number
    that ``steps`` happens to be.
    """
    start = f"{cell.name}-"
    if not equation.id.startswith(start):
        return None
    name, left = equation.id.removeprefix(start), equation.left
    numbers = [int(n) for n in _STEPS.findall(f"-{name}")]
    found = [int(n) for at in _indices(left) for n in at if n.is_Integer]
    if any(n not in found for n in numbers) or (len(numbers) == 2 and found[:2] != numbers):
        return f"it is of step {', '.join(map(str, found)) or 'no number'}"
    loose = [index.symbol for index in equation.free if index.symbol not in left.free_symbols]
    if loose:
        return f"it holds for all {loose[0]}, and {loose[0]} does not stand on its left side"
    first = (
        first_steps(cell).get(name.removeprefix("lagged-"), 1) if name.startswith("lagged-") else 1
    )
    if first != 1 and [int(index.low) for index in equation.free] != [first]:
        return f"it holds from step {first} on"
    # Into how many chunks steps are cut is a number that stands for T.
    chunks = equation.step.rule == "truncate"
    if (
        not chunks
        and steps > 2
        and max(found, default=0) < 2
        and any(steps in _read(e) for e in equation.sides)
    ):
        return f"it holds for T = {steps} only"
    return _misread(name, left, cell)


def _read(side: Basic) -> set[int]:
    """Return the numbers among the steps that a side reads, and among the bounds of its sums."""
    found = [at.indices for at in atoms_of(side, At)]
    found += [
        (over.low, over.high) for over in atoms_of(side, (TimeSum, OrderedProduct, RisingProduct))
    ]
    return {int(n) for numbers in found for n in numbers if n.is_Integer}


def require_identified(equations: Iterable[Equation], cell: Cell, steps: int) -> None:
    """Raise a `CheckError` for an id that says something else than what its equation is."""
    for equation in equations:
        if (
            wrong := misnamed(equation, cell, steps) or misplaced(equation, cell, steps)
        ) is not None:
            raise CheckError(
                f"equation {equation.id} is not the one of its id, as {wrong}. Nothing is printed; "
                f"correct what makes it ({equation.step.rule})"
            )


def _misread(name: str, left: Basic, cell: Cell) -> str | None:
    """Return what is wrong with the id of a gradient: what it is of, or what by."""
    read = _GRADIENT.fullmatch(name)
    known = dict(_quantities(cell))
    if read is None or read["of"] not in known or not isinstance(left, Partial | Gradient):
        return None
    by = left.den.args[0] if isinstance(left.den, ParameterCopy) else left.den
    of = known[read["of"]]
    right = by == of or (isinstance(by, At) and by.series == of)
    if not right:
        return f"it is the derivative by {left.den}"
    what, steps = read["what"], [Integer(n) for n in re.findall(r"\d+", read["steps"])]
    loss = cell.loss_series
    wanted: Basic = cell.total
    if what in _AT_A_STEP:
        wanted = loss[steps[0] if steps else t]
    elif what in _OF_THE_LAST:
        wanted = loss[T]
    elif what == "contribution":
        wanted = loss[steps[0]]
    return None if left.num == wanted else f"it is the derivative of {left.num}"


def _quantities(cell: Cell) -> Iterator[tuple[str, Basic]]:
    """Yield what there are gradients by, by the names in ids."""
    for parameter in cell.parameters:
        assert isinstance(parameter, Parameter)
        yield parameter.name, parameter
    for series in cell.inputs:
        yield series.name, series
    for state in cell.states:
        yield f"{state.name}0", state[Integer(0)]


def _indices(expr: Basic) -> Iterator[tuple[Basic, ...]]:
    """Yield the indices of what stands on a left side, in the order in which it is written."""
    if isinstance(expr, At):
        yield expr.indices
    elif isinstance(expr, ParameterCopy):
        yield expr.args[1:]
    elif isinstance(expr, Partial | Gradient):
        yield from _indices(expr.num)
        yield from _indices(expr.den)
    elif isinstance(expr, Component):
        yield from _indices(expr.matrix)
    else:
        for part in expr.args:
            yield from _indices(part)

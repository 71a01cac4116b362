"""What the equations of a cell say: where each parameter acts, and what is linear in what."""

from __future__ import annotations

from dataclasses import dataclass

from sympy import Identity, MatrixExpr

from derive.calculus.pullbacks import depends, jacobian, pullbacks
from derive.cells.cell import Assignment, Cell
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.walk import series_in


@dataclass(frozen=True)
class Linearity:
    """What an equation reads, apart by whether it is linear in it, what else it reads held fixed."""

    equation: Assignment
    linear: tuple[At, ...]
    other: tuple[At, ...]


@dataclass(frozen=True)
class Action:
    """One place where a parameter acts: the quantity there, and what it is multiplied with.

    ``on`` is None where it is not a matrix times something; ``added`` where it is a term by itself.
    """

    entry: Series
    on: MatrixExpr | None
    added: bool


def readings(cell: Cell) -> list[Linearity]:
    """Return what each equation of a step reads, the output and the loss left out."""
    found = []
    for equation in cell.equations:
        if equation.variable in (cell.output, cell.loss_series, cell.weight):
            continue
        reads = list(dict.fromkeys(series_in(equation.expr)))
        straight = [at for at in reads if _linear(equation.expr, at)]
        bent = [at for at in reads if at not in straight]
        found.append(Linearity(equation, tuple(straight), tuple(bent)))
    return found


def _linear(expr: MatrixExpr, read: At) -> bool:
    """Tell whether an expression is linear in what it reads: its Jacobian does not depend on it."""
    return not depends(jacobian(expr, read), read)


def actions(cell: Cell, parameter: Parameter) -> list[Action]:
    """Return where a parameter acts, in the order of the equations."""
    return [
        Action(e.variable, path.right, path.right is None and isinstance(path.left, Identity))
        for e in cell.equations
        for path in pullbacks(e.expr, parameter, e.left)
    ]


def recurrence_is_linear(cell: Cell) -> bool:
    """Tell whether the states are linear in those of the step before, whatever the inputs.

    So they are if each equation is, in all that depends on the step before: a product of two such
    quantities is linear in each of them, and not in both.
    """
    moved: set[Series] = set()
    for equation in cell.equations:
        if equation.variable in (cell.output, cell.loss_series) and (
            equation.variable not in cell.states
        ):
            continue
        past = [
            at
            for at in dict.fromkeys(series_in(equation.expr))
            if at.indices[0] != t or at.series in moved
        ]
        for at in past:
            slope = jacobian(equation.expr, at)
            if any(depends(slope, other) for other in past):
                return False
        if past:
            moved.add(equation.variable)
    return True

"""Which of the printed equations are proved in Coq, by what they say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from sympy import MatrixExpr

from derive.cells.cell import Cell
from derive.expressions.blocks import Stack
from derive.expressions.derivatives import Partial
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, Series, j, k, t
from derive.expressions.sums import instantiate

JACOBIANS = (Role.STEP_JACOBIAN, Role.BLOCK, Role.PART, Role.PATH)
"""What stands for a derivative of states at one step."""


@dataclass
class CoqStatements:
    """The statements that are proved in Coq, by what they say: each is an equation as it is printed."""

    recursions: dict[Series, Equation] = field(default_factory=dict)
    ends: dict[Introduced, Equation] = field(default_factory=dict)
    parameters: dict[Parameter, Equation] = field(default_factory=dict)
    initial: dict[Series, Equation] = field(default_factory=dict)
    inputs: dict[Series, Equation] = field(default_factory=dict)
    slopes: dict[Introduced, Equation] = field(default_factory=dict)
    jacobians: dict[Introduced, Equation] = field(default_factory=dict)
    lagged: dict[Introduced, Equation] = field(default_factory=dict)
    summed: dict[Series, Equation] = field(default_factory=dict)
    of_loss: Equation | None = None
    stacked: tuple[Series, ...] = ()

    @classmethod
    def of(cls, cell: Cell, equations: Iterable[Equation]) -> CoqStatements:
        """Return them, with what D_t and J_t stand for."""
        made = cls(stacked=cell.states)
        for equation in equations:
            first, second = equation.sides[0], equation.sides[1]
            introduced = isinstance(second, At) and isinstance(second.series, Introduced)
            if introduced and second.series.role is Role.SLOPE:
                made.slopes.setdefault(second.series, equation)
            if introduced and second.series.role in JACOBIANS:
                made.jacobians.setdefault(second.series, equation)
            if made.of_loss is None and _is_of_loss(equation, cell):
                made.of_loss = equation
            match equation.step.rule:
                case "stack":
                    assert isinstance(second, Stack)
                    made.stacked = tuple(one.series for one in second.args)
                case "adjoint" if introduced:
                    made.lagged[second.series] = equation
                case "steps" if introduced and "-steps-summed-" in equation.id:
                    made.summed[second.series.of[0]] = equation
                case "recursion" if introduced and second.series.role is Role.ADJOINT:
                    if len(equation.sides) == 3 and second.indices == (t,):
                        made.recursions.setdefault(second.series.of[0], equation)
                case "end":
                    made.ends[first.series] = equation
                case "accumulate":
                    made.parameters[first.den] = equation
                case "initial-state" if isinstance(first.den, At):
                    made.initial.setdefault(first.den.series, equation)
                case "input":
                    made.inputs[first.den.series] = equation
        return made


def _is_of_loss(equation: Equation, cell: Cell) -> bool:
    """Tell whether an equation is the derivative of the loss of a step by the states of that step."""
    first = equation.sides[0]
    if not isinstance(first, Partial) or first.num != cell.loss_series[t] or first.held:
        return False
    one = first.den.series if isinstance(first.den, At) else None
    return one in cell.states if len(cell.states) == 1 else _is_stack(one)


def _is_stack(one: Series | None) -> bool:
    return isinstance(one, Introduced) and one.role is Role.STACK


def at_step(equation: Equation, side: int = -1) -> MatrixExpr:
    """Return a side of an equation at the step t, whatever letter its step has."""
    return instantiate(equation.sides[side], {j: t, k: t})


def word(equation: Equation) -> str:
    """Return the name of the theorem that an equation is."""
    return equation.id.replace("-", "_")

"""Which of the printed equations are proved in Coq: those of the total loss."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from derive.cells.cell import Cell
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, Series, t


@dataclass
class CoqStatements:
    """The statements that are proved in Coq, by what they say: each is an equation as it is printed."""

    recursions: dict[Series, Equation] = field(default_factory=dict)
    ends: dict[Introduced, Equation] = field(default_factory=dict)
    parameters: dict[Parameter, Equation] = field(default_factory=dict)
    initial: dict[Series, Equation] = field(default_factory=dict)
    inputs: dict[Series, Equation] = field(default_factory=dict)
    slopes: dict[Introduced, Equation] = field(default_factory=dict)

    @classmethod
    def of(cls, cell: Cell, equations: Iterable[Equation]) -> CoqStatements:
        """Return those that are of the total loss, and what D_t stands for."""
        made = cls()
        for equation in equations:
            first, second = equation.sides[0], equation.sides[1]
            introduced = isinstance(second, At) and isinstance(second.series, Introduced)
            if introduced and second.series.role is Role.SLOPE:
                made.slopes.setdefault(second.series, equation)
            match equation.step.rule:
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


def word(equation: Equation) -> str:
    """Return the name of the theorem that an equation is."""
    return equation.id.replace("-", "_")

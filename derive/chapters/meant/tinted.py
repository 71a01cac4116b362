"""In which colour the numbers of an example stand: that of the step whose contribution they are."""

from __future__ import annotations

import numpy as np
from sympy import Integer, MatrixExpr

from derive.chapters.meant.place import Subject
from derive.chapters.meant.rules import introduced_as
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import Equation
from derive.expressions.introduced import Role
from derive.expressions.quantities import At, ParameterCopy
from derive.expressions.shown import Coloured
from derive.numerics.evaluate import Evaluator


def require_tints(speaker: Subject) -> None:
    """Raise a `CheckError` for numbers of an example in the colour of another step than theirs.

    Of which step they are is told by their values: by the gradient of the last loss on the numbers.
    """
    begins = f"{speaker.cell.name}-example-"
    for equation in speaker.equations:
        if equation.id.startswith(begins) and not _is_in_its_colour(equation, speaker):
            raise CheckError(
                f"document {speaker.document.id} shows {equation.id} in the colour of another step than "
                "its own. Nothing is written; correct the chapter that shows it"
            )


def _is_in_its_colour(equation: Equation, speaker: Subject) -> bool:
    left, numbers = equation.sides[0], equation.sides[-1]
    lagged = introduced_as(Role.LAGGED_ADJOINT, left)
    if not isinstance(numbers, Coloured):
        return not lagged and "-contribution-" not in equation.id
    trace = speaker.facts.example
    step, steps = numbers.args[1:]
    if trace is None or not isinstance(step, Integer) or steps != trace.steps:
        return False
    of: MatrixExpr | None = speaker.lead and ParameterCopy(speaker.lead, step)
    if lagged and isinstance(left, At):
        of = lagged[0][step] if left.indices == (steps, step) else None
    if of is None or equation.digits is None:
        return False
    evaluator = Evaluator(trace, {})
    apart = evaluator.value(numbers) - evaluator.value(Gradient(trace.cell.loss_series[steps], of))
    return bool(np.abs(apart).max() <= 0.5001 * 10.0**-equation.digits)

"""The test of one formula: both sides of an equation on all data, at all values of its indices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derive.algebra import shape_text
from derive.audit.claims import Formula
from derive.audit.data import Data
from derive.equation import Equation, Index, Kind, Step
from derive.errors import CheckError
from derive.evaluate import Evaluator
from derive.formula import ShapeError, of_cell, parse_relation
from derive.places import places
from derive.verify import TOLERANCE, Check, method

Array = NDArray[Any]


@dataclass(frozen=True)
class Trial:
    """Whether an equation holds, and the worst place where it does not.

    ``error`` is relative to the right side (absolute where that is 0; for ≤ the excess).  ``left``
    and ``right`` are the values there, if they are single numbers.  ``misfit`` says what does not
    fit in shape, where that is so; ``count`` is the number of places.
    """

    holds: bool
    error: float = 0.0
    where: str = ""
    left: float | None = None
    right: float | None = None
    misfit: str | None = None
    count: int = 0


def equation_of(formula: Formula, data: Data, id: str) -> Equation:
    """Yield a formula as an equation, even one whose shapes do not fit; else a `FormulaError`."""
    scope = of_cell(data.build())
    relation = parse_relation(formula.text, scope, origin=formula.origin, strict=False)
    free = tuple(Index(*r) for r in formula.indices(scope))
    kind = Kind.IDENTITY if relation.sign == "=" else Kind.INEQUALITY
    sides = (relation.left, relation.right)
    return Equation(id, kind, sides, Step("claim", (relation.left,)), free, sign=relation.sign)


def examine(equation: Equation, formula: Formula, data: Data, seeds: tuple[int, ...]) -> Trial:
    """Yield the trial of an equation, and of the shapes of the formula that it was made from."""
    misfit = _misfit(formula, data)
    if misfit is not None:
        return Trial(False, float("inf"), misfit=misfit, count=1)
    worst, count = Trial(True), 0
    for label, trace in data.traces(seeds):
        evaluator, chosen = Evaluator(trace), places(equation.free, trace.steps)
        evaluator.expect(equation.sides, chosen)
        for indices in chosen:
            left, right = (_value(evaluator, side, indices) for side in equation.sides)
            held, error = _compare(equation.sign, left, right)
            count += 1
            if not worst.where or (not held, error) > (not worst.holds, worst.error):
                steps = (f"{s} = {v}" for s, v in indices.items() if str(s) != "T")
                single = left.size == right.size == 1
                worst = Trial(
                    held,
                    error,
                    ", ".join([label, *steps]),
                    left.item() if single else None,
                    right.item() if single else None,
                )
    return Trial(worst.holds, worst.error, worst.where, worst.left, worst.right, None, count)


def _misfit(formula: Formula, data: Data) -> str | None:
    try:
        relation = parse_relation(formula.text, of_cell(data.build()), origin=formula.origin)
    except ShapeError as error:
        return error.problem
    left, right = (getattr(side, "shape", (1, 1)) for side in (relation.left, relation.right))
    if left == right:
        return None
    return f"the left side is {shape_text(left)}, the right side {shape_text(right)}"


def _value(evaluator: Evaluator, side: Any, indices: dict[Any, int]) -> Array:
    # What overflows is found by its value.
    with np.errstate(all="ignore"):
        return np.asarray(evaluator.at(side, indices))


def _compare(sign: str, left: Array, right: Array) -> tuple[bool, float]:
    """Yield whether a relation holds, and its error (for ≠: how far the sides are apart)."""
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return False, float("inf")
    scale = float(np.abs(right).max()) or 1.0
    if sign == "<=":
        excess = max(0.0, float((left - right).max())) / scale
        return excess <= TOLERANCE, excess
    error = float(np.abs(left - right).max()) / scale
    return (error > TOLERANCE, error) if sign == "!=" else (error <= TOLERANCE, error)


class ClaimVerifier:
    """Checks the equations of one claim as `derive.verify.Verifier` does those of a derivation."""

    def __init__(self, trials: dict[Equation, Trial]) -> None:
        self.trials = trials

    def require(self, equation: Equation) -> Check:
        """Yield the check; a `CheckError` if a refuted equation holds or another one fails."""
        trial = self.trials.get(equation)
        if trial is None:
            raise CheckError(f"equation {equation.id} was not tested with its claim")
        refuted = equation.kind is Kind.REFUTED
        check = Check(
            equation.id, equation.kind, method(equation), trial.error, TOLERANCE,
            trial.holds != refuted, trial.where, trial.count,
        )  # fmt: skip
        if not check.passed:
            what = "holds, though it is shown as wrong" if refuted else "does not hold"
            raise CheckError(
                f"equation {equation.id} {what}: {trial.where}, error {trial.error:.3g}"
            )
        return check

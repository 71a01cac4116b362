"""The test of one formula: both sides of an equation on all data, at all values of its indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import isinf

import numpy as np
from sympy import MatrixExpr

from derive.arrays import Array
from derive.audit.claims import Formula
from derive.audit.data import Data
from derive.audit.outcome import TestedPlace, Trial
from derive.audit.ranges import chosen
from derive.audit.second import require_misfit, require_read
from derive.checks import vocabulary
from derive.checks.agreement import apart
from derive.checks.slopes import POINTS, require_slope
from derive.checks.verify import TOLERANCE, Check, method
from derive.errors import CheckError, SpecError
from derive.expressions.equation import Equation, Index, Kind, Step
from derive.expressions.functions import Slope
from derive.expressions.quantities import T
from derive.expressions.shapes import shape_text
from derive.expressions.types import IndexValues
from derive.expressions.walk import atoms_of
from derive.formula import ShapeError, parse_relation
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass
from derive.reading.vocabulary import Vocabulary

NOISE = 1e-13
"""What rounding leaves of numbers of order 1 that cancel."""


def equation_of(formula: Formula, data: Data, id: str) -> Equation:
    """Return a formula as an equation, even one whose shapes do not fit; else a `FormulaError`."""
    scope = formula.scope(data.build())
    relation = parse_relation(formula.text, scope, origin=formula.origin, strict=False)
    free = tuple(Index(*r) for r in formula.indices(scope))
    kind = Kind.IDENTITY if relation.sign == "=" else Kind.INEQUALITY
    sides = (relation.left, relation.right)
    return Equation(id, kind, sides, Step("claim", (relation.left,)), free, sign=relation.sign)


def examine(equation: Equation, formula: Formula, data: Data, seeds: tuple[int, ...]) -> Trial:
    """Return the trial of an equation, and of the shapes of the formula that it was made from."""
    misfit, differ = _misfit(formula, data)
    if misfit is not None:
        tested = tuple(data.traces(seeds[:1]))
        require_misfit(formula, [trace for _, trace in tested], misfit, differ)
        return Trial(
            False, float("inf"), misfit=misfit, count=1, sides_differ=differ, tested=tested
        )
    for slope in sorted({s.function for side in equation.sides for s in atoms_of(side, Slope)}):
        require_slope(slope, POINTS)
    worst, count, overflows, scope = Trial(True), 0, True, formula.scope(data.build())
    places: list[TestedPlace] = []
    on: list[tuple[str, ForwardPass]] = []
    for label, trace in data.traces(seeds):
        on.append((label, trace))
        evaluator, found = Evaluator(trace), chosen(equation, trace.cell, scope, trace.steps)
        evaluator.expect(equation.sides, found)
        for indices in found:
            where = ", ".join([label, *(f"{s} = {v}" for s, v in indices.items() if s != T)])
            left, right = (_value(evaluator, side, indices) for side in equation.sides)
            held, error = _compare(equation.sign, left, right, where)
            count += 1
            overflows = overflows and (held or isinf(error))
            places.append(TestedPlace(trace, where, indices, left, right))
            if not worst.where or (not held, error) > (not worst.holds, worst.error):
                single = left.size == right.size == 1
                worst = Trial(
                    held,
                    error,
                    where,
                    float(left.item().real) if single else None,
                    float(right.item().real) if single else None,
                )
    overflows = overflows and not worst.holds
    trial = replace(worst, count=count, overflows=overflows, tested=tuple(on))
    require_read(formula, equation.sign, places, found, trial)
    return trial


def _misfit(formula: Formula, data: Data) -> tuple[str | None, bool]:
    """Return what does not fit in shape, and whether each side has a shape of its own."""
    try:
        relation = parse_relation(formula.text, formula.scope(data.build()), origin=formula.origin)
    except ShapeError as error:
        return error.problem, False
    left, right = (getattr(side, "shape", (1, 1)) for side in (relation.left, relation.right))
    if left == right:
        return None, False
    return f"the left side is {shape_text(left)}, the right side {shape_text(right)}", True


def _value(evaluator: Evaluator, side: MatrixExpr, indices: IndexValues) -> Array:
    # What overflows is found by its value.
    with np.errstate(all="ignore"):
        try:
            return np.asarray(evaluator.at(side, indices))
        except np.linalg.LinAlgError:
            return np.full((1, 1), np.nan)


def _compare(sign: str, left: Array, right: Array, at: str) -> tuple[bool, float]:
    """Return whether a relation holds, and its error (for ≠: how far the sides are apart)."""
    finite = [bool(np.isfinite(side).all()) for side in (left, right)]
    if sign == "=" and any(finite) and not all(finite):
        # The data are finite, and so is what the formula should give: it is no way to compute it.
        return False, float("inf")
    if not all(finite):
        raise SpecError(
            f"the {'right' if finite[0] else 'left'} side is not a finite number at {at}: it "
            "overflows, or divides by 0; take smaller numbers or fewer steps"
        )
    a, b = float(np.abs(left).max()), float(np.abs(right).max())
    with np.errstate(over="ignore"):
        difference = left - right if sign == "<=" else np.abs(left - right)
        apart = max(0.0, float(difference.max()))
        error = apart / (b or 1.0)
    if min(a, b) == 0:
        # Nothing to measure by: rounding, or a small number.
        agree = apart <= NOISE
        unclear = not agree and apart <= TOLERANCE
    else:
        agree = error <= TOLERANCE
        unclear = not agree and max(a, b) <= NOISE
    if unclear:
        raise SpecError(
            f"the sides are {a:.3g} and {b:.3g} at {at}, too small to be told from rounding: take "
            "larger numbers or fewer steps"
        )
    return (not agree if sign == "!=" else agree), error


class ClaimVerifier:
    """Checks the equations of one claim as a `Verifier` does those of a derivation."""

    def __init__(self, trials: dict[Equation, Trial], data: Data) -> None:
        self.trials, self.data = trials, data

    def vocabulary(self, equation: Equation, symbols: Mapping[str, str]) -> Vocabulary:
        """Return what the letters of a claim may stand for: the quantities of its cell."""
        return vocabulary.of_cell(self.data.build(), (), symbols, equation.sides)

    def apart(self, equation: Equation, read: MatrixExpr, meant: MatrixExpr) -> str | None:
        """Return how what was read differs from what is meant, on random data of the claim."""
        evaluators = [Evaluator(trace) for _, trace in self.data.traces((0,))]
        return apart(equation, evaluators, read, meant)

    def require(self, equation: Equation) -> Check:
        """Return the check; a `CheckError` if a refuted equation holds or another one fails."""
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

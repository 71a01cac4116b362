"""The verdict on a claim: what is written and what is right, both evaluated on the same data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derive.algebra import shape_text
from derive.audit.claims import Claim, Formula
from derive.audit.data import Data
from derive.equation import Index
from derive.errors import CheckError
from derive.evaluate import Evaluator
from derive.formula import Relation, ShapeError, of_cell, parse_relation
from derive.places import places
from derive.verify import TOLERANCE

Array = NDArray[Any]

SEEDS = 3
"""Random data sets per initial state."""


class Verdict(Enum):
    """What is found of a claim."""

    RIGHT = "right"
    HARMLESS = "harmless"
    CONDITIONAL = "conditional"
    CONVENTION = "convention"
    VALUE = "value"
    SHAPE = "shape"


@dataclass(frozen=True)
class Trial:
    """One formula on all data: whether it holds, and the worst place where it does not.

    ``error`` is relative to the right side (absolute where that is 0; for ≤ the excess); ``left``
    and ``right`` are the values there, if they are numbers.  ``misfit`` says what does not fit in
    shape, where that is so.
    """

    holds: bool
    error: float = 0.0
    where: str = ""
    left: float | None = None
    right: float | None = None
    misfit: str | None = None


@dataclass(frozen=True)
class Finding:
    """A claim with its verdict, the test of what is written, and that of each reading."""

    claim: Claim
    verdict: Verdict
    test: Trial
    readings: dict[str, Trial] = field(default_factory=dict)


def judge(claim: Claim, seed: int = 0) -> Finding:
    """Yield the verdict on a claim; a `CheckError` if its correction or its condition fails."""
    seeds = tuple(range(seed, seed + SEEDS))
    _require(claim, claim.right, claim.data, seeds, "the correction")
    if claim.readings:
        tests = {r.name: tried(r.formula, claim.data, seeds) for r in claim.readings}
        held = [t for t in tests.values() if t.holds]
        worst = max(tests.values(), key=lambda t: (not t.holds, t.error))
        if held and len(held) < len(tests):
            return Finding(claim, Verdict.CONVENTION, worst, tests)
        verdict = _plain(claim, worst)
        return Finding(claim, verdict, worst, tests)
    assert claim.written is not None
    found = tried(claim.written, claim.data, seeds)
    if claim.when is not None and not found.holds:
        _require(claim, claim.written, claim.when, seeds, "the formula under its condition")
        return Finding(claim, Verdict.CONDITIONAL, found)
    return Finding(claim, _plain(claim, found), found)


def _plain(claim: Claim, found: Trial) -> Verdict:
    if found.misfit is not None:
        return Verdict.SHAPE
    if not found.holds:
        return Verdict.VALUE
    # What is right but better said otherwise comes with its correction.
    return Verdict.RIGHT if claim.right is None else Verdict.HARMLESS


def _require(
    claim: Claim, formula: Formula | None, data: Data, seeds: tuple[int, ...], what: str
) -> None:
    if formula is None:
        return
    found = tried(formula, data, seeds)
    if found.holds:
        return
    at = formula.origin
    values = "" if found.left is None else f"; the sides are {found.left:.9g} and {found.right:.9g}"
    raise CheckError(
        f"{at.name}, line {at.line}, column {at.column}: {what} of claim {claim.id!r}, "
        f"{formula.text!r}, does not hold: "
        + (found.misfit or f"error {found.error:.3g} at {found.where}{values}")
        + ". Correct it, or the data that it is tested on"
    )


def tried(formula: Formula, data: Data, seeds: tuple[int, ...]) -> Trial:
    """Yield the test of a relation on all data and at all values of its indices.

    A formula that cannot be read is a `FormulaError`; one whose shapes do not fit is not.
    """
    scope = of_cell(data.build())
    try:
        relation = parse_relation(formula.text, scope, origin=formula.origin)
    except ShapeError as error:
        return Trial(False, float("inf"), misfit=error.problem)
    if _shape(relation.left) != _shape(relation.right):
        return Trial(False, float("inf"), misfit=_shapes(relation))
    ranges = tuple(Index(*r) for r in formula.indices(scope))
    worst = Trial(True)
    for label, trace in data.traces(seeds):
        evaluator, all_places = Evaluator(trace), places(ranges, trace.steps)
        evaluator.expect((relation.left, relation.right), all_places)
        for indices in all_places:
            left, right = (_value(evaluator, s, indices) for s in (relation.left, relation.right))
            held, error = _compare(relation.sign, left, right)
            if (not held, error) > (not worst.holds, worst.error) or not worst.where:
                place = ", ".join([label, *(f"{s} = {v}" for s, v in indices.items() if str(s) != "T")])
                numbers = (None, None)
                if left.size == right.size == 1:
                    numbers = (left.item(), right.item())
                worst = Trial(held, error, place, *numbers)
    return worst


def _value(evaluator: Evaluator, side: Any, indices: dict[Any, int]) -> Array:
    with np.errstate(all="ignore"):
        return np.asarray(evaluator.at(side, indices))


def _compare(sign: str, left: Array, right: Array) -> tuple[bool, float]:
    """Yield whether a relation holds, and by how much it fails (for ≠: how far the sides differ)."""
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return False, float("inf")
    scale = float(np.abs(right).max()) or 1.0
    if sign == "<=":
        excess = max(0.0, float((left - right).max())) / scale
        return excess <= TOLERANCE, excess
    error = float(np.abs(left - right).max()) / scale
    return (error > TOLERANCE, error) if sign == "!=" else (error <= TOLERANCE, error)


def _shape(side: Any) -> Any:
    return getattr(side, "shape", (1, 1))


def _shapes(relation: Relation) -> str:
    sides = [shape_text(_shape(side)) for side in (relation.left, relation.right)]
    return f"the left side is {sides[0]}, the right side {sides[1]}"


def ranges_of(formula: Formula, claim: Claim) -> Iterator[Index]:
    """Yield the free indices of a formula of a claim, as an equation has them."""
    for symbol, low, high in formula.indices(claim.scope):
        yield Index(symbol, low, high)

"""The verdict on a claim: what is written and what is right, both evaluated on the same data."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

from derive.audit.claims import Claim, Formula
from derive.audit.data import Data
from derive.audit.outcome import Trial
from derive.audit.second import implied
from derive.audit.trial import equation_of, examine
from derive.errors import CheckError, DeriveError
from derive.expressions.equation import Equation, Kind
from derive.formula import FormulaError

SEEDS = 3
"""Random data sets per initial state."""


class Verdict(Enum):
    """What is found of a claim."""

    RIGHT = "right"
    HARMLESS = "harmless"
    CONDITIONAL = "conditional"
    OVERFLOW = "overflow"
    CONVENTION = "convention"
    VALUE = "value"
    SHAPE = "shape"


@dataclass(frozen=True)
class Tested:
    """A formula of a claim as an equation, refuted where it fails, and its trial."""

    equation: Equation
    trial: Trial

    def __post_init__(self) -> None:
        if self.trial.holds is (self.equation.kind is Kind.REFUTED):
            raise CheckError(f"equation {self.equation.id} is not shown as what it was found to be")


@dataclass(frozen=True)
class Judgement:
    """A claim with its verdict; ``written`` is the formula, or the first reading that fails.

    ``right`` is the correction, and ``condition`` the formula on the data under which it holds.  A
    verdict that these do not allow is a `CheckError`.
    """

    claim: Claim
    verdict: Verdict
    written: Tested
    readings: dict[str, Tested] = field(default_factory=dict)
    right: Tested | None = None
    condition: Tested | None = None

    @property
    def shown(self) -> Tested:
        """Return the formula as it is shown: not as refuted where only floating point fails."""
        if self.verdict is Verdict.OVERFLOW and self.condition is not None:
            return self.condition
        return self.written

    @property
    def largest(self) -> float:
        """Return the largest error of what fails, of all readings."""
        tested = [*self.readings.values()] or [self.written]
        return max((one.trial.error for one in tested if not one.trial.holds), default=0.0)

    def __post_init__(self) -> None:
        trials = [one.trial for one in self.readings.values()] or [self.written.trial]
        under = None if self.condition is None else self.condition.trial
        allowed = [*implied(trials, under, self.right is not None)]
        if [self.verdict.value] != allowed:
            raise CheckError(
                f"claim {self.claim.id} is said to be {self.verdict.value}, where its trials say "
                f"{' or '.join(allowed)}; this is a fault of the program, not of the claim"
            )


def judge(claim: Claim, seed: int = 0) -> Judgement:
    """Return the verdict on a claim; a `CheckError` if its correction or its condition fails."""
    seeds = tuple(range(seed, seed + SEEDS))
    right = None
    if claim.right is not None:
        right = _required(claim, claim.right, claim.data, seeds, "right", "the correction")
    if claim.readings:
        tested = {
            r.name: _tested(claim, r.formula, claim.data, seeds, r.name) for r in claim.readings
        }
        failed = [found for found in tested.values() if not found.trial.holds]
        shown = failed[0] if failed else next(iter(tested.values()))
        mixed = 0 < len(failed) < len(tested)
        verdict = Verdict.CONVENTION if mixed else _plain(claim, shown.trial)
        return Judgement(claim, verdict, shown, tested, right)
    assert claim.written is not None
    written = _tested(claim, claim.written, claim.data, seeds, "written")
    verdict, condition = _plain(claim, written.trial), None
    if claim.when is not None and not written.trial.holds:
        condition = _required(
            claim, claim.written, claim.when, seeds, "when", "under its condition the formula"
        )
        verdict = Verdict.OVERFLOW if written.trial.overflows else Verdict.CONDITIONAL
    return Judgement(claim, verdict, written, {}, right, condition)


def _plain(claim: Claim, trial: Trial) -> Verdict:
    if trial.misfit is not None:
        return Verdict.SHAPE
    if not trial.holds:
        return Verdict.VALUE
    # What is right but better said otherwise comes with its correction.
    return Verdict.RIGHT if claim.right is None else Verdict.HARMLESS


def _tested(
    claim: Claim, formula: Formula, data: Data, seeds: tuple[int, ...], part: str
) -> Tested:
    try:
        equation = equation_of(formula, data, f"claim-{claim.id}-{part}")
        trial = examine(equation, formula, data, seeds)
    except (FormulaError, CheckError):
        raise
    except DeriveError as error:
        # What has a verdict can be evaluated; all else is no claim about anything.
        raise formula.origin.error(f"{part} of claim {claim.id!r}: {error}") from error
    return Tested(equation if trial.holds else replace(equation, kind=Kind.REFUTED), trial)


def _required(
    claim: Claim, formula: Formula, data: Data, seeds: tuple[int, ...], part: str, what: str
) -> Tested:
    found = _tested(claim, formula, data, seeds, part)
    if found.trial.holds:
        return found
    trial = found.trial
    values = "" if trial.left is None else f"; the sides are {trial.left:.9g}, {trial.right:.9g}"
    problem = trial.misfit or f"error {trial.error:.3g} at {trial.where}{values}"
    raise CheckError(
        f"{formula.origin.where}: {what} of claim {claim.id!r}, "
        f"{' '.join(formula.text.split())}, does not hold: {problem}. Correct it, or the data that "
        "it is tested on"
    )

"""The check of an equation: both sides on numbers, at every value of its free indices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
from sympy import MatrixExpr

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.checks import termwise
from derive.checks.agreement import apart
from derive.checks.identified import misnamed
from derive.checks.idsteps import misplaced
from derive.checks.points import points
from derive.checks.reasons import unfounded
from derive.checks.rounding import FELT, Residues
from derive.checks.ruled import misruled
from derive.checks.sampled import applies, place_of
from derive.checks.tabled import require_table
from derive.checks.termwise import VANISHED
from derive.checks.vocabulary import of_cell
from derive.errors import CheckError, DerivationError, broken, checking
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Kind
from derive.expressions.quantities import T
from derive.expressions.types import IndexValues
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import Sample, contrasted, samples
from derive.reading.vocabulary import Vocabulary

TOLERANCE = 1e-9
"""Of the largest entry of the right side; absolute where that has vanished."""


@dataclass(frozen=True)
class Check:
    """What the check of one equation found: the largest error over all data and indices."""

    id: str
    kind: Kind
    method: str
    error: float
    tolerance: float
    passed: bool
    where: str
    count: int

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return require_table(table([self]), [self])


def table(checks: Iterable[Check]) -> dict[str, str]:
    """Return checks in the forms that a notebook chooses from."""
    rows = [
        [f"`{c.id}`", c.kind.value, c.method, f"{c.error:.1e}", f"{c.tolerance:.0e}", c.where,
         "passed" if c.passed else "**failed**"]
        for c in checks
    ]  # fmt: skip
    head = ["equation", "kind", "method", "error", "tolerance", "where", ""]
    lines = [head, ["--"] * len(head), *rows]
    plain = ["  ".join(row).replace("`", "").replace("**", "").rstrip() for row in [head, *rows]]
    return {
        "text/plain": "\n".join(plain),
        "text/markdown": "\n".join(f"| {' | '.join(line)} |" for line in lines),
    }


class Verifier:
    """Checks equations of a derivation on sampled data: s_0 = 0 and s_0 ≠ 0."""

    def __init__(self, derivation: Derivation, samples: list[Sample]) -> None:
        self.derivation = derivation
        self.samples = samples
        self.evaluators = [Evaluator(s.trace, derivation.definitions) for s in samples]
        self._residues: dict[Evaluator, Residues] = {}
        self._checks: dict[Equation, Check] = {}

    @cached_property
    def _contrasted(self) -> list[tuple[Sample, Evaluator]]:
        """Return data on both sides of 1, for what is claimed of sizes."""
        with np.errstate(all="ignore"):
            found = [s for drawn in self.samples for s in contrasted(drawn)]
        return [(s, Evaluator(s.trace, self.derivation.definitions)) for s in found]

    def _data(self, equation: Equation) -> Iterator[tuple[Sample, Evaluator]]:
        yield from zip(self.samples, self.evaluators, strict=True)
        if equation.kind is Kind.INEQUALITY:
            yield from self._contrasted

    def check(self, equation: Equation) -> Check:
        """Return the check of an equation, made once; it does not raise where the equation fails."""
        if equation not in self._checks:
            try:
                with checking(f"equation {equation.id}"):
                    self._checks[equation] = self._checked(equation)
            except DerivationError as error:
                # What has no value is not what was to be shown, whatever it lacks.
                raise broken(f"equation {equation.id}", error) from error
        return self._checks[equation]

    def _checked(self, equation: Equation) -> Check:
        worst, where, count = 0.0, "", 0
        for sample, _, indices, error in self._errors(equation):
            count += termwise.USE not in indices
            if not error <= worst or not where:
                worst = error if np.isnan(error) else max(worst, error)
                where = place_of(sample, indices)
        limit = TOLERANCE if equation.digits is None else 0.5 * 10.0**-equation.digits * (1 + 1e-9)
        passed = count > 0 and bool(worst <= limit)
        if equation.kind is Kind.REFUTED:
            passed = bool(worst > 1e3 * limit)
        if (wrong := unfounded(equation)) is not None:
            passed, where = False, f"the reason of side {wrong[0]}"
        if self._misnamed(equation) is not None:
            passed, where = False, "its id"
        return Check(
            equation.id, equation.kind, method(equation), worst, limit, passed, where, count
        )

    def _misnamed(self, equation: Equation) -> str | None:
        cell = self.derivation.cell
        named = misnamed(equation, cell, self.derivation.steps)
        placed = misplaced(equation, cell, self.derivation.steps)
        return named or placed or misruled(equation, cell)

    def _errors(self, equation: Equation) -> Iterator[tuple[Sample, Evaluator, IndexValues, float]]:
        """Yield the error at each place: of the equation as a whole, then of its terms."""
        for sample, evaluator in self._data(equation):
            if not applies(equation, sample):
                continue
            chosen = points(equation.free, sample.trace.steps, sample.trace.sizes)
            evaluator.expect(equation.sides, chosen)
            # What is not finite is judged below, and needs no warning.
            with np.errstate(over="ignore", invalid="ignore"):
                values = [evaluator.at_places(side, chosen) for side in equation.sides]
            for indices, *sides in zip(chosen, *values, strict=True):
                error = _largest(equation, sides)
                if equation.kind is Kind.IDENTITY and error > TOLERANCE:
                    left = self._of_residues(equation, evaluator, indices, sides)
                    error = error if left is None else left
                if equation.kind is Kind.INEQUALITY and TOLERANCE < error <= FELT:
                    residues = Residues(sample.trace, self.derivation.definitions)
                    error -= residues.moved(equation.sides, indices, sides)
                if equation.step.rule == "zero-start" and equation.kind is not Kind.REFUTED:
                    error /= self._chain(equation, evaluator)
                yield sample, evaluator, indices, error
            if equation.kind is Kind.IDENTITY:
                yield from self._termwise(equation, sample, evaluator)

    def _termwise(
        self, equation: Equation, sample: Sample, evaluator: Evaluator
    ) -> Iterator[tuple[Sample, Evaluator, IndexValues, float]]:
        for indices, error in termwise.errors(equation, evaluator):
            if error > TOLERANCE:
                values = termwise.values(equation, evaluator, indices)
                left = self._of_residues(equation, evaluator, indices, values)
                error = error if left is None else left
            yield sample, evaluator, indices, error

    def _of_residues(
        self, equation: Equation, evaluator: Evaluator, indices: IndexValues, sides: list[Array]
    ) -> float | None:
        """Return the error of sides that are 0 but for rounding, None of all others."""
        trace = self.samples[self.evaluators.index(evaluator)].trace
        if not hasattr(trace, "cell"):
            # Of values that are given, not computed, nothing is left by rounding.
            return None
        if evaluator not in self._residues:
            self._residues[evaluator] = Residues(trace, self.derivation.definitions)

        def again(near: Evaluator) -> Array:
            if termwise.USE in indices:
                return termwise.values(equation, near, indices)[-1]
            return near.at(equation.right, indices)

        return self._residues[evaluator].error(sides, again)

    def _chain(self, equation: Equation, evaluator: Evaluator) -> float:
        """Return the size of the chain from a loss to a use of a parameter, 1 if it is 0.

        What a far use contributes is small: beside 0 it is measured by what it is made of.
        """
        found = next(iter(atoms_of(equation.left, Gradient)))
        sizes = []
        for state in self.derivation.cell.states:
            at = state[T]
            sizes += [Partial(found.num, at), Partial(at, found.den)]
        values = [float(np.abs(evaluator.at(part, {})).max()) for part in sizes]
        largest = max(a * b for a, b in zip(values[::2], values[1::2], strict=True))
        return largest if largest > VANISHED else 1.0

    def require(self, equation: Equation) -> Check:
        """Return the check of an equation that holds; a `CheckError` with the values if not."""
        check = self.check(equation)
        if not check.passed:
            raise CheckError(self.explain(equation, check))
        return check

    def vocabulary(self, equation: Equation, symbols: Mapping[str, str]) -> Vocabulary:
        """Return what the letters of an equation may stand for, in the symbols of a notation."""
        derivation = self.derivation
        return of_cell(derivation.cell, derivation.definitions, symbols, equation.sides)

    def apart(self, equation: Equation, read: MatrixExpr, meant: MatrixExpr) -> str | None:
        """Return how what was read differs from what is meant, on the data of the equation."""
        return apart(equation, self._general, read, meant)

    @cached_property
    def _general(self) -> list[Evaluator]:
        """Return what tells two expressions apart: data of which nothing is 0 or sums to one."""
        cell, definitions = self.derivation.cell, self.derivation.definitions
        found = [s for s in self.samples if not s.zero_start]
        found = found or samples(cell, self.derivation.steps, self.samples[0].seed)
        return [Evaluator(s.trace, definitions) for s in found if not s.zero_start]

    def explain(self, equation: Equation, check: Check) -> str:
        """Return why an equation failed: its name, T, the seed and the values of its sides."""
        if (wrong := unfounded(equation)) is not None:
            return (
                f"equation {equation.id} ({equation.kind.value}) failed its check at {check.where}: "
                f"it does not follow from the side before by {wrong[1]}\n"
                f"The document is not written. Correct the reasons of the rule that made it "
                f"({equation.step.rule}), or their criteria."
            )
        other = self._misnamed(equation)
        if other is not None or check.count == 0:
            why = f"it is not the one of its id, as {other}" if other else "it is checked nowhere"
            return (
                f"equation {equation.id} ({equation.kind.value}) failed its check at "
                f"T = {self.derivation.steps}: {why}\nThe document is not written. Correct what "
                f"makes it ({equation.step.rule}), or the ranges of its indices."
            )
        for sample, evaluator, indices, _ in self._errors(equation):
            if place_of(sample, indices) != check.where:
                continue
            if termwise.USE in indices:
                sides = termwise.values(equation, evaluator, indices)
            else:
                sides = [evaluator.at(side, indices) for side in equation.sides]
            values = "\n".join(
                f"  side {n}: {np.array2string(side, precision=12)}"
                for n, side in enumerate(sides, 1)
            )
            return (
                f"equation {equation.id} ({equation.kind.value}) failed its check at "
                f"T = {sample.trace.steps}, {check.where}, seed {sample.seed}: error "
                f"{check.error:.3g}, allowed {check.tolerance:.3g}\n{values}\n"
                "The document is not written. Correct the equation or the rule that made "
                f"it ({equation.step.rule})."
            )
        raise AssertionError("the place of a check is one of the places checked")


METHODS = ("complex-step", "forward", "rounding")
"""The keys of how a left side is computed."""


def method(equation: Equation) -> str:
    """Return the key of how the left side was computed, one of `METHODS`."""
    if equation.kind is Kind.ROUNDED:
        return "rounding"
    if any(True for side in equation.sides for _ in atoms_of(side, (Partial, Gradient))):
        return "complex-step"
    return "forward"


def _largest(equation: Equation, sides: list[Array]) -> float:
    """Return the largest error between neighbouring sides; nan, which fails, if any is."""
    errors = []
    for n, (left, right) in enumerate(pairwise(sides), 2):
        error = _error(equation, left, right, last=n == len(sides))
        # Before the rounded side stand exact ones: they have their own tolerance, which is relative,
        # and not that of the rounding, which has the size of the last digit printed.
        if equation.kind is Kind.ROUNDED and n < len(sides):
            error = 0.0 if error <= TOLERANCE else float("inf")
        errors.append(error)
    return float(np.max(errors))


def _error(equation: Equation, left: Array, right: Array, last: bool) -> float:
    if left.shape != right.shape:
        return float("inf")
    if equation.kind is Kind.INEQUALITY and np.isfinite(left).all() and (right == np.inf).all():
        # A bound that grows beyond float64 holds.
        return 0.0
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return float("nan")
    if equation.kind is Kind.INEQUALITY:
        # Relative excess of the left over the right.
        scale = float(np.abs(right).max())
        return max(0.0, float((left - right).max())) / (scale or 1.0)
    difference = float(np.abs(left - right).max())
    if equation.kind is Kind.ROUNDED and last:
        return difference
    scale = float(np.abs(right).max())
    if equation.kind is Kind.REFUTED and scale == 0:
        # That something is not 0 has no size of its own: over many steps it becomes very small.
        scale = difference
    return difference / (scale if scale > VANISHED else 1.0)

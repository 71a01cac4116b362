"""Temporal contributions one by one: what a comparison of their sum alone could not see.

A far contribution is many orders of magnitude below the sum, so that a wrong or missing one would
hide in the tolerance.  The k-th term of a sum over the uses of a parameter p must therefore equal
the derivative by a copy of p that is used at step k only, relative to its own size.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from sympy import Dummy, Integer, MatAdd, MatrixExpr

from derive.arrays import Array
from derive.checks.points import points
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Index
from derive.expressions.quantities import At, Parameter, ParameterCopy, T
from derive.expressions.sums import Expanded, TimeSum
from derive.expressions.types import IndexValues
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.tape import index_of

USE = Dummy("use", integer=True)
"""The step at which the copy of the parameter is used."""

VANISHED = 1e-240
"""As good as 0: what vanished over a thousand steps, times a complex step, keeps no digits."""


@dataclass(frozen=True)
class SumsOverUses:
    """A side of an equation: sums over the uses of a parameter, and the rest, which acts once."""

    left: Partial | Gradient
    sums: tuple[TimeSum, ...]
    rest: tuple[MatrixExpr, ...]

    @property
    def by_copy(self) -> MatrixExpr:
        """Return the left side with a copy of the parameter, used at one step, in its place."""
        return self.left.func(self.left.num, ParameterCopy(self.left.den, USE))


def contributions(equation: Equation) -> list[SumsOverUses]:
    """Return the sides that are sums over the uses of the parameter which the left side names."""
    left = equation.left
    if (
        not isinstance(left, (Partial, Gradient))
        or left.held
        or not isinstance(left.den, Parameter)
    ):
        return []
    found = []
    for side in equation.sides[1:]:
        terms = side.args if isinstance(side, MatAdd) else (side,)
        # Pairs and no mapping: a term may stand there twice, and then counts twice.
        sums = [(term, _sum_of(term)) for term in terms]
        over_uses = tuple(s for _, s in sums if s is not None and not _whole(s, left.den))
        if over_uses and len(over_uses) == sum(s is not None for _, s in sums):
            rest = tuple(term for term, s in sums if s is None)
            found.append(SumsOverUses(left, over_uses, rest))
    return found


def _sum_of(term: MatrixExpr) -> TimeSum | None:
    inner = term.node if isinstance(term, Expanded) else term
    return inner if isinstance(inner, TimeSum) else None


def _whole(term: TimeSum, parameter: Parameter) -> bool:
    """Tell whether a sum runs over losses.

    Its body then differentiates by the parameter as a whole, or has a sum over the uses in it, up to
    the step of the loss. A sum from a step on, over the losses that a use acts on, is none.
    """
    if any(term.index in inner.high.free_symbols for inner in atoms_of(term.body, TimeSum)):
        return True
    derivatives = atoms_of(term.body, (Partial, Gradient))
    return any(d.den == parameter and not d.held for d in derivatives)


def errors(equation: Equation, evaluator: Evaluator) -> Iterator[tuple[IndexValues, float]]:
    """Yield for each use, at each point that is looked at, the error of its term.

    Relative to the larger of the two values, so that a missing term has error 1.
    """
    for part in contributions(equation):
        free = (*equation.free, Index(USE, Integer(1), T))
        chosen = points(free, evaluator.trace.steps)
        evaluator.expect([part.by_copy], chosen)
        copies = evaluator.at_places(part.by_copy, chosen)
        for indices, copy, term in zip(
            chosen, copies, _terms(part, evaluator, chosen), strict=True
        ):
            yield indices, _error(copy, term)


def values(equation: Equation, evaluator: Evaluator, indices: IndexValues) -> list[Array]:
    """Return the derivative by the copy, and the term of each side that is such a sum."""
    parts = contributions(equation)
    terms = [_terms(part, evaluator, [indices])[0] for part in parts]
    return [evaluator.at(parts[0].by_copy, indices), *terms]


def _terms(part: SumsOverUses, evaluator: Evaluator, places: list[IndexValues]) -> list[Array]:
    """Return what a use contributes to the printed side, at each of many places."""
    num, last = part.left.num, index_of(T)
    if isinstance(num, At):
        last = index_of(num.indices[0])
    bounds = [(index_of(term.low), index_of(term.high)) for term in part.sums]
    total: list[Array] = [np.zeros(evaluator.size(part.left.shape)) for _ in places]
    known = [{**indices, T: evaluator.trace.steps} for indices in places]
    # There is no use outside of the steps 1 to t, even where its term happens to be 0.
    outside = [any(low(at) < 1 or high(at) > last(at) for low, high in bounds) for at in known]
    for term, (low, high) in zip(part.sums, bounds, strict=True):
        felt = [
            n for n, at in enumerate(known)
            if not outside[n] and low(at) <= at[USE] <= high(at)
        ]  # fmt: skip
        used = [{**places[n], term.index: places[n][USE]} for n in felt]
        for n, value in zip(felt, evaluator.at_places(term.body, used), strict=True):
            total[n] = total[n] + value
    for n, at in enumerate(known):
        if outside[n]:
            total[n] = np.full_like(total[n], np.nan)
        elif isinstance(num, At) and at[USE] == last(at):
            for rest in part.rest:
                total[n] = total[n] + evaluator.at(rest, places[n])
    return total


def _error(left: Array, right: Array) -> float:
    if left.shape != right.shape:
        return float("inf")
    if not (np.isfinite(left).all() and np.isfinite(right).all()):
        return float("nan")
    scale = max(float(np.abs(left).max()), float(np.abs(right).max()))
    return float(np.abs(left - right).max()) / scale if scale > VANISHED else 0.0

"""A forward pass, and what is printed of it, against a pass of its own over the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from math import fsum

import numpy as np

from derive.arrays import Array
from derive.errors import CheckError
from derive.expressions.quantities import Parameter, Series, t
from derive.gradcheck.values import Values
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

ROUNDED = 1e-12
"""What a sum over the steps may differ, in units of the sum of its terms' sizes."""


def confirmed_pass(values: Values) -> ForwardPass:
    """Return the forward pass on a user's numbers, from which all else is derived and confirmed.

    A `CheckError` names the quantity that is not what the numbers give.
    """
    found = values.trace()
    with np.errstate(all="ignore"):
        ForwardReference(values).require_pass(found)
    return found


class ForwardReference:
    """The quantities of a forward pass by the names of results, computed anew."""

    def __init__(self, values: Values) -> None:
        self.values, self.cell = values, values.cell
        with np.errstate(all="ignore"):
            self.trace = ForwardPass(values.cell, values.parameters, values.series, values.initial)

    def require_bounded(self) -> None:
        """Raise a `CheckError` where the numbers grow beyond float64 in a pass.

        A gradient may be finite all the same: tanh of infinity is 1, and its slope 0.
        """
        for equation in self.cell.equations:
            if not np.isfinite(self.trace.columns[equation.variable][1:-1]).all():
                raise CheckError(
                    f"results are given although {equation.variable.name} overflows in the forward "
                    "pass. Nothing is printed; please report it"
                )

    def require_pass(self, found: ForwardPass) -> None:
        """Raise a `CheckError` unless a pass starts from the numbers and goes by the equations.

        Whatever is derived from a pass is confirmed with the same pass, so that one from other numbers
        would never show.
        """
        if found.cell is not self.cell or found.steps != self.values.steps:
            raise CheckError(
                f"the forward pass is one of {found.cell.name} over {found.steps} steps, where "
                f"{self.cell.name} over {self.values.steps} is meant. Nothing is printed; please "
                "report it"
            )
        for quantity, wanted in self._given():
            self._require_same(quantity.name, _taken(found, quantity), wanted)
        evaluator = Evaluator(found)
        for equation in self.cell.equations:
            rows = [evaluator.at(equation.expr, {t: n}) for n in range(1, found.steps + 1)]
            self._require_same(
                equation.variable.name, found.columns[equation.variable][1:-1], np.array(rows)
            )
        for one in (found, self.trace):
            for series, column in self.trace.columns.items():
                self._require_same(series.name, one.columns[series], column)

    def _given(self) -> Iterator[tuple[Parameter | Series, Array]]:
        """Yield what is given, with the numbers in the shapes in which the user gave them."""
        cell, values = self.cell, self.values
        yield from ((p, values.parameters[p.name]) for p in cell.parameters)
        yield from ((c, np.asarray(number, dtype=float)) for c, number in cell.constants.items())
        yield from ((s, values.series[s.name]) for s in cell.given)
        yield from ((s, values.initial[s.name]) for s in cell.states)

    def _require_same(self, name: str, found: Array, wanted: Array) -> None:
        # A column may be given as a list; what has no value, at step 0 or T + 1, is no number.
        if found.size != wanted.size or not np.array_equal(
            found.ravel(), wanted.ravel(), equal_nan=True
        ):
            raise _wrong(name, found, wanted)

    def require(self, name: str, found: Array) -> None:
        """Raise a `CheckError` unless a result is what the pass gives under that name."""
        if name == "L":
            self._require_total(found)
            return
        wanted = self._wanted(name)
        if found.shape != wanted.shape or not np.array_equal(found, wanted):
            raise _wrong(name, found, wanted)

    def _wanted(self, name: str) -> Array:
        if name == "L_t":
            return self._rows(self.cell.loss_series.name)[:, 0]
        if self.cell.weight is not None and name == self.cell.weight.name:
            return self._rows(name)[:, 0]
        return self._rows(name)

    def _rows(self, name: str) -> Array:
        series = next(s for s in (*self.trace.columns,) if s.name == name)
        first = 0 if series in self.cell.states else 1
        # Step by step, each by itself: an order of the steps cannot be taken over from elsewhere.
        return np.array(
            [self.trace.plain(series, step) for step in range(first, self.trace.steps + 1)]
        )

    def _require_total(self, found: Array) -> None:
        losses = self._wanted("L_t").tolist()
        weights = [1.0] * len(losses)
        if self.cell.weight is not None:
            weights = self._rows(self.cell.weight.name)[:, 0].tolist()
        terms = [weight * loss for weight, loss in zip(weights, losses, strict=True)]
        wanted = np.asarray(fsum(terms))
        allowed = ROUNDED * fsum(map(abs, terms))
        if found.shape != () or not abs(found - wanted) <= allowed:
            raise _wrong("L", found, wanted)


def _taken(trace: ForwardPass, quantity: Parameter | Series) -> Array:
    """Return what a pass has in the place of what is given: a parameter, a series, an initial state."""
    if isinstance(quantity, Parameter):
        return trace.parameters[quantity]
    column = trace.columns[quantity]
    return column[0] if quantity in trace.cell.states else column[1:-1]


def _wrong(name: str, found: Array, wanted: Array) -> CheckError:
    return CheckError(
        f"{name} is not that of the forward pass: {found.ravel()[:4]} instead of "
        f"{wanted.ravel()[:4]}. Nothing is printed, as it would be wrong; please report it"
    )

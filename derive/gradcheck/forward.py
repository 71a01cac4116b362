"""What is printed of a forward pass, against a pass of its own over the same numbers."""

from __future__ import annotations

from math import fsum

import numpy as np

from derive.arrays import Array
from derive.errors import CheckError
from derive.gradcheck.values import Values
from derive.numerics.trace import ForwardPass

ROUNDED = 1e-12
"""What a sum over the steps may differ, in units of the sum of its terms' sizes."""


class ForwardReference:
    """The quantities of a forward pass by the names of results, computed anew."""

    def __init__(self, values: Values) -> None:
        self.values, self.cell = values, values.cell
        with np.errstate(all="ignore"):
            self.trace = ForwardPass(values.cell, values.parameters, values.series, values.initial)

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


def _wrong(name: str, found: Array, wanted: Array) -> CheckError:
    return CheckError(
        f"{name} is not that of the forward pass: {found.ravel()[:4]} instead of "
        f"{wanted.ravel()[:4]}. Nothing is printed, as it would be wrong; please report it"
    )

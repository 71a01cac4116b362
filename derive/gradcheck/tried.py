"""The results of a small network, each made wrong by little: what confirms results must refuse them.

A confirmation that passes everything looks as one that found nothing wrong.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.cells.zoo import elman
from derive.errors import CheckError
from derive.gradcheck.confirm import Confirmation, Result
from derive.gradcheck.forward import ForwardReference
from derive.gradcheck.results import Results
from derive.gradcheck.values import Values
from derive.numerics.trace import ForwardPass

LITTLE = 1e-8
"""By so much a false entry is wrong, in units of 1 or of the largest one: less than single precision."""

STEPS = 3


@cache
def require_tried() -> None:
    """Raise a `CheckError` unless each result of a small network is refused where it is wrong."""
    require_pass_tried()
    results = _FalseResults(_values(elman.build(elman.OPTIONS)))
    for name in results.names:
        for part, entry in _places(results.unchecked(name)):
            if results.passes(name, part, entry):
                raise CheckError(
                    f"what confirms results does not refuse a wrong {f'{name} {part}'.strip()}: "
                    "nothing that it passes is to be relied on. Nothing is printed; please report it"
                )


@cache
def require_pass_tried() -> None:
    """Raise a `CheckError` unless a forward pass of a small network is refused where it is wrong."""
    right = _values(elman.build(elman.OPTIONS))
    for made in right.parameters, right.series, right.initial:
        for array in made.values():
            array.flat[-1] += LITTLE
            false = right.trace()
            array.flat[-1] -= LITTLE
            _require_refused(right, false)
    for column in (false := right.trace()).columns.values():
        column[STEPS] += LITTLE
        _require_refused(right, false)
        column[STEPS] -= LITTLE


def _require_refused(right: Values, false: ForwardPass) -> None:
    try:
        ForwardReference(right).require_pass(false)
    except CheckError:
        return
    raise CheckError(
        "what confirms results does not refuse a wrong forward pass: nothing that it passes is to be "
        "relied on. Nothing is printed; please report it"
    )


class _FalseResults(Results):
    """Results of which one is wrong, in one entry."""

    _false: tuple[str, str, int] = ("", "", 0)

    def passes(self, *false: Any) -> bool:
        """Tell whether a result is given out where an entry of a part is wrong."""
        self._false, self.confirmation = false, Confirmation(self)
        try:
            self[false[0]]
        except CheckError:
            return False
        finally:
            self._false = ("", "", 0)
        return True

    def unchecked(self, name: str) -> Result:
        """Return a result as it is derived, and made wrong if it is the one."""
        found, (false, part, entry) = super().unchecked(name), self._false
        if name != false:
            return found
        if isinstance(found, Mapping):
            return {**found, part: _moved(found[part], entry)}
        return _moved(found, entry)


def _moved(array: Array, entry: int) -> Array:
    made = np.array(array, dtype=float)
    made.flat[entry] += LITTLE * max(1.0, float(np.abs(made).max()))
    return made


def _places(found: Result) -> Iterator[tuple[str, int]]:
    """Yield the parts of a result, at their first and last entries and one between."""
    for part, array in found.items() if isinstance(found, Mapping) else [("", found)]:
        for entry in (0, np.size(array) // 2, -1):
            yield part, entry


def _values(cell: Cell) -> Values:
    rng = np.random.default_rng(0)
    sizes = {size: n for n, size in enumerate(cell.dimensions, 2)}

    def drawn(*shape: object) -> Array:
        found: Array = rng.normal(size=[int(sizes.get(size, size)) for size in shape]) / 2  # type: ignore[call-overload]
        return found

    parameters = {p.name: drawn(*p.shape) for p in cell.parameters}
    series = {s.name: drawn(STEPS, s.shape[0]) for s in cell.inputs}
    targets = rng.dirichlet(np.ones(sizes[cell.target.shape[0]]), STEPS)
    initial = {s.name: drawn(s.shape[0]) for s in cell.states}
    return Values(cell, parameters, {**series, cell.target.name: targets}, initial, cell)

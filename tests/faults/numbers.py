"""Faults in the numbers of a user's network, and in those that are printed of them."""

from __future__ import annotations

from typing import Any

from derive.numerics.trace import ForwardPass
from tests.faults.fault import Change, Fault, instead, text

FORWARD = r"is not that of the forward pass"

ANSWERS = (
    "run evaluate --values {values} --only dL",
    "run compare --values {values} --gradients {mine}",
    "run handout elman --values {values} --detail brief --format md --out {out}",
)
"""The answers on a user's numbers, of which each starts from the same forward pass."""


def _passed(name: str, make: Change) -> Fault:
    return Fault(name, "derive.gradcheck.values.Values.trace", make, ANSWERS, FORWARD)


def _with(**changed: Any) -> Change:
    """Run the forward pass on other numbers of one kind."""

    def run(right: Any, values: Any) -> ForwardPass:
        kinds = ("parameters", "series", "initial")
        given = (changed.get(kind, lambda same: same)(getattr(values, kind)) for kind in kinds)
        return ForwardPass(values.cell, *given)

    return instead(run)


def _last_moved(found: ForwardPass) -> ForwardPass:
    """Return a pass with the last state a little off, as no equation has it."""
    found.columns[found.cell.states[0]][found.steps] *= 1 + 1e-9
    return found


FAULTS = (
    # One forward pass for all
    _passed("a pass from other initial states",
            _with(initial=lambda given: {name: -array for name, array in given.items()})),
    _passed("a pass with the inputs in reverse order",
            _with(series=lambda given: {**given, "x": given["x"][::-1]})),
    _passed("a pass with single parameters",
            _with(parameters=lambda given: {name: array.astype("f4") for name, array in given.items()})),
    _passed("a pass with a state that no equation gives", text(_last_moved)),
)  # fmt: skip

"""The numbers of a module, against the cell's own forward pass and its complex steps.

They are compared on several sets of data (`derive.codegen.trials`).
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from sympy import Integer, MatrixExpr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.checks.required import STEPS
from derive.codegen.behaviour import require_behaviour
from derive.codegen.held import require_along, require_forms
from derive.codegen.ownparts import require_functions
from derive.codegen.trialdata import TrialData
from derive.codegen.trials import (
    LONG,
    drawn,
    has_no_slope,
    is_moderate,
    lifted,
    long_steps,
    moderate_seed,
    shrunk,
    trials,
)
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.expressions.shapes import is_vector
from derive.numerics.evaluate import Evaluator

TOLERANCE = 1e-9
SEEDS = (0, 1)

VERY_LONG = 260
"""Steps of the longest sequences: more than what is ever kept in one piece for fewer."""

LENGTHS = (VERY_LONG, 60, *LONG)
"""Numbers of steps that are tried, until on some data nothing grows."""

OWN_STEPS = 5
"""Steps of the data on which a module checks itself, if not told otherwise."""

SHRUNK = (1.0, 0.5, 0.25, 0.1, 0.0)
"""By what parameters are multiplied so that states do not grow over them: the first that is enough."""


@dataclass(frozen=True)
class Reach:
    """Over how many steps a module was compared: all ways, and along one direction over many.

    ``by`` is what parameters are multiplied by over the many, so that nothing grows.
    """

    steps: int
    far: int
    by: float


WHOLE = Reach(LONG[0], VERY_LONG, SHRUNK[0])
"""That of a network on whose data nothing grows."""


def require_numbers(cell: Cell, source: str) -> Reach:
    """Return over how many steps a module was compared.

    A `CheckError` unless it computes what its cell does, on all sets of data.
    """
    longest = []
    for seed in SEEDS:
        names = run(source)
        with np.errstate(all="ignore"):
            every = [_Compared(cell, data) for data in trials(cell, names, seed)]
            compared = [one for one in every if one.is_differentiable(names)]
            for one in compared:
                one.require_forward(names)
            longest.append(long_steps(cell, names, seed))
            for steps in (STEPS, longest[-1]):
                own = moderate_seed(cell, names, seed, steps)
                _require_own(cell, own_check(source, own, steps), own)
            for one in compared:
                one.require_gradients(names)
    names = run(source)
    require_functions(cell, names)
    require_forms(cell, names, *_given(_short_data(cell, names)))
    far, by = _require_long(cell, names)
    require_behaviour(cell, source, TOLERANCE)
    return Reach(min(longest), far, by)


def own_check(source: str, seed: int = 0, steps: int = OWN_STEPS) -> float:
    """Return the largest error that a module finds in its own gradients; nan if it is not finite."""
    return float(run(source)["check"](seed, steps))


def own_seed(cell: Cell, source: str) -> int:
    """Return the seed of the data on which a module checks itself when it is run as a program."""
    return moderate_seed(cell, run(source), 0, OWN_STEPS)


def run(source: str) -> dict[str, Any]:
    """Return the names of a module."""
    # The source is our own, and the names in it have been through `Names`.
    names: dict[str, Any] = {"__name__": "generated"}
    exec(builtins.compile(source, "<generated>", "exec"), names)
    return names


def _require_own(cell: Cell, error: float, seed: int) -> None:
    if not np.isfinite(error):
        raise CheckError(
            f"cell {cell.name}: on the random data of its code's own check, seed {seed}, some quantity "
            "or gradient is not a number, as what grows beyond float64 over the steps; the code cannot "
            "be checked there. Take smaller constants, or a function that is bounded, such as tanh"
        )
    if not error <= TOLERANCE:
        raise CheckError(
            f"the code for {cell.name} finds its own gradients wrong: error {error:.3g}, allowed "
            f"{TOLERANCE:.0e}, seed {seed}. Nothing is written; please report the cell"
        )


def trial_data(cell: Cell, source: str) -> TrialData:
    """Return short random data for a module."""
    return _short_data(cell, run(source))


def _short_data(cell: Cell, names: Mapping[str, Any]) -> TrialData:
    return drawn(cell, names, moderate_seed(cell, names, SEEDS[0], STEPS), STEPS)


def _given(data: TrialData) -> tuple[dict[str, Array], dict[str, Array], dict[str, Array]]:
    """Return data as the arguments of a module."""
    return data.parameters, data.data, data.initial


def _require_long(cell: Cell, names: Mapping[str, Any]) -> tuple[int, float]:
    """Return over how many steps all is right too, 0 for none, and by what parameters were multiplied.

    A `CheckError` where a state or a gradient is not.  Each gradient is compared along one direction
    only, with a complex step through the forward pass.
    """
    # A network that grows on all data keeps its digits over fewer steps only.
    every = (pair for steps in LENGTHS for pair in _long_data(cell, names, steps))
    found = (pair for pair in every if is_moderate(cell, names, pair[1]))
    by, data = next(found, (0.0, None))
    if data is None:
        return 0, by
    one = _Compared(cell, data)
    with np.errstate(all="ignore"):
        one.require_forward(names)
        require_along(cell, names, _given(data), TOLERANCE)
    return one.steps, by


def _long_data(
    cell: Cell, names: Mapping[str, Any], steps: int
) -> Iterator[tuple[float, TrialData]]:
    """Yield sequences of a length, with smaller and smaller parameters, then with large columns.

    Each with what its parameters are multiplied by.
    """
    seed = moderate_seed(cell, names, SEEDS[0], steps, sequences=1)
    given = drawn(cell, names, seed, steps, sequences=1)
    small = [(by, shrunk(cell, given, by)) for by in SHRUNK]
    yield from (*small, *((by, lifted(data)) for by, data in small))


# -- comparison ------------------------------------------------------------------------------------


class _Compared:
    """What a cell gives on some data, and the comparison with what a module gives."""

    def __init__(self, cell: Cell, data: TrialData) -> None:
        self.cell, self.data = cell, data
        self.general = cell.without_assumptions()
        self.passes = data.passes(self.general)
        self.evaluators = [Evaluator(one) for one in self.passes]
        self.steps = self.passes[0].steps
        self._given = (data.parameters, data.data, data.initial)

    def is_differentiable(self, names: Mapping[str, Any]) -> bool:
        """Tell whether there is something to compare: beside 0, what divides may have no slope."""
        if has_no_slope(self.general, names, self.data, self.passes):
            return False
        return not self.data.near or all(np.isfinite(g).all() for g in self.gradients.values())

    def require_gradients(self, names: Mapping[str, Any]) -> None:
        """Raise a `CheckError` unless all gradients are those of the cell."""
        total, gradients = names["gradients"](*self._given)
        self._same("total", np.array([total]), np.array([self._total()]))
        for name, wanted in self.gradients.items():
            if name not in gradients:
                raise CheckError(
                    f"the code for {self.cell.name} does not compute the gradient of {name}. "
                    "Nothing is written; please report the cell"
                )
            self._same(f"gradient_{name}", np.asarray(gradients[name]), wanted)

    def _total(self) -> float:
        return sum(float(one.parameter(self.general.total)[0, 0]) for one in self.passes)

    def require_forward(self, names: Mapping[str, Any]) -> None:
        """Raise a `CheckError` unless the forward pass is that of the cell."""
        found = names["forward"](*self._given)
        for equation in self.general.equations:
            name = equation.variable.name
            first = 0 if equation.variable in self.general.handed else 1
            steps = np.arange(first, self.steps + 1)
            for sequence, one in enumerate(self.passes):
                wanted = one.plain(equation.variable, steps)
                # What is the same for all sequences may have a single one.
                rows = found[name][first : self.steps + 1]
                self._same(name, rows[:, sequence if rows.shape[1] > 1 else 0], wanted)
        self._same("total", np.array([found["total"]]), np.array([self._total()]))

    @cached_property
    def gradients(self) -> dict[str, Array]:
        """Return the gradients by complex steps through the forward pass of each sequence."""
        found: dict[str, Array] = {}
        for p in self.cell.parameters:
            each = [self._by(e, p) for e in self.evaluators]
            found[p.name] = np.sum(each, axis=0).reshape(self.data.parameters[p.name].shape)
        for state in self.cell.handed:
            rows = np.array([self._by(e, state[Integer(0)]) for e in self.evaluators])
            rows = rows[..., 0] if is_vector(state) else rows
            # A trained initial state is one for all sequences.
            shared = self.cell.initial == "trainable"
            found[f"{state.name}0"] = rows.sum(axis=0) if shared else rows
        for s in self.cell.inputs:
            found[s.name] = np.array(
                [
                    [self._by(e, s[Integer(n)])[:, 0] for e in self.evaluators]
                    for n in range(1, self.steps + 1)
                ]
            )
        return found

    def _by(self, evaluator: Evaluator, den: MatrixExpr) -> Array:
        return evaluator.value(Gradient(self.general.total, den))

    def _same(self, name: str, found: Array, wanted: Array) -> None:
        scale = max(1.0, float(np.abs(wanted).max()))
        if found.shape != wanted.shape or not np.abs(found - wanted).max() <= TOLERANCE * scale:
            raise CheckError(
                f"the code for {self.cell.name} does not compute {name} as the equations of the "
                f"cell do, T = {self.steps}: {_short(found)} instead of {_short(wanted)}. Nothing is "
                "written; please report the cell"
            )


def _short(array: Array) -> str:
    return np.array2string(array, precision=6, threshold=12)

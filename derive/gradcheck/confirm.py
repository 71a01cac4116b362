"""What is derived, checked on the very numbers on which it is printed, before it is printed.

The forward pass is run again with a complex step along a random direction: that gives the
derivative along it without any rule of the derivation, at the cost of one forward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

import numpy as np
from sympy import Integer, MatrixExpr

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.checks.termwise import VANISHED
from derive.errors import CheckError, SpecError
from derive.expressions.equation import identifier
from derive.expressions.quantities import At, Parameter, ParameterCopy
from derive.gradcheck.complete import require_parts
from derive.gradcheck.forward import ForwardReference
from derive.gradcheck.values import Values
from derive.numerics.directional import Directional
from derive.numerics.trace import ForwardPass
from derive.typesetting.lettering import letter_of

TOLERANCE = 1e-6
"""Of the sum of what is added up: a thousand steps leave fewer digits than one."""

NOISE = 1e-11
"""Of the quantities of which a small difference is left, as o − y of a network without error."""

LOST = 30.0
"""Times what changes if everything is rounded otherwise."""

MOST_BYTES = 200_000_000
"""Of one pass along several directions; more are taken in several passes."""

Result: TypeAlias = "Array | Mapping[str, Array]"
"""What a name of the results stands for: an array, or arrays by the names of parameters."""

Tag = TypeVar("Tag")


def require_finite(trace: ForwardPass) -> None:
    """Check a forward pass; a `SpecError` names what overflows, and at which step."""
    steps = np.arange(1, trace.steps + 1)
    for equation in trace.cell.equations:
        values = trace.plain(equation.variable, steps)
        finite = np.isfinite(values)
        if not finite.all():
            step, *entry = map(int, np.unravel_index(int(finite.argmin()), values.shape))
            place = "".join(f"[{i}]" for i in (step, *entry))
            raise SpecError(
                f"{equation.variable.name}{place} is not a finite number: the forward pass "
                f"overflows at step {step + 1} of {trace.steps}; take smaller numbers"
            )


class Derived(Protocol):
    """What is checked: results by their names, over the steps of one forward pass of a cell."""

    values: Values
    cell: Cell
    steps: int
    trace: ForwardPass

    def __getitem__(self, name: str) -> Any: ...
    def rounded(self, seed: int) -> Derived: ...
    def unchecked(self, name: str) -> Result: ...


class Confirmation:
    """The checks of the results of one file of numbers."""

    def __init__(self, results: Derived) -> None:
        self.results, self.cell, self.trace = results, results.cell, results.trace
        self.steps = results.steps
        self._forward = ForwardReference(results.values)
        self._name = ""
        self._rounded: dict[str, list[Result]] = {}
        self._checks: dict[str, Callable[[Any], None]] = {
            "dL": self._totals,
            "dL_t": self._each_loss,
            "contributions": self._contributions,
            "step_jacobians": self._step_jacobians,
            "state_jacobians": self._state_jacobians,
        }

    def require(self, name: str, found: Result) -> None:
        """Check a result; a `CheckError` names the equation that does not hold."""
        require_parts(name, found, self.cell)
        check, self._name = self._checks.get(name), name
        if check is None:
            self._forward.require(name, np.asarray(found))
            return
        with np.errstate(all="ignore"):
            check(found)

    # -- directions ------------------------------------------------------------------------------

    def _drawn(self, shape: tuple[int, ...]) -> Array:
        return np.random.default_rng([len(shape), *shape]).normal(size=shape)

    def _directions(
        self, found: Mapping[str, Array]
    ) -> Iterator[tuple[str, Parameter | At, Array]]:
        """Yield what is differentiated by: its name, itself and a direction."""
        for p in self.cell.parameters:
            yield p.name, p, self._drawn(self.trace.parameter(p).shape)
        for state in self.cell.states:
            if f"{state.name}0" in found:
                start = state[Integer(0)]
                yield f"{state.name}0", start, self._drawn(self.trace.value(state, 0).shape)

    def _passes(
        self, directions: list[tuple[Tag, MatrixExpr, Array]]
    ) -> Iterator[tuple[list[tuple[Tag, MatrixExpr, Array]], Directional]]:
        """Yield traces along the directions, as many together as can be held."""
        numbers = sum(self.trace.parameter(p).size for p in self.cell.parameters)
        rows = sum(self.trace.value(e.variable, 1).size for e in self.cell.equations)
        each = 16 * (numbers + self.steps * rows)
        size = max(1, MOST_BYTES // each)
        for first in range(0, len(directions), size):
            group = directions[first : first + size]
            moved = {den: direction for _, den, direction in group}
            yield group, Directional(self.trace, moved)

    # -- gradients -------------------------------------------------------------------------------

    def _losses(self, moved: Directional) -> tuple[Array, Array]:
        """Return the derivatives of all L_t along the directions, and what rounding leaves.

        Both (T, directions).
        """
        cell, every = self.cell, range(1, self.steps + 1)
        found = np.array([moved.along(cell.loss_series, step)[:, 0] for step in every])
        largest = max(1.0, *(np.abs(self.trace.parameter(p)).max() for p in cell.parameters))
        noise = np.zeros_like(found)
        for step in every:
            size = sum(np.abs(self.trace.value(s, step)).sum() for s in (cell.output, cell.target))
            logits = np.abs(moved.along(cell.logits, step)).sum(axis=1)
            # A slope, 1 − s² or 1 − e^{−s}, is a difference of numbers of order 1.
            inner = [np.abs(moved.along(e.variable, step)).max(axis=1) for e in cell.equations]
            noise[step - 1] = size * (logits + 1e-3 * largest * np.max(inner, axis=0))
        return found, NOISE * noise + TOLERANCE * 1e-3 * np.abs(found)

    def _totals(self, found: Mapping[str, Array]) -> None:
        weights: Array = np.ones(self.steps)
        if self.cell.weight is not None:
            weights = self.trace.value(self.cell.weight, np.arange(1, self.steps + 1))[:, 0, 0]
        for group, moved in self._passes(list(self._directions(found))):
            losses, noise = self._losses(moved)
            for i, (name, _, direction) in enumerate(group):
                pick = _picked(direction, name=name)
                spare = (np.abs(weights) * noise[:, i]).sum()
                wanted = (weights * losses[:, i]).sum()
                self._compare(f"grad-{name}", pick, found, wanted, spare, f"∇_{name} L")

    def _each_loss(self, found: Mapping[str, Array]) -> None:
        for group, moved in self._passes(list(self._directions(found))):
            losses, noise = self._losses(moved)
            for i, (name, _, direction) in enumerate(group):
                for step in range(self.steps):
                    pick = _picked(direction, step, name=name)
                    what = f"∇_{name} L_{step + 1}"
                    self._compare(
                        f"grad-{name}", pick, found, losses[step, i], noise[step, i], what
                    )

    def _contributions(self, found: Mapping[str, Array]) -> None:
        directions = [
            (
                (p.name, step),
                ParameterCopy(p, Integer(step)),
                self._drawn(self.trace.parameter(p).shape),
            )
            for step in self._some(1, self.steps)
            for p in self.cell.parameters
        ]
        for group, moved in self._passes(directions):
            losses, noise = self._losses(moved)
            for i, ((name, step), _, direction) in enumerate(group):
                pick = _picked(direction, step - 1, name=name)
                what = f"the contribution of step {step} to ∇_{name} L_{self.steps}"
                id = f"grad-{name}-substituted"
                self._compare(id, pick, found, losses[-1, i], noise[-1, i], what)

    def _some(self, low: int, high: int) -> list[int]:
        """Return the steps at both ends of a range, where boundaries go wrong, and its middle."""
        ends = (low, low + 1, (low + high) // 2, high - 1, high)
        return sorted({step for step in ends if low <= step <= high})

    # -- Jacobians -------------------------------------------------------------------------------

    def _moved_states(self) -> Iterator[tuple[int, Array, Directional, int]]:
        """Yield some steps, the direction in which the state is moved there, and the trace."""
        rows = sum(self.trace.value(s, 0).size for s in self.cell.states)
        directions = [
            (step, self.cell.state[Integer(step)], self._drawn((rows, 1)))
            for step in self._some(0, self.steps - 1)
        ]
        for group, moved in self._passes(directions):
            for i, (step, _, direction) in enumerate(group):
                yield step, direction[:, 0], moved, i

    def _step_jacobians(self, found: Array) -> None:
        for step, direction, moved, i in self._moved_states():
            wanted = moved.along(self.cell.state, step + 1)[i]
            name = letter_of(self.cell.state).word
            what = f"∂{name}_{step + 1}/∂{name}_{step}"
            for row, entry in enumerate(wanted):
                pick = _picked(direction, step, row)
                self._compare("step-jacobian", pick, found, entry, 0.0, what)

    def _state_jacobians(self, found: Array) -> None:
        for step, direction, moved, i in self._moved_states():
            path = [moved.along(self.cell.state, later)[i] for later in range(step, self.steps + 1)]
            # What cancels on the way leaves rounding of the size that it had there.
            spare = 1e-13 * max(np.abs(value).sum() for value in path)
            name = letter_of(self.cell.state).word
            what = f"∂{name}_{self.steps}/∂{name}_{step}"
            for row, entry in enumerate(path[-1]):
                pick = _picked(direction, step, row)
                self._compare("step-jacobian", pick, found, entry, spare, what)
        if not np.array_equal(found[self.steps], np.eye(len(found[self.steps]))):
            raise CheckError(
                f"the derivative of the state at step {self.steps} by itself is not the identity. "
                "Nothing is printed, as it would be wrong; please report it"
            )

    def _compare(
        self, id: str, pick: Pick, found: Result, wanted: float, spare: float, what: str
    ) -> None:
        terms = pick(found)
        derived, scale = float(terms.sum()), float(np.abs(terms).sum())
        # What overflows is no measure; the sum itself is then large enough to measure by.
        allowed = TOLERANCE * scale + (spare if np.isfinite(spare) else 0.0) + VANISHED
        if abs(derived - wanted) <= allowed < float("inf"):
            return
        # Of 1 − s², where s is almost 1, rounding leaves few digits: that is no fault.
        lost = max(abs(float(pick(near).sum()) - derived) for near in self._nearby())
        if abs(derived - wanted) <= allowed + LOST * lost < float("inf"):
            return
        raise CheckError(
            f"equation {identifier(self.cell.name, id)} does not hold on these numbers, "
            f"T = {self.steps}: {what} along a random direction is {derived:.9g} as derived, and "
            f"{wanted:.9g} by the forward pass. Nothing is printed, as it would be wrong; simplify "
            "the cell, and report this as a fault of the derivation"
        )

    def _nearby(self) -> list[Result]:
        """Return the result again, with all quantities of the forward pass rounded otherwise."""
        if self._name not in self._rounded:
            others = (self.results.rounded(seed) for seed in range(3))
            self._rounded[self._name] = [other.unchecked(self._name) for other in others]
        return self._rounded[self._name]


Pick: TypeAlias = Callable[[Result], Array]
"""Takes the entries of a result that are to be added up."""


def _picked(direction: Array, *place: int, name: str = "") -> Pick:
    """Return how a part of a result, or of what it has by that name, is multiplied by a direction."""

    def pick(found: Result) -> Array:
        array = found[name] if isinstance(found, Mapping) else found
        result: Array = array[place].reshape(direction.shape) * direction
        return result

    return pick

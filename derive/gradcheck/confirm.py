"""What is derived, checked on the very numbers on which it is printed, before it is printed.

The forward pass is run again with a complex step along a random direction: that gives the
derivative along it without any rule of the derivation, at the cost of one forward pass.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
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
from derive.numerics.directional import Directional, EachStep
from derive.numerics.trace import ForwardPass
from derive.typesetting.lettering import letter_of

TOLERANCE = 1e-12
"""Of the sum of what is added up: more than rounding leaves without a loss, and less than single
precision does. Where more is lost, it is measured (`LOST`)."""

NOISE = 1e-13
"""Of the quantities of which a small difference is left, as o − y of a network without error."""

LOST = 30.0
"""Times what changes if everything is rounded otherwise."""

SEEDS = range(8)
"""In so many roundings, hardly an entry moves by little in all of them."""

CANCELLED = 1e-14
"""Of the terms of a sum: what rounding leaves where they cancel."""

APART = 64
"""Steps from one to the next whose contributions are looked at together: at most as many passes."""

SMALL = 1e-20
"""Of the largest contribution: a smaller one is not brought to its size, as the step stays small."""

MOST_BYTES = 200_000_000
"""Of one pass along several directions; more are taken in several passes."""

Result: TypeAlias = "Array | Mapping[str, Array]"
"""What a name of the results stands for: an array, or arrays by the names of parameters."""

Tag = TypeVar("Tag")


def require_finite(trace: ForwardPass) -> None:
    """Check a forward pass; a `SpecError` names what has no value or overflows first, and where."""
    steps = np.arange(1, trace.steps + 1)
    found = []
    for order, equation in enumerate(trace.cell.equations):
        values = trace.plain(equation.variable, steps)
        finite = np.isfinite(values)
        if not finite.all():
            step, *entry = map(int, np.unravel_index(int(finite.argmin()), values.shape))
            place = "".join(f"[{i}]" for i in (step, *entry))
            undefined = bool(np.isnan(values[(step, *entry)]))
            found.append((step, order, f"{equation.variable.name}{place}", undefined))
    if found:
        step, _, place, undefined = min(found)
        said = (
            "is no number: something has no value, such as 0/0 or the root or logarithm of what is "
            "negative,"
            if undefined
            else "is not a finite number: the forward pass overflows"
        )
        taken = "other" if undefined else "smaller"
        raise SpecError(f"{place} {said} at step {step + 1} of {trace.steps}; take {taken} numbers")


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
        self._forward.require_bounded()
        check, self._name = self._checks.get(name), name
        if check is None:
            self._forward.require(name, np.asarray(found))
            return
        with np.errstate(all="ignore"):
            check(found)

    # -- directions ------------------------------------------------------------------------------

    def _drawn(self, shape: tuple[int, ...], step: int = 0) -> Array:
        return np.random.default_rng([len(shape), *shape, step]).normal(size=shape)

    def _directions(
        self, found: Mapping[str, Array]
    ) -> Iterator[tuple[str, Parameter | At, Array]]:
        """Yield what is differentiated by: its name, itself and a direction.

        Along it, no derivative is so large that the complex step would no longer be small.
        """
        for name, array in found.items():
            parameter = next((p for p in self.cell.parameters if p.name == name), None)
            if parameter is not None:
                den, shape = parameter, self.trace.parameter(parameter).shape
            else:
                state = next(s for s in self.cell.states if f"{s.name}0" == name)
                den, shape = state[Integer(0)], self.trace.value(state, 0).shape
            yield name, den, self._drawn(shape) / max(1.0, float(np.abs(array).max()))

    def _passes(
        self, directions: list[tuple[Tag, MatrixExpr, Array]]
    ) -> Iterator[tuple[list[tuple[Tag, MatrixExpr, Array]], Directional]]:
        """Yield traces along the directions, as many together as can be held."""
        for group in self._grouped(len(directions)):
            taken = [directions[i] for i in group]
            yield taken, Directional(self.trace, {den: direction for _, den, direction in taken})

    def _grouped(self, count: int) -> Iterator[range]:
        """Yield the numbers of directions, as many together as can be held."""
        numbers = sum(self.trace.parameter(p).size for p in self.cell.parameters)
        rows = sum(self.trace.value(e.variable, 1).size for e in self.cell.equations)
        size = max(1, MOST_BYTES // (16 * (numbers + self.steps * rows)))
        for first in range(0, count, size):
            yield range(first, min(first + size, count))

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
        return found, NOISE * noise + TOLERANCE * np.abs(found)

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
        rows = [
            (p, list(range(first, self.steps + 1, APART)))
            for first in range(1, min(APART, self.steps) + 1)
            for p in self.cell.parameters
        ]
        together = [row for row in self._wrong_contributions(found, rows) if len(row[1]) > 1]
        # Where one is much larger than what it leaves of itself, its rounding is felt by the others.
        alone = [(p, [step]) for p, steps in together for step in steps]
        for _ in self._wrong_contributions(found, alone):
            pass

    def _wrong_contributions(
        self, found: Mapping[str, Array], rows: list[tuple[Parameter, list[int]]]
    ) -> Iterator[tuple[Parameter, list[int]]]:
        """Yield the parameters and steps whose contributions together are others.

        A `CheckError` if it is a single one that is.
        """
        sizes = {p: _largest(found[p.name]) for p in {p for p, _ in rows}}
        directions = [
            [(ParameterCopy(p, Integer(n)), self._sized(sizes[p], p, n)) for n in steps]
            for p, steps in rows
        ]
        for group in self._grouped(len(rows)):
            numbered = [(i, *one) for i, row in enumerate(group) for one in directions[row]]
            moved = Directional(
                self.trace,
                {copied: direction for _, copied, direction in numbered},
                {copied: i for i, copied, _ in numbered},
            )
            losses, noise = self._losses(moved)
            for i, row in enumerate(group):
                p, steps = rows[row]
                picks = [
                    _picked(direction, n - 1, name=p.name)
                    for n, (_, direction) in zip(steps, directions[row], strict=True)
                ]
                if self._agrees(_together(picks), found, losses[-1, i], noise[-1, i]):
                    continue
                if len(steps) == 1:
                    what = f"the contribution of step {steps[0]} to ∇_{p.name} L_{self.steps}"
                    id = f"grad-{p.name}-substituted"
                    raise self._wrong(id, _together(picks)(found), losses[-1, i], what)
                yield rows[row]

    def _sized(self, sizes: Array, parameter: Parameter, step: int) -> Array:
        """Return a direction along which a contribution is as large as the others, of such sizes."""
        shape = self.trace.parameter(parameter).shape
        largest = sizes.max() or 1.0
        own = sizes[step - 1] or largest
        return self._drawn(shape, step) * (largest / max(own, SMALL * largest))

    # -- Jacobians -------------------------------------------------------------------------------

    @cached_property
    def _next_states(self) -> tuple[Array, Array]:
        """Return a direction for the state before each step, and how the next one moves along it."""
        rows = sum(self.trace.value(s, 0).size for s in self.cell.states)
        directions = np.array([self._drawn((rows,), step) for step in range(self.steps)])
        return directions, EachStep(self.trace, directions).along()

    def _step_jacobians(self, found: Array) -> None:
        directions, moved = self._next_states
        name = letter_of(self.cell.state).word
        near = TOLERANCE * np.einsum("tij,tj->ti", np.abs(found), np.abs(directions)) + VANISHED
        apart = np.abs(np.einsum("tij,tj->ti", found, directions) - moved)
        for step, row in np.argwhere(~(apart <= near)).tolist():
            pick = _picked(directions[step], step, row)
            what = f"∂{name}_{step + 1}/∂{name}_{step}"
            self._compare("step-jacobian", pick, found, moved[step, row], 0.0, what)

    def _state_jacobians(self, found: Array) -> None:
        if not np.array_equal(found[self.steps], np.eye(len(found[self.steps]))):
            raise CheckError(
                f"the derivative of the state at step {self.steps} by itself is not the identity. "
                "Nothing is printed, as it would be wrong; please report it"
            )
        # From the last step on, each from the one before: what moves the state moves the next one.
        directions, moved = self._next_states
        name = letter_of(self.cell.state).word
        for step in range(self.steps - 1, -1, -1):
            through = found[step + 1] * moved[step]
            wanted, spare = through.sum(axis=1), CANCELLED * np.abs(through).sum(axis=1)
            what = f"∂{name}_{self.steps}/∂{name}_{step}"
            for row, entry in enumerate(wanted):
                pick = _picked(directions[step], step, row)
                self._compare("step-jacobian", pick, found, entry, spare[row], what)

    def _compare(
        self, id: str, pick: Pick, found: Result, wanted: float, spare: float, what: str
    ) -> None:
        if not self._agrees(pick, found, wanted, spare):
            raise self._wrong(id, pick(found), wanted, what)

    def _agrees(self, pick: Pick, found: Result, wanted: float, spare: float) -> bool:
        """Tell whether what is picked adds up to a number, but for what rounding leaves."""
        terms = pick(found)
        derived, scale = float(terms.sum()), float(np.abs(terms).sum())
        # What overflows is no measure; the sum itself is then large enough to measure by.
        allowed = TOLERANCE * scale + (spare if np.isfinite(spare) else 0.0) + VANISHED
        if abs(derived - wanted) <= allowed < float("inf"):
            return True
        # Of 1 − s², where s is almost 1, rounding leaves few digits: that is no fault.
        near = [float(pick(one).sum()) for one in self._nearby()]
        lost = max(near) - min(near)
        return abs(derived - wanted) <= allowed + LOST * lost < float("inf")

    def _wrong(self, id: str, terms: Array, wanted: float, what: str) -> CheckError:
        return CheckError(
            f"equation {identifier(self.cell.name, id)} does not hold on these numbers, "
            f"T = {self.steps}: {what} along a random direction is {float(terms.sum()):.9g} as "
            f"derived, and {wanted:.9g} by the forward pass. Nothing is printed, as it would be "
            "wrong; simplify the cell, and report this as a fault of the derivation"
        )

    def _nearby(self) -> list[Result]:
        """Return the result again, with all quantities of the forward pass rounded otherwise."""
        if self._name not in self._rounded:
            others = (self.results.rounded(seed) for seed in SEEDS)
            self._rounded[self._name] = [other.unchecked(self._name) for other in others]
        return self._rounded[self._name]


Pick: TypeAlias = Callable[[Result], Array]
"""Takes the entries of a result that are to be added up."""


def _largest(found: Array) -> Array:
    """Return the largest size of an entry at each step."""
    result: Array = np.abs(found).reshape(len(found), -1).max(axis=1)
    return result


def _together(picks: list[Pick]) -> Pick:
    """Return how the parts of a result are taken that are added up together."""
    return lambda found: np.concatenate([pick(found).ravel() for pick in picks])


def _picked(direction: Array, *place: int, name: str = "") -> Pick:
    """Return how a part of a result, or of what it has by that name, is multiplied by a direction."""

    def pick(found: Result) -> Array:
        array = found[name] if isinstance(found, Mapping) else found
        result: Array = array[place].reshape(direction.shape) * direction
        return result

    return pick

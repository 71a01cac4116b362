"""Mistakes in a network of one state, s = f(a), added up from numbers alone.

The Jacobians, and what a parameter does to a, come from the forward pass by complex steps; they are
multiplied as the name of the mistake says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from sympy import Integer

from derive.arrays import Array
from derive.calculus.activations import ACTIVATIONS
from derive.cells.cell import Cell
from derive.expressions.functions import Apply
from derive.expressions.quantities import Parameter, ParameterCopy
from derive.gradcheck import wordings
from derive.gradcheck.forward import confirmed_pass
from derive.gradcheck.residuals import wrong_residuals
from derive.gradcheck.values import Values
from derive.numerics.directional import Directional

IN_OUTPUT: dict[str, Callable[[Array], Array]] = {
    "tanh": lambda s: 1 - s**2,
    "sigmoid": lambda s: s * (1 - s),
}
"""Slopes as functions of the output."""

StateMovedBy: TypeAlias = Callable[[int, int], Array]
"""How the state at step t moves with a at step k."""


class PlainState:
    """A network of one state, s = f(a), whose mistakes are added up from numbers alone."""

    def __init__(self, values: Values, cell: Cell, function: str) -> None:
        self.values, self.cell, self.function = values, cell, function
        self.trace, self.T = confirmed_pass(values), values.steps
        self.state = cell.states[0]
        self.inner = next(
            e.variable for e in cell.equations if cell.definition(self.state).expr.arg == e.left
        )

    @classmethod
    def of(cls, values: Values) -> PlainState | None:
        """Return it for a network of that kind, else None."""
        cell = values.cell
        if len(cell.states) != 1:
            return None
        made = cell.definition(cell.states[0]).expr
        inner = [e for e in cell.equations if isinstance(made, Apply) and made.arg == e.left]
        if not inner or made.function not in IN_OUTPUT:
            return None
        found = cls(values, cell, made.function)
        # Elsewhere a norm or a mean stands between W s and a, and W is not the only factor beside D.
        return found if any(True for _ in found._squares()) else None

    def _squares(self) -> Iterator[Array]:
        """Yield the parameter by which a changes with the state before, if it is one at every step."""
        for p in self.cell.parameters:
            W = self.trace.parameter(p)
            if W.shape == self._weights[0].shape and all(np.allclose(w, W) for w in self._weights):
                yield W

    def gives(self, says: str, name: str, array: Array, near: float) -> bool:
        """Tell whether a gradient is that of a mistake, along one direction; True of an unknown one."""
        p: Parameter = next(p for p in self.cell.parameters if p.name == name)
        shape = self.trace.parameter(p).shape
        direction: Array = np.random.default_rng([self.T, *shape]).normal(size=shape)
        wanted = self._along(says, _Uses(self, p, direction))
        if wanted is None:
            return True
        found = float((array.ravel() * direction.ravel()).sum())
        size = float(np.abs(array.ravel() * direction.ravel()).sum()) + abs(wanted)
        return bool(abs(found - wanted) <= near * max(size, 1e-9))

    def _along(self, says: str, uses: _Uses) -> float | None:
        """Return the loss along a direction with a mistake; None of one that is not known here."""
        for pattern, rule in self._rules:
            if re.fullmatch(pattern, says):
                return self._chained(rule, uses.inner) + sum(uses.direct)
        right = self._rules[-1][1]
        for pattern, inner, direct in uses.of_other_steps():
            if re.fullmatch(pattern, says):
                return self._chained(right, inner) + sum(direct)
        for pattern, residuals in wrong_residuals(self.trace):
            if re.fullmatch(pattern, says):
                each = enumerate(zip(residuals, uses.logits(), strict=True), 1)
                return sum(self.weight(n) * float(r @ z) for n, (r, z) in each)
        return None

    def _chained(self, rule: StateMovedBy, inner: Sequence[Array]) -> float:
        return sum(
            float(self.losses[n - 1] @ rule(n, k) @ inner[k - 1])
            for k in range(1, self.T + 1)
            for n in range(k, self.T + 1)
        )

    @cached_property
    def _rules(self) -> list[tuple[str, StateMovedBy]]:
        """Return how the state at step t moves with a at step k, by the name of the mistake."""
        T, eye = self.T, np.eye(len(self._weights[0]))
        slopes = [np.diag(row) for row in self._slopes(self.states)]
        J = [D @ W for D, W in zip(slopes, self._weights, strict=True)]

        def chained(jacobians: Sequence[Array], first: Sequence[Array], more: int = 0,
                    rising: bool = False) -> StateMovedBy:  # fmt: skip
            def rule(t: int, k: int) -> Array:
                factors = [jacobians[j - 1] for j in range(k + 1 - more, t + 1)]
                product: Array = eye
                for factor in factors:
                    product = product @ factor if rising else factor @ product
                return product @ first[k - 1]

            return rule

        D, W, none = slopes, self._weights, [eye] * T
        before = [np.diag(row) for row in self._slopes(self.before)]
        JB = [b @ w for b, w in zip(before, W, strict=True)]
        return [
            (f"{wordings.TURNED}|{wordings.TURNED_PRODUCT}", chained([j.T for j in J], D)),
            (wordings.SWAPPED, chained([w @ d for d, w in zip(D, W, strict=True)], D)),
            (wordings.REORDERED, chained(J, D, rising=True)),
            (wordings.ONE_MORE, chained(J, D, more=1)),
            (wordings.NO_SLOPE, chained(W, none)),
            (wordings.NO_SLOPE_IN_JACOBIAN, chained(W, D)),
            (wordings.NO_SLOPE_IN_IMMEDIATE, chained(J, none)),
            (wordings.SLOPE_BEFORE, chained(JB, before)),
            (wordings.SLOPE_BEFORE_IN_JACOBIAN, chained(JB, D)),
            (wordings.SLOPE_BEFORE_IN_IMMEDIATE, chained(J, before)),
            *self._elsewhere(chained),
            *self._turned(chained),
            # What is right comes last.
            ("", chained(J, D)),
        ]  # fmt: skip

    def _elsewhere(self, chained: Any) -> Iterator[tuple[str, Any]]:
        """Yield the slope taken at a quantity that it is no function of."""
        inner, states = self._inner, self.states
        for name, rows in (
            (wordings.SLOPE_OF_OUTPUT, [ACTIVATIONS[self.function].slope(s) for s in states]),
            (wordings.SLOPE_OF_INNER, self._slopes(inner)),
        ):
            D = [np.diag(row) for row in rows]
            yield name, chained([d @ w for d, w in zip(D, self._weights, strict=True)], D)

    def _turned(self, chained: Any) -> Iterator[tuple[str, Any]]:
        """Yield the recurrent weights without their transpose, where they are a parameter."""
        W, D = self._weights, [np.diag(row) for row in self._slopes(self.states)]
        for _ in self._squares():
            yield wordings.UNTURNED, chained(
                [d @ w.T for d, w in zip(D, W, strict=True)], D)  # fmt: skip

    # -- numbers ---------------------------------------------------------------------------------

    def _slopes(self, states: Sequence[Array]) -> list[Array]:
        return [IN_OUTPUT[self.function](s) for s in states]

    @cached_property
    def states(self) -> list[Array]:
        """Return the state of each step."""
        return [self.trace.value(self.state, n)[:, 0] for n in range(1, self.T + 1)]

    @cached_property
    def before(self) -> list[Array]:
        """Return the state before each step."""
        return [self.trace.value(self.state, n)[:, 0] for n in range(self.T)]

    @cached_property
    def _inner(self) -> list[Array]:
        return [self.trace.value(self.inner, n)[:, 0] for n in range(1, self.T + 1)]

    @cached_property
    def inputs(self) -> list[Array] | None:
        """Return the inputs, if there are any of one kind only."""
        if len(self.cell.inputs) != 1:
            return None
        return [self.trace.value(self.cell.inputs[0], n)[:, 0] for n in range(1, self.T + 1)]

    @cached_property
    def by_logits(self) -> list[Array]:
        """Return the weighted loss of each step by its logits."""
        size = len(self.trace.value(self.cell.logits, 1))
        return [
            self.weight(n) * np.array([
                Directional(self.trace, {self.cell.logits[Integer(n)]: column[:, None]})
                .along(self.cell.loss_series, n)[0, 0]
                for column in np.eye(size)
            ])
            for n in range(1, self.T + 1)
        ]  # fmt: skip

    @cached_property
    def _weights(self) -> list[Array]:
        """Return how a changes with the state before, at each step."""
        size = len(self.states[0])
        found: list[Array] = []
        for n in range(1, self.T + 1):
            columns = [
                Directional(self.trace, {self.state[Integer(n - 1)]: column[:, None]})
                .along(self.inner, n)[0]
                for column in np.eye(size)
            ]  # fmt: skip
            found.append(np.array(columns).T)
        return found

    @cached_property
    def losses(self) -> list[Array]:
        """Return the weighted loss of each step by the state of that step."""
        size = len(self.states[0])
        found: list[Array] = []
        for n in range(1, self.T + 1):
            columns = [
                Directional(self.trace, {self.state[Integer(n)]: column[:, None]})
                .along(self.cell.loss_series, n)[0, 0]
                for column in np.eye(size)
            ]  # fmt: skip
            found.append(self.weight(n) * np.array(columns))
        return found

    def weight(self, step: int) -> float:
        """Return the weight of the loss of a step."""
        weight = self.cell.weight
        return 1.0 if weight is None else float(self.trace.value(weight, step)[0, 0])


class _Uses:
    """How a parameter acts along a direction: on a at each step, and on the loss past the state."""

    def __init__(self, plain: PlainState, parameter: Parameter, direction: Array) -> None:
        self.plain, self.parameter, self.direction = plain, parameter, direction
        self._moved = [
            Directional(plain.trace, {ParameterCopy(parameter, Integer(k)): direction})
            for k in range(1, plain.T + 1)
        ]

    @cached_property
    def inner(self) -> list[Array]:
        """Return what a of each step changes by."""
        return [m.along(self.plain.inner, k)[0] for k, m in enumerate(self._moved, 1)]

    @cached_property
    def direct(self) -> list[float]:
        """Return what the weighted loss of each step changes by, the state held."""
        p = self.plain
        return [
            p.weight(k) * float(m.along(p.cell.loss_series, k)[0, 0])
            - float(p.losses[k - 1] @ m.along(p.state, k)[0])
            for k, m in enumerate(self._moved, 1)
        ]

    def logits(self) -> Iterator[Array]:
        """Yield what the logits of each step change by, moved at all steps."""
        moved = Directional(self.plain.trace, {self.parameter: self.direction})
        for n in range(1, self.plain.T + 1):
            yield moved.along(self.plain.cell.logits, n)[0]

    def of_other_steps(self) -> Iterator[tuple[str, list[Array], list[float]]]:
        """Yield what a and the losses change by with the row of another step, by the mistake's name."""
        p, T = self.plain, self.plain.T
        before, after, x = p.before, p.states, p.inputs
        still = [0.0] * T
        if self._multiplies(before, self.inner):
            yield wordings.shifted(p.cell), self._acted(after), still
        z = [m.along(p.cell.logits, k)[0] for k, m in enumerate(self._moved, 1)]
        if not any(row.any() for row in self.inner) and self._multiplies(after, z):
            nothing = [np.zeros_like(row) for row in self.inner]
            turned = self._acted(before)
            losses = [float(r @ row) for r, row in zip(p.by_logits, turned, strict=True)]
            yield wordings.shifted(p.cell), nothing, losses
        if x is not None and self._multiplies(x, self.inner):
            yield wordings.LATE, self._acted([np.zeros_like(x[0]), *x[:-1]]), still
            yield wordings.WRAPPED, self._acted([x[-1], *x[:-1]]), still

    def _acted(self, rows: Sequence[Array]) -> list[Array]:
        return [self.direction @ row for row in rows]

    def _multiplies(self, rows: Sequence[Array], found: Sequence[Array]) -> bool:
        """Tell whether a parameter does nothing but multiply some rows."""
        if self.direction.shape[1] != len(rows[0]) or self.direction.shape[0] != len(found[0]):
            return False
        return all(np.allclose(a, b) for a, b in zip(self._acted(rows), found, strict=True))

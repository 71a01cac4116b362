"""What a mistake is called, against the two gradients: a name must be true of them.

A factor is a ratio, what is transposed is the other way round, and which contributions are missing
or repeated is seen from the forward pass: the parameter is moved at one step only, and what that does
to each loss is added up as the name says.  Nothing is taken from what found the mistake.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from functools import cached_property
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from derive.arrays import Array
from derive.errors import CheckError
from derive.expressions.quantities import Parameter, ParameterCopy
from derive.gradcheck.forward import confirmed_pass
from derive.gradcheck.values import Values
from derive.gradcheck.wordings import others
from derive.numerics.directional import Directional
from derive.numerics.trace import ForwardPass

ROUNDING = 1e-9
"""Beside the tolerance of the user: what adding up in another order may change."""


FACTORS: dict[str, Callable[[int, int], float]] = {
    "the sign is wrong": lambda T, m: -1.0,
    r"a mean over the steps stands where the sum belongs \(1/T\)": lambda T, m: 1 / T,
    r"a sum over the steps stands where the mean belongs \(T times\)": lambda T, m: float(T),
    r"a mean over the components stands where the sum belongs \(1/m\)": lambda T, m: 1 / m,
    "a mean over steps and components stands where the sum belongs": lambda T, m: 1 / (T * m),
    "twice the gradient": lambda T, m: 2.0,
    "half the gradient": lambda T, m: 0.5,
    "all zero": lambda T, m: 0.0,
}
"""By what the right gradient is multiplied, by the name of the mistake."""

NamedTerms: TypeAlias = Callable[[NDArray[np.int_], NDArray[np.int_], int, list[int]], NDArray[Any]]
"""How often each contribution counts, of steps t and k, T, and the numbers in the name."""

CONTRIBUTIONS: dict[str, NamedTerms] = {
    "only the loss of the last step is differentiated": lambda t, k, T, n: t == T,
    r"total derivatives ∂s_k stand where immediate ones ∂⁺s_k belong: the use at step k is counted "
    r"t − k \+ 1 times in the gradient of L_t": lambda t, k, T, n: t - k + 1,
    r"every loss reaches its own step only: nothing flows back through the state": (
        lambda t, k, T, n: t == k
    ),
    r"truncated: contributions of a lag of (\d+) and more are missing": lambda t, k, T, n: (
        t - k < n[0]
    ),
    r"truncated: nothing flows back across chunks of (\d+) steps": (
        lambda t, k, T, n: (t - 1) // n[0] == (k - 1) // n[0]
    ),
    r"the temporal contribution of lag (\d+) is missing": lambda t, k, T, n: t - k != n[0],
    r"the temporal contribution of lag (\d+) is counted twice": lambda t, k, T, n: (
        1 + (t - k == n[0])
    ),
    r"the use at step (\d+) is missing": lambda t, k, T, n: k != n[0],
    r"only the use at step (\d+) counts: assigned where it should be added up": (
        lambda t, k, T, n: k == n[0]
    ),
    r"the loss of step (\d+) is missing": lambda t, k, T, n: t != n[0],
    r"only the loss of the last step is differentiated, and the temporal contribution of step (\d+) "
    r"to it is missing": lambda t, k, T, n: (t == T) & (k != n[0]),
    r"the temporal contribution of step (\d+) to the loss of step (\d+) is missing": (
        lambda t, k, T, n: (k != n[0]) | (t != n[1])
    ),
    r"the temporal contribution of step (\d+) to the loss of step (\d+) is counted twice": (
        lambda t, k, T, n: 1 + ((k == n[0]) & (t == n[1]))
    ),
}
"""How often the contribution of step k to the weighted loss of step t counts, by the name."""

UNWEIGHTED = "the weights of the losses are left out"


class Found(Protocol):
    """What is said of a parameter."""

    @property
    def parameter(self) -> str: ...
    @property
    def agrees(self) -> bool: ...
    @property
    def looks_like(self) -> tuple[str, ...]: ...


def require_named(
    findings: Sequence[Found],
    values: Values,
    mine: Mapping[str, Array],
    right: Mapping[str, Array],
    tolerance: float,
) -> None:
    """Raise a `CheckError` unless each mistake that is named explains the gradient that was given.

    And unless a gradient is said to agree where none of its entries is off by more than is allowed.
    """
    for finding in findings:
        name = finding.parameter
        if finding.agrees is not _agrees(mine[name], right[name], tolerance):
            raise CheckError(
                f"what is said of the gradient by {name} is not so: its entries say the opposite. "
                "Nothing is printed; please report it"
            )
        gradient = NamedGradient(values, name, mine[name], right[name], tolerance)
        for says in finding.looks_like:
            if not gradient.is_true(says):
                raise CheckError(
                    f"what is said of the gradient by {name} is not so: '{says}' does not give these "
                    "numbers. Nothing is printed; please report it"
                )


def _agrees(mine: Array, right: Array, tolerance: float) -> bool:
    """Tell whether two gradients agree, entry by entry."""
    if mine.shape != right.shape:
        return False
    scale = max((abs(float(entry)) for entry in right.flat), default=0.0) or 1.0
    return all(
        abs(float(a) - float(b)) / scale <= tolerance
        for a, b in zip(mine.flat, right.flat, strict=True)
    )


class NamedGradient:
    """A gradient that was given, and the right one."""

    def __init__(
        self, values: Values, name: str, mine: Array, right: Array, tolerance: float
    ) -> None:
        self.values, self.name, self.mine, self.right = values, name, mine, right
        self.allowed = (tolerance + ROUNDING) * (1 + tolerance)

    def of(self, array: Array) -> NamedGradient:
        """Return the same with another gradient in the place of the one that was given."""
        other = copy(self)
        other.mine = array
        return other

    def is_true(self, says: str) -> bool:
        """Tell whether a mistake of that name gives the gradient; one without a name here does not."""
        if says == "transposed":
            return self._is(self.right.T)
        T = self.values.steps
        m = self.values.series[self.values.cell.target.name].shape[1]
        for pattern, factor in FACTORS.items():
            if re.fullmatch(pattern, says):
                return self._is(factor(T, m) * self.right)
        if (times := re.fullmatch(r"(\S+) times the gradient", says)) is not None:
            number = float(times[1])
            # It is written with six digits.
            return self._is(number * self.right, more=1e-5)
        for pattern, terms in CONTRIBUTIONS.items():
            if (named := re.fullmatch(pattern, says)) is not None:
                return self._adds_up(terms, [int(n) for n in named.groups()], weighted=True)
        if says == UNWEIGHTED:
            return self._adds_up(lambda t, k, T, n: np.ones(t.shape), [], weighted=False)
        return any(re.fullmatch(pattern, says) for pattern in others(self.values.cell))

    def _is(self, wanted: Array, more: float = 0.0) -> bool:
        if wanted.shape != self.mine.shape:
            return False
        scale = float(np.abs(wanted).max()) or 1.0
        return bool(np.abs(self.mine - wanted).max() <= (self.allowed + more) * scale)

    def _adds_up(self, terms: NamedTerms, numbers: list[int], weighted: bool) -> bool:
        """Tell whether the gradient, along one direction, is the sum of contributions so counted."""
        direction, each = self.along
        T = self.values.steps
        t, k = np.mgrid[1 : T + 1, 1 : T + 1]
        weights = self._weights if weighted else np.ones(T)
        counted = terms(t, k, T, numbers) * np.tril(np.ones((T, T))) * weights[:, None]
        wanted = float((counted * each).sum())
        found = float((self.mine.ravel() * direction.ravel()).sum())
        size = float(np.abs(self.mine).max()) * float(np.abs(direction).sum())
        # Where all cancels, rounding is left of what was taken off.
        size += float(np.abs(self.right).max()) * float(np.abs(direction).sum())
        return abs(found - wanted) <= self.allowed * (size + float(np.abs(counted * each).sum()))

    @cached_property
    def along(self) -> tuple[Array, Array]:
        """Return a direction, and how each loss (row) changes if only one step (column) has it."""
        trace, cell, T = self._trace, self.values.cell, self.values.steps
        parameter: Parameter = next(p for p in cell.parameters if p.name == self.name)
        shape = trace.parameter(parameter).shape
        direction = np.random.default_rng([T, *shape]).normal(size=shape)
        moved = Directional(
            trace, {ParameterCopy(parameter, step): direction for step in range(1, T + 1)}
        )
        each = [moved.along(cell.loss_series, step)[:, 0] for step in range(1, T + 1)]
        return direction, np.array(each)

    @cached_property
    def _trace(self) -> ForwardPass:
        return confirmed_pass(self.values)

    @property
    def _weights(self) -> Array:
        trace, weight, T = self._trace, self.values.cell.weight, self.values.steps
        if weight is None:
            return np.ones(T)
        return np.array([float(trace.value(weight, step)[0, 0]) for step in range(1, T + 1)])

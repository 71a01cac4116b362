"""Whether a user's gradients are right, and what went wrong where they are not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from sympy import Integer

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.bptt.recursion import Recursion
from derive.errors import SpecError, shown
from derive.expressions.quantities import Parameter, k
from derive.gradcheck.archive import extent
from derive.gradcheck.known import require_all_named, require_known, require_recognised
from derive.gradcheck.mistakes import Mutation, mutations, patterns
from derive.gradcheck.naming import require_named
from derive.gradcheck.reading import column, kind, numbers, read
from derive.gradcheck.results import Results
from derive.numerics.evaluate import Evaluator
from derive.suggest import suggestion

TOLERANCE = 1e-6
"""Of the largest entry: what single precision and finite differences leave."""

MOST_NUMBERS = 5_000_000
"""Of all contributions of all steps to all losses; beyond, they are not looked at one by one."""


@dataclass(frozen=True)
class Finding:
    """How a gradient compares.

    ``error`` is relative to the largest entry, ``looks_like`` the mistakes that give the same
    numbers, the likeliest first.
    Without the ``shape`` of the parameter, or beyond all numbers, the error is infinite.
    """

    parameter: str
    agrees: bool
    error: float
    looks_like: tuple[str, ...] = ()
    shape: bool = True


def gradients(
    path: Path, right: Mapping[str, Array], others: Sequence[str] = ()
) -> dict[str, Array]:
    """Return the gradients of a file by the names of parameters, which are those of ``right``.

    They stand at the top, or under "dL" as `derive evaluate --json` writes them, beside ``others``.
    One that is transposed is let through, as that is a mistake to be named.
    """
    tree, where = read(path), shown(path)
    places = [name for name in ("dL", "gradients") if name in tree]
    if len(places) > 1:
        raise SpecError(f"{where} holds both dL and gradients: remove one of them")
    given, prefix = tree, ""
    if places:
        inner, prefix = tree[places[0]], f"{places[0]}."
        if not isinstance(inner, dict):
            raise SpecError(f"{where}: {places[0]} is {kind(inner)}: expected an object")
        given = inner
        for name in tree:
            if name not in (*places, *others):
                raise SpecError(
                    f"{where}: unknown key '{shown(name)}' beside {places[0]}: "
                    f"{suggestion(name, [*places, *others])}"
                )
    found: dict[str, Array] = {}
    for name, value in given.items():
        if name not in right:
            raise SpecError(
                f"{where}: unknown parameter '{prefix + shown(name)}': {suggestion(name, right)}"
            )
        wanted = right[name].shape
        place = f"{where}: {prefix}{name}"
        array = column(value, place) if len(wanted) == 1 else numbers(value, len(wanted), place)
        if array.shape not in (wanted, wanted[::-1]):
            raise SpecError(
                f"{where}: {prefix}{name} is {extent(array.shape)}: expected {extent(wanted)}, "
                "the shape of the parameter"
            )
        found[name] = array
    if not found:
        raise SpecError(f"{where} holds no gradient: expected some of {', '.join(right)}")
    return found


class Comparison:
    """A user's gradients of L beside the derived ones, and the search for what went wrong."""

    def __init__(
        self, results: Results, mine: Mapping[str, Array], tolerance: float = TOLERANCE
    ) -> None:
        self.results, self.values, self.mine = results, results.values, mine
        self.tolerance = tolerance
        self.right: dict[str, Array] = results["dL"]
        self.derivation, self.trace = results.derivation, results.trace
        self.tried: dict[str, dict[str, Array]] = {}

    @property
    def chained(self) -> bool:
        """Tell whether there is a step Jacobian, as there is none of states that are matrices."""
        return "contributions" in self.results.names

    @cached_property
    def thorough(self) -> bool:
        """Tell whether every contribution of every step to every loss can be looked at."""
        if not self.chained:
            return False
        largest = max(array.size for array in self.values.parameters.values())
        rows = sum(array.size for array in self.values.initial.values())
        return self.values.steps**2 * max(largest, rows**2) / 2 <= MOST_NUMBERS

    def findings(self) -> list[Finding]:
        """Return one finding per given gradient, in the order of the cell's parameters."""
        # A mistake, or the user's gradient, may be too large for numbers: then it fits nothing.
        with np.errstate(all="ignore"):
            found = self._findings()
            require_named(found, self.values, self.mine, self.right, self.tolerance)
        return found

    def _findings(self) -> list[Finding]:
        names = [name for name in self.right if name in self.mine]
        errors = {name: _error(self.mine[name], self.right[name]) for name in names}
        wrong = [name for name in names if not errors[name] <= self.tolerance]
        like: dict[str, list[str]] = {name: [] for name in wrong}
        if wrong and self.thorough:
            # What typical mistakes leave out or repeat is checked, as the whole gradients are.
            _ = self.results["contributions"]
        if wrong:
            for says, found in self._candidates(wrong):
                self.tried.setdefault(says, {}).update(found)
                for name, array in found.items():
                    if self._matches(name, array) and says not in like[name]:
                        like[name].append(says)
            fits = any(self.mine[name].shape == self.right[name].shape for name in wrong)
            require_known(self.tried, self.values, self.right, self.thorough, fits)
            require_recognised(self.tried, self.values, self.right, self.tolerance, self._planted)
        require_all_named(like, self.mine, self.right, self.tried, self.tolerance)
        # What explains more of the gradients is likelier.
        every = [says for said in like.values() for says in said]
        return [
            Finding(
                name,
                name not in like,
                errors[name],
                tuple(sorted(like.get(name, ()), key=lambda says: -every.count(says))),
                self.mine[name].shape == self.right[name].shape,
            )
            for name in names
        ]

    def _planted(self, name: str, array: Array) -> Iterator[str]:
        """Yield what would be said of a gradient, of a known mistake by its own gradient."""
        planted = copy(self)
        planted.mine = {name: array}
        if planted._matches(name, array):
            yield ""
        yield from (says for says, _ in planted._rescaled(name))

    def _matches(self, name: str, array: Array) -> bool:
        mine, right = self.mine[name], self.right[name]
        # What differs from the right gradient by no more than the tolerance explains nothing.
        distinct = array.shape != right.shape or _error(array, right) > 10 * self.tolerance
        return distinct and array.shape == mine.shape and _error(mine, array) <= self.tolerance

    def _candidates(self, wrong: list[str]) -> Iterator[tuple[str, dict[str, Array]]]:
        """Yield the mistakes with the gradients that they give, the likeliest first."""
        yield (
            "transposed",
            {name: self.right[name].T for name in wrong if self.right[name].ndim == 2},
        )
        for name in wrong:
            yield from self._rescaled(name)
        if not self.chained:
            return
        parameters = [p for p in self.derivation.cell.parameters if p.name in wrong]
        for mutation in mutations(self.derivation, self.values.short):
            if self.thorough or not mutation.lagged:
                mutated = self._mutated(mutation, parameters)
                yield mutation.says, {p.name: self._shaped(p, array) for p, array in mutated}
        if self.thorough:
            yield from self._patterned(parameters)

    def _rescaled(self, name: str) -> Iterator[tuple[str, dict[str, Array]]]:
        mine, right, steps = self.mine[name], self.right[name], self.values.steps
        if mine.shape != right.shape or not right.any():
            return
        factor = float((mine * right).sum() / (right * right).sum())
        rows = self.values.series[self.derivation.cell.target.name].shape[1]
        named = (
            (-1.0, "the sign is wrong"),
            (1 / steps, "a mean over the steps stands where the sum belongs (1/T)"),
            (float(steps), "a sum over the steps stands where the mean belongs (T times)"),
            (1 / rows, "a mean over the components stands where the sum belongs (1/m)"),
            (1 / (steps * rows), "a mean over steps and components stands where the sum belongs"),
            (2.0, "twice the gradient"),
            (0.5, "half the gradient"),
            (0.0, "all zero"),
            # One number is a multiple of any other, which says nothing.
            *([(factor, f"{factor:.6g} times the gradient")] if mine.size > 1 else []),
        )
        fits = [(known, says) for known, says in named if self._matches(name, known * right)]
        for known, says in fits[:1]:
            yield says, {name: known * right}

    def _mutated(
        self, mutation: Mutation, parameters: list[Parameter]
    ) -> Iterator[tuple[Parameter, Array]]:
        evaluator = Evaluator(self.trace, mutation.named)
        for p in parameters:
            if mutation.lagged:
                if self.derivation.shared.recurrent_uses(p):
                    yield p, np.tensordot(self._weighted, self._terms(p, evaluator), 2)
                continue
            node = self._recursion(mutation).gradient(p)
            changed = mutation.of(node, mutation.cell)
            if changed is not None:
                yield p, evaluator.at(changed)

    def _recursion(self, mutation: Mutation) -> Recursion:
        if mutation.cell is self.derivation.cell:
            return self.derivation.recursion
        return Derivation(mutation.cell, self.values.steps).recursion

    @cached_property
    def _weights(self) -> Array:
        cell = self.derivation.cell
        steps = np.arange(1, self.values.steps + 1)
        if cell.weight is None:
            return np.ones(len(steps))
        found: Array = self.trace.value(cell.weight, steps)[:, 0, 0]
        return found

    @property
    def _weighted(self) -> Array:
        steps = self.values.steps
        return np.tril(np.ones((steps, steps))) * self._weights[:, None]

    def _terms(self, parameter: Parameter, evaluator: Evaluator) -> Array:
        """Return the contributions of step k to the loss of step t, (T, T, rows, columns)."""
        d, steps = self.derivation, self.values.steps
        terms: Array = np.zeros((steps, steps, *self.trace.parameter(parameter).shape))
        for step in range(1, steps + 1):
            term = d.substitution.substituted_term(parameter, Integer(step), k)
            if term is not None:
                uses = evaluator.at(term, {k: np.arange(1, step + 1)})
                terms[step - 1, :step] = terms[step - 1, :step] + uses
            for use in d.shared.beside_uses(parameter):
                direct = evaluator.at(d.substitution.direct_gradient(use, Integer(step)))
                terms[step - 1, step - 1] = terms[step - 1, step - 1] + direct
        return terms

    def _patterned(self, parameters: list[Parameter]) -> Iterator[tuple[str, dict[str, Array]]]:
        evaluator = Evaluator(self.trace, self.derivation.definitions)
        terms = {p: self._terms(p, evaluator) for p in parameters}
        for pattern in patterns(self.values.steps, self._weights):
            yield (
                pattern.says,
                {
                    p.name: self._shaped(p, np.tensordot(pattern.coefficients, array, 2))
                    for p, array in terms.items()
                },
            )
        for p, array in terms.items():
            yield from self._single(p, array * self._weights[:, None, None, None])

    def _single(self, parameter: Parameter, terms: Array) -> Iterator[tuple[str, dict[str, Array]]]:
        """Yield leaving one contribution out, and counting it twice: the one that fits best."""
        right, mine = self.right[parameter.name], self.mine[parameter.name]
        if mine.shape != right.shape:
            return
        difference = (right - mine).reshape(self.trace.parameter(parameter).shape)
        for sign, what in ((1, "is missing"), (-1, "is counted twice")):
            errors = np.abs(difference - sign * terms).max(axis=(2, 3))
            at, use = np.unravel_index(errors.argmin(), errors.shape)
            changed = right - sign * self._shaped(parameter, terms[at, use])
            says = (
                f"the temporal contribution of step {use + 1} to the loss of step {at + 1} {what}"
            )
            yield says, {parameter.name: changed}

    def _shaped(self, parameter: Parameter, array: Array) -> Array:
        return array.reshape(self.values.parameters[parameter.name].shape)


def _error(found: Array, wanted: Array) -> float:
    """Return the largest difference in units of the largest entry; absolute where all are 0."""
    if found.shape != wanted.shape:
        return float("inf")
    error = float(np.abs(found - wanted).max() / (np.abs(wanted).max() or 1.0))
    return float("inf") if np.isnan(error) else error

"""What the derivation gives on the user's numbers: every quantity, by evaluating its expression."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Identity, Integer, MatrixExpr

from derive.arrays import Array, Steps
from derive.bptt.derivation import Derivation
from derive.budgets import within
from derive.errors import SpecError
from derive.expressions.algebra import add, mul
from derive.expressions.quantities import Parameter, Series, T, j, k
from derive.expressions.shapes import is_vector
from derive.expressions.sums import OrderedProduct
from derive.gradcheck.complete import require_names
from derive.gradcheck.confirm import Confirmation, Result, require_finite
from derive.gradcheck.forward import confirmed_pass
from derive.gradcheck.otherwise import require_otherwise
from derive.gradcheck.perloss import EachLoss
from derive.gradcheck.values import Values
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ROUNDING


class Results:
    """The results by their names: arrays, or arrays by the names of parameters.

    A first axis over steps is T long, but for the states (T + 1, the initial one first) and
    ``state_jacobians`` (k = 0 … T).
    """

    def __init__(self, values: Values) -> None:
        self.values, self.cell = values, values.cell
        self.steps = values.steps
        self.derivation = Derivation(self.cell, self.steps)
        with np.errstate(all="ignore"):
            self.trace = confirmed_pass(values)
            self._evaluator = Evaluator(self.trace, self.derivation.definitions)
        # An overflow inside of tanh gives 1, and a gradient of 0: finite, and meaningless.
        require_finite(self.trace)
        require_otherwise(values, self.trace)
        self.confirmation = Confirmation(self)
        self._found = self._computed()
        # The states first: what is computed from them follows.
        states = [s.name for s in self.cell.states]
        self.names = [*states, *(name for name in self._found if name not in states)]
        require_names(self.names, self.cell)

    def _computed(self) -> dict[str, Callable[[], Result]]:
        """Return how each result is computed."""
        found: dict[str, Callable[[], Result]] = {
            **{e.variable.name: self._series(e.variable) for e in self.cell.equations},
            "L_t": self._losses,
            "L": self._loss,
            "dL": self._total_gradients,
            "dL_t": self._gradients,
        }
        if not self.cell.has_matrices:
            found |= {
                "contributions": self._contributions,
                "step_jacobians": self._step_jacobians,
                "state_jacobians": self._state_jacobians,
            }
        if self.cell.weight is not None:
            found[self.cell.weight.name] = self._weights
        return found

    def rounded(self, seed: int) -> Results:
        """Return the results with everything computed changed as rounding may change it.

        That is every quantity of the forward pass, and every slope.
        """
        other, slopes = copy(self), set(self.derivation.shared.jacobians.diagonals.values())
        lost = ROUNDING * float(np.random.default_rng(seed).normal())
        # A slope is a difference of numbers of order 1: 1 − s².
        named = (
            replace(n, expr=add(n.expr, mul(lost, Identity(n.series.shape[0]))))
            if n.series in slopes
            else n
            for n in self.derivation.definitions
        )
        other.trace = self.trace.rounded(seed)
        other._evaluator = Evaluator(other.trace, named)
        other._found = other._computed()
        return other

    def unchecked(self, name: str) -> Result:
        """Return a result as it is derived."""
        with np.errstate(all="ignore"):
            return self._found[name]()

    def __getitem__(self, name: str) -> Any:
        """Return one result; a `SpecError` if it is not finite, or too large to be held.

        What is derived is checked first against the forward pass: a `CheckError` if it is wrong.
        """
        self._afford(name)
        found = self.unchecked(name)
        for part, array in found.items() if isinstance(found, Mapping) else [("", found)]:
            bad = np.argwhere(~np.isfinite(array))
            if len(bad):
                place = name + (f"[{part}]" if part else "")
                place += "".join(f"[{i}]" for i in bad[0].tolist())
                raise SpecError(
                    f"{place} is not a finite number: the given numbers are too large, or the "
                    f"gradient explodes, over T = {self.steps} steps"
                )
        self.confirmation.require(name, found)
        return found

    def _afford(self, name: str) -> None:
        each = {
            "dL_t": sum(map(np.size, self.values.parameters.values())),
            "contributions": sum(map(np.size, self.values.parameters.values())),
            "step_jacobians": self._rows**2,
            "state_jacobians": self._rows**2,
        }
        within("result-numbers", self.steps * each.get(name, 0), f"{name} would be too large")

    @cached_property
    def _rows(self) -> int:
        return sum(np.size(array) for array in self.values.initial.values())

    def _at(self, expr: MatrixExpr, **indices: Steps) -> Array:
        return self._evaluator.at(expr, {{"j": j, "k": k}[i]: v for i, v in indices.items()})

    @cached_property
    def _every_step(self) -> NDArray[np.int_]:
        return np.arange(1, self.steps + 1)

    # -- the forward pass ------------------------------------------------------------------------

    def _series(self, series: Series) -> Callable[[], Array]:
        first = 0 if series in self.cell.states else 1

        def rows() -> Array:
            steps = np.arange(first, self.steps + 1)
            values = self._evaluator.quantity(series, steps)
            return values[..., 0] if is_vector(series) else values

        return rows

    def _losses(self) -> Array:
        return self._series(self.cell.loss_series)()[:, 0]

    def _weights(self) -> Array:
        assert self.cell.weight is not None
        return self._series(self.cell.weight)()[:, 0]

    def _loss(self) -> Array:
        return np.asarray(self._at(self.cell.total).item())

    # -- gradients -------------------------------------------------------------------------------

    def _shaped(self, parameter: Parameter, array: Array) -> Array:
        """Return gradients in the shape in which the parameter was given."""
        shape = self.values.parameters[parameter.name].shape
        return array.reshape((*array.shape[: array.ndim - 2], *shape))

    def _total_gradients(self) -> dict[str, Array]:
        recursion = self.derivation.recursion
        found = {
            p.name: self._shaped(p, self._at(recursion.gradient(p))) for p in self.cell.parameters
        }
        if self.cell.initial == "trainable":
            # What no step reads of the step before has an initial value that nothing depends on.
            unread = [s for s in self.cell.states if s not in self.cell.handed]
            found |= {f"{s.name}0": np.zeros(self.trace.plain(s, 0).shape) for s in unread}
            for equation in recursion.of_given():
                for state in self.cell.states:
                    if equation.left.args[1] == state[0]:
                        value = self._at(equation.right)
                        found[f"{state.name}0"] = value[:, 0] if is_vector(state) else value
        return found

    def _gradients(self) -> dict[str, Array]:
        each = EachLoss(self.derivation, self.trace)
        gradients = each.gradients(self.cell.parameters)
        found = {p.name: self._shaped(p, array) for p, array in gradients.items()}
        if self.cell.initial == "trainable":
            found |= {f"{name}0": array for name, array in each.initial().items()}
        return found

    def _contributions(self) -> dict[str, Array]:
        d, last = self.derivation, Integer(self.steps)
        found = {}
        for p in self.cell.parameters:
            shape = self.trace.parameter(p).shape
            terms: Array = np.zeros((self.steps, *shape))
            term = d.substitution.substituted_term(p, last, k)
            if term is not None:
                terms = terms + self._at(term, k=self._every_step)
            for use in d.shared.beside_uses(p):
                terms[-1] = terms[-1] + self._at(d.substitution.direct_gradient(use, last))
            found[p.name] = self._shaped(p, terms)
        return found

    def _step_jacobians(self) -> Array:
        values = self._at(self.derivation.shared.J[j], j=self._every_step)
        return np.broadcast_to(values, (self.steps, *values.shape[-2:]))

    def _state_jacobians(self) -> Array:
        product = OrderedProduct(self.derivation.shared.J[j], j, k + 1, T)
        return self._at(product, k=np.arange(0, self.steps + 1))

    def left_out(self) -> str:
        """Return why results that other cells have are left out, an empty text if none are."""
        if not self.cell.has_matrices:
            return ""
        return (
            f"contributions, step_jacobians and state_jacobians are left out, as {self.cell.name} has "
            "matrices: the derivative of a matrix by a matrix is no matrix"
        )

    def chosen(self, names: list[str] | None) -> Iterator[tuple[str, Any]]:
        """Yield the results of those names, or all, one after the other."""
        for name in names or self.names:
            yield name, self[name]

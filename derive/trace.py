"""The forward pass on numbers, and the same with one quantity perturbed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Symbol

from derive.activations import ACTIVATIONS
from derive.algebra import Apply, At, OneMatrix, Parameter, Plus, Series, Softmax, T, t
from derive.cell import Cell
from derive.evaluate import Evaluator, log_softmax, stacked
from derive.nodes import Copy, atoms_of, instantiate, series_in

Array = NDArray[Any]

STEP = 1e-50
"""The complex step: so small that its square vanishes beside 1, and no subtraction cancels."""


@dataclass(frozen=True)
class Line:
    """An equation at one step: what it sets, the expression, and what that reads."""

    variable: Series
    expr: Any
    reads: tuple[tuple[Series, int], ...]
    parameters: frozenset[Parameter]


@lru_cache(maxsize=4096)
def program(cell: Cell, step: int, steps: int) -> tuple[Line, ...]:
    """Yield the equations of a cell at a concrete step, in order; every trace of the cell shares them."""
    lines = []
    for equation in cell.equations:
        expr = instantiate(equation.expr, {t: step, T: steps})
        reads = tuple((at.series, int(at.indices[0])) for at in series_in(expr))
        lines.append(Line(equation.variable, expr, reads, frozenset(atoms_of(expr, Parameter))))
    return tuple(lines)


class Trace:
    """Values of every quantity of a cell over ``steps`` steps, float64.

    ``parameters`` maps names to arrays of the parameters' shapes; ``series`` maps names of inputs
    and targets to arrays (steps, rows); ``initial`` maps names of states to arrays (rows,).
    """

    def __init__(
        self,
        cell: Cell,
        parameters: Mapping[str, Array],
        series: Mapping[str, Array],
        initial: Mapping[str, Array],
    ) -> None:
        self.cell = cell
        self.steps = len(series[cell.target.name])
        self.sizes: dict[Symbol, int] = {}
        self._parameters: dict[Any, Array] = {}
        for p in cell.parameters:
            array = np.asarray(parameters[p.name])
            self._parameters[p] = array.reshape(array.shape if array.ndim == 2 else (-1, 1))
        self._parameters |= {p: np.array([[float(v)]]) for p, v in cell.constants.items()}
        self._values: dict[tuple[Series, int], Array] = {}
        for s in cell.given:
            for step, row in enumerate(np.asarray(series[s.name]), 1):
                self._values[s, step] = row.reshape(-1, 1)
        for s in cell.states:
            self._values[s, 0] = np.asarray(initial[s.name]).reshape(-1, 1)
        self._measure()
        self._evaluator = Evaluator(self)
        for step in range(1, self.steps + 1):
            for line in program(cell, step, self.steps):
                self._values[line.variable, step] = self._evaluator.at(line.expr)

    def _measure(self) -> None:
        for p, array in self._parameters.items():
            self.sizes.update(zip(p.shape, array.shape, strict=True))
        for (s, _), array in self._values.items():
            self.sizes[s.shape[0]] = array.shape[0]
        self.sizes = {key: size for key, size in self.sizes.items() if isinstance(key, Symbol)}

    def value(self, series: Series, step: int) -> Array:
        """Yield a quantity at a step, (rows, 1)."""
        if series == self.cell.state and len(self.cell.states) > 1:
            return stacked([self.value(s, step) for s in self.cell.states])
        return self._values[series, step]

    def parameter(self, parameter: Parameter) -> Array:
        """Yield a parameter, or the total loss by its definition, the sum over the steps."""
        if parameter == self.cell.total:
            return sum(map(self._weighted_loss, range(1, self.steps + 1)))  # type: ignore[return-value]
        return self._parameters[parameter]

    def _weighted_loss(self, step: int) -> Array:
        loss = self.value(self.cell.loss_series, step)
        return loss if self.cell.weight is None else self.value(self.cell.weight, step) * loss

    def log_of(self, arg: Any) -> Array | None:
        """Yield log(arg) from the logits, where arg is an output (or 1 − it); None elsewhere."""
        complement = isinstance(arg, Plus) and len(arg.args) == 2 and isinstance(arg.args[0], OneMatrix)
        at = next(iter(series_in(arg)), None) if complement else arg
        if not isinstance(at, At) or not self.cell.defines(at.series) or self.holds(at):
            return None
        made = instantiate(self.cell.definition(at.series).expr, {t: at.indices[0]})
        logits = self._evaluator.at(made.args[-1]) if isinstance(made, (Softmax, Apply)) else None
        if isinstance(made, Softmax) and not complement:
            return log_softmax(logits)  # type: ignore[arg-type]
        if isinstance(made, Apply) and made.function == "sigmoid":
            softplus = ACTIVATIONS["softplus"].value
            return -softplus(logits if complement else -logits)  # type: ignore[arg-type, operator]
        return None

    def holds(self, at: At) -> bool:
        """Tell whether a quantity is set rather than computed."""
        return False

    def perturbed(self, den: Any, cut: tuple[Any, ...]) -> Perturbed:
        """Yield the trace in which ``den`` carries a complex step per component, the cut fixed."""
        return Perturbed(self, den, cut)


class Perturbed(Trace):
    """A trace in which one quantity is perturbed in every direction at once (a batch of them).

    What does not depend on it, and what is in the cut, keeps its value.
    """

    def __init__(self, base: Trace, den: Any, cut: tuple[Any, ...]) -> None:
        self.cell, self.steps, self.sizes = base.cell, base.steps, base.sizes
        self._base, self._den = base, den
        self._evaluator = Evaluator(self)
        self._frozen = {key for at in cut for key in _keys(base.cell, at)}
        self._set: dict[tuple[Series, int], Array] = {}
        self._moved: dict[tuple[Series, int], Array] = {}
        self._next = self._start(den)
        if isinstance(den, At):
            self._perturb(den)
        elif not isinstance(den, Copy):
            self._moved_parameter = _directions(base.parameter(den))

    def _start(self, den: Any) -> int:
        cell = self.cell
        # Behind a step at which every state is frozen, nothing earlier is felt.
        walls = [s for _, s in self._frozen if all((state, s) in self._frozen for state in cell.states)]
        first = int(den.indices[0]) if isinstance(den, At) else 1
        if isinstance(den, Copy):
            first = int(den.args[1])
        return max([first, 1, *(w + 1 for w in walls)])

    def _perturb(self, den: At) -> None:
        keys = _keys(self.cell, den)
        whole = np.concatenate([self._base.value(*key) for key in keys])
        moved = _directions(whole)
        at = 0
        for key in keys:
            rows = self._base.value(*key).shape[0]
            self._set[key] = moved[:, at : at + rows]
            at += rows

    def holds(self, at: At) -> bool:
        return all(key in self._set or key in self._frozen for key in _keys(self.cell, at))

    def value(self, series: Series, step: int) -> Array:
        if series == self.cell.state and len(self.cell.states) > 1:
            return super().value(series, step)
        key = (series, step)
        if key in self._set:
            return self._set[key]
        if key in self._frozen:
            return self._base.value(series, step)
        while self._next <= step:
            self._next += 1
            self._advance(self._next - 1)
        return self._moved.get(key, self._base.value(series, step))

    def _advance(self, step: int) -> None:
        self._step = step
        for line in program(self.cell, step, self.steps):
            key = (line.variable, step)
            if key in self._set or key in self._frozen or not self._touched(line):
                continue
            # A fresh evaluator per equation: a copy of a parameter differs from step to step.
            self._evaluator = Evaluator(self)
            self._moved[key] = self._evaluator.at(line.expr)

    def _touched(self, line: Line) -> bool:
        if any(key in self._moved or key in self._set for key in line.reads):
            return True
        return any(self._shifted(p) for p in line.parameters)

    def _shifted(self, parameter: Parameter) -> bool:
        if isinstance(self._den, Copy):
            return bool(self._den.args == (parameter, self._step))
        return bool(self._den == parameter)

    def parameter(self, parameter: Parameter) -> Array:
        if parameter == self.cell.total:
            return super().parameter(parameter)
        if isinstance(self._den, Copy) and self._shifted(parameter):
            return _directions(self._base.parameter(parameter))
        if self._den == parameter:
            return self._moved_parameter
        return self._base.parameter(parameter)

    def read_step(self, value: Array) -> Array:
        """Yield the Jacobian from a perturbed (batch, rows, 1) value: rows × directions."""
        size = int(np.prod(self._base_shape()))
        if not np.iscomplexobj(value):
            return np.zeros((value.shape[-2], size))
        result: Array = np.broadcast_to(value, (size, *value.shape[-2:]))[..., 0].imag.T / STEP
        return result

    def _base_shape(self) -> tuple[int, ...]:
        den = self._den.args[0] if isinstance(self._den, Copy) else self._den
        if isinstance(den, At):
            return (sum(self._base.value(*key).shape[0] for key in _keys(self.cell, den)),)
        return self._base.parameter(den).shape


def _keys(cell: Cell, at: At) -> list[tuple[Series, int]]:
    step = int(at.indices[0])
    if at.series == cell.state and len(cell.states) > 1:
        return [(s, step) for s in cell.states]
    return [(at.series, step)]


def _directions(array: Array) -> Array:
    """Yield a batch of copies of an array, each with a complex step in one entry."""
    size = array.size
    steps = np.eye(size).reshape(size, *array.shape)
    result: Array = array + 1j * STEP * steps
    return result



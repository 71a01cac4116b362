"""The numbers of a module, against the cell's own forward pass and its complex steps.

They are compared on several sets of data: what is right on few steps and small numbers may be cut
off on many, overflow on large ones, or take the wrong side at a kink.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from sympy import Integer, MatrixExpr

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.checks.required import STEPS
from derive.codegen.behaviour import require_behaviour
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import Parameter
from derive.expressions.shapes import is_vector
from derive.expressions.walk import atoms_of
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

TOLERANCE = 1e-9
SEEDS = (0, 1)
SEQUENCES = 2

LONG = 12
"""Steps of the long sequences: a recursion that stops early is not felt on a few."""

FAR = (30.0, 10.0, 3.0, 1.0)
"""By what parameters and inputs are multiplied so that units are saturated: the first at which the
equations of the cell keep their digits, as an exponential that is divided by does not far out."""

LARGE = 800.0
"""The largest logit on saturated data: its exponential is beyond float64."""


@dataclass(frozen=True)
class TrialData:
    """What a module is run on: parameters, data (T, B, rows) and initial states (B, rows)."""

    parameters: dict[str, Array]
    data: dict[str, Array]
    initial: dict[str, Array]

    def passes(self, cell: Cell) -> list[ForwardPass]:
        """Return the forward pass of each sequence."""
        return [
            ForwardPass(
                cell,
                self.parameters,
                {name: rows[:, b] for name, rows in self.data.items()},
                {name[:-1]: rows[b] for name, rows in self.initial.items()},
            )
            for b in range(SEQUENCES)
        ]


def require_numbers(cell: Cell, source: str) -> None:
    """Raise a `CheckError` unless a module computes what its cell does, on all sets of data."""
    for seed in SEEDS:
        names = run(source)
        with np.errstate(all="ignore"):
            sets = [_Compared(cell, data) for data in _sets(cell, names, seed)]
            for one in sets:
                one.require_forward(names)
            for steps in (STEPS, LONG):
                _require_own(cell, own_check(source, seed, steps), seed)
            for one in sets:
                one.require_gradients(names)
    require_behaviour(cell, source, TOLERANCE)


def own_check(source: str, seed: int = 0, steps: int = 5) -> float:
    """Return the largest error that a module finds in its own gradients; nan if it is not finite."""
    return float(run(source)["check"](seed, steps))


def run(source: str) -> dict[str, Any]:
    """Return the names of a module."""
    # The source is our own, and the names in it have been through `Names`.
    names: dict[str, Any] = {"__name__": "generated"}
    exec(builtins.compile(source, "<generated>", "exec"), names)
    return names


def _require_own(cell: Cell, error: float, seed: int) -> None:
    if not error <= TOLERANCE:
        raise CheckError(
            f"the code for {cell.name} finds its own gradients wrong: error {error:.3g}, allowed "
            f"{TOLERANCE:.0e}, seed {seed}. Nothing is written; please report the cell"
        )


# -- sets of data ----------------------------------------------------------------------------------


def _sets(cell: Cell, names: Mapping[str, Any], seed: int) -> Iterator[TrialData]:
    """Yield short and long sequences, saturated ones, and those on which every unit is at a kink."""
    short = _drawn(cell, names, seed, STEPS)
    if not _is_defined(cell, short):
        raise CheckError(
            f"cell {cell.name}: on random data and initial states some quantity is not a number, as the "
            "root or logarithm of a negative one; the code cannot be compared with the equations there. "
            "Write what has a value everywhere, such as abs(…) or a square below the root"
        )
    yield short
    yield _drawn(cell, names, seed, LONG)
    yield _saturated(cell, short)
    kinks = _at_kinks(cell, short)
    if _is_defined(cell, kinks) and _is_differentiable(cell, kinks):
        yield kinks


def trial_data(cell: Cell, source: str) -> TrialData:
    """Return short random data for a module."""
    return _drawn(cell, run(source), SEEDS[0], STEPS)


def _drawn(cell: Cell, names: Mapping[str, Any], seed: int, steps: int) -> TrialData:
    rng = np.random.default_rng(seed)
    sizes = {str(size): n for n, size in enumerate(cell.dimensions, 2)}
    size_of: Callable[[Any, Mapping[str, int]], int] = names["size_of"]

    def draw(size: Any, *more: int) -> Array:
        parts = size if isinstance(size, list) else [size]
        found: Array = rng.normal(size=(*more, *(size_of(part, sizes) for part in parts))) / 2
        return found

    parameters: dict[str, Array] = {
        name: rng.normal(size=[size_of(size, sizes) for size in shape]) / 2
        for name, shape in names["PARAMETERS"].items()
    }
    data = {name: draw(size, steps, SEQUENCES) for name, size in names["DATA"].items()}
    target = cell.target.name
    data[target] = rng.uniform(size=data[target].shape)
    return TrialData(
        parameters, data, {name: draw(size, SEQUENCES) for name, size in names["INITIAL"].items()}
    )


def _readout(cell: Cell) -> set[str]:
    """Return the names of the parameters in the definition of the logits."""
    return {p.name for p in atoms_of(cell.definition(cell.logits).expr, Parameter)}


def _saturated(cell: Cell, given: TrialData) -> TrialData:
    """Return data on which units are far from 0, and the largest logit is about `LARGE`."""
    general = cell.without_assumptions()
    derivation = Derivation(general, STEPS)
    each = (_multiplied(cell, given, far) for far in FAR[:-1])
    found = (data for data in each if _keeps_digits(derivation, data))
    return next(found, _multiplied(cell, given, FAR[-1]))


def _keeps_digits(derivation: Derivation, data: TrialData) -> bool:
    """Tell whether the derived gradients are those of complex steps: else no code has them."""
    cell = derivation.cell
    for one in data.passes(cell):
        evaluator = Evaluator(one, derivation.definitions)
        for p in cell.parameters:
            derived, wanted = (
                evaluator.value(side) for side in derivation.recursion.accumulated(p).sides
            )
            error, scale = np.abs(derived - wanted).max(), max(1.0, np.abs(wanted).max())
            # What is not finite is no number that could be compared either.
            if not error <= TOLERANCE / 10 * scale:
                return False
    return True


def _multiplied(cell: Cell, given: TrialData, by: float) -> TrialData:
    last, inputs = _readout(cell), {s.name for s in cell.inputs}
    parameters = {n: a if n in last else by * a for n, a in given.parameters.items()}
    data = {n: by * a if n in inputs else a for n, a in given.data.items()}
    far = TrialData(parameters, data, given.initial)
    steps = np.arange(1, STEPS + 1)
    largest = max(float(np.abs(p.value(cell.logits, steps)).max()) for p in far.passes(cell))
    scale = LARGE / largest if 0 < largest < float("inf") else 1.0
    return TrialData(
        {n: scale * a if n in last else a for n, a in parameters.items()}, data, far.initial
    )


def _at_kinks(cell: Cell, given: TrialData) -> TrialData:
    """Return data on which what comes before the logits is exactly 0: a slope there is taken as 0."""
    last = _readout(cell)
    zeros = {n: a if n in last else np.zeros_like(a) for n, a in given.parameters.items()}
    return TrialData(zeros, given.data, given.initial)


def _is_defined(cell: Cell, data: TrialData) -> bool:
    """Tell whether the equations have values on some data: 0/0 is none that could be compared."""
    general = cell.without_assumptions()
    with np.errstate(all="ignore"):
        passes = data.passes(general)
    return not any(
        bool(np.isnan(one.columns[e.variable][1 : one.steps + 1]).any())
        for one in passes
        for e in general.equations
    )


def _is_differentiable(cell: Cell, data: TrialData) -> bool:
    """Tell whether all gradients are numbers on some data: where 1/0 was lost in 0, they are not."""
    return all(np.isfinite(found).all() for found in _Compared(cell, data).gradients().values())


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

    def require_gradients(self, names: Mapping[str, Any]) -> None:
        """Raise a `CheckError` unless all gradients are those of the cell."""
        total, gradients = names["gradients"](*self._given)
        self._same("total", np.array([total]), np.array([self._total()]))
        for name, wanted in self.gradients().items():
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
            first = 0 if equation.variable in self.general.states else 1
            steps = np.arange(first, self.steps + 1)
            for sequence, one in enumerate(self.passes):
                wanted = one.plain(equation.variable, steps)
                # What is the same for all sequences may have a single one.
                rows = found[name][first : self.steps + 1]
                self._same(name, rows[:, sequence if rows.shape[1] > 1 else 0], wanted)
        self._same("total", np.array([found["total"]]), np.array([self._total()]))

    def gradients(self) -> dict[str, Array]:
        """Return the gradients by complex steps through the forward pass of each sequence."""
        found: dict[str, Array] = {}
        for p in self.cell.parameters:
            each = [self._by(e, p) for e in self.evaluators]
            found[p.name] = np.sum(each, axis=0).reshape(self.data.parameters[p.name].shape)
        for state in self.cell.states:
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
                f"cell do, T = {self.steps}: {np.array2string(found, precision=6)} instead of "
                f"{np.array2string(wanted, precision=6)}. Nothing is written; please report the "
                "cell"
            )

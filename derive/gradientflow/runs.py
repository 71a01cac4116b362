"""Seeded runs of a cell for measuring gradient flow; the table of them is ``experiments.toml``."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, fields
from functools import cache, cached_property
from itertools import product
from typing import Any

import numpy as np
from sympy import Expr

from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.checks.loaded import load
from derive.checks.required import require
from derive.checks.seeded import require_run
from derive.errors import SpecError, UsageError
from derive.expressions.shapes import number
from derive.gradientflow.confirmed import require_flow
from derive.gradientflow.drawn import require_drawn
from derive.gradientflow.measure import Flow, recurrent_weights
from derive.gradientflow.theorems import bases
from derive.numerics.initialisation import draw
from derive.numerics.trace import ForwardPass
from derive.resources import templates_root
from derive.suggest import suggestion


@dataclass(frozen=True)
class Experiment:
    """The settings of one run; ``inputs`` is the standard deviation of each entry of U x_t."""

    name: str
    cell: str = "elman"
    activation: str = "tanh"
    matrix: str = "orthogonal"
    scale: float = 1.0
    inputs: float = 0.0
    n: int = 16
    steps: int = 100


@dataclass(frozen=True)
class Run:
    """An experiment carried out with one seed."""

    experiment: Experiment
    seed: int
    derivation: Derivation
    trace: ForwardPass

    @cached_property
    def flow(self) -> Flow:
        """Return the step Jacobians and their products, checked."""
        made = Flow(self.derivation, self.trace)
        require_flow(made)
        return made


@cache
def table() -> dict[str, Experiment]:
    """Return the experiments that ship, by name; a `SpecError` names what is wrong in the file."""
    path = templates_root() / "experiments.toml"
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise SpecError(f"{path}: not TOML: {error}") from error
    defaults = data.get("defaults", {})
    rows = {name: {**defaults, **row} for name, row in data.get("experiment", {}).items()}
    for name, sweep in data.get("sweep", {}).items():
        rows |= _expanded(name, {**defaults, **sweep})
    return {name: _experiment(name, row, str(path)) for name, row in rows.items()}


def _expanded(name: str, sweep: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return a row for each combination of the values of those settings that are lists."""
    varied = [key for key, value in sweep.items() if isinstance(value, list)]
    rows = {}
    for values in product(*(sweep[key] for key in varied)):
        ending = "-".join(str(value) for value in values)
        rows[f"{name}-{ending}"] = {**sweep, **dict(zip(varied, values, strict=True))}
    return rows


def _experiment(name: str, row: dict[str, Any], where: str) -> Experiment:
    types = {f.name: f.type for f in fields(Experiment) if f.name != "name"}
    readers: dict[object, type | tuple[type, ...]] = {"str": str, "int": int, "float": (int, float)}
    for key, value in row.items():
        if key not in types:
            raise SpecError(f"{where}: experiment {name} has {key!r}; {suggestion(key, types, '')}")
        if not isinstance(value, readers[types[key]]) or isinstance(value, bool):
            raise SpecError(f"{where}: experiment {name}: {key} = {value!r} is not a {types[key]}")
    return Experiment(name, **row)


def experiment(name: str) -> Experiment:
    """Return an experiment of the table; an unknown name is a `UsageError`."""
    if name not in table():
        raise UsageError(f"unknown experiment {name!r}: expected one of {', '.join(table())}")
    return table()[name]


@cache
def derivation_of(cell: str, activation: str) -> Derivation:
    """Return the derivation that experiments on a cell share: its Jacobian holds for every step.

    A `CheckError` names the equation that fails, if one does that their results rest on.
    """
    made = Derivation(load(cell, activation=activation), 1)
    require(made, bases(made))
    return made


def carry_out(e: Experiment, seed: int) -> Run:
    """Return the run of an experiment; the same seed gives the same matrix and inputs at any scale.

    Weights other than the recurrent ones are normal with variance 1/columns, targets are one-hot,
    the initial state is 0. A `CheckError` for numbers that cannot have been drawn so.
    """
    derivation = derivation_of(e.cell, e.activation)
    cell = derivation.cell
    weights = recurrent_weights(derivation)
    rng = np.random.default_rng([seed, e.n])
    d, m = 3, 4
    sizes = dict(zip(cell.dimensions, (d, e.n, m), strict=True))
    recurrent = draw(e.matrix, e.scale, e.n, rng)

    def size(symbol: Expr) -> int:
        return number(symbol, sizes)

    parameters = {}
    for p in cell.parameters:
        rows, columns = size(p.shape[0]), size(p.shape[1])
        free = rng.normal(size=(rows, columns)) / np.sqrt(columns)
        parameters[p.name] = recurrent if p == weights else free
    series = {s.name: e.inputs * rng.normal(size=(e.steps, size(s.shape[0]))) for s in cell.inputs}
    classes = size(cell.target.shape[0])
    series[cell.target.name] = np.eye(classes)[rng.integers(0, classes, size=e.steps)]
    initial = {s.name: np.zeros(size(s.shape[0])) for s in cell.states}
    trace = ForwardPass(cell, parameters, series, initial)
    require_drawn(trace, weights, e.matrix, e.scale, e.inputs)
    require_run(
        trace, seed, stream=e.n, scale=e.scale, inputs=e.inputs, recurrent=weights, kind=e.matrix
    )
    return Run(e, seed, derivation, trace)


REGIMES = ("vanishing", "steady", "exploding", "saturated")
"""The runs that the handout shows."""


def of_regimes(cell: Cell) -> bool:
    """Tell whether a cell is the network of the three regimes: the same equations, the loss included."""
    networks = [derivation_of(e.cell, e.activation).cell for e in map(experiment, REGIMES)]
    return all(network.equations == cell.equations for network in networks)


def three_regimes(seed: int) -> tuple[Run, ...]:
    """Return the runs of the handout: orthogonal weights scaled below, at and above 1, states at 0.

    The fourth has the weights of the third and inputs: saturation makes the product vanish.
    """
    return tuple(carry_out(experiment(name), seed) for name in REGIMES)

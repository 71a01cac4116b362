"""The loss of one unit along its recurrent weight: a cliff, and steps from it (Pascanu et al. 2013)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.cells.cell import Cell
from derive.checks.loaded import load
from derive.checks.required import require
from derive.expressions.quantities import Parameter
from derive.gradientflow.clipping import by_norm
from derive.gradientflow.measure import recurrent_weights
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

STEPS = 20
INPUT, START, TARGET = -0.2, 1.0, 0.5
"""What U x_t is at each step, the initial state, and what the last state should be."""

RATE, LIMIT = 0.02, 2.0
"""Of a step of gradient descent, and of the norm of a clipped gradient."""

WEIGHTS = np.linspace(0.8, 2.4, 321)

DECIMALS = 4
"""Of the steepest weight."""


@dataclass(frozen=True)
class Cliff:
    """The loss for each weight; the steepest of them, the slope there, and where two steps lead.

    Points are a weight and its loss.
    """

    cell: Cell
    parameter: Parameter
    weights: Array
    losses: Array
    steepest: tuple[float, float]
    slope: float
    plain: tuple[float, float]
    clipped: tuple[float, float]


def unit() -> Cell:
    """Return the simple network whose loss is half the squared error of the last output."""
    return load("elman", output_layer="linear", loss="last", initial="given")


def cliff() -> Cliff:
    """Return the loss along the weight and two steps from its steepest point, by the derived gradient.

    A `CheckError` names an equation that the gradient rests on, if one fails.
    """
    derivation = Derivation(unit(), STEPS)
    W = recurrent_weights(derivation)
    gradient = derivation.recursion.accumulated(W)
    require(Derivation(derivation.cell, 3), [gradient])

    def slope(weight: float) -> float:
        evaluator = Evaluator(_pass(derivation.cell, weight), derivation.definitions)
        return float(evaluator.at(gradient.sides[-1])[0, 0])

    losses = np.array([_loss(derivation.cell, weight) for weight in WEIGHTS])
    rises = np.abs(np.gradient(losses, WEIGHTS))
    # As many decimals as are printed, so that what follows can be computed from that.
    start = round(_steepest(slope, int(np.argmax(rises))), DECIMALS)
    found = slope(start)

    def after(step: float) -> tuple[float, float]:
        return start - RATE * step, _loss(derivation.cell, start - RATE * step)

    cut = float(by_norm(np.array([found]), LIMIT)[0])
    steepest = (start, _loss(derivation.cell, start))
    return Cliff(derivation.cell, W, WEIGHTS, losses, steepest, found, after(found), after(cut))


def _steepest(slope: Callable[[float], float], near: int) -> float:
    """Return where the slope is largest in size, between the neighbours of a weight of the curve.

    There it has one maximum, round which the interval is cut down by a third at a time.
    """
    low, high = float(WEIGHTS[near - 1]), float(WEIGHTS[near + 1])
    while high - low > 10.0 ** -(DECIMALS + 1):
        left, right = low + (high - low) / 3, high - (high - low) / 3
        if abs(slope(left)) < abs(slope(right)):
            low = left
        else:
            high = right
    return (low + high) / 2


def _pass(cell: Cell, weight: float) -> ForwardPass:
    """Return the run of one unit with this recurrent weight."""
    (x,) = cell.inputs
    values = {"U": INPUT, "W": weight, "V": 1.0}
    parameters = {p.name: np.array([[values[p.name]]]) for p in cell.parameters}
    series = {x.name: np.ones((STEPS, 1)), cell.target.name: np.full((STEPS, 1), TARGET)}
    return ForwardPass(cell, parameters, series, {cell.state.name: np.array([START])})


def _loss(cell: Cell, weight: float) -> float:
    return float(_pass(cell, weight).value(cell.loss_series, STEPS)[0, 0])

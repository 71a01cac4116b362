"""The step Jacobians of a run against the forward pass, at every step; radii of their products, anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from sympy import Identity, MatrixExpr, OneMatrix

from derive.arrays import Array
from derive.errors import CheckError
from derive.expressions.algebra import add, mul
from derive.expressions.functions import Apply, Slope
from derive.expressions.named import Named, NamedSlope
from derive.expressions.walk import atoms_of
from derive.gradientflow.measure import Flow
from derive.numerics.directional import EachStep
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ROUNDING, STEP

SHOWN = 1e-12
"""Of the terms of a sum: more than rounding leaves of it without a loss."""

NEAR = 1e-9
"""By how much a logarithm of a radius may differ that is computed in two ways."""

LOST = 30.0
"""Times what changes if everything is rounded otherwise."""

SEEDS = range(3)

MANY_SEEDS = range(8)
"""Of thousands of entries one may move little in three of such roundings, but in so many hardly one."""

NEGLECTED = 1e6 * STEP**2
"""What the square of a complex step may add where nothing is left beside it, as of g² where g is 0."""

SQUARED = 50
"""So often is a product squared: the norm of the power, to one over its exponent, is the radius."""


def moved_states(flow: Flow) -> tuple[Array, Array]:
    """Return a direction for the state before each step, and how the next one moves along it.

    Both (T, n), by one step of the forward pass from each step; no rule of the derivation is used.
    """
    shape = (flow.steps, len(flow.jacobians[0]))
    directions = np.random.default_rng(shape).normal(size=shape)
    return directions, EachStep(flow.trace, directions).along()


def require_jacobians(flow: Flow) -> None:
    """Raise a `CheckError` unless each step Jacobian is the derivative of the forward pass there."""
    directions, wanted = moved_states(flow)
    found = _along(flow.jacobians, directions)
    sizes = _along(np.abs(flow.jacobians), np.abs(directions))
    apart = np.abs(found - wanted)
    wrong = ~(apart <= SHOWN * sizes + NEGLECTED)
    if wrong.any():
        # Of 1 − s², where s is almost 1, rounding leaves few digits, and of the slope at a large number
        # that is rounded as well: that is no fault.
        lost = np.ptp([_along(_rounded(flow, seed), directions) for seed in MANY_SEEDS], axis=0)
        near = [EachStep(flow.trace.rounded(seed), directions).along() for seed in MANY_SEEDS]
        lost = lost + np.ptp(near, axis=0)
        wrong = ~(apart <= SHOWN * sizes + LOST * lost + NEGLECTED)
    if wrong.any():
        step, row = np.argwhere(wrong)[0].tolist()
        raise CheckError(
            f"J_{step + 1} of {flow.derivation.cell.name} are not those of the forward pass: along a "
            f"random direction {found[step, row]:.9g} instead of {wanted[step, row]:.9g}. Nothing is "
            "said; please report it"
        )


def require_radii(flow: Flow) -> None:
    """Raise a `CheckError` unless the spectral radii of all products are those of the Jacobians.

    These are multiplied up again, and each product is squared many times (Gelfand 1941).  Where the
    last digits of the Jacobians move a radius, as they do of a matrix that is far from normal, it may
    be off by as much.
    """
    factors = np.array(flow.jacobians)[::-1]
    wanted, norms = _radii(factors)
    drawn = (
        np.random.default_rng([seed, len(factors)]).normal(size=factors.shape) for seed in SEEDS
    )
    near = [_radii(factors * (1 + ROUNDING * one))[0] for one in drawn]
    found, size = flow.log_radii, len(factors[0])
    with np.errstate(invalid="ignore"):
        lost = np.max([np.where(one == wanted, 0.0, np.abs(one - wanted)) for one in near], axis=0)
        same = (found == wanted) | (np.abs(found - wanted) <= NEAR + LOST * lost)
    # Of a power that is 0, an eigenvalue of no digits is the root of what rounding leaves.
    nothing = (wanted == -np.inf) & (found <= norms + np.log10(size * ROUNDING) / size + 1)
    if found.shape != wanted.shape or not (same | nothing).all():
        lag = int((~(same | nothing)).argmax())
        raise CheckError(
            f"a spectral radius is not that of the step Jacobians: at lag {lag} its logarithm is "
            f"{found[lag]:.9g} instead of {wanted[lag]:.9g}. Nothing is said; please report it"
        )


def _along(jacobians: list[Array] | Array, directions: Array) -> Array:
    found: Array = np.einsum("tij,tj->ti", np.asarray(jacobians), directions)
    return found


def _rounded(flow: Flow, seed: int) -> list[Array]:
    """Return the step Jacobians, all quantities, functions and slopes as rounding may leave them.

    Of a slope, with a name or without, it leaves what it does of a number of order 1, as slopes are
    differences of such numbers.
    """
    diagonals = set(flow.derivation.shared.jacobians.diagonals.values())
    lost = ROUNDING * float(np.random.default_rng(seed).normal())

    def rounded(expr: MatrixExpr) -> MatrixExpr:
        changed = {f: mul(1 + lost, f) for f in atoms_of(expr, (Apply, Named))}
        slopes = atoms_of(expr, (Slope, NamedSlope))
        changed |= {f: add(f, mul(lost, OneMatrix(*f.shape))) for f in slopes}
        return expr.xreplace(changed)

    named = [
        replace(n, expr=add(n.expr, mul(lost, Identity(n.series.shape[0]))))
        if n.series in diagonals
        else replace(n, expr=rounded(n.expr))
        for n in flow.derivation.definitions
    ]
    evaluator, J = Evaluator(flow.trace.rounded(seed), named), flow.derivation.shared.J
    return [evaluator.at(J[step]) for step in range(1, flow.steps + 1)]


def _radii(factors: Array) -> tuple[Array, Array]:
    """Return log10 of the radii and of the norms of the products of the first factors, of none first."""
    made: Array = np.eye(len(factors[0]))
    products: list[Array] = [made]
    logs: list[float] = [0.0]
    for factor in factors:
        made = made @ factor
        largest = float(np.abs(made).max()) or 1.0
        made = made / largest
        products.append(made)
        logs.append(logs[-1] + float(np.log10(largest)))
    power, scale = np.array(products), np.zeros(len(products))
    with np.errstate(divide="ignore", invalid="ignore"):
        norms = np.array(logs) + np.log10(np.linalg.norm(power, 2, axis=(-2, -1)))
        for times in range(1, SQUARED + 1):
            power = power @ power
            largest = np.abs(power).max(axis=(-2, -1))
            scale = scale + np.log10(largest) / 2.0**times
            power = power / np.where(largest > 0, largest, 1.0)[:, None, None]
    return np.array(logs) + scale, norms

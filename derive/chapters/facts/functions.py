"""Facts of the functions in a cell and of the products of its columns, most of them in two ways."""

from __future__ import annotations

import numpy as np
from sympy import Identity

from derive.calculus.activations import activation
from derive.chapters.facts.facts import AGAIN, FACTS, CellFacts, Fact, Second, again, fact, small
from derive.expressions.algebra import Hadamard
from derive.expressions.elision import shown_steps
from derive.expressions.functions import Apply
from derive.expressions.walk import atoms_of

BESIDE_ZERO = 1e-9
"""How far from zero a slope is taken to see whether it jumps there."""

JUMP = 1e-3
"""By how much a slope changes that has a kink, and one without it does not."""

ALONG = np.linspace(-3.0, 3.0, 13)
"""Where a function is compared with another."""


def _functions(f: CellFacts) -> set[str]:
    return {a.function for e in f.cell.equations for a in atoms_of(e.expr, Apply)}


@fact
def _kinks(f: CellFacts) -> bool:
    """Tell whether a function in the cell has points without a derivative."""
    return any(activation(name).kinks for name in _functions(f))


@again
def _kinks(f: CellFacts) -> bool | None:  # type: ignore[no-redef]
    """Tell whether a slope jumps at zero."""
    points = np.array([-BESIDE_ZERO, BESIDE_ZERO])
    jumps = [np.ptp(np.asarray(activation(name).slope(points))) for name in _functions(f)]
    return True if any(jump > JUMP for jump in jumps) else None


def _uses(name: str) -> Fact:
    """Return whether a named slope is that of a function."""

    def found(f: CellFacts) -> bool:
        named = f.derivation.shared.jacobians.diagonals
        return any(f.cell.definition(v).expr.function == name for v in named)

    return found


def _slope_in_output(values: object) -> Second:
    """Return whether a function of the cell has the slope that is said of it, in its own output."""

    def found(f: CellFacts) -> bool | None:
        fits = (activation(name) for name in _functions(f))
        return (
            None
            if any(small(row.slope(ALONG) - values(row.value(ALONG))) for row in fits)
            else False
        )

    return found


FACTS |= {"uses-tanh": _uses("tanh"), "uses-sigmoid": _uses("sigmoid")}
AGAIN |= {
    "uses-tanh": _slope_in_output(lambda y: 1 - y * y),
    "uses-sigmoid": _slope_in_output(lambda y: y * (1 - y)),
}


@fact
def _products_of_columns(f: CellFacts) -> bool:
    """Tell whether a quantity of a step has a product of columns in it, component by component."""
    own = [e for e in f.cell.equations if e.variable != f.cell.loss_series]
    found = (product for e in own for product in atoms_of(e.expr, Hadamard))
    return any(product.shape != (1, 1) for product in found)


@fact
def _identity_matrix(f: CellFacts) -> bool:
    """Tell whether an identity matrix stands in a step Jacobian."""
    d = f.derivation
    parts = [d.shared.J, *d.shared.jacobians.parts.values()]
    return any(True for part in parts for _ in atoms_of(d.shared.expression_of(part), Identity))


@fact
def _steps_left_out(f: CellFacts) -> bool:
    """Tell whether formulas over all steps are written with dots."""
    return len(shown_steps(f.steps)) < f.steps

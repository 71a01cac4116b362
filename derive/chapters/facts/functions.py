"""Facts of the functions in a cell, of the products of its columns, and of dots in its formulas."""

from __future__ import annotations

from sympy import MatrixExpr

from derive.bptt import unroll
from derive.calculus.activations import activation
from derive.chapters.facts.facts import FACTS, CellFacts, Fact, fact
from derive.expressions.algebra import Hadamard
from derive.expressions.elision import shown_steps
from derive.expressions.functions import Apply, Log, Quotient, Slope
from derive.expressions.introduced import Introduced, Role
from derive.expressions.named import NamedSlope, named_in
from derive.expressions.pointwise import Maximum, Minimum, PointwisePower
from derive.expressions.quantities import At, t
from derive.expressions.walk import atoms_of, series_in


def functions_in(f: CellFacts) -> set[str]:
    """Return the functions of a cell, by their names."""
    return {a.function for e in f.cell.equations for a in atoms_of(e.expr, Apply)}


@fact
def _kinks(f: CellFacts) -> bool:
    """Tell whether an operation in the cell has points without a derivative, or without a value."""
    aside = (f.cell.loss_series, f.cell.weight)
    own = [e.expr for e in f.cell.equations if e.variable not in aside]
    own += [node.expanded for node in named_in(own)]
    rows = [activation(a.function) for expr in own for a in atoms_of(expr, Apply)]
    return (
        any(row.kinks or row.name in WITH_AN_END for row in rows)
        or any(True for expr in own for _ in atoms_of(expr, (Log, Maximum, Minimum, Quotient)))
        or any(p.exponent < 1 or not p.exponent.is_Integer
               for expr in own for p in atoms_of(expr, PointwisePower))
    )  # fmt: skip


WITH_AN_END = ("log", "sqrt")
"""Functions that have no derivative at 0, where their values begin."""


def _uses(name: str) -> Fact:
    """Return whether a slope that a step takes is that of a function."""

    def found(f: CellFacts) -> bool:
        return any(a.function == name for expr in _of_steps(f) for a in atoms_of(expr, Apply))

    return found


def _of_steps(f: CellFacts) -> list[MatrixExpr]:
    """Return what the quantities of a step are, but for the output and the loss."""
    beside = (f.cell.output, f.cell.loss_series)
    return [e.expr for e in f.cell.equations if e.variable not in beside]


FACTS |= {f"uses-{name}": _uses(name) for name in ("tanh", "sigmoid", "exp", "softplus", "sqrt")}


@fact
def _uses_quotient(f: CellFacts) -> bool:
    """Tell whether a quantity of a step is divided by another, component by component."""
    found = (q for expr in _of_steps(f) for q in atoms_of(expr, Quotient))
    return any(True for quotient in found for _ in series_in(quotient.args[1]))


@fact
def _primed_functions(f: CellFacts) -> bool:
    """Tell whether a derivative that is written with a prime is written out as an equation."""
    return any(isinstance(e.left, Slope | NamedSlope) for e in unroll.functions(f.cell))


@fact
def _products_of_columns(f: CellFacts) -> bool:
    """Tell whether a quantity of a step has a product of columns in it, component by component."""
    own = [e for e in f.cell.equations if e.variable != f.cell.loss_series]
    found = (product for e in own for product in atoms_of(e.expr, Hadamard))
    return any(product.shape != (1, 1) for product in found)


@fact
def _steps_left_out(f: CellFacts) -> bool:
    """Tell whether formulas over all steps are written with dots."""
    return len(shown_steps(f.steps)) < f.steps


@fact
def _later_factors(f: CellFacts) -> bool:
    """Tell whether something of the next step stands beside an adjoint in the algorithm."""
    sides = (step.right for step in f.derivation.recursion.steps())
    found = (at for side in sides for at in atoms_of(side, At) if at.indices == (t + 1,))
    return any(not is_adjoint(at) for at in found)


def is_adjoint(at: At) -> bool:
    """Tell whether this is what arrives at a quantity from the losses."""
    return isinstance(at.series, Introduced) and at.series.role is Role.ADJOINT

"""How the gradient of one loss is spread over the steps at which a parameter is used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sympy import Integer

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.expressions.quantities import Parameter, k
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass


@dataclass(frozen=True)
class Contributions:
    """The terms of ∇_p L_T by their lag: ``terms[0]`` is that of step T; (T, *shape of p)."""

    terms: Array

    @cached_property
    def norms(self) -> Array:
        """Return the Frobenius norm of each term, (T,), by lag."""
        return np.linalg.norm(self.terms, axis=(1, 2))

    @property
    def gradient(self) -> Array:
        """Return the sum of all terms."""
        return self.terms.sum(axis=0)

    def share(self, last: int) -> float:
        """Return the part of the sum of the norms that the terms of the ``last`` steps hold."""
        return float(self.norms[:last].sum() / self.norms.sum())

    def missing(self, last: int) -> float:
        """Return ‖gradient − its last terms‖ / ‖gradient‖: the error of leaving out all others."""
        rest = self.terms[last:].sum(axis=0)
        return float(np.linalg.norm(rest) / np.linalg.norm(self.gradient))


LAST_DIGITS = 1e-14
"""By how much parameters are moved, relative to them, to see what rounding makes of a result."""

STEADY = 1e-7
"""How far a result that is told may then move, relative to it: a tenth of what its check allows."""


def are_steady(derivation: Derivation, trace: ForwardPass, parameter: Parameter) -> bool:
    """Tell whether the contributions to ∇_p L_T are more than rounding makes them.

    Where terms cancel, as in a network whose states are all alike and start alike, what is left of a
    contribution is what was rounded, and grows over many steps. Both sides are computed here: were the
    ones that are to be shown compared, wrong ones would be left out, and not refused.
    """
    here, moved = (
        contributions(derivation, one, parameter).terms for one in (trace, _moved(trace))
    )
    return bool(np.linalg.norm(moved - here) <= STEADY * np.linalg.norm(here))


def _moved(trace: ForwardPass) -> ForwardPass:
    """Return the same pass with parameters that are larger or smaller in their last digits."""
    rng = np.random.default_rng(0)
    parameters = {
        p.name: trace.parameter(p)
        * (1 + LAST_DIGITS * rng.choice([-1.0, 1.0], size=trace.parameter(p).shape))
        for p in trace.cell.parameters
    }
    given = {s.name: trace.columns[s][1:-1] for s in trace.cell.given}
    return ForwardPass(trace.cell, parameters, given, trace.begin())


def contributions(
    derivation: Derivation, trace: ForwardPass, parameter: Parameter
) -> Contributions:
    """Return the contributions to ∇_p L_T by the derived formula; T is the trace's.

    ``parameter`` must be one that enters the state.
    """
    evaluator = Evaluator(trace, derivation.definitions)
    last = trace.steps
    term = derivation.substitution.substituted_term(parameter, Integer(last), k)
    # What a parameter does to the loss of its own step past the state belongs to the last step.
    whole = derivation.substitution.single_contribution(parameter, last, last).right.args[0]
    found = [evaluator.value(whole), *(evaluator.value(term, k=s) for s in range(last - 1, 0, -1))]
    return Contributions(np.array(found))

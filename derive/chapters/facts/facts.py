"""The facts of one derivation, by name, on its numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.checks.proof import Proof
from derive.checks.verify import TOLERANCE
from derive.document.text import Value
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.gradientflow.measure import Flow
from derive.numerics.evaluate import Evaluator
from derive.numerics.sample import Sample
from derive.numerics.stress import far_passes, saturated_passes
from derive.numerics.trace import ForwardPass
from derive.proving.general import GeneralProof
from derive.suggest import suggestion

Fact = Callable[..., bool]

Second = Callable[..., bool | None]

FACTS: dict[str, Fact] = {}

AGAIN: dict[str, Second] = {}
"""The second way of facts, by their names; None is said where it cannot tell."""

REFUTED: dict[str, Callable[..., bool]] = {}
"""Whether numbers refute a fact that says something of all data, by its name; of any network."""

SURE: set[str] = set()
"""Facts whose second way holds for any network: those on the loss, which a user does not write."""


NEAR = 1e-7
"""Beside the size of what is compared: how far two ways of computing may be apart."""


def fact(function: Fact) -> Fact:
    """Note a fact under its name, with hyphens."""
    FACTS[function.__name__.strip("_").replace("_", "-")] = function
    return function


def again(function: Second) -> Second:
    """Note the second way of a fact under the name of the fact."""
    AGAIN[function.__name__.strip("_").replace("_", "-")] = function
    return function


def surely(function: Second) -> Second:
    """Note the second way of a fact, which is tried on the networks of users, too."""
    made = again(function)
    SURE.add(function.__name__.strip("_").replace("_", "-"))
    return made


@dataclass
class CellFacts:
    """The facts of one derivation, on its samples; ``example`` are the numbers of the example.

    ``traces`` are runs that sentences speak of, by what a chapter calls them; ``proofs`` are those for
    small sizes, ``general`` is that for every size; ``seed`` is that of its numbers; ``shown`` are the
    equations of the document, once it is whole, and ``elsewhere`` the ids of those of other networks.
    """

    derivation: Derivation
    samples: list[Sample]
    example: ForwardPass | None = None
    traces: dict[str, ForwardPass] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    general: GeneralProof | None = None
    seed: int = 0
    shown: list[Equation] = field(default_factory=list)
    elsewhere: frozenset[str] = frozenset()

    def holds(self, name: str, *about: Value) -> bool:
        """Tell whether a fact holds; a `CheckError` for none, or where its second way disagrees."""
        if name not in FACTS:
            raise CheckError(f"no fact {name!r}: {suggestion(name, FACTS)}")
        found = FACTS[name](self, *about)
        again = AGAIN[name](self, *about) if name in AGAIN else None
        # Of a user's network one way decides most facts: the second is tried on those that ship.
        tried = self.cell.title is None or name in SURE
        if again is not None and again is not bool(found) and tried:
            raise CheckError(
                f"it is said that {name!r} is {bool(found)} of {self.cell.name}, and it is {again} if "
                "computed a second way. Nothing is written; correct the fact, in "
                "derive/chapters/facts"
            )
        if found and name in REFUTED and REFUTED[name](self, *about):
            raise CheckError(
                f"it is said that {name!r} is so of {self.cell.name}, and numbers refute it. Nothing is "
                "written; correct the fact, in derive/chapters/facts"
            )
        return found

    @property
    def cell(self) -> Any:
        """Return the cell."""
        return self.derivation.cell

    @property
    def steps(self) -> int:
        """Return the horizon T."""
        return self.derivation.steps

    @property
    def own(self) -> list[Equation]:
        """Return the equations of the document that are about this network."""
        return [equation for equation in self.shown if equation.id not in self.elsewhere]

    @cached_property
    def evaluators(self) -> list[Evaluator]:
        """Return what evaluates on each sample."""
        return [Evaluator(s.trace, self.derivation.definitions) for s in self.samples]

    @cached_property
    def weights(self) -> Array:
        """Return w_1 … w_T of each sample: by how much the loss of a step counts."""
        weight = self.cell.weight
        if weight is None:
            return np.ones((len(self.samples), self.steps))
        return np.array(
            [[e.at(weight[n]).item() for n in range(1, self.steps + 1)] for e in self.evaluators]
        )

    @cached_property
    def outputs(self) -> list[Array]:
        """Return the outputs of all steps of each sample, (T, m)."""
        o, steps = self.cell.output, range(1, self.steps + 1)
        return [np.array([e.at(o[n])[:, 0] for n in steps]) for e in self.evaluators]

    @cached_property
    def saturated(self) -> list[float]:
        """Return the largest norm of a step Jacobian on each pass with huge inputs.

        Passes on which there is none are left out, as where two sigmoids are 0 and one is divided by
        their sum.
        """
        return self._largest(far_passes(self.cell))

    @cached_property
    def flat(self) -> list[float]:
        """Return the same on each pass on which the units alone are far from zero, and no softmax is."""
        return self._largest(saturated_passes(self.cell))

    def _largest(self, traces: list[ForwardPass]) -> list[float]:
        with np.errstate(all="ignore"):
            passes = (Flow(self.derivation, trace) for trace in traces)
            found = [flow for flow in passes if np.isfinite(flow.jacobians).all()]
        return [float(flow.factor_singular[1:, 0].max()) for flow in found]

    def on_zero_start(self, expr: Any) -> list[Array]:
        """Return the values of an expression on the samples whose initial state is zero."""
        pairs = zip(self.samples, self.evaluators, strict=True)
        return [e.at(expr) for s, e in pairs if s.zero_start]


def small(error: Array | float) -> bool:
    """Tell whether an error is no more than an equation may have."""
    return bool(np.max(np.abs(error)) <= TOLERANCE)

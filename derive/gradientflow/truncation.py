"""Truncated backpropagation through time: which contributions it keeps, and what that costs.

Two forms that give different numbers (Williams and Peng 1990 describe both families): the *window*
takes each loss back over its last h steps; *chunks* cut the sequence into pieces of h steps, and no
gradient passes from a piece to the one before.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from derive.arrays import Array
from derive.bptt.derivation import Derivation
from derive.expressions.quantities import Parameter, k, t
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass


@dataclass(frozen=True)
class Truncation:
    """All contributions to ∇_p L: ``terms[t - 1][k - 1]`` is that of the use at step k to L_t."""

    terms: tuple[Array, ...]

    @cached_property
    def full(self) -> Array:
        """Return the gradient of the total loss."""
        return np.sum([kept.sum(axis=0) for kept in self.terms], axis=0)

    def window(self, h: int) -> Array:
        """Return what remains if each loss is taken back over h steps, its own included."""
        return np.sum([kept[-h:].sum(axis=0) for kept in self.terms], axis=0)

    def chunks(self, h: int) -> Array:
        """Return what remains if the sequence is cut after every h steps."""
        starts = [(step // h) * h for step in range(len(self.terms))]
        return np.sum(
            [kept[s:].sum(axis=0) for kept, s in zip(self.terms, starts, strict=True)], axis=0
        )

    def bias(self, truncated: Array) -> float:
        """Return ‖truncated − full‖ / ‖full‖."""
        return float(np.linalg.norm(truncated - self.full) / np.linalg.norm(self.full))

    def cosine(self, truncated: Array) -> float:
        """Return the cosine of the angle between a truncated gradient and the full one."""
        return cosine(truncated, self.full)


def cosine(a: Array, b: Array) -> float:
    """Return the cosine of the angle between two arrays, read as vectors."""
    return float((a * b).sum() / (np.linalg.norm(a) * np.linalg.norm(b)))


def truncation(derivation: Derivation, trace: ForwardPass, parameter: Parameter) -> Truncation:
    """Return all contributions to the gradient of the total loss, by the derived formula."""
    evaluator = Evaluator(trace, derivation.definitions)
    term = derivation.substitution.substituted_term(parameter, t, k)
    every = range(1, trace.steps + 1)
    return Truncation(
        tuple(evaluator.at(term, {t: step, k: np.arange(1, step + 1)}) for step in every)
    )

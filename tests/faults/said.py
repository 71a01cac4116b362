"""Faults in what is said: advice, errors, captions, references, and guards that were taken out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from tests.faults.fault import Fault, instead

COMPARED = "run compare --values {values} --gradients {mine}"


def _advised(name: str, target: str, wrong: str, by: str) -> Fault:
    """Return a fault in the words of a mistake, which are looked for before they are needed."""

    def renamed(right: Any, *args: Any) -> Iterator[Any]:
        for one in right(*args):
            yield (
                (one[0].replace(wrong, by), *one[1:])
                if isinstance(one, tuple)
                else replace(one, says=one.says.replace(wrong, by))
            )

    return Fault(name, target, instead(renamed), (COMPARED,), r"was not looked for")


MUTATIONS, PATTERNS = "derive.gradcheck.compare.mutations", "derive.gradcheck.compare.patterns"

ADVICE = (
    _advised("advice the wrong way round", MUTATIONS, "W δ where Wᵀ δ belongs",
             "Wᵀ δ where W δ belongs"),
    _advised("uses that are counted too often", PATTERNS, "counted t − k + 1 times",
             "counted t + k times"),
    _advised("a Jacobian that is said to be applied twice", MUTATIONS,
             "of the softmax is left out", "of the softmax is applied twice"),
    _advised("a way through the state that is none", PATTERNS, "flows back through",
             "flows back but through"),
    _advised("a slope at the wrong quantity, turned", MUTATIONS, "taken at the pre-activation",
             "taken at the input"),
    _advised("an index that is another", "derive.gradcheck.mistakes.rows", "index -1", "index 0"),
    _advised("a state that is another", MUTATIONS, "the wrong step of s ", "the wrong step of o "),
    _advised("a product that begins elsewhere", "derive.gradcheck.mistakes.slips",
             "where k + 1 belongs", "where k + 2 belongs"),
)  # fmt: skip

FAULTS = (*ADVICE,)

"""What is proved for every number of steps and every size: a certificate, and what its checker says."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from derive.bptt.derivation import Derivation
from derive.budgets import most
from derive.cells.cell import Cell
from derive.expressions.equation import Equation
from derive.proving.certificate import STEPS, statement, text_of
from derive.proving.judged import ProofVerdict, judged
from derive.typesetting.printing import Printer


@dataclass(frozen=True)
class GeneralProof:
    """A certificate with the verdict on it, and the derivation that it is made of."""

    derivation: Derivation
    equations: tuple[Equation, ...]
    text: str
    verdict: ProofVerdict

    @property
    def whole(self) -> bool:
        """Tell whether every statement is proved."""
        return not self.open

    @cached_property
    def open(self) -> frozenset[str]:
        """Return the ids of the statements that are not proved."""
        return frozenset(id for id, _ in (*self.verdict.refused, *self.verdict.unruled))

    @cached_property
    def _stated(self) -> Mapping[str, Any]:
        return {one["id"]: one for one in json.loads(self.text)["statements"]}

    def states(self, equation: Equation) -> bool:
        """Tell whether an equation is stated as it is printed, for all its indices."""
        found = self._stated.get(equation.id)
        return found is not None and found == statement(Printer(dialect="plain"), equation)

    def proves(self, equation: Equation) -> bool:
        """Tell whether an equation is stated and proved."""
        return self.states(equation) and equation.id not in self.open


def proved_in_general(cell: Cell) -> GeneralProof:
    """Return what is proved of a cell; a statement that is refused is one that is not proved.

    Two formulas may be equal by an identity that the checker does not know. A `CheckError` if the
    checker breaks, or does not tell right from wrong.
    """
    derivation = Derivation(cell, STEPS)
    equations = tuple(derivation.equations())
    text = text_of(cell, equations)
    return GeneralProof(derivation, equations, text, _verdict(text, most("certificate-terms")))


@lru_cache(maxsize=8)
def _verdict(text: str, terms: int) -> ProofVerdict:
    return judged(text, most=terms)

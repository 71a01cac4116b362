"""What has been checked: one check per equation, by its id."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from derive.checks.proof import Proof
from derive.checks.readback import ReadingSource
from derive.checks.verify import Check, table
from derive.document.blocks import Document
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.proving.general import GeneralProof


class Checker(ReadingSource, Protocol):
    """What checks an equation on its data, and reads it back."""

    def require(self, equation: Equation) -> Check:
        """Return the check; a `CheckError` if the equation fails."""


@dataclass
class Report:
    """The checks of a document's equations, in the order in which they were made; and its proofs.

    ``proofs`` are those for small sizes, ``general`` is that for every size and number of steps.
    """

    seed: int
    by_id: dict[str, Check] = field(default_factory=dict)
    checkers: dict[str, Checker] = field(default_factory=dict)
    proofs: list[Proof] = field(default_factory=list)
    general: GeneralProof | None = None
    _checked: dict[str, Equation] = field(default_factory=dict)

    def require(self, equation: Equation, verifier: Checker) -> Equation:
        """Check an equation, note the result, and yield it; a `CheckError` if it fails."""
        if self._checked.get(equation.id) != equation:
            if equation.id in self._checked:
                raise CheckError(
                    f"two different equations have the id {equation.id}; ids must be unique"
                )
            self.by_id[equation.id] = verifier.require(equation)
            self.checkers[equation.id] = verifier
            self._checked[equation.id] = equation
        return equation

    @property
    def checks(self) -> tuple[Check, ...]:
        """Return all checks."""
        return tuple(self.by_id.values())

    @property
    def equations(self) -> tuple[Equation, ...]:
        """Return all equations that were checked."""
        return tuple(self._checked.values())

    @property
    def proved(self) -> frozenset[str]:
        """Return the ids of the equations that are proved for every number of steps and every size."""
        if self.general is None:
            return frozenset()
        return frozenset(e.id for e in self.equations if self.general.proves(e))

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, str]:
        return table(self.checks)

    def cover(self, document: Document) -> None:
        """Raise a `CheckError` if a displayed equation was not checked, or another object was."""
        for equation in document.equations():
            if self._checked.get(equation.id) != equation:
                raise CheckError(
                    f"equation {equation.id} of document {document.id} was not checked (seed "
                    f"{self.seed}); what is displayed must pass through Report.require"
                )

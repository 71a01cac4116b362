"""The check of a formula in which a letter stands for a gate: it is that of each gate."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sympy import MatrixExpr

from derive.bptt.gatewise import SharedEquation
from derive.checks.verify import Check, Verifier
from derive.errors import CheckError
from derive.expressions.equation import Equation
from derive.reading.vocabulary import Vocabulary


@dataclass(frozen=True)
class SharedChecker:
    """Checks and reads what several equations share, by the checks of each."""

    verifier: Verifier
    shared: SharedEquation

    def require(self, equation: Equation) -> Check:
        """Return the worst check; a `CheckError` if it says of a gate what is not its equation."""
        checks = []
        for gate, own in self.shared.instances.items():
            sides = tuple(self.shared.of(gate, side) for side in equation.sides)
            said = replace(own, sides=sides)
            if said != own or own.reasons != equation.reasons or own.kind is not equation.kind:
                raise CheckError(
                    f"equation {equation.id} does not say of the gate {gate} what {own.id} says. "
                    "Nothing is written; correct what finds the formula that gates share"
                )
            checks.append(self.verifier.require(said))
        worst = max(checks, key=lambda check: check.error)
        return replace(worst, id=equation.id, count=sum(check.count for check in checks))

    def vocabulary(self, equation: Equation, symbols: Mapping[str, str]) -> Vocabulary:
        """Return what the letters of the formula may stand for."""
        return self.verifier.vocabulary(equation, symbols)

    def apart(self, equation: Equation, read: MatrixExpr, meant: MatrixExpr) -> str | None:
        """Return of which gate what was read says something else than what is meant, and how."""
        for gate, own in self.shared.instances.items():
            said = (self.shared.of(gate, expr) for expr in (read, meant))
            problem = self.verifier.apart(own, *said)
            if problem is not None:
                return f"of the gate {gate}: {problem}"
        return None

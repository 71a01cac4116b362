"""A derivation that gives out an equation only after its check."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from derive.bptt import unroll
from derive.bptt.derivation import Derivation
from derive.checks.drawn import require_drawn
from derive.checks.requested import require_ends, require_equation, require_named
from derive.checks.verify import Check, Verifier
from derive.expressions.equation import Equation
from derive.numerics.sample import samples


class CheckedDerivation(Derivation):
    """A derivation for programs and notebooks: what fails its check is raised, and not shown.

    Each equation is checked once, when it is first asked for.
    """

    @cached_property
    def verifier(self) -> Verifier:
        """Return what checks the equations."""
        made = Verifier(self, samples(self.cell, self.steps, seed=0))
        require_drawn(made.samples, 0, self.steps)
        return made

    @cached_property
    def _known(self) -> dict[Equation, Check]:
        return {}

    def require(self, equation: Equation) -> Equation:
        """Return an equation that passed its check; else a `CheckError` with its name."""
        if equation not in self._known:
            self._known[equation] = self.verifier.require(equation)
        return require_ends(equation)

    def equations(self) -> Iterator[Equation]:
        """Yield every equation, each after its check."""
        return map(self.require, super().equations())

    def equation(self, id: str) -> Equation:
        """Return the equation of that id after its check; an unknown id is a `UsageError`."""
        return self.require(require_equation(id, self.find(id), self.steps))

    __getitem__ = equation

    def __repr__(self) -> str:
        return require_named(super().__repr__(), self)

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        self._require_all([*unroll.forward(self.cell), *unroll.loss(self.cell)])
        self._require_all(self.recursion.equations())
        return super()._repr_mimebundle_(include, exclude)

    def _require_all(self, equations: Iterable[Equation]) -> None:
        for equation in equations:
            self.require(equation)

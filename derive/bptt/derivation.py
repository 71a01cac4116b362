"""Back-propagation through time: from a cell to its derivation, level by level.

The levels are: (1) the chain rule term by term for a concrete T, (2) the same as a sum over steps
with an ordered product, for a concrete and for a symbolic T, (3) with the Jacobians substituted,
each term in the parameter's own shape, (4) the backward recursion, and (5) element by element
(`derive.checks.proof`).  Levels 1 to 3 are one formula: the concrete ones are the
symbolic sum, instantiated and spelled out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from derive.bptt import unroll
from derive.bptt.chains import Chains
from derive.bptt.entries import EntryLemmas
from derive.bptt.given import Given
from derive.bptt.recursion import Recursion
from derive.bptt.shared import SharedDefinitions
from derive.bptt.steps import DerivationSteps
from derive.bptt.substitution import Substitution
from derive.cells.cell import Cell
from derive.errors import DerivationError, UsageError
from derive.expressions.display import display
from derive.expressions.elision import shown_steps
from derive.expressions.equation import Equation
from derive.suggest import suggestion


class Derivation:
    """The derivation of one cell's gradients; ``steps`` is the concrete T of the spelled-out parts.

    Every method yields equations whose two sides are expressions; `definitions` holds those of
    the quantities that the derivation introduces (D_t, J_j, δ).
    """

    def __init__(self, cell: Cell, steps: int) -> None:
        self.cell, self.steps = cell, steps
        self.shared = shared = SharedDefinitions(cell, steps)
        self.chains = Chains(shared)
        self.substitution = Substitution(shared)
        self.recursion = Recursion(cell, shared.jacobians)
        self.given = Given(self.chains, self.recursion)
        self.lines = DerivationSteps(self.chains, self.recursion)
        self.entries = EntryLemmas(shared)
        self.definitions = [*shared.definitions, *self.recursion.definitions.values()]
        if len(set(self.definitions)) < len(self.definitions):
            raise DerivationError(f"the derivation of {cell.name} defines a quantity twice")

    def equations(self) -> Iterator[Equation]:
        """Yield every equation of the derivation, in the order of the levels."""
        cell, last = self.cell, self.steps
        if cell.has_matrices:
            yield from self._by_recursion()
            return
        yield from unroll.lagged(cell, last)
        yield from unroll.forward(cell)
        yield from unroll.constants(cell)
        yield from unroll.functions(cell)
        yield from unroll.stacked(cell)
        yield from unroll.loss(cell)
        for step in shown_steps(last):
            yield from unroll.steps(cell, step)
            if unroll.nests(cell):
                yield unroll.nested_output(cell, step)
        yield from self.chains.loss_equations()
        yield from self.substitution.diagonals()
        yield from self.substitution.blocks()
        yield self.substitution.step_jacobian()
        yield from self.substitution.into_state()
        yield from self.substitution.lagged_adjoints()
        for step in shown_steps(last):
            yield from self.substitution.spelled_adjoints(last, step)
        for p in cell.parameters:
            for step in shown_steps(last):
                yield self.chains.terms(p, step)
                yield self.substitution.substituted(p, step)
            yield self.chains.total(p)
            yield self.chains.sum_product(p)
            yield self.chains.sum_product(p, last)
            yield self.substitution.substituted(p)
            if self.substitution.vanishes_at_start(p):
                yield self.substitution.first_contribution(p)
            if not self.shared.recurrent_uses(p) and cell.counts_last_only:
                yield self.substitution.last_term(p)
            if self.shared.recurrent_uses(p):
                yield self.substitution.contributions(p)
                for step in reversed(shown_steps(last)):
                    yield self.substitution.single_contribution(p, last, step)
        yield from self.given.equations(shown_steps(last))
        yield from self.recursion.equations()
        yield from self.lines.equations(last)
        yield from self.entries.equations()

    def _by_recursion(self) -> Iterator[Equation]:
        """Yield the equations of a cell with matrices, which have no step Jacobians."""
        cell = self.cell
        yield from unroll.lagged(cell, self.steps)
        yield from unroll.forward(cell)
        yield from unroll.constants(cell)
        yield from unroll.functions(cell)
        yield from unroll.loss(cell)
        for step in shown_steps(self.steps):
            yield from unroll.steps(cell, step)
        yield from self.chains.loss_equations()
        yield from self.substitution.diagonals()
        yield from (self.chains.total(p) for p in cell.parameters)
        yield from self.recursion.equations()
        yield from self.lines.residual()
        yield from self.entries.softmax()

    def equation(self, id: str) -> Equation:
        """Return the equation of that id; without the step at its end, the one for the last step.

        An unknown id is a `UsageError`.
        """
        return self.find(id)

    def find(self, id: str) -> Equation:
        """Return the equation of that id as it was derived, by whatever way it is asked for."""
        last = None
        known = []
        for equation in Derivation.equations(self):
            if equation.id == id:
                return equation
            if equation.id == f"{id}-{self.steps}":
                last = equation
            known.append(equation.id)
        if last is not None:
            return last
        written = self.cell.written
        how = f"`derive list {self.cell.name if written is None else written.path}` shows all"
        raise UsageError(
            f"unknown equation {id!r} for {self.cell.name} at T = {self.steps}: "
            f"{suggestion(id, known, how)}"
        )

    __getitem__ = equation

    def __iter__(self) -> Iterator[Equation]:
        return self.equations()

    def __repr__(self) -> str:
        return f"<derivation of {self.cell.name}, T = {self.steps}>"

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, str]:
        # What a notebook shows: the cell, and the gradients by the recursion.
        return display().bundle(
            repr(self),
            [*unroll.forward(self.cell), *unroll.loss(self.cell), *self.recursion.equations()],
        )


def derive(cell: Cell, steps: int) -> Derivation:
    """Return the derivation of a cell's gradients over ``steps`` steps."""
    return Derivation(cell, steps)

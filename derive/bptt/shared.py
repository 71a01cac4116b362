"""What a derivation gives names to, and where each parameter enters a step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import KroneckerDelta

from derive.bptt.stepwise import StepJacobians
from derive.calculus.pullbacks import Pullback
from derive.calculus.simplify import applied
from derive.cells.cell import Cell
from derive.errors import DerivationError, UsageError
from derive.expressions.algebra import add, is_zero, mul, transpose
from derive.expressions.definition import Definition
from derive.expressions.equation import Equation, Index, Kind, Step, identifier
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import Parameter, Scalar, Series, j, k, t
from derive.expressions.sums import OrderedProduct, instantiate


@dataclass(frozen=True)
class Use:
    """One place where a parameter enters a step: the variable there, and the path to it."""

    entry: Series
    pullback: Pullback


class SharedDefinitions:
    """What the levels share: the state ξ, its step Jacobian J_j, the adjoints δ_{t,k}.

    `named` holds their definitions.
    """

    def __init__(self, cell: Cell, steps: int) -> None:
        if steps < 1:
            raise UsageError(f"the number of steps is {steps}: expected a whole number from 1 up")
        self.cell, self.steps = cell, steps
        self.jacobians = StepJacobians(cell)
        self.index = j
        self.definitions = list(self.jacobians.definitions)
        self.lagged: dict[Series, Introduced] = {}
        self.into: dict[Series, Introduced] = {}
        self.state_adjoint: Introduced | None = None
        if not cell.has_matrices:
            self._name_products()

    def _name_products(self) -> None:
        """Name the step Jacobian and what is made of products of it."""
        cell = self.cell
        self._J = cell.roster.introduce(Role.STEP_JACOBIAN, self.state)
        jacobian = instantiate(self.jacobians.step_jacobian(), {t: j})
        self.definitions.append(Definition(self.J, (j,), jacobian))
        if self.by_state:
            self._name_state_adjoint()
        for entry in self._entries():
            self._name_lagged(entry)

    @property
    def state(self) -> Series:
        """Return the state, or the stack of the states."""
        return self.cell.state

    @property
    def J(self) -> Introduced:
        """Return the step Jacobian; a `DerivationError` for a cell with matrices, which has none."""
        if self.cell.has_matrices:
            raise DerivationError(
                f"a step of {self.cell.name} makes a matrix, and the derivative of a matrix by a "
                "matrix is no matrix: there is no product of step Jacobians. The recursion of the "
                "gradients, each in the shape of what it belongs to, is the derivation"
            )
        return self._J

    @cached_property
    def by_state(self) -> bool:
        """Tell whether adjoints are read off the state's.

        So they are where several quantities lead to it, or one acts on the output past it as well.
        """
        entries = self._entries()
        several = len(self.cell.states) > 1 or len(entries) > 1
        return several or any(self._past_state(entry) for entry in entries)

    def _entries(self) -> list[Series]:
        found: list[Series] = []
        for parameter in self.cell.parameters:
            for use in self.recurrent_uses(parameter):
                if use.entry not in found:
                    found.append(use.entry)
        return found

    def _name_state_adjoint(self) -> None:
        """Name ∇_{ξ_k} L_t, from which the adjoint of every quantity of step k follows."""
        series = self.cell.roster.introduce(Role.LAGGED_ADJOINT, self.state)
        product = OrderedProduct(self.J[j], j, k + 1, t)
        self.state_adjoint = series
        self.definitions.append(
            Definition(series, (t, k), mul(transpose(product), self.loss_column(t)))
        )

    def _name_lagged(self, entry: Series) -> None:
        series = self.cell.roster.introduce(Role.LAGGED_ADJOINT, entry)
        self.lagged[entry] = series
        into = self.path_into_state(entry, k)
        if series == self.state_adjoint:
            return
        expr: Any
        if self.state_adjoint is None:
            product = OrderedProduct(self.J[j], j, k + 1, t)
            expr = mul(transpose(into), transpose(product), self.loss_column(t))
        elif len(self.cell.states) == 1:
            expr = applied(transpose(into), self.state_adjoint[t, k])
        else:
            G = self.cell.roster.introduce(Role.PATH, self.state, entry)
            self.into[entry] = G
            self.definitions.append(Definition(G, (k,), into))
            expr = mul(transpose(G[k]), self.state_adjoint[t, k])
        self.definitions.append(Definition(series, (t, k), add(expr, *self._past_state(entry))))

    def _past_state(self, entry: Series) -> list[Any]:
        """Return what arrives from the loss of the same step past the state, where a path leads there.

        It stands in the adjoint of that step alone: of the others all paths lead through the state.
        """
        held = self.jacobians.state_held()
        if entry[t] in held:
            return []
        row = self.jacobians.derivative(self.cell.loss_series, entry[t], held)
        return [] if is_zero(row) else [mul(Scalar(KroneckerDelta(k, t)), transpose(row))]

    def path_into_state(self, entry: Series, step: Any) -> Any:
        return instantiate(self.jacobians.of_state(entry[t]), {t: step})

    def loss_column(self, step: Any) -> Any:
        return transpose(instantiate(self.jacobians.loss_row(), {t: step}))

    def recurrent_uses(self, parameter: Parameter) -> list[Use]:
        """Return where a parameter enters the state: these have a term per earlier step."""
        return [
            Use(entry, pullback)
            for entry, pullback in self.jacobians.entries(parameter)
            if any(not is_zero(self.jacobians.derivative(s, entry[t])) for s in self.cell.states)
        ]

    def direct_uses(self, parameter: Parameter) -> list[Use]:
        """Return where a parameter enters the loss of a step other than through its state."""
        held = self.jacobians.state_held()
        return [
            Use(entry, pullback)
            for entry, pullback in self.jacobians.entries(parameter)
            # What enters a state itself acts through that state.
            if entry[t] not in held
            and not is_zero(self.jacobians.derivative(self.cell.loss_series, entry[t], held))
        ]

    def beside_uses(self, parameter: Parameter) -> list[Use]:
        """Return the direct uses that no adjoint of an earlier step counts: see `_past_state`."""
        return [use for use in self.direct_uses(parameter) if use.entry not in self.lagged]

    def expression_of(self, series: Introduced) -> Any:
        return next(n.expr for n in self.definitions if n.series == series)

    def equation_of(
        self, name: str, sides: tuple[Any, ...], rule: str, about: Any,
        free: tuple[Index, ...] = (), assumes: tuple[str, ...] = (),
    ) -> Equation:  # fmt: skip
        return Equation(
            identifier(self.cell.name, name),
            Kind.IDENTITY,
            sides,
            Step(rule, (about,)),
            free,
            assumes,
        )

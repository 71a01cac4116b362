"""What a derivation gives names to, and where each parameter enters a step."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from derive.algebra import Parameter, Series, is_zero, j, k, mul, t, transpose
from derive.cell import Cell
from derive.equation import Equation, Index, Kind, Step, identifier
from derive.errors import UsageError
from derive.evaluate import Named
from derive.nodes import OrderedProduct, instantiate
from derive.products import applied
from derive.rules import Pull
from derive.stepwise import Stepwise, gate_name


@dataclass(frozen=True)
class Use:
    """One place where a parameter enters a step: the variable there, and the path to it."""

    host: Series
    pull: Pull


class Naming:
    """What the levels share: the state ξ, its step Jacobian J_j, the adjoints δ_{t,k}.

    `named` holds their definitions.
    """

    def __init__(self, cell: Cell, steps: int) -> None:
        if steps < 1:
            raise UsageError(f"the number of steps is {steps}: expected a whole number from 1 up")
        self.cell, self.steps = cell, steps
        self.within = Stepwise(cell)
        self.state: Series = cell.state
        n = self.state.shape[0]
        self.J = Series("J", n, n)
        self.index = j
        jacobian = instantiate(self.within.step_jacobian(), {t: j})
        self.named = [*self.within.named, Named(self.J, (j,), jacobian)]
        self.lagged: dict[Series, Series] = {}
        self.into: dict[Series, Series] = {}
        self.state_adjoint: Series | None = None
        if self.by_state:
            self._name_state_adjoint()
        for host in self._hosts():
            self._name_lagged(host)

    @cached_property
    def by_state(self) -> bool:
        """Tell whether adjoints are read off the state's, as several quantities lead to it."""
        return len(self.cell.states) > 1 or len(self._hosts()) > 1

    def _hosts(self) -> list[Series]:
        found: list[Series] = []
        for parameter in self.cell.parameters:
            for use in self.recurrent_uses(parameter):
                if use.host not in found:
                    found.append(use.host)
        return found

    @cached_property
    def _single_host(self) -> bool:
        return len(self._hosts()) == 1

    def _delta_name(self, variable: Series) -> str:
        if variable in self.cell.states:
            return self._bar(variable)
        if self._single_host and variable in self._hosts():
            return "delta"
        return f"delta.{self._mark(variable)}"

    def _bar(self, state: Series) -> str:
        """Return what the adjoint of a state is called: with a bar, unless a quantity is called so."""
        barred = f"{state.name}bar"
        return f"delta.{state.name}" if barred in self.cell.names else barred

    def _mark(self, variable: Series) -> str:
        """Yield what a quantity's adjoint is called by: ``i`` for a_i, unless another is i."""
        short = gate_name(variable)
        others = {host.name for host in self._hosts()} - {variable.name}
        others |= {s.name for s in self.cell.states if f"{s.name}bar" in self.cell.names}
        return variable.name if short in others else short

    def _name_state_adjoint(self) -> None:
        """Name ∇_{ξ_k} L_t, from which the adjoint of every quantity of step k follows."""
        series = Series(self._bar(self.state), *self.state.shape)
        product = OrderedProduct(self.J[j], j, k + 1, t)
        self.state_adjoint = series
        self.named.append(Named(series, (t, k), mul(transpose(product), self.loss_column(t))))

    def _name_lagged(self, host: Series) -> None:
        series = Series(self._delta_name(host), host.shape[0], 1)
        self.lagged[host] = series
        into = self._into_state(host, k)
        if series == self.state_adjoint:
            return
        if self.state_adjoint is None:
            product = OrderedProduct(self.J[j], j, k + 1, t)
            expr = mul(transpose(into), transpose(product), self.loss_column(t))
        elif len(self.cell.states) == 1:
            expr = applied(transpose(into), self.state_adjoint[t, k])
        else:
            G = Series(f"G.{self._mark(host)}", *into.shape)
            self.into[host] = G
            self.named.append(Named(G, (k,), into))
            expr = mul(transpose(G[k]), self.state_adjoint[t, k])
        self.named.append(Named(series, (t, k), expr))

    def _into_state(self, host: Series, step: Any) -> Any:
        return instantiate(self.within.of_state(host[t]), {t: step})

    def loss_column(self, step: Any) -> Any:
        return transpose(instantiate(self.within.loss_row(), {t: step}))

    def recurrent_uses(self, parameter: Parameter) -> list[Use]:
        """Yield where a parameter enters the state: these have a term per earlier step."""
        return [
            Use(host, pull)
            for host, pull in self.within.hosts(parameter)
            if any(not is_zero(self.within.within(s, host[t])) for s in self.cell.states)
        ]

    def direct_uses(self, parameter: Parameter) -> list[Use]:
        """Yield where a parameter enters the loss of a step other than through its state."""
        leaves = self.within.state_leaves()
        return [
            Use(host, pull)
            for host, pull in self.within.hosts(parameter)
            # What enters a state itself acts through that state.
            if host[t] not in leaves
            and not is_zero(self.within.within(self.cell.loss_series, host[t], leaves))
        ]

    def _defined(self, series: Series, indices: int = 1) -> Any:
        return next(n.expr for n in self.named if n.series == series and len(n.indices) == indices)

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

"""Back-propagation through time: from a cell to its derivation, level by level.

The levels are: (1) the chain rule term by term for a concrete T, (2) the same as a sum over steps
with an ordered product, for a concrete and for a symbolic T, (3) with the Jacobians substituted,
each term in the parameter's own shape, (4) the backward recursion (`derive.recursion`), and (5)
element by element (`derive.element`).  Levels 1 to 3 are one formula: the concrete ones are the
symbolic sum, instantiated and spelled out.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sympy import Integer, ZeroMatrix

from derive import unroll
from derive.algebra import At, Parameter, Series, T, add, is_zero, j, k, mul, t, transpose
from derive.cell import Cell
from derive.elision import shown_steps
from derive.equation import Equation, Index, Kind, Step
from derive.errors import UsageError
from derive.evaluate import Named
from derive.given import Given
from derive.nodes import (
    Copy,
    Gradient,
    OrderedProduct,
    Partial,
    RisingProduct,
    Spelled,
    TimeSum,
    Tint,
    folded,
    instantiate,
    series_in,
    spell,
)
from derive.recursion import Recursion
from derive.rules import Pull
from derive.stepwise import Stepwise
from derive.suggest import suggestion


@dataclass(frozen=True)
class Use:
    """One place where a parameter enters a step: the variable there, and the path to it."""

    host: Series
    pull: Pull


class Derivation:
    """The derivation of one cell's gradients; ``steps`` is the concrete T of the spelled-out parts.

    Every method yields equations whose two sides are expressions; `named` holds the definitions of
    the quantities that the derivation introduces (D_t, J_j, δ).
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
        for host in self._hosts():
            self._name_lagged(host)
        self.recursion = Recursion(cell, self.within, self._delta_name)
        self.named += self.recursion.named.values()
        self.given = Given(self)

    # -- what is named ---------------------------------------------------------------------------

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

    def _delta_name(self, host: Series) -> str:
        return "delta" if self._single_host and host in self._hosts() else f"delta.{host.name}"

    def _name_lagged(self, host: Series) -> None:
        series = Series(self._delta_name(host), host.shape[0], 1)
        self.lagged[host] = series
        product = OrderedProduct(self.J[j], j, k + 1, t)
        expr = mul(transpose(self._into_state(host, k)), transpose(product), self.loss_column(t))
        self.named.append(Named(series, (t, k), expr))

    def _into_state(self, host: Series, step: Any) -> Any:
        return instantiate(self.within.of_state(host[t]), {t: step})

    def loss_column(self, step: Any) -> Any:
        return transpose(instantiate(self.within.loss_row(), {t: step}))

    # -- uses of a parameter ---------------------------------------------------------------------

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

    # -- levels 1 and 2 --------------------------------------------------------------------------

    def loss_chain(self, step: Any) -> Any:
        """Yield ∂L_t/∂o_t ∂o_t/∂ξ_t, or one factor where the loss sees the state directly."""
        cell = self.cell
        L, o, state = cell.loss_series[step], cell.output[step], self.state[step]
        if cell.output in cell.states:
            return Partial(L, state)
        return mul(Partial(L, o), Partial(o, state))

    def product(self, low: Any, high: Any) -> Any:
        """Yield the ordered product of ∂ξ_j/∂ξ_{j−1} from j = high down to low."""
        return OrderedProduct(Partial(self.state[j], self.state[j - 1]), j, low, high)

    def immediate(self, parameter: Any, step: Any) -> Any:
        """Yield ∂⁺ξ_k/∂p, everything of the previous step held fixed."""
        return Partial(self.state[step], parameter, self.state[step - 1])

    def direct_chain(self, parameter: Parameter, step: Any) -> Any:
        """Yield ∂L_t/∂o_t ∂o_t/∂p for what does not pass through the state."""
        cell = self.cell
        L, o = cell.loss_series[step], cell.output[step]
        # Where p also enters the state, the path through it is not part of this derivative.
        cut = (self.state[step],) if self.recurrent_uses(parameter) else ()
        return mul(Partial(L, o), Partial(o, parameter, *cut))

    def contribution(self, parameter: Parameter, step: Any, use: Any) -> Any:
        """Yield ∂L_t/∂o_t ∂o_t/∂ξ_t (Π ∂ξ_j/∂ξ_{j−1}) ∂⁺ξ_k/∂p, the k-th temporal contribution."""
        return mul(self.loss_chain(step), self.product(use + 1, step), self.immediate(parameter, use))

    def summed(self, parameter: Parameter, step: Any) -> Any:
        """Yield ∂L_t/∂p as a sum over k (and a direct term), with the ordered product."""
        terms = []
        if self.direct_uses(parameter):
            terms.append(self.direct_chain(parameter, step))
        if self.recurrent_uses(parameter):
            terms.append(TimeSum(self.contribution(parameter, step, k), k, 1, step))
        return add(*terms)

    def spelled(self, parameter: Parameter, step: int) -> Any:
        """Yield the same sum written out for a concrete step, each contribution with its tint."""
        terms = []
        if self.direct_uses(parameter):
            terms.append(self.direct_chain(parameter, step))
        if self.recurrent_uses(parameter):
            body = Tint(self.contribution(parameter, Integer(step), k), k, step)
            terms.append(spell(body.xreplace({k: Integer(1)})) if step == 1 else Spelled(TimeSum(body, k, 1, step)))
        return add(*terms)

    def terms(self, parameter: Parameter, step: int) -> Equation:
        """Yield level 1: ∂L_t/∂p term by term for a concrete t."""
        left = Partial(self.cell.loss_series[step], parameter)
        sides = (left, self.spelled(parameter, step))
        return self.equation_of(f"grad-{parameter.name}-terms-{step}", sides, "chain-rule", left)

    def sum_product(self, parameter: Parameter, step: int | None = None) -> Equation:
        """Yield level 2: the sum and the ordered product, for a concrete or the symbolic t."""
        at = t if step is None else Integer(step)
        left = Partial(self.cell.loss_series[at], parameter)
        name = f"grad-{parameter.name}-sum" + ("" if step is None else f"-{step}")
        free = unroll.every_step() if step is None else ()
        return self.equation_of(name, (left, self.summed(parameter, at)), "collect", left, free)

    def total(self, parameter: Parameter) -> Equation:
        """Yield ∂L/∂p as the sum over the losses of the steps."""
        left = Partial(self.cell.total, parameter)
        right = TimeSum(self.cell.weighted(Partial(self.cell.loss_series[t], parameter), t), t, 1, T)
        return self.equation_of(f"grad-{parameter.name}-total", (left, right), "sum-rule", left)

    # -- level 3 ---------------------------------------------------------------------------------

    def substituted(self, parameter: Parameter, step: int | None = None) -> Equation:
        """Yield ∇_p L_t as the sum of δ_{t,k}·rightᵀ, written out for a concrete t."""
        at = t if step is None else Integer(step)
        left = Gradient(self.cell.loss_series[at], parameter)
        terms = [self._direct_gradient(u, at) for u in self.direct_uses(parameter)]
        body = self.substituted_term(parameter, at, k)
        if body is not None and step is None:
            terms.append(TimeSum(body, k, 1, at))
        elif body is not None:
            tinted = Tint(body, k, step)
            terms.append(spell(instantiate(tinted, {k: 1})) if step == 1 else Spelled(TimeSum(tinted, k, 1, at)))
        name = f"grad-{parameter.name}-substituted" + ("" if step is None else f"-{step}")
        free = unroll.every_step() if step is None else ()
        return self.equation_of(name, (left, add(*terms)), "substitute-jacobians", left, free)

    def _direct_gradient(self, use: Use, step: Any) -> Any:
        leaves = self.within.state_leaves()
        row = self.within.within(self.cell.loss_series, use.host[t], leaves)
        return instantiate(use.pull.gradient(transpose(row)), {t: step})

    def substituted_term(self, parameter: Parameter, step: Any, use_step: Any) -> Any | None:
        """Yield the k-th contribution to ∇_p L_t in the parameter's shape, or None without one."""
        terms = [
            _pull_at(u.pull, use_step).gradient(self.lagged[u.host][step, use_step])
            for u in self.recurrent_uses(parameter)
        ]
        return add(*terms) if terms else None

    def contributions(self, parameter: Parameter) -> Equation:
        """Yield the k-th contribution to ∇_p L_T alone, for every k: the gradient by a copy of p
        that is used at step k only."""
        left = Gradient(self.cell.loss_series[T], Copy(parameter, k))
        sides = (left, self.substituted_term(parameter, T, k))
        free = (Index(k, Integer(1), T),)
        return self.equation_of(f"grad-{parameter.name}-contributions", sides, "one-contribution", left, free)

    def single_contribution(self, parameter: Parameter, step: int, use_step: int) -> Equation:
        """Yield the same for one concrete k."""
        left = Gradient(self.cell.loss_series[step], Copy(parameter, use_step))
        right = Tint(self.substituted_term(parameter, Integer(step), Integer(use_step)), use_step, step)
        name = f"grad-{parameter.name}-contribution-{step}-{use_step}"
        return self.equation_of(name, (left, right), "one-contribution", left)

    def step_jacobian(self) -> Equation:
        """Yield J_j = ∂ξ_j/∂ξ_{j−1} with the derivatives substituted."""
        left = Partial(self.state[j], self.state[j - 1])
        sides = (left, self.J[j], self._defined(self.J))
        return self.equation_of("step-jacobian", sides, "jacobian", left, (Index(j, Integer(1), T),))

    def diagonals(self) -> list[Equation]:
        """Yield D_t = ∂s_t/∂a_t for every activation."""
        found = []
        for variable, D in self.within.diagonals.items():
            argument = self.cell.definition(variable).expr.args[-1]
            left = Partial(variable[t], argument)
            sides = (left, D[t], self._defined(D))
            found.append(self.equation_of(f"diagonal-{variable.name}", sides, "activation", left, unroll.every_step()))
        return found

    def lagged_adjoints(self) -> list[Equation]:
        """Yield δ_{t,k} = ∇_{a_k} L_t for every variable that a parameter enters."""
        free = (Index(t, Integer(1), T), Index(k, Integer(1), t))
        found = []
        for host, series in self.lagged.items():
            left = Gradient(self.cell.loss_series[t], host[k])
            sides = (left, series[t, k], self._defined(series, 2))
            found.append(self.equation_of(f"{series.name}-lag", sides, "adjoint", left, free))
        return found

    def spelled_adjoint(self, host: Series, step: int, use_step: int) -> Equation:
        """Yield δ_{t,k} for concrete t and k with its factors written out."""
        series = self.lagged[host]
        body = transpose(self._defined(self.J))
        chain = RisingProduct(body, j, use_step + 1, step)
        right = mul(transpose(self._into_state(host, use_step)), spell(chain), self.loss_column(Integer(step)))
        left = Gradient(self.cell.loss_series[step], host[use_step])
        sides = (left, series[step, use_step], Tint(right, use_step, step))
        return self.equation_of(f"{series.name}-lag-{step}-{use_step}", sides, "spell-out", left)

    def row_contribution(self, parameter: Parameter, step: int, use_step: int) -> Equation:
        """Yield the k-th contribution read from the loss backwards, nothing abbreviated.

        Only for cells whose state is a scalar: there the factors of the row commute with the rest.
        """
        left = Gradient(self.cell.loss_series[step], Copy(parameter, use_step))
        product = spell(OrderedProduct(self._defined(self.J), j, use_step + 1, step))
        terms = []
        for use in self.recurrent_uses(parameter):
            pull = _pull_at(use.pull, use_step)
            into = self._into_state(use.host, use_step)
            row = mul(transpose(self.loss_column(Integer(step))), product, into, pull.left)
            terms.append(row if pull.right is None else mul(row, pull.right))
        right = Tint(self.unabbreviated(add(*terms)), use_step, step)
        name = f"grad-{parameter.name}-full-{use_step}"
        return self.equation_of(name, (left, right), "write-out", left)

    def unabbreviated(self, expr: Any) -> Any:
        """Yield an expression with the diagonals D_t replaced by what they stand for."""
        rule = {}
        for at in series_in(expr):
            if at.series in self.within.diagonals.values():
                rule[at] = instantiate(self._defined(at.series), {t: at.indices[0]})
        return folded(expr, rule)

    def vanishes_at_start(self, parameter: Parameter) -> bool:
        """Tell whether a contribution of step 1 is 0 when the initial state is."""
        if self.cell.initial != "zero":
            return False
        rights = [u.pull.right for u in self.recurrent_uses(parameter)]
        states = [s[t - 1] for s in self.cell.states]
        return bool(rights) and all(right in states for right in rights)

    def first_contribution(self, parameter: Parameter) -> Equation:
        """Yield that the first contribution is 0 when the initial state is."""
        left = Gradient(self.cell.loss_series[T], Copy(parameter, 1))
        sides = (left, ZeroMatrix(*parameter.shape))
        name = f"grad-{parameter.name}-first"
        return self.equation_of(name, sides, "zero-start", left, (), ("zero-initial-state",))

    def loss_equations(self) -> list[Equation]:
        """Yield the derivatives of the loss with respect to output, logits and state."""
        cell, every = self.cell, unroll.every_step()
        L, o, z = cell.loss_series[t], cell.output[t], cell.logits[t]
        found = [self.equation_of("loss-output", (Partial(L, o), self._local(cell.loss_series, o)), "loss", L, every)]
        if cell.definition(cell.output).expr != z:
            found.append(self.equation_of("output-logits", (Partial(o, z), self._local(cell.output, z)), "output", o, every))
        general = transpose(cell.loss.general(cell.target[t], o))
        sides = (Partial(L, z), mul(Partial(L, o), Partial(o, z)), general)
        if cell.loss.assumes:
            found.append(self.equation_of("loss-logits-general", sides, "chain-rule", L, every))
            sides = (Partial(L, z), self.within.residual_row)
        found.append(self.equation_of("loss-logits", sides, "residual", L, every, cell.loss.assumes))
        sides = (Partial(L, self.state[t]), self.loss_chain(t), self.within.loss_row())
        if cell.output not in cell.states:
            found.append(self.equation_of("loss-state", sides, "chain-rule", L, every))
        return found

    def _local(self, variable: Series, den: At) -> Any:
        return self.within.local(self.cell.definition(variable), den)

    def equations(self) -> Iterator[Equation]:
        """Yield every equation of the derivation, in the order of the levels."""
        cell, last = self.cell, self.steps
        yield from unroll.forward(cell)
        yield from unroll.loss(cell)
        for step in shown_steps(last):
            yield from unroll.steps(cell, step)
            yield unroll.nested_output(cell, step)
        yield from self.loss_equations()
        yield from self.diagonals()
        yield self.step_jacobian()
        yield from self.lagged_adjoints()
        for host in self.lagged:
            for step in shown_steps(last):
                yield self.spelled_adjoint(host, last, step)
        for p in cell.parameters:
            for step in shown_steps(last):
                yield self.terms(p, step)
                yield self.substituted(p, step)
            yield self.total(p)
            yield self.sum_product(p)
            yield self.sum_product(p, last)
            yield self.substituted(p)
            if self.vanishes_at_start(p):
                yield self.first_contribution(p)
            if self.recurrent_uses(p):
                yield self.contributions(p)
                for step in reversed(shown_steps(last)):
                    yield self.single_contribution(p, last, step)
        yield from self.given.equations(shown_steps(last))
        yield from self.recursion.equations()

    def equation(self, id: str) -> Equation:
        """Yield the equation of that id; without the step at its end, the one for the last step.

        An unknown id is a `UsageError`.
        """
        last = None
        known = []
        for equation in self.equations():
            if equation.id == id:
                return equation
            if equation.id == f"{id}-{self.steps}":
                last = equation
            known.append(equation.id)
        if last is not None:
            return last
        how = f"`derive list {self.cell.name}` shows all"
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
        from derive.notebook import bundle

        return bundle(repr(self), [*unroll.forward(self.cell), *unroll.loss(self.cell), *self.recursion.equations()])

    def _defined(self, series: Series, indices: int = 1) -> Any:
        return next(n.expr for n in self.named if n.series == series and len(n.indices) == indices)

    def equation_of(
        self, name: str, sides: tuple[Any, ...], rule: str, about: Any,
        free: tuple[Index, ...] = (), assumes: tuple[str, ...] = (),
    ) -> Equation:  # fmt: skip
        return Equation(f"{self.cell.name}-{name}", Kind.IDENTITY, sides, Step(rule, (about,)), free, assumes)


def _pull_at(pull: Pull, step: Any) -> Pull:
    right = None if pull.right is None else instantiate(pull.right, {t: step})
    return Pull(instantiate(pull.left, {t: step}), right)


def derive(cell: Cell, steps: int) -> Derivation:
    """Yield the derivation of a cell's gradients over ``steps`` steps."""
    return Derivation(cell, steps)

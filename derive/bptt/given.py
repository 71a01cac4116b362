"""The gradients of what is given: the initial state and the inputs, level by level.

Each acts at one place only, so there is one chain and no sum over steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sympy import Integer

from derive.bptt.chains import Chains
from derive.bptt.recursion import Recursion
from derive.bptt.unroll import every_step
from derive.expressions.algebra import add, is_zero, mul, transpose
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Index
from derive.expressions.quantities import At, Series, T, k, t
from derive.expressions.sums import OrderedProduct, TimeSum, expand, instantiate
from derive.expressions.walk import series_in
from derive.typesetting.lettering import letter_of


class Given:
    """The equations of ∂L_t/∂s_0 and ∂L_t/∂x_k; level 4 is in `Recursion.of_given`."""

    def __init__(self, chains: Chains, recursion: Recursion) -> None:
        self.chains, self.recursion, self.shared = chains, recursion, chains.shared
        self.cell = self.shared.cell

    @property
    def start(self) -> At:
        """Return the initial state."""
        return self.shared.state[0]

    def initial_terms(self, step: int) -> Equation:
        """Return level 1 of the initial state: the chain through every state, for a concrete t."""
        left = Partial(self.cell.loss_series[step], self.start)
        chain = mul(self.chains.loss_chain(Integer(step)), expand(self.chains.product(1, step)))
        return self.shared.equation_of(
            f"grad-{letter_of(self.shared.state).word}0-terms-{step}",
            (left, chain),
            "chain-rule",
            left,
        )

    def initial_sum(self) -> Equation:
        """Return level 2: the same with the ordered product, for the symbolic t."""
        left = Partial(self.cell.loss_series[t], self.start)
        sides = (left, mul(self.chains.loss_chain(t), self.chains.product(1, t)))
        return self.shared.equation_of(
            f"grad-{letter_of(self.shared.state).word}0-sum", sides, "collect", left, every_step()
        )

    def initial_substituted(self) -> Equation:
        """Return level 3: the gradient, with the Jacobians named."""
        left = Gradient(self.cell.loss_series[t], self.start)
        product = OrderedProduct(self.shared.J[self.shared.index], self.shared.index, 1, t)
        sides = (left, mul(transpose(product), self.shared.loss_column(t)))
        return self.shared.equation_of(
            f"grad-{letter_of(self.shared.state).word}0-substituted",
            sides,
            "substitute-jacobians",
            left,
            every_step(),
        )

    def input_sum(self, given: Series) -> Equation:
        """Return levels 1 and 2 of an input: it acts on the state of its own step, or past it."""
        terms: list[Any] = []
        L, o = self.cell.loss_series, self.cell.output
        left = Partial(L[t], given[k])
        readers = [e.left for e in self.cell.equations if given[t] in series_in(e.expr)]
        held = self.shared.jacobians.state_held()
        past = [at for at in readers if at not in held]
        if any(not is_zero(self.shared.jacobians.derivative(L, at, held)) for at in past):
            # The state held fixed, this is 0 but at the input's own step.
            terms.append(mul(Partial(L[t], o[t]), Partial(o[t], given[k], self.shared.state[t])))
        if any(
            not is_zero(self.shared.jacobians.derivative(s, at))
            for s in self.cell.states
            for at in readers
        ):
            through = Partial(self.shared.state[k], given[k])
            terms.append(mul(self.chains.loss_chain(t), self.chains.product(k + 1, t), through))
        sides = (left, add(*terms))
        return self.shared.equation_of(f"grad-{given.name}-sum", sides, "chain-rule", left, _lags())

    def input_substituted(self, given: Series) -> Equation | None:
        """Return level 3 of an input: its weights, transposed, times the adjoints of its step."""
        terms = []
        for equation in self.cell.equations:
            local = self.recursion.local(equation, given[t])
            if is_zero(local):
                continue
            if equation.variable not in self.shared.lagged:
                return None
            adjoint = self.shared.lagged[equation.variable][t, k]
            terms.append(mul(transpose(instantiate(local, {t: k})), adjoint))
        left = Gradient(self.cell.loss_series[t], given[k])
        sides = (left, add(*terms))
        return self.shared.equation_of(
            f"grad-{given.name}-substituted", sides, "substitute-jacobians", left, _lags()
        )

    def total(self, of: Any, name: str) -> Equation:
        """Return ∂L/∂s_0 as the sum over the losses of the steps."""
        left = Partial(self.cell.total, of)
        sides = (
            left,
            TimeSum(self.cell.weighted(Partial(self.cell.loss_series[t], of), t), t, 1, T),
        )
        return self.shared.equation_of(f"grad-{name}-total", sides, "sum-rule", left)

    def equations(self, shown: tuple[int, ...]) -> Iterator[Equation]:
        """Yield all of them."""
        name = letter_of(self.shared.state).word
        for step in shown:
            yield self.initial_terms(step)
        yield self.initial_sum()
        yield self.initial_substituted()
        yield self.total(self.start, f"{name}0")
        for given in self.cell.inputs:
            yield self.input_sum(given)
            substituted = self.input_substituted(given)
            if substituted is not None:
                yield substituted


def _lags() -> tuple[Index, ...]:
    return (Index(t, Integer(1), T), Index(k, Integer(1), t))

"""The gradients of what is given: the initial state and the inputs, level by level.

Each acts at one place only, so there is one chain and no sum over steps.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sympy import Integer

from derive.algebra import Series, T, add, is_zero, k, mul, t, transpose
from derive.equation import Equation, Index
from derive.nodes import Gradient, OrderedProduct, Partial, TimeSum, instantiate, series_in, spell
from derive.unroll import every_step

if TYPE_CHECKING:
    from derive.bptt import Derivation


class Given:
    """The equations of ∂L_t/∂s_0 and ∂L_t/∂x_k; level 4 is in `Recursion.of_given`."""

    def __init__(self, derivation: Derivation) -> None:
        self.derivation = derivation
        self.cell = derivation.cell
        self.start = derivation.state[0]

    def initial_terms(self, step: int) -> Equation:
        """Yield level 1 of the initial state: the chain through every state, for a concrete t."""
        d = self.derivation
        left = Partial(self.cell.loss_series[step], self.start)
        chain = mul(d.loss_chain(Integer(step)), spell(d.product(1, step)))
        return d.equation_of(
            f"grad-{d.state.name}0-terms-{step}", (left, chain), "chain-rule", left
        )

    def initial_sum(self) -> Equation:
        """Yield level 2: the same with the ordered product, for the symbolic t."""
        d = self.derivation
        left = Partial(self.cell.loss_series[t], self.start)
        sides = (left, mul(d.loss_chain(t), d.product(1, t)))
        return d.equation_of(f"grad-{d.state.name}0-sum", sides, "collect", left, every_step())

    def initial_substituted(self) -> Equation:
        """Yield level 3: the gradient, with the Jacobians named."""
        d = self.derivation
        left = Gradient(self.cell.loss_series[t], self.start)
        product = OrderedProduct(d.J[d.index], d.index, 1, t)
        sides = (left, mul(transpose(product), d.loss_column(t)))
        return d.equation_of(
            f"grad-{d.state.name}0-substituted", sides, "substitute-jacobians", left, every_step()
        )

    def input_sum(self, given: Series) -> Equation:
        """Yield levels 1 and 2 of an input: it acts on the state of its own step, or past it."""
        d, terms = self.derivation, []
        L, o = self.cell.loss_series, self.cell.output
        left = Partial(L[t], given[k])
        readers = [e.left for e in self.cell.equations if given[t] in series_in(e.expr)]
        leaves = d.within.state_leaves()
        past = [at for at in readers if at not in leaves]
        if any(not is_zero(d.within.within(L, at, leaves)) for at in past):
            # The state held fixed, this is 0 but at the input's own step.
            terms.append(mul(Partial(L[t], o[t]), Partial(o[t], given[k], d.state[t])))
        if any(not is_zero(d.within.within(s, at)) for s in self.cell.states for at in readers):
            through = Partial(d.state[k], given[k])
            terms.append(mul(d.loss_chain(t), d.product(k + 1, t), through))
        sides = (left, add(*terms))
        return d.equation_of(f"grad-{given.name}-sum", sides, "chain-rule", left, _lags())

    def input_substituted(self, given: Series) -> Equation | None:
        """Yield level 3 of an input: its weights, transposed, times the adjoints of its step."""
        d, terms = self.derivation, []
        for equation in self.cell.equations:
            local = d.recursion.local(equation, given[t])
            if is_zero(local):
                continue
            if equation.variable not in d.lagged:
                return None
            adjoint = d.lagged[equation.variable][t, k]
            terms.append(mul(transpose(instantiate(local, {t: k})), adjoint))
        left = Gradient(self.cell.loss_series[t], given[k])
        sides = (left, add(*terms))
        return d.equation_of(
            f"grad-{given.name}-substituted", sides, "substitute-jacobians", left, _lags()
        )

    def total(self, of: Any, name: str) -> Equation:
        """Yield ∂L/∂s_0 as the sum over the losses of the steps."""
        left = Partial(self.cell.total, of)
        sides = (
            left,
            TimeSum(self.cell.weighted(Partial(self.cell.loss_series[t], of), t), t, 1, T),
        )
        return self.derivation.equation_of(f"grad-{name}-total", sides, "sum-rule", left)

    def equations(self, shown: tuple[int, ...]) -> Iterator[Equation]:
        """Yield all of them."""
        name = self.derivation.state.name
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

"""Levels 1 and 2: the chain rule term by term, and as a sum with an ordered product."""

from __future__ import annotations

from typing import Any

from sympy import Integer

from derive.bptt import unroll
from derive.bptt.shared import SharedDefinitions
from derive.expressions.algebra import add, mul, transpose
from derive.expressions.derivatives import Partial
from derive.expressions.equation import ANY_TARGETS, Equation
from derive.expressions.quantities import At, Parameter, Series, T, j, k, t
from derive.expressions.shown import Coloured
from derive.expressions.sums import Expanded, OrderedProduct, TimeSum, expand
from derive.expressions.walk import series_in


class Chains:
    """The derivatives as chains of derivatives, none of them worked out.

    Both levels are one formula: the terms for a concrete t are the sum, instantiated and spelled
    out.
    """

    def __init__(self, shared: SharedDefinitions) -> None:
        self.shared, self.cell = shared, shared.cell

    def loss_chain(self, step: Any) -> Any:
        """Return ∂L_t/∂o_t ∂o_t/∂ξ_t, or one factor where the loss sees the state directly."""
        cell = self.cell
        L, o, state = cell.loss_series[step], cell.output[step], self.shared.state[step]
        if cell.output in cell.states:
            return Partial(L, state)
        return mul(Partial(L, o), Partial(o, state))

    def product(self, low: Any, high: Any) -> Any:
        """Return the ordered product of ∂ξ_j/∂ξ_{j−1} from j = high down to low."""
        return OrderedProduct(Partial(self.shared.state[j], self.shared.state[j - 1]), j, low, high)

    def immediate(self, parameter: Any, step: Any) -> Any:
        """Return ∂⁺ξ_k/∂p, everything of the previous step held fixed."""
        return Partial(self.shared.state[step], parameter, self.shared.state[step - 1])

    def direct_chain(self, parameter: Parameter, step: Any) -> Any:
        """Return ∂L_t/∂o_t ∂o_t/∂p for what does not pass through the state."""
        cell = self.cell
        L, o = cell.loss_series[step], cell.output[step]
        # Where p also enters the state, the path through it is not part of this derivative.
        held = (self.shared.state[step],) if self.shared.recurrent_uses(parameter) else ()
        return mul(Partial(L, o), Partial(o, parameter, *held))

    def contribution(self, parameter: Parameter, step: Any, use: Any) -> Any:
        """Return ∂L_t/∂o_t ∂o_t/∂ξ_t (Π ∂ξ_j/∂ξ_{j−1}) ∂⁺ξ_k/∂p, the k-th temporal contribution."""
        return mul(
            self.loss_chain(step), self.product(use + 1, step), self.immediate(parameter, use)
        )

    def summed(self, parameter: Parameter, step: Any) -> Any:
        """Return ∂L_t/∂p as a sum over k (and a direct term), with the ordered product."""
        terms = []
        if self.shared.direct_uses(parameter):
            terms.append(self.direct_chain(parameter, step))
        if self.shared.recurrent_uses(parameter):
            terms.append(TimeSum(self.contribution(parameter, step, k), k, 1, step))
        return add(*terms)

    def spelled(self, parameter: Parameter, step: int) -> Any:
        """Return the same sum written out for a concrete step, each contribution with its tint."""
        terms = []
        if self.shared.direct_uses(parameter):
            terms.append(self.direct_chain(parameter, step))
        if self.shared.recurrent_uses(parameter):
            body = Coloured(self.contribution(parameter, Integer(step), k), k, step)
            terms.append(
                expand(body.xreplace({k: Integer(1)}))
                if step == 1
                else Expanded(TimeSum(body, k, 1, step))
            )
        return add(*terms)

    def terms(self, parameter: Parameter, step: int) -> Equation:
        """Return level 1: ∂L_t/∂p term by term for a concrete t."""
        left = Partial(self.cell.loss_series[step], parameter)
        sides = (left, self.spelled(parameter, step))
        return self.shared.equation_of(
            f"grad-{parameter.name}-terms-{step}", sides, "chain-rule", left
        )

    def sum_product(self, parameter: Parameter, step: int | None = None) -> Equation:
        """Return level 2: the sum and the ordered product, for a concrete or the symbolic t."""
        at = t if step is None else Integer(step)
        left = Partial(self.cell.loss_series[at], parameter)
        name = f"grad-{parameter.name}-sum" + ("" if step is None else f"-{step}")
        free = unroll.every_step() if step is None else ()
        return self.shared.equation_of(
            name, (left, self.summed(parameter, at)), "collect", left, free
        )

    def total(self, parameter: Parameter) -> Equation:
        """Return ∂L/∂p as the sum over the losses of the steps."""
        left = Partial(self.cell.total, parameter)
        right = TimeSum(
            self.cell.weighted(Partial(self.cell.loss_series[t], parameter), t), t, 1, T
        )
        return self.shared.equation_of(
            f"grad-{parameter.name}-total", (left, right), "sum-rule", left
        )

    def loss_equations(self) -> list[Equation]:
        """Return the derivatives of the loss with respect to output, logits and state."""
        cell, every = self.cell, unroll.every_step()
        L, o, z = cell.loss_series[t], cell.output[t], cell.logits[t]
        found = [
            self.shared.equation_of(
                "loss-output", (Partial(L, o), self._local(cell.loss_series, o)), "loss", L, every
            )
        ]
        if cell.definition(cell.output).expr != z:
            found.append(
                self.shared.equation_of(
                    "output-logits",
                    (Partial(o, z), self._local(cell.output, z)),
                    "output",
                    o,
                    every,
                )
            )
        general = transpose(cell.loss.general(cell.target[t], o))
        sides: tuple[Any, ...] = (Partial(L, z), mul(Partial(L, o), Partial(o, z)), general)
        if cell.loss.assumes:
            found.append(
                self.shared.equation_of(
                    "loss-logits-general", sides, "chain-rule", L, every, (ANY_TARGETS,)
                )
            )
            sides = (Partial(L, z), self.shared.jacobians.residual_row)
        found.append(
            self.shared.equation_of("loss-logits", sides, "residual", L, every, cell.loss.assumes)
        )
        if cell.has_matrices:
            return found
        sides = (
            Partial(L, self.shared.state[t]),
            self.loss_chain(t),
            *self._by_logits(o),
            self.shared.jacobians.loss_row(),
        )
        if cell.output not in cell.states:
            found.append(self.shared.equation_of("loss-state", sides, "chain-rule", L, every))
        return found

    def _by_logits(self, output: At) -> list[Any]:
        """Return the chain from the loss over the logits to the state, where they are not the output."""
        logits, state = self.cell.logits[t], self.shared.state
        reads = set(series_in(self.cell.definition(self.cell.output).expr))
        if output == logits or reads != {logits}:
            return []
        return [mul(Partial(self.cell.loss_series[t], logits), Partial(logits, state[t]))]

    def _local(self, variable: Series, den: At) -> Any:
        return self.shared.jacobians.local(self.cell.definition(variable), den)

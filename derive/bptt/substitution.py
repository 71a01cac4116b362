"""Level 3: the Jacobians worked out, each contribution in the shape of its parameter."""

from __future__ import annotations

from typing import Any

from sympy import Identity, Integer, KroneckerDelta, ZeroMatrix

from derive.bptt import unroll
from derive.bptt.shared import SharedDefinitions, Use
from derive.bptt.start import parts_at_start, vanishes_at_start
from derive.calculus.pullbacks import Pullback
from derive.expressions.algebra import add, mul, transpose
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Index
from derive.expressions.folding import folded
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import Parameter, ParameterCopy, Scalar, Series, T, j, k, t
from derive.expressions.shown import Coloured
from derive.expressions.sums import (
    Expanded,
    OrderedProduct,
    RisingProduct,
    TimeSum,
    expand,
    instantiate,
)
from derive.expressions.walk import series_in
from derive.typesetting.lettering import letter_of


class Substitution:
    """The gradients as products of columns and rows, with the adjoints δ_{t,k} named."""

    def __init__(self, shared: SharedDefinitions) -> None:
        self.shared, self.cell = shared, shared.cell

    def substituted(self, parameter: Parameter, step: int | None = None) -> Equation:
        """Return ∇_p L_t as the sum of δ_{t,k}·rightᵀ, written out for a concrete t."""
        at = t if step is None else Integer(step)
        left = Gradient(self.cell.loss_series[at], parameter)
        terms = [self.direct_gradient(u, at) for u in self.shared.beside_uses(parameter)]
        body = self.substituted_term(parameter, at, k)
        if body is not None and step is None:
            terms.append(TimeSum(body, k, 1, at))
        elif body is not None:
            tinted = Coloured(body, k, step)
            terms.append(
                expand(instantiate(tinted, {k: 1}))
                if step == 1
                else Expanded(TimeSum(tinted, k, 1, at))
            )
        name = f"grad-{parameter.name}-substituted" + ("" if step is None else f"-{step}")
        free = unroll.every_step() if step is None else ()
        return self.shared.equation_of(
            name, (left, add(*terms)), "substitute-jacobians", left, free
        )

    def last_term(self, parameter: Parameter) -> Equation:
        """Return ∇_p L as the one term that is left where only the loss of the last step counts."""
        left = Gradient(self.cell.total, parameter)
        term = instantiate(self.substituted(parameter).right, {t: T})
        return self.shared.equation_of(
            f"grad-{parameter.name}-last", (left, term), "substitute-jacobians", left
        )

    def direct_gradient(self, use: Use, step: Any) -> Any:
        """Return what a use that does not pass through the state contributes to ∇_p L_t."""
        held = self.shared.jacobians.state_held()
        row = self.shared.jacobians.derivative(self.cell.loss_series, use.entry[t], held)
        return instantiate(use.pullback.gradient(transpose(row)), {t: step})

    def substituted_term(self, parameter: Parameter, step: Any, use_step: Any) -> Any | None:
        """Return the k-th contribution to ∇_p L_t in the parameter's shape, or None without one."""
        terms = [
            pull_at(u.pullback, use_step).gradient(self.shared.lagged[u.entry][step, use_step])
            for u in self.shared.recurrent_uses(parameter)
        ]
        return add(*terms) if terms else None

    def contributions(self, parameter: Parameter) -> Equation:
        """Return the k-th contribution to ∇_p L_T alone, for every k.

        It is the gradient by a copy of p that is used at step k only.
        """
        left = Gradient(self.cell.loss_series[T], ParameterCopy(parameter, k))
        # What a use does to the loss of its own step, past the state, is in the last one only.
        last = [
            mul(Scalar(KroneckerDelta(k, T)), self.direct_gradient(u, T))
            for u in self.shared.beside_uses(parameter)
        ]
        sides = (left, add(self.substituted_term(parameter, T, k), *last))
        free = (Index(k, Integer(1), T),)
        return self.shared.equation_of(
            f"grad-{parameter.name}-contributions", sides, "one-contribution", left, free
        )

    def single_contribution(self, parameter: Parameter, step: int, use_step: int) -> Equation:
        """Return the same for one concrete k."""
        left = Gradient(self.cell.loss_series[step], ParameterCopy(parameter, use_step))
        term = self.substituted_term(parameter, Integer(step), Integer(use_step))
        direct = [
            self.direct_gradient(u, Integer(step)) for u in self.shared.beside_uses(parameter)
        ]
        right = Coloured(add(term, *direct) if use_step == step else term, use_step, step)
        name = f"grad-{parameter.name}-contribution-{step}-{use_step}"
        return self.shared.equation_of(name, (left, right), "one-contribution", left)

    def step_jacobian(self) -> Equation:
        """Return J_j = ∂ξ_j/∂ξ_{j−1} with the derivatives substituted."""
        left = Partial(self.shared.state[j], self.shared.state[j - 1])
        sides = (left, self.shared.J[j], self.shared.expression_of(self.shared.J))
        return self.shared.equation_of(
            "step-jacobian", sides, "jacobian", left, (Index(j, Integer(1), T),)
        )

    def blocks(self) -> list[Equation]:
        """Return the blocks of the step Jacobian, each by itself, the parts that they share first."""
        found = []
        for (row, read), part in self.shared.jacobians.parts.items():
            step = j if read.indices[0] != t else t
            made = instantiate(self.shared.expression_of(part), {t: step})
            num, den = row[step], instantiate(read, {t: step})
            # ∂⁺: the other states that the equation reads are held fixed.
            if read.indices[0] == t:
                passed = self.shared.jacobians.passed(row)
                # Those that do not lead to it as well, as the sentence before them says of all.
                others = self.cell.states if {*passed} - {read.series} else ()
                held = tuple(s[t] for s in others if s not in (read.series, row))
                name = f"part-{row.name}-{read.series.name}"
            else:
                held = tuple(s[step - 1] for s in self.cell.states if s != read.series)
                name = f"block-{row.name}-{read.series.name}"
            sides = (Partial(num, den, *held), part[step], made)
            found.append(
                self.shared.equation_of(name, sides, "block", num, (Index(step, Integer(1), T),))
            )
        return found

    def diagonals(self) -> list[Equation]:
        """Return D_t = ∂s_t/∂a_t for every activation."""
        found = []
        for variable, D in self.shared.jacobians.diagonals.items():
            argument = self.cell.definition(variable).expr.args[-1]
            left = Partial(variable[t], argument)
            sides = (left, D[t], self.shared.expression_of(D))
            found.append(
                self.shared.equation_of(
                    f"diagonal-{variable.name}", sides, "activation", left, unroll.every_step()
                )
            )
        return found

    def lagged_adjoints(self) -> list[Equation]:
        """Return δ_{t,k} = ∇_{a_k} L_t for every variable that a parameter enters.

        Where they are read off the adjoint of the state, that one comes first.
        """
        free = (Index(t, Integer(1), T), Index(k, Integer(1), t))
        found = []
        named = (
            {}
            if self.shared.state_adjoint is None
            else {self.shared.state: self.shared.state_adjoint}
        )
        for entry, series in (named | self.shared.lagged).items():
            left = Gradient(self.cell.loss_series[t], entry[k])
            sides = (left, series[t, k], self.shared.expression_of(series))
            found.append(
                self.shared.equation_of(
                    f"{letter_of(series).word}-lag", sides, "adjoint", left, free
                )
            )
        return found

    def into_state(self) -> list[Equation]:
        """Return G_k = ∂ξ_k/∂a_k for every variable that a parameter enters, where they are named."""
        found = []
        for entry, G in self.shared.into.items():
            left = Partial(self.shared.state[k], entry[k])
            sides = (left, G[k], self.shared.expression_of(G))
            free = (Index(k, Integer(1), T),)
            found.append(
                self.shared.equation_of(f"into-{entry.name}", sides, "into-state", left, free)
            )
        return found

    def spelled_adjoint(self, entry: Series, step: int, use_step: int) -> Equation:
        """Return δ_{t,k} for concrete t and k with its factors written out."""
        series = self.shared.lagged[entry]
        body = transpose(self.shared.expression_of(self.shared.J))
        into = transpose(self.shared.path_into_state(entry, use_step))
        return self._spelled(series, entry, body, into, step, use_step)

    def spelled_state_adjoint(self, step: int, use_step: int) -> Equation:
        """Return ∇_{ξ_k} L_t for concrete t and k as a product of the step Jacobians."""
        assert self.shared.state_adjoint is not None
        body, into = transpose(self.shared.J[j]), Identity(self.shared.state.shape[0])
        return self._spelled(
            self.shared.state_adjoint, self.shared.state, body, into, step, use_step
        )

    def spelled_adjoints(self, step: int, use_step: int) -> list[Equation]:
        """Return the adjoint of the state for concrete t and k, or that of each entry."""
        if self.shared.state_adjoint is not None:
            return [self.spelled_state_adjoint(step, use_step)]
        return [self.spelled_adjoint(entry, step, use_step) for entry in self.shared.lagged]

    def _spelled(
        self, series: Introduced, of: Series, body: Any, into: Any, step: int, use_step: int
    ) -> Equation:
        chain = RisingProduct(body, j, use_step + 1, step)
        right = mul(into, expand(chain), self.shared.loss_column(Integer(step)))
        left = Gradient(self.cell.loss_series[step], of[use_step])
        sides = (left, series[step, use_step], Coloured(right, use_step, step))
        return self.shared.equation_of(
            f"{letter_of(series).word}-lag-{step}-{use_step}", sides, "spell-out", left
        )

    def row_contribution(self, parameter: Parameter, step: int, use_step: int) -> Equation:
        """Return the k-th contribution read from the loss backwards, nothing abbreviated.

        Only for cells whose state is a scalar: there the factors of the row commute with the rest.
        """
        left = Gradient(self.cell.loss_series[step], ParameterCopy(parameter, use_step))
        # A step Jacobian that is a sum, or a block matrix, keeps its name.
        factor = (
            self.shared.J[j] if self.shared.by_state else self.shared.expression_of(self.shared.J)
        )
        product = expand(OrderedProduct(factor, j, use_step + 1, step))
        terms = []
        for use in self.shared.recurrent_uses(parameter):
            pullback = pull_at(use.pullback, use_step)
            into = self.shared.path_into_state(use.entry, use_step)
            row = mul(
                transpose(self.shared.loss_column(Integer(step))), product, into, pullback.left
            )
            terms.append(_shaped(parameter, row, pullback))
        for use in self.shared.direct_uses(parameter) if use_step == step else ():
            pullback, leaves = pull_at(use.pullback, step), self.shared.jacobians.state_held()
            past = self.shared.jacobians.derivative(self.cell.loss_series, use.entry[t], leaves)
            row = mul(instantiate(past, {t: Integer(step)}), pullback.left)
            terms.append(_shaped(parameter, row, pullback))
        whole = add(*terms)
        right = Coloured(
            whole if self.shared.by_state else self.unabbreviated(whole), use_step, step
        )
        name = f"grad-{parameter.name}-full-{use_step}"
        return self.shared.equation_of(name, (left, right), "write-out", left)

    def unabbreviated(self, expr: Any) -> Any:
        """Return an expression with the diagonals D_t replaced by what they stand for."""
        rule = {}
        for at in series_in(expr):
            if at.series in self.shared.jacobians.diagonals.values():
                rule[at] = instantiate(self.shared.expression_of(at.series), {t: at.indices[0]})
        return folded(expr, rule)

    def vanishes_at_start(self, parameter: Parameter) -> bool:
        """Tell whether the contribution of step 1 is 0 because the initial state is."""
        return vanishes_at_start(self.shared, parameter)

    def parts_at_start(self, parameter: Parameter) -> list[Series]:
        """Return the states of which the initial values make it so, and no fewer do."""
        return parts_at_start(self.shared, parameter)

    def first_contribution(self, parameter: Parameter) -> Equation:
        """Return that the first contribution is 0 when the initial state is."""
        left = Gradient(self.cell.loss_series[T], ParameterCopy(parameter, 1))
        sides = (left, ZeroMatrix(*parameter.shape))
        name = f"grad-{parameter.name}-first"
        return self.shared.equation_of(name, sides, "zero-start", left, (), ("zero-initial-state",))


def _shaped(parameter: Parameter, row: Any, pullback: Pullback) -> Any:
    """Return what a row, pulled to a parameter, contributes to its gradient, in its shape."""
    right = pullback.right
    if right is None:
        return transpose(row)
    if parameter.shape == (1, 1):
        # All factors are numbers: the row is read from the loss backwards, to the last of them.
        return mul(row, right)
    if pullback.transposed:
        return mul(right, row)
    return mul(transpose(row), transpose(right))


def pull_at(pullback: Pullback, step: Any) -> Pullback:
    """Return a pullback at another step than t."""
    right = None if pullback.right is None else instantiate(pullback.right, {t: step})
    return Pullback(instantiate(pullback.left, {t: step}), right, pullback.transposed)

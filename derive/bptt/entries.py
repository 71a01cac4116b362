"""Derivatives entry by entry: softmax by the quotient rule, and why ∇_W is a column times a row."""

from __future__ import annotations

from typing import Any

from sympy import Identity, Integer, KroneckerDelta

from derive.bptt.shared import SharedDefinitions
from derive.expressions.algebra import add, had, mul, neg, transpose
from derive.expressions.components import Component, ComponentSum
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.equation import Equation, Index, Kind, Step, identifier
from derive.expressions.functions import Apply, Quotient, Softmax
from derive.expressions.quantities import Parameter, ParameterCopy, Scalar, T, k, t


class EntryLemmas:
    """The lines that a derivation owes where a matrix is differentiated by a column, or by a matrix."""

    def __init__(self, shared: SharedDefinitions) -> None:
        self.shared, self.cell = shared, shared.cell

    def _equation(
        self, name: str, sides: tuple[Any, ...], free: tuple[Index, ...], *reasons: str
    ) -> Equation:
        id = identifier(self.cell.name, "entries", name)
        return Equation(
            id, Kind.IDENTITY, sides, Step("entries", (sides[0],)), free, reasons=reasons
        )

    def softmax(self) -> list[Equation]:
        """Return softmax, its loss and its Jacobian by components; nothing for another output."""
        cell = self.cell
        made = cell.definition(cell.output).expr
        if not isinstance(made, Softmax) or cell.loss.name != "cross_entropy":
            return []
        L, o, y, z = (s[t] for s in (cell.loss_series, cell.output, cell.target, made.arg.series))
        size, every = z.shape[0], Index(t, Integer(1), T)
        p, q, r = cell.components
        row, column = (Index(i, Integer(1), size) for i in (p, q))

        def power(i: Any) -> Any:
            return Apply("exp_minus", neg(Component(z, i)))

        total = ComponentSum(power(r), r, size)
        same = Scalar(KroneckerDelta(p, q))
        at_p, at_q = Component(o, p), Component(o, q)
        jacobian = (
            Component(Partial(o, z), p, q),
            Partial(at_p, Component(z, q)),
            add(
                mul(same, Quotient(power(p), total)),
                neg(Quotient(mul(power(p), power(q)), had(total, total))),
            ),
            add(mul(same, at_p), neg(mul(at_p, at_q))),
        )
        return [
            self._equation("softmax", (at_p, Quotient(power(p), total)), (every, row)),
            self._equation(
                "softmax-jacobian", jacobian, (every, row, column),
                "reason.entry", "reason.quotient-rule", "reason.put-in",
            ),
            self._equation(
                "loss", (Partial(L, at_p), neg(Quotient(Component(y, p), at_p))), (every, row)
            ),
        ]  # fmt: skip

    def outer(self, parameter: Parameter) -> list[Equation]:
        """Return entry by entry why the gradient by a matrix is a column times a row.

        For a matrix of several rows that stands once, before a column; else nothing.
        """
        uses = self.shared.jacobians.entries(parameter)
        # Of a cell with matrices the rule for products of them says it.
        if len(uses) != 1 or 1 in parameter.shape or self.cell.has_matrices:
            return []
        entry, pullback = uses[0]
        column = pullback.right
        if column is None or pullback.transposed or not isinstance(pullback.left, Identity):
            return []
        recurrent = bool(self.shared.recurrent_uses(parameter))
        step, last = (k, T) if recurrent else (t, t)
        matrix = ParameterCopy(parameter, step) if recurrent else parameter
        loss, at, column = self.cell.loss_series[last], entry[step], column.xreplace({t: step})
        arriving = Gradient(loss, at)
        if len(mul(arriving, transpose(column)).args) != 2:
            # A number beside the column would be one more thing to explain.
            return []
        rows, columns = parameter.shape
        p, q, r = self.cell.components
        chained = mul(Component(arriving, r), Partial(Component(at, r), Component(matrix, p, q)))
        single = mul(Component(arriving, r), Scalar(KroneckerDelta(p, r)), Component(column, q))
        sides = (
            Component(Gradient(loss, matrix), p, q),
            ComponentSum(chained, r, rows),
            ComponentSum(single, r, rows),
            mul(Component(arriving, p), Component(column, q)),
            Component(mul(arriving, transpose(column)), p, q),
        )
        free = (
            Index(step, Integer(1), T), Index(p, Integer(1), rows), Index(q, Integer(1), columns),
        )  # fmt: skip
        reasons = ("reason.chain", "reason.own-row", "reason.one-term", "reason.outer")
        return [self._equation(f"outer-{parameter.name}", sides, free, *reasons)]

    def equations(self) -> list[Equation]:
        """Return all of them."""
        found = self.softmax()
        for parameter in self.cell.parameters:
            found += self.outer(parameter)
        return found

"""Derivatives within one time step: local Jacobians, named where long, and their chains."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from sympy import Identity, ZeroMatrix

from derive.calculus.adjoints import on_matrices
from derive.calculus.pullbacks import Pullback, jacobian, pullbacks
from derive.calculus.simplify import chain, factored
from derive.cells.cell import Assignment, Cell
from derive.errors import DerivationError
from derive.expressions.algebra import Diag, is_zero, transpose
from derive.expressions.blocks import Blocks
from derive.expressions.definition import Definition
from derive.expressions.functions import Apply
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, Series, t
from derive.expressions.shapes import is_vector
from derive.expressions.walk import atoms_of, series_in


class StepJacobians:
    """The Jacobians of one step of a cell, at symbolic t.

    Activations get a named diagonal, D_t = diag(f'(a_t)), so that a step Jacobian reads D_t W.
    """

    def __init__(self, cell: Cell) -> None:
        self.cell = cell
        self.definitions: list[Definition] = []
        self.diagonals: dict[Series, Introduced] = {}
        for e in filter(self._is_gate, cell.equations):
            D = cell.roster.introduce(Role.SLOPE, e.variable, e.expr.arg.series, diagonal=True)
            self.diagonals[e.variable] = D
            self.definitions.append(Definition(D, (t,), jacobian(e.expr, e.expr.arg, e.left)))
        self.parts: dict[tuple[Series, At], Introduced] = {}
        self._known: dict[Any, Any] = {}
        self._entries: dict[Parameter, list[tuple[Series, Pullback]]] = {}
        if len(cell.states) > 1 and not cell.has_matrices:
            self._name_parts()

    def _name_parts(self) -> None:
        """Name the Jacobians between the states: E within a step, J from step to step.

        In the order of the equations, so that a later state's Jacobian is written in the parts of
        the states before it and does not repeat them.
        """
        for row in self._states_in_order():
            for before in self.passed(row):
                self._name_part(Role.PART, row, before[t], self._directly(row, before))
            for column in self.cell.states:
                self._name_part(Role.BLOCK, row, column[t - 1], self.derivative(row, column[t - 1]))

    def _states_in_order(self) -> list[Series]:
        return [e.variable for e in self.cell.equations if e.variable in self.cell.states]

    def passed(self, state: Series) -> list[Series]:
        """Return the states that a state reads within the same step, not through one of them."""
        return [s for s in self._earlier(state) if not is_zero(self._directly(state, s))]

    def _earlier(self, state: Series) -> list[Series]:
        order = self._states_in_order()
        return order[: order.index(state)] if state in order else []

    def _directly(self, row: Series, state: Series) -> Any:
        """Return ∂⁺row[t]/∂state[t], the states between them held fixed."""
        return self._paths(row, state[t], frozenset(s[t] for s in self._earlier(row) if s != state))

    def _name_part(self, role: Role, row: Series, read: At, expr: Any) -> None:
        if not is_zero(expr):
            diagonal = isinstance(expr, Diag)
            series = self.cell.roster.introduce(role, row, read.series, diagonal=diagonal)
            self.parts[row, read] = series
            self.definitions.append(Definition(series, (t,), expr))
            self._known.clear()

    def _is_gate(self, e: Assignment) -> bool:
        # The output function belongs to the loss: its Jacobian is written out, not named.
        return (
            isinstance(e.expr, Apply)
            and isinstance(e.expr.arg, At)
            and is_vector(e.variable)
            and e.variable != self.cell.output
        )

    def local(self, equation: Assignment, read: At) -> Any:
        """Return the Jacobian of an equation's variable with respect to something that it reads."""
        if on_matrices(equation.expr):
            raise DerivationError(
                f"the equation of {equation.variable.name} in {self.cell.name} has matrices, so that "
                "there is no Jacobian of it: the derivative of a matrix by a matrix is no matrix. The "
                "recursion of the gradients, each in the shape of what it belongs to, has all of them"
            )
        if equation.variable in self.diagonals:
            return self.diagonals[equation.variable][t]
        return jacobian(equation.expr, read, equation.left)

    def reads(self, equation: Assignment) -> list[At]:
        """Return what an equation reads of computed quantities, in the order of the equations."""
        order = {e.variable: i for i, e in enumerate(self.cell.equations)}
        computed = [at for at in series_in(equation.expr) if at.series in order]
        return sorted(computed, key=lambda at: (str(t - at.indices[0]), order[at.series]))

    def derivative(self, variable: Series, den: At, held: frozenset[At] = frozenset()) -> Any:
        """Return ∂variable[t]/∂den through the equations of step t, what is ``held`` fixed."""
        key = (variable, den, held)
        if key not in self._known:
            self._known[key] = self._derivative(variable, den, held)
        return self._known[key]

    def _derivative(self, variable: Series, den: At, held: frozenset[At]) -> Any:
        left = variable[t]
        if left == den:
            return Identity(left.shape[0])
        if len(self.cell.states) == 1 or variable not in self.cell.states or held:
            return self._paths(variable, den, held)
        if (variable, den) in self.parts and den.indices[0] != t:
            return self.parts[variable, den][t]
        return self._past_states(variable, den)

    def _past_states(self, variable: Series, den: At) -> Any:
        """Return ∂variable[t]/∂den: the paths past the step's other states, and through each."""
        before = self.passed(variable)
        terms = [
            chain(self.parts[variable, s[t]][t], self.derivative(s, den))
            for s in before
            if not is_zero(self.derivative(s, den))
        ]
        held = frozenset(s[t] for s in self._earlier(variable))
        if den in held:
            return factored(terms) if terms else ZeroMatrix(variable.shape[0], den.shape[0])
        direct = self._paths(variable, den, held)
        return factored([*terms, *([] if is_zero(direct) else [direct])]) if terms else direct

    def _paths(self, variable: Series, den: At, held: frozenset[At]) -> Any:
        left = variable[t]
        if left in held or not self.cell.defines(variable):
            return ZeroMatrix(left.shape[0], den.shape[0])
        equation = self.cell.definition(variable)
        through = self._residual(equation, den, held)
        if through is not None:
            return through
        terms = []
        for read in self.reads(equation):
            if read == den:
                terms.append(self.local(equation, read))
            elif read.indices[0] == t:
                inner = self.derivative(read.series, den, held)
                if not is_zero(inner):
                    terms.append(chain(self.local(equation, read), inner))
        return factored(terms) if terms else ZeroMatrix(left.shape[0], den.shape[0])

    def _residual(self, equation: Assignment, den: At, held: frozenset[At]) -> Any | None:
        """Return ∂L_t/∂den through the logits, by the loss's short form, if it goes there."""
        cell = self.cell
        z, o = cell.logits[t], cell.output[t]
        if equation.variable != cell.loss_series or den == o or o in held:
            return None
        inner = self.derivative(cell.logits, den, held)
        if is_zero(inner):
            return ZeroMatrix(1, den.shape[0])
        return self.residual_row if z == den else chain(self.residual_row, inner)

    @cached_property
    def residual(self) -> Any:
        """Return ∇_z L_t in its short form."""
        return self.cell.loss.residual(self.cell.target[t], self.cell.output[t])

    @property
    def residual_row(self) -> Any:
        """Return ∂L_t/∂z_t, a row."""
        return transpose(self.residual)

    def entries(self, parameter: Parameter) -> list[tuple[Series, Pullback]]:
        """Return the variables whose equations use a parameter, with the paths to it.

        Equations on matrices are left out: there are no such paths in them.
        """
        if parameter not in self._entries:
            self._entries[parameter] = [
                (e.variable, pullback)
                for e in self.cell.equations
                if parameter in set(atoms_of(e.expr, Parameter)) and not on_matrices(e.expr)
                for pullback in pullbacks(e.expr, parameter, e.left)
            ]
        return self._entries[parameter]

    def state_held(self) -> frozenset[At]:
        """Return the states of step t: what is held fixed when a derivative stops at them."""
        return frozenset(s[t] for s in self.cell.states)

    def of_state(self, den: At) -> Any:
        """Return ∂⁺ξ_t/∂den through step t, block by block where there are several states."""
        blocks = [self.derivative(s, den) for s in self.cell.states]
        return blocks[0] if len(blocks) == 1 else Blocks(1, *blocks)

    def step_jacobian(self) -> Any:
        """Return ∂ξ_t/∂ξ_{t−1}, block by block where there are several states."""
        states = self.cell.states
        blocks = [self.derivative(row, column[t - 1]) for row in states for column in states]
        return blocks[0] if len(states) == 1 else Blocks(len(states), *blocks)

    def loss_row(self) -> Any:
        """Return ∂L_t/∂ξ_t, a row."""
        held = self.state_held()
        blocks = [
            self.derivative(self.cell.loss_series, s[t], held - {s[t]}) for s in self.cell.states
        ]
        return blocks[0] if len(blocks) == 1 else Blocks(len(blocks), *blocks)

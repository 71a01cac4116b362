"""The backward recursion: every adjoint pulled through its equation once, at symbolic t.

What arrives from the next step is the same pullback with t shifted to t + 1, so the cost does not
depend on T.  After the last step the adjoints are 0.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sympy import Integer, ZeroMatrix

from derive.bptt.stepwise import StepJacobians
from derive.calculus.adjoints import contributions, on_matrices
from derive.calculus.pullbacks import depends
from derive.calculus.simplify import applied
from derive.cells.cell import Assignment, Cell
from derive.expressions.algebra import add, is_zero, mul, transpose
from derive.expressions.definition import Definition
from derive.expressions.derivatives import Gradient
from derive.expressions.equation import Equation, Index, Kind, Step, identifier
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import Parameter, Series, T, t
from derive.expressions.sums import TimeSum, instantiate
from derive.expressions.walk import atoms_of, series_in
from derive.typesetting.lettering import letter_of


class Recursion:
    """The adjoints ∇_v L of a cell's quantities, and the gradients from them.

    Adjoints get a name where a parameter enters the state, and where the previous step is read
    (those are needed one step later); the others are short and stay written out.
    """

    def __init__(self, cell: Cell, jacobians: StepJacobians) -> None:
        self.cell, self.jacobians = cell, jacobians
        self.definitions: dict[Introduced, Definition] = {}
        self.deltas = {
            e.variable: cell.roster.introduce(Role.ADJOINT, e.variable)
            for e in cell.equations
            if any(read.indices[0] != t for read in jacobians.reads(e)) or self._goes_on_twice(e)
        }
        self._columns: dict[Series, Any] = {v: delta[t] for v, delta in self.deltas.items()}
        for equation in reversed(cell.equations):
            variable = equation.variable
            if variable in self._of_loss_only():
                continue
            column = self.pulled(variable[t], variable[t - 1])
            if variable in self.deltas:
                delta = self.deltas[variable]
                self.definitions[delta] = Definition(delta, (t,), column, backward=True)
            else:
                self._columns[variable] = column

    def _goes_on_twice(self, equation: Assignment) -> bool:
        """Tell whether an adjoint is used in several places, so that it is worth a name."""
        variable, logits = equation.variable, self.cell.logits
        if variable in self._of_loss_only():
            return False
        if variable == logits and not self._fed_back():
            return False
        places = [*self.jacobians.reads(equation), *atoms_of(equation.expr, Parameter)]
        return len([p for p in places if p not in self.cell.constants]) > 1

    def _fed_back(self) -> bool:
        """Tell whether the logits or the output are read by more than the loss."""
        cell = self.cell
        return (
            bool({cell.logits, cell.output} & set(cell.states))
            or cell.output not in self._of_loss_only()
        )

    def _of_loss_only(self) -> set[Series]:
        """Return the loss, and the output where only the loss reads it: the residual covers both."""
        cell = self.cell
        readers = [
            e
            for e in cell.equations
            for read in self.jacobians.reads(e)
            if read.series == cell.output
        ]
        last = cell.definition(cell.loss_series)
        return {cell.loss_series} | ({cell.output} if readers == [last] else set())

    def pulled(self, now: Any, before: Any) -> Any:
        """Return the adjoint of a quantity that equations read as ``now`` (step t) or ``before``."""
        cell, terms = self.cell, [ZeroMatrix(*now.shape)]
        if now.series == cell.logits:
            terms.append(cell.weighted(self.jacobians.residual, t))
        elif cell.defines(now.series):
            terms += self._direct_loss(now)
        return add(*terms, *self._pulled_from(now), *self._next_step(before))

    def _next_step(self, before: Any) -> list[Any]:
        """Return what arrives from step t + 1, where ``before`` was read as the previous step's."""
        return [instantiate(term, {t: t + 1}) for term in self._pulled_from(before)]

    def _pulled_from(self, read: Any) -> list[Any]:
        """Return the adjoints of a step's equations pulled to something that they read."""
        found = []
        for equation in self.cell.equations:
            if equation.variable not in self._columns:
                continue
            column = self._columns[equation.variable]
            if on_matrices(equation.expr):
                found += contributions(equation.expr, read, column, equation.left)
                continue
            local = self.local(equation, read)
            if not is_zero(local):
                found.append(applied(transpose(local), column))
        return found

    def _direct_loss(self, now: Any) -> list[Any]:
        """Return what the loss contributes where it reads a quantity other than the output."""
        made = self.cell.definition(self.cell.loss_series)
        reads = [
            r for r in self.jacobians.reads(made) if r == now and now.series != self.cell.output
        ]
        return [
            self.cell.weighted(transpose(self.jacobians.local(made, read)), t) for read in reads
        ]

    def local(self, equation: Any, read: Any) -> Any:
        if not depends(equation.expr, read):
            return ZeroMatrix(equation.variable.shape[0], read.shape[0])
        return self.jacobians.local(equation, read)

    def column(self, variable: Series) -> Any:
        """Return ∇_{variable_t} L by its name or written out."""
        return self._columns[variable]

    def gradient(self, parameter: Parameter) -> Any:
        """Return ∇_p L as one sum over the steps."""
        terms = [
            pullback.gradient(self._columns[entry])
            for entry, pullback in self.jacobians.entries(parameter)
        ]
        return TimeSum(add(*terms, *self.by_matrices(parameter)), t, 1, T)

    def by_matrices(self, parameter: Parameter) -> list[Any]:
        """Return what equations on matrices contribute to ∇_p L at a step, in the shape of p."""
        terms = Counter(
            term
            for e in self.cell.equations
            if e.variable in self._columns and on_matrices(e.expr)
            for term in contributions(e.expr, parameter, self._columns[e.variable], e.left)
        )
        # Of diag(q ⊙ q) both factors contribute the same.
        return [mul(count, term) if count > 1 else term for term, count in terms.items()]

    def _contracted(self, variable: Series, name: str) -> Equation:
        series = self.deltas[variable]
        sides = (Gradient(self.cell.total, variable[t]), series[t], self.definitions[series].expr)
        return self._equation(name, sides, "recursion", (Index(t, Integer(1), T),))

    def equations(self) -> Iterator[Equation]:
        """Yield the end, the recursion, and every gradient from it."""
        yield from self.ends()
        yield from self.steps()
        if self.cell.has_matrices:
            yield from self.unnamed()
        for p in self.cell.parameters:
            yield self.accumulated(p)
        yield from self.ends_of_inputs()
        yield from self.of_given()

    def accumulated(self, parameter: Parameter) -> Equation:
        """Return ∇_p L as one sum over the steps."""
        sides = (Gradient(self.cell.total, parameter), self.gradient(parameter))
        return self._equation(f"grad-{parameter.name}", sides, "accumulate")

    def of_given(self) -> Iterator[Equation]:
        """Yield the gradients of the initial states and of the inputs."""
        cell = self.cell
        yield from self.of_initial()
        for given in cell.inputs:
            sides = (Gradient(cell.total, given[t]), self.pulled(given[t], given[t - 1]))
            yield self._equation(f"grad-{given.name}", sides, "input", (Index(t, Integer(1), T),))

    def of_initial(self) -> list[Equation]:
        """Return the gradients of the initial states."""
        return [
            self._equation(
                f"grad-{state.name}0",
                (
                    Gradient(self.cell.total, state[0]),
                    instantiate(self.initial_adjoint(state), {t: 0}),
                ),
                "initial-state",
            )
            for state in self.cell.handed
        ]

    def trained_start(self) -> list[Equation]:
        """Return these where the initial states are trained like the parameters."""
        return self.of_initial() if self.cell.initial == "trainable" else []

    def ends(self) -> list[Equation]:
        """Return that the adjoints after the last step are 0, of those that the last step reads."""
        sums = [self.gradient(parameter) for parameter in self.cell.parameters]
        made = [definition.expr for definition in self.definitions.values()]
        return self._ends_of([*made, *sums])

    def ends_of_inputs(self) -> list[Equation]:
        """Return the same of those that only the gradient of an input reads one step later."""
        given = [self.pulled(given[t], given[t - 1]) for given in self.cell.inputs]
        known = self.ends()
        return [end for end in self._ends_of(given) if end not in known]

    def _ends_of(self, exprs: list[Any]) -> list[Equation]:
        read = {at for expr in exprs for at in series_in(expr)}
        return [
            Equation(
                identifier(self.cell.name, letter_of(series).word, "end"),
                Kind.DEFINITION,
                (series[T + 1], ZeroMatrix(*series.shape)),
                Step("end", (series[t],)),
            )
            for series in self.deltas.values()
            if series[t + 1] in read
        ]

    def steps(self) -> list[Equation]:
        """Return the recursion of each named adjoint, in the order in which it is computed."""
        return [
            self._contracted(variable, f"{letter_of(series).word}-recursion")
            for variable, series in reversed(self.deltas.items())
        ]

    def unnamed(self) -> list[Equation]:
        """Return what arrives at quantities that a parameter enters and whose adjoint has no name."""
        entries = {e for p in self.cell.parameters for e, _ in self.jacobians.entries(p)}
        return [
            self._equation(
                f"arrives-{v.name}",
                (Gradient(self.cell.total, v[t]), self._columns[v]),
                "recursion",
                (Index(t, Integer(1), T),),
            )
            for v in self._columns
            if v in entries and v not in self.deltas and v != self.cell.logits
        ]

    def unlisted(self) -> list[Series]:
        """Return the quantities at which something arrives and stands within lines of others."""
        made = [e.variable for e in self.cell.equations]
        return [v for v in made if v in self._columns and self._is_within(v)]

    def _is_within(self, variable: Series) -> bool:
        return variable not in self.deltas and not is_zero(self._columns[variable])

    def initial_adjoint(self, state: Series) -> Any:
        """Return the adjoint of s_0 at symbolic t, to be taken at t = 0."""
        # s_0 is read by the first step only: the part of its adjoint that comes from step t + 1.
        return add(ZeroMatrix(*state.shape), *self._next_step(state[t - 1]))

    def _equation(
        self, name: str, sides: tuple[Any, ...], rule: str, free: tuple[Index, ...] = ()
    ) -> Equation:
        return Equation(
            identifier(self.cell.name, name), Kind.IDENTITY, sides, Step(rule, (sides[0],)), free
        )

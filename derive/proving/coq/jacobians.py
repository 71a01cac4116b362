"""The derivatives of the states by those of the step before, as printed, and that they are these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from sympy import Basic, MatrixExpr

from derive.cells.cell import Assignment
from derive.expressions.blocks import Blocks, Stack
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, Series, j, t
from derive.expressions.sums import instantiate
from derive.proving.coq.grids import picked
from derive.proving.coq.network import CoqNetwork
from derive.proving.coq.statements import at_step, word
from derive.proving.coq.terms import shape
from derive.typesetting.printing import Printer


class Jacobians:
    """The step of a change of the states alone, and the printed matrices that are this step."""

    def __init__(self, network: CoqNetwork) -> None:
        self.network, self.cell, self.said = network, network.cell, network.said
        self.states = self.said.stacked
        self.printer = Printer(dialect="plain")

    def claimed(self) -> list[Equation]:
        """Return the equations that are theorems here, in the order in which they are printed."""
        return [
            e for one, e in self.said.jacobians.items()
            if one.role is not Role.PATH
        ]  # fmt: skip

    @property
    def whole(self) -> Introduced | None:
        """Return J, if the network has one that is printed."""
        return next((one for one in self.said.jacobians if one.role is Role.STEP_JACOBIAN), None)

    # -- what a change of the states does in one step ----------------------------------------------

    def shifts(self) -> Iterator[str]:
        """Yield the step of a change of the states before, and of one of the states, by themselves."""
        fields = "; ".join(f"{self.network.name(s, 'sh_')} : {shape(s)}" for s in self.states)
        yield f"Record shifts := Shifts {{ {fields} }}."
        for e in self.network.equations:
            made = self._change(e, self._before)
            if made:
                yield self._step(e, "jstep_", made)
        for den in self._parts():
            for e in self._after(den):
                name = f"from_{self.network.name(den)}_"
                made = self._change(e, partial(self._within, den))
                yield (
                    f"Definition {self.network.name(e.variable, name)} (t : nat) "
                    f"(dir : {shape(den)}) : {shape(e.variable)} := {made}."
                )

    def _change(self, e: Assignment, leaf: Callable[[Basic], str | None]) -> str:
        return self.network.terms(self.network.beside).change(e.expr, e.left, leaf)

    def _step(self, e: Assignment, before: str, body: str) -> str:
        name = self.network.name(e.variable, before)
        return f"Definition {name} (t : nat) (prev : shifts) : {shape(e.variable)} := {body}."

    def _before(self, node: Basic) -> str | None:
        """Return the change of a quantity where only the states before change."""
        if isinstance(node, Parameter):
            return None
        if node.indices == (t - 1,) and node.series in self.network.carried:
            return f"({self.network.name(node.series, 'sh_')} prev)"
        if node.indices == (t,) and node.series in self.moved():
            return f"({self.network.name(node.series, 'jstep_')} t prev)"
        return None

    def moved(self) -> list[Series]:
        """Return the quantities of a step that read a state before, by way of others too."""
        found: list[Series] = []
        for e in self.network.equations:
            if any(
                node.series in found if node.indices == (t,) else
                node.indices == (t - 1,) and node.series in self.network.carried
                for node in e.expr.atoms(At)
            ):  # fmt: skip
                found.append(e.variable)
        return found

    def _parts(self) -> list[Series]:
        """Return the states by which others of their step are differentiated."""
        return list(
            dict.fromkeys(
                e.sides[0].den.series for one, e in self.said.jacobians.items()
                if one.role is Role.PART
            )
        )  # fmt: skip

    def _after(self, den: Series) -> list[Assignment]:
        """Return the equations that read a state of their own step, by way of others too."""
        found = [den]
        made = []
        for e in self.network.equations:
            if any(node.series in found and node.indices == (t,) for node in e.expr.atoms(At)):
                found.append(e.variable)
                made.append(e)
        return made

    def _within(self, den: Series, node: Basic) -> str | None:
        if isinstance(node, Parameter) or node.indices != (t,):
            return None
        if node.series == den:
            return "dir"
        if node.series in [e.variable for e in self._after(den)]:
            return f"({self.network.name(node.series, f'from_{self.network.name(den)}_')} t dir)"
        return None

    # -- the printed matrices ---------------------------------------------------------------------

    def matrices(self) -> Iterator[str]:
        """Yield what J_t, its blocks and the others stand for."""
        for series, equation in self.said.jacobians.items():
            right, name = at_step(equation), self.network.name(series)
            terms = self.network.terms
            body = terms(self.network.at_k).value(right)
            yield f"Definition {name} : nat -> {shape(series)} := locked (fun k => {body})."
            made = terms(self.network.beside).value(right)
            yield f"Lemma {name}_E t : {name} t.+1 = {made}. Proof. by rewrite /{name} -lock. Qed."

    def theorems(self) -> Iterator[str]:
        """Yield that each is the derivative that is printed on its left."""
        for equation in self.claimed():
            series = equation.sides[1].series
            if series.role is Role.STEP_JACOBIAN:
                yield from self._whole(equation)
                continue
            num, den = equation.sides[0].num, equation.sides[0].den
            if series.role is Role.PART:
                done = f"{self.network.name(num.series, f'from_{self.network.name(den.series)}_')} t dir"
            else:
                shift = " ".join("dir" if s == den.series else "0" for s in self.states)
                done = self._moves(num.series, f"(Shifts {shift})")
            yield from self._claimed(equation, "dir", done, "dir")

    def _whole(self, equation: Equation) -> Iterator[str]:
        dirs = [self.network.name(s, "dir_") for s in self.states]
        given = f"(Shifts {' '.join(dirs)})"
        if len(self.states) == 1:
            yield from self._claimed(equation, dirs[0], self._moves(self.states[0], given), dirs[0])
            return
        rows = equation.sides[-1]
        assert isinstance(rows, Blocks)
        moved = [s for s in self.states if s in self.moved()]
        for state, row in zip(self.states, rows.rows_of_blocks, strict=True):
            if state not in moved:
                continue
            name = self.network.name(state, "row_")
            terms = self.network.terms(self.network.beside)
            parts = [
                f"{terms.value(at_block(block))} *m {one}"
                for block, one in zip(row, dirs, strict=True)
                if not block.is_ZeroMatrix
            ]
            made = " + ".join(parts) or "0"
            typed = " ".join(
                f"({one} : {shape(s)})" for s, one in zip(self.states, dirs, strict=True)
            )
            yield f"Lemma {name} (t : nat) : forall {typed}, {self._moves(state, given)} = {made}."
            yield f"Proof. move=> *{self._opened()}. Qed."
        stack = self.stack([self._moves(s, given) for s in self.states])
        at = self.network.name(equation.sides[1].series)
        typed = " ".join(f"({one} : {shape(s)})" for s, one in zip(self.states, dirs, strict=True))
        yield from self._said(equation, typed, stack, self.stack(dirs), (
            f"move=> *; rewrite {' '.join(self.network.name(s, 'row_') for s in moved)} "
            f"{at}_E; gridded"
        ))  # fmt: skip

    def _moves(self, state: Series, given: str) -> str:
        if state not in self.moved():
            return f"(0 : {shape(state)})"
        return f"{self.network.name(state, 'jstep_')} t {given}"

    def _claimed(self, equation: Equation, given: str, done: str, to: str) -> Iterator[str]:
        yield from self._said(equation, given, done, to, f"move=> *{self._opened()}")

    def _said(
        self, equation: Equation, given: str, done: str, to: str, proof: str
    ) -> Iterator[str]:
        name = self.network.name(equation.sides[1].series)
        right = self.network.terms(self.network.beside).value(at_step(equation))
        yield f"(* {equation.id}: {self.printer.inline(equation)} *)"
        said = f"{name} t.+1 = {right} /\\ forall {given}, {done} = {name} t.+1 *m {to}"
        yield f"Theorem {word(equation)} t : {said}."
        yield f"Proof. split; [exact: {name}_E | {proof}]. Qed."

    def _opened(self) -> str:
        """Return the end of a proof that a step is a matrix, entry by entry."""
        names = [self.network.name(v, "jstep_") for v in reversed(self.moved())]
        for den in self._parts():
            before = f"from_{self.network.name(den)}_"
            names += [self.network.name(e.variable, before) for e in reversed(self._after(den))]
        fields = [self.network.name(s, "sh_") for s in self.states]
        letters = [*self.said.jacobians, *self.said.slopes]
        slopes = ", ".join(f"{self.network.name(one)}_E" for one in letters)
        return (
            f"; cbv beta iota delta [{' '.join([*names, *fields])}]; rewrite ?({slopes}); stepped"
        )

    def stack(self, parts: list[str]) -> str:
        """Return columns one below the other, in the order of the states."""
        if len(parts) == 1:
            return f"({parts[0]})"
        columns = [state[t] for state in self.states]
        whole = Stack(*columns)
        made = (
            f"(mulL {picked(list(columns[:n]), column, whole)}^T ({part}))"
            for n, (column, part) in enumerate(zip(columns, parts, strict=True))
        )
        return f"({' + '.join(made)})"


def at_block(block: MatrixExpr) -> MatrixExpr:
    """Return a block of J_j at the step t."""
    return instantiate(block, {j: t})

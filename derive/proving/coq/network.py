"""A network in Coq: forward pass, its change in a direction, and the printed adjoints."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sympy import Basic, MatrixExpr, Symbol

from derive.cells.cell import Assignment, Cell
from derive.errors import DerivationError
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, Series, T, t
from derive.proving.coq.letters import CoqLetters
from derive.proving.coq.residuals import residual_of
from derive.proving.coq.statements import CoqStatements
from derive.proving.coq.terms import CoqTerms, shape
from derive.typesetting.lettering import letter_of

TYPES = {
    "softmax": "forall k, 'cV[R]_k -> 'cV[R]_k",
    "layernorm": "forall k, 'cV[R]_k -> 'cV[R]_k",
    "logsumexp": "forall k, 'cV[R]_k -> 'M[R]_1",
    "deviation": "forall k, 'cV[R]_k -> 'M[R]_1",
    "max": "R -> R -> R",
    "min": "R -> R -> R",
}
"""The functions that are not of one number."""

NameOf = Callable[[Basic], str]


class CoqNetwork:
    """The names of a network's quantities in Coq, and the lines that define them."""

    def __init__(self, cell: Cell, equations: Iterable[Equation]) -> None:
        self.cell, self.letters = cell, CoqLetters()
        self.said = CoqStatements.of(cell, equations)
        self.functions: dict[str, str] = {}
        self.carried = [s for s in cell.states if s in cell.handed]
        # The weights of the steps are given, whatever equation they have: any will do.
        self.equations = [e for e in cell.equations if e.variable != cell.weight]
        self.fixed = [cell.target, *([] if cell.weight is None else [cell.weight])]
        self.given = [*cell.inputs, *self.fixed]
        self.adjoints = [v for e in self.equations if (v := e.variable) in self.said.recursions]

    # -- names ------------------------------------------------------------------------------------

    def name(self, one: Basic, before: str = "", after: str = "") -> str:
        """Return the name of a quantity, or of what belongs to it: d_s is the change of s."""
        word = letter_of(one).word.replace("-", "_") if isinstance(one, Introduced) else one.name
        return self.letters.of((before, one, after), f"{before}{word}{after}")

    def adjoint(self, variable: Series) -> str:
        """Return the name of the printed adjoint of a variable."""
        return self.name(self.said.recursions[variable].sides[1].series)

    def function(self, name: str) -> str:
        """Return the name of a function of numbers, which is noted as one that is declared."""
        self.functions.setdefault(
            name, self.letters.of(("function", name), name.replace("'", "_slope"))
        )
        return self.functions[name]

    def at(self, node: Basic, step: Callable[[int], str]) -> str:
        """Return a quantity at its step; ``step`` writes t + n."""
        if not isinstance(node, At):
            return self.name(node)
        (index,) = self.single(node)
        return f"({self.name(node.series)} {self.step(index, step)})"

    def single(self, node: At) -> tuple[Basic, ...]:
        if len(node.indices) != 1:
            raise DerivationError(f"{node} is of the loss of one step")
        return node.indices

    @staticmethod
    def step(index: Basic, step: Callable[[int], str]) -> str:
        """Return a step: a number, one beside t, or the one after T."""
        if index.is_Integer:
            return f"{index}%N"
        offset = index - t
        if offset.is_Integer:
            return step(int(offset))
        if index == T + 1:
            return "T.+1"
        raise DerivationError(f"{index} is no step beside t")

    def terms(self, named: NameOf) -> CoqTerms:
        return CoqTerms(named, self.function)

    def beside(self, node: Basic) -> str:
        """Return a quantity in a lemma on step t.+1."""
        return self.at(node, later)

    def claimed(self) -> list[Equation]:
        """Return the equations that are theorems of the file, in the order in which they are printed."""
        said = self.said
        return [
            *(said.ends[one] for one in self.ended() if one in said.ends),
            *said.recursions.values(), *said.parameters.values(), *said.inputs.values(),
            *(e for s, e in said.initial.items() if s in self.carried),
        ]  # fmt: skip

    def ended(self) -> list[Introduced]:
        """Return the adjoints, which are 0 after the last step."""
        return [self.said.recursions[v].sides[1].series for v in self.adjoints]

    # -- the forward pass -------------------------------------------------------------------------

    def functions_declared(self) -> Iterator[str]:
        """Yield the functions: any, of the types that they have."""
        for name, said in self.functions.items():
            yield f"Variable {said} : {TYPES.get(name, 'R -> R')}."

    def declarations(self) -> Iterator[str]:
        """Yield parameters, constants and data: what a step is computed of."""
        for one in (*self.cell.parameters, *self.cell.constants):
            yield f"Variable {self.name(one)} : {shape(one)}."
        for series in self.given:
            yield f"Variable {self.name(series)} : nat -> {shape(series)}."
        for series in self.carried:
            yield f"Variable {self.name(series, after='_0')} : {shape(series)}."
        yield "Variable T : nat."
        function = self.functions.get(self.cell.loss.layer, "")
        for said in residual_of(self.cell).assumed:
            yield said.replace("{f}", function).replace("{y}", self.name(self.cell.target))

    def forward(self) -> Iterator[str]:
        """Yield the forward pass, step by step from the initial states."""
        yield from self._record("states", "at_")
        for e in self.equations:
            body = self.terms(self._in_step).value(e.expr)
            yield self._step(e, "step_", "(prev : states)", body)
        yield from self._run("run", "States", "step_", self._initial())
        for e in self.equations:
            yield self._series(e, "", "at_", "step_", "run")
        for one in self.carried:
            name, first = self.name(one), self.name(one, after="_0")
            yield f"Lemma {name}_start : {name} 0%N = {first}. Proof. by rewrite /{name} -lock. Qed."
        for e in self.equations:
            right = self.terms(self.beside).value(e.expr)
            name = self.name(e.variable)
            yield f"Lemma {name}_E t : {name} t.+1 = {right}."
            yield f"Proof. by{self.unlock(self.name(v.variable) for v in self.equations)}. Qed."

    def _initial(self) -> list[str]:
        return [self.name(s, after="_0") for s in self.carried]

    def _record(self, name: str, before: str) -> Iterator[str]:
        fields = "; ".join(f"{self.name(s, before)} : {shape(s)}" for s in self.carried)
        yield f"Record {name} := {name.capitalize()} {{ {fields} }}."

    def _step(self, e: Assignment, before: str, argument: str, body: str) -> str:
        name = self.name(e.variable, before)
        return f"Definition {name} (t : nat) {argument} : {shape(e.variable)} := {body}."

    def _run(self, name: str, make: str, before: str, initial: list[str]) -> Iterator[str]:
        made = " ".join(f"({self.name(s, before)} t prev)" for s in self.carried)
        start = " ".join(initial)
        kind = make[0].lower() + make[1:]
        yield f"Fixpoint {name} (n : nat) : {kind} := if n is t.+1 then"
        yield f"  let prev := {name} t in {make} {made} else {make} {start}."

    def _series(self, e: Assignment, before: str, kept: str, step: str, run: str) -> str:
        name, variable = self.name(e.variable, before), e.variable
        body = (
            f"{self.name(variable, kept)} ({run} t)"
            if variable in self.carried
            else f"{self.name(variable, step)} t.-1 ({run} t.-1)"
        )
        return f"Definition {name} : nat -> {shape(variable)} := locked (fun t => {body})."

    def _in_step(self, node: Basic) -> str:
        if isinstance(node, At) and node.series not in self.given:
            if node.indices == (t,):
                return f"({self.name(node.series, 'step_')} t prev)"
            if node.indices == (t - 1,) and node.series in self.carried:
                return f"({self.name(node.series, 'at_')} prev)"
        return self.beside(node)

    # -- its change in a direction ----------------------------------------------------------------

    def directions(self) -> list[tuple[Basic, str, str]]:
        """Return each direction: what is changed, the name of the change, and its type."""
        parameters = [(p, self.name(p, "d_"), shape(p)) for p in self.cell.parameters]
        inputs = [(s[t], self.name(s, "d_"), f"nat -> {shape(s)}") for s in self.cell.inputs]
        initial = [(s[0], self.name(s, "d_", "_0"), shape(s)) for s in self.carried]
        own = [
            (e.variable[t], self.name(e.variable, "e_"), f"nat -> {shape(e.variable)}")
            for e in self.equations
        ]
        return [*parameters, *inputs, *initial, *own]

    def changes(self) -> Iterator[str]:
        """Yield the change of the forward pass when parameters and quantities change."""
        for _, name, kind in self.directions():
            yield f"Variable {name} : {kind}."
        yield from self._record("changes", "ch_")
        for e in self.equations:
            body = self._change(e, self._change_in_step)
            yield self._step(e, "chstep_", "(prev : changes)", body)
        start = [self.name(s, "d_", "_0") for s in self.carried]
        yield from self._run("chrun", "Changes", "chstep_", start)
        for e in self.equations:
            yield self._series(e, "d_", "ch_", "chstep_", "chrun")
        for one in self.carried:
            name, first = self.name(one, "d_"), self.name(one, "d_", "_0")
            yield f"Lemma {name}_start : {name} 0%N = {first}. Proof. by rewrite /{name} -lock. Qed."
        for e in self.equations:
            name, right = self.name(e.variable, "d_"), self._change(e, self.change_beside)
            yield f"Lemma {name}_E t : {name} t.+1 = {right}."
            names = [self.name(v.variable, "d_") for v in self.equations]
            yield f"Proof. by{self.unlock(names)}. Qed."

    @staticmethod
    def unlock(names: Iterable[str]) -> str:
        """Return the words that open definitions, which are locked: no proof opens them by itself."""
        return " rewrite" + "".join(f" /{name}" for name in names) + " -!lock"

    def _change(self, e: Assignment, leaf: Callable[[Basic], str | None]) -> str:
        made = self.terms(self.beside).change(e.expr, e.left, leaf)
        own = f"{self.name(e.variable, 'e_')} t.+1"
        return f"{made} + {own}" if made else own

    def change_beside(self, node: Basic) -> str | None:
        """Return the change of a quantity in a lemma on step t.+1; None where it is fixed."""
        if isinstance(node, Parameter):
            return None if node in self.cell.constants else self.name(node, "d_")
        if node.series in self.fixed:
            return None
        (index,) = self.single(node)
        return f"({self.name(node.series, 'd_')} {self.step(index, later)})"

    def _change_in_step(self, node: Basic) -> str | None:
        if isinstance(node, At) and node.series not in self.given:
            if node.indices == (t,):
                return f"({self.name(node.series, 'chstep_')} t prev)"
            if node.indices == (t - 1,) and node.series in self.carried:
                return f"({self.name(node.series, 'ch_')} prev)"
        return self.change_beside(node)

    # -- the adjoints, as printed -----------------------------------------------------------------

    def slopes(self) -> Iterator[str]:
        """Yield what D_t stands for."""
        for series, equation in self.said.slopes.items():
            right = equation.sides[-1]
            body = self.terms(self.at_k).value(right)
            yield f"Definition {self.name(series)} : nat -> {shape(series)} := locked (fun k => {body})."
            made = self.terms(self.beside).value(right)
            name = self.name(series)
            yield f"Lemma {name}_E t : {name} t.+1 = {made}. Proof. by rewrite /{name} -lock. Qed."

    def at_k(self, node: Basic) -> str:
        """Return a quantity in a definition by the step k."""
        return self.at(node, lambda n: "k" + (".+1" * n if n > 0 else ".-1" * -n))

    def backward(self) -> Iterator[str]:
        """Yield the printed recursion of all adjoints, back from step T, and that they follow it."""
        series = [self.said.recursions[v].sides[1].series for v in self.adjoints]
        fields = "; ".join(f"{self.name(s, 'next_')} : {shape(s)}" for s in series)
        yield f"Record adjoints := Adjoints {{ {fields} }}."
        for v in self._computed():
            equation = self.said.recursions[v]
            one = equation.sides[1].series
            body = self.terms(self._in_back).value(equation.sides[-1])
            head = f"Definition {self.name(one, 'back_')} (k : nat) (next : adjoints)"
            yield f"{head} : {shape(one)} := {body}."
        made = " ".join(f"({self.name(s, 'back_')} k next)" for s in series)
        zeros = " ".join("0" for _ in series)
        yield "(* n steps are left: after step T all adjoints are 0 *)"
        yield "Fixpoint back (n : nat) : adjoints := if n is m.+1 then"
        yield f"  let next := back m in let k := (T - m)%N in Adjoints {made} else Adjoints {zeros}."
        yield "Definition adj (t : nat) : adjoints := back (T.+1 - t)."
        there = made.replace(" k next)", " t.+1 (adj t.+2))")
        yield f"Lemma adj_E t : (t < T)%N -> adj t.+1 = Adjoints {there}."
        yield "Proof. by move=> lt; rewrite /adj !subSS -(subnSK lt) /= subKn. Qed."
        for s in series:
            body = f"locked (fun t => {self.name(s, 'next_')} (adj t))"
            yield f"Definition {self.name(s)} : nat -> {shape(s)} := {body}."

    def _computed(self) -> list[Series]:
        """Return the variables with adjoints in the order in which these are computed."""
        return list(self.said.recursions)

    def _in_back(self, node: Basic) -> str:
        if isinstance(node, At) and _is_adjoint(node.series):
            if node.indices == (t + 1,):
                return f"({self.name(node.series, 'next_')} next)"
            return f"({self.name(node.series, 'back_')} k next)"
        return self.at_k(node)

    def sizes(self) -> list[str]:
        """Return the letters of sizes."""
        own: list[MatrixExpr | Series] = [e.variable for e in self.equations]
        own += [*self.given, *self.cell.parameters, *self.cell.constants]
        found = {s for one in own for size in one.shape for s in size.free_symbols}
        return sorted(str(s) for s in found if isinstance(s, Symbol))


def _is_adjoint(series: Basic) -> bool:
    return isinstance(series, Introduced) and series.role is Role.ADJOINT


def later(offset: int) -> str:
    """Return the step t + n of a formula in a lemma on step t.+1."""
    return "t" if offset == -1 else f"t.+{offset + 1}"

"""Losses of single steps: products of step Jacobians, their sums over steps, and forward mode."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Basic, MatrixExpr, Symbol

from derive.errors import DerivationError
from derive.expressions.equation import Equation
from derive.expressions.introduced import Introduced, Role
from derive.expressions.quantities import At, Parameter, Series, k, t
from derive.expressions.sums import OrderedProduct, TimeSum, instantiate
from derive.proving.coq.pushes import Pushes
from derive.proving.coq.statements import word
from derive.proving.coq.terms import shape

SOURCE = Symbol("source")
"""Stands for the step that is differentiated by, while the one of the loss keeps its letter."""


class LagTheorems(Pushes):
    """What the loss of one step says, in a network whose step Jacobian is printed."""

    def claimed(self) -> list[Equation]:
        """Return the equations that are theorems here, in the order in which they are printed."""
        if not self.present:
            return []
        assert self.said.of_loss is not None
        return [self.said.of_loss, *self.said.lagged.values(), *self._summed().values()]

    def corollaries(self) -> list[str]:
        """Return the names of what follows, and is not printed."""
        windows = [f"{word(e)}_window" for e in self._summed().values()] if self.present else []
        return [*windows, *(self._forward(p) for p in self.said.parameters)]

    def _summed(self) -> dict[Series, Equation]:
        return {v: e for v, e in self.said.summed.items() if v in self.said.recursions}

    # -- names ------------------------------------------------------------------------------------

    def name(self, one: Introduced) -> str:
        """Return the name of the adjoint of one step's loss."""
        return self.network.name(one, after="_lag")

    def _at(self, node: Basic, steps: Mapping[Basic, str]) -> str:
        """Return a quantity, a lagged adjoint or the product of the Jacobians at named steps."""
        if isinstance(node, OrderedProduct):
            return f"(prodJ {self._jacobian(node)} {steps[node.high]} {steps[node.low - 1]})"
        if isinstance(node, At) and len(node.indices) == 2:
            first, second = (steps[i] for i in node.indices)
            return f"({self.name(node.series)} {first} {second})"
        if isinstance(node, At):
            return f"({self.network.name(node.series)} {steps[node.indices[0]]})"
        return self.network.name(node)

    def _jacobian(self, node: OrderedProduct) -> str:
        body = node.body
        if not isinstance(body, At) or body.series != self.jacobians.whole:
            raise DerivationError(f"no rule for Coq for the product {node}")
        return self.network.name(body.series)

    def _term(self, expr: MatrixExpr, steps: Mapping[Basic, str]) -> str:
        return self.network.terms(lambda node: self._at(node, steps)).value(expr)

    # -- of all directions ------------------------------------------------------------------------

    def definitions(self) -> Iterator[str]:
        """Yield the gradients of one step's loss, as printed, and that of its states."""
        if not self.present:
            return
        edges = self.edges()
        parts = [f"({edges[s]} t)" if s in edges else f"(0 : {shape(s)})" for s in self.states]
        stack = self.jacobians.stack(parts)
        kind = self.kind()
        yield f"Definition gx : nat -> {kind} := locked (fun t => {stack})."
        yield f"Lemma gx_E t : gx t = {stack}. Proof. by rewrite /gx -lock. Qed."
        yield f"Lemma gx_printed t : gx t = {self.weight}{self.row()}^T."
        same = self.arrivals.unfolded(" ".join(f"{edge} " for edge in edges.values()))
        yield f"Proof. rewrite gx_E; bare; emptied; rewrite{same}. Qed."
        for one, equation in self.said.lagged.items():
            name, right = self.name(one), equation.sides[-1]
            body = self._term(right, {t: "t", k: "k", k - 1: "k.-1"})
            made = self._term(right, _BESIDE)
            yield f"Definition {name} : nat -> nat -> {shape(one)} := locked (fun t k => {body})."
            yield (
                f"Lemma {name}_E t k : {name} t.+1 k.+1 = {made}. Proof. by rewrite /{name} "
                "-lock. Qed."
            )

    # -- of chosen directions ---------------------------------------------------------------------

    def theorems(self) -> Iterator[str]:
        """Yield the printed gradients of one step's loss, and that their sums are those of the whole."""
        if self.present:
            for one, equation in self.said.lagged.items():
                yield from self._lag(one, equation)
            for variable, equation in self._summed().items():
                yield from self._sum(variable, equation)

    def _moving(self) -> set[Basic]:
        """Return the directions in which the states change."""
        needed = self.needed()
        read = {node for e in needed for node in e.expr.atoms(Parameter, At)}
        return {*read, *(e.variable[t] for e in needed), *(s[0] for s in self.network.carried)}

    def _words(self, changed: Mapping[Basic, str], among: set[Basic] | None = None) -> str:
        """Return the directions where some quantities change at step k.+1, and nothing else does."""
        made = []
        for one, _, kind in self.network.directions():
            if among is not None and one not in among:
                continue
            if one in changed:
                made.append(f"(only k.+1 {changed[one]})")
            else:
                made.append("(never _)" if kind.startswith("nat") else "0")
        return " ".join(made)

    def _alone(self) -> str:
        """Return the proofs that nothing else changes: before, later, or behind the states."""
        network = self.network
        begun = "".join(f" ?{network.name(s, 'd_')}_start" for s in network.carried)
        kept = "".join(
            f" /{network.name(s, 'kept_')}" for s in self.states if s not in network.carried
        )
        start = f"by rewrite /d_xi{kept}{begun}; emptied"
        other = f"by move=> j ne; {self._opened()}; rewrite /only ?eqSS ?(negPf ne) /never; emptied"
        return f"{start} | {other} | by rewrite /own; nothing"

    def _opened(self) -> str:
        names = [self.network.name(e.variable, "chstep_") for e in reversed(self.network.equations)]
        fields = [self.network.name(s, "ch_") for s in self.network.carried]
        return f"cbv beta iota delta [imm {' '.join([*names, *fields])}]"

    def _lag(self, one: Introduced, equation: Equation) -> Iterator[str]:
        total, loss = self.total()
        name, (of,) = self.name(one), one.of
        stack = isinstance(of, Introduced) and of.role is Role.STACK
        dirs = (
            {s[t]: self.network.name(s, "dir_") for s in self.states} if stack else {of[t]: "dir"}
        )
        words = self._words(dirs)
        inside = self._words(dirs, self._moving())
        claim = f"{self.weight}{name} t.+1 k.+1"
        by = f"(d_xi {inside} k.+1)" if stack else "dir"
        given = " ".join(dirs.values())
        right = self._term(equation.sides[-1], _BESIDE)
        yield f"(* {equation.id}: {self.printer.inline(equation)} *)"
        yield (
            f"Theorem {word(equation)} t k : (k <= t)%N -> (t < T)%N -> {name} t.+1 k.+1 = {right} /\\ "
            f"forall {given}, frob {total} ({loss} {words} t.+1) = frob ({claim}) {by}."
        )
        yield f"Proof. move=> le lt; split=> [|{given}]; first exact: {name}_E."
        letters = [self.network.name(s) for s in (*self.said.jacobians, *self.said.slopes)
                   if s != self.jacobians.whole]  # fmt: skip
        lags = [self.name(s) for s in reversed(self.said.lagged)]
        unfold = ", ".join(f"{n}_E" for n in (*lags, *letters))
        lemma = "lagged_xi" if stack else "lagged"
        yield f"rewrite ({lemma} le lt); [|{self._alone()}]."
        yield "rewrite gx_printed."
        if not stack:
            yield f"{self._opened()}; rewrite /only ?eqxx /never; emptied; flow; rewrite -?frobDl."
        yield f"congr frob; rewrite ?({unfold}); emptied; signed."
        yield "Qed."

    def _sum(self, variable: Series, equation: Equation) -> Iterator[str]:
        total = equation.sides[-1]
        assert isinstance(total, TimeSum)
        body = instantiate(instantiate(total.body, {t: SOURCE}), {total.index: t})
        made = self._term(body, {t: "t.+1", SOURCE: "k.+1"})
        own = f"{self.network.adjoint(variable)} k.+1"
        lagged = next(e for one, e in self.said.lagged.items() if one.of == (variable,))
        recursion = word(self.said.recursions[variable])
        yield f"(* {equation.id}: {self.printer.inline(equation)} *)"
        yield f"Theorem {word(equation)} k : (k < T)%N -> {own} = \\sum_(k <= t < T) {made}."
        yield (
            f"Proof. move=> lt; apply: frob_unique => dir; rewrite -(proj2 ({recursion} lt) "
            "dir) /along frob_sumn."
        )
        weight, loss = self.total()
        words = self._words({variable[t]: "dir"})
        change = f"(fun t : nat => frob {weight} ({loss} {words} t.+1))"
        yield f"rewrite (@sum_from _ k T {change} (ltnW lt)) => [|t le]; last first."
        yield "  have lt' : (t < T)%N by exact: ltn_trans le lt."
        yield f"  by apply: (not_yet le lt'); [{self._alone()}]."
        yield (
            f"by apply: eq_big_nat => t /andP[le lt']; rewrite (proj2 ({word(lagged)} le "
            "lt')). Qed."
        )
        yield "(* a window of K >= T steps leaves nothing out *)"
        yield (
            f"Corollary {word(equation)}_window K k : (T <= K)%N -> (k < T)%N -> "
            f"\\sum_(k <= t < minn T (k + K)) {made} = {own}."
        )
        yield (
            f"Proof. by move=> le lt; rewrite (minn_idPl _) ?{word(equation)} // (leq_trans "
            "le) // leq_addl. Qed."
        )

    def _forward(self, parameter: Parameter) -> str:
        return f"{word(self.said.parameters[parameter])}_forward"

    def forward(self) -> Iterator[str]:
        """Yield that what forward mode finds for each entry is the entry of the printed gradient."""
        yield (
            "(* forward mode and backward mode find the same number for each entry of each "
            "parameter *)"
        )
        way = "rtrl" if self.present else "along"
        for parameter, equation in self.said.parameters.items():
            (total,) = equation.sides[1:]
            assert isinstance(total, TimeSum)
            body = self.network.terms(self.network.beside).value(total.body)
            words = " ".join(
                "(delta_mx i j)"
                if one == parameter
                else "(never _)"
                if kind.startswith("nat")
                else "0"
                for one, _, kind in self.network.directions()
            )
            yield (
                f"Corollary {self._forward(parameter)} i j : {way} {words} = (\\sum_(t < T) "
                f"{body}) i j."
            )
            first = "rtrl_along " if self.present else ""
            yield f"Proof. by rewrite {first}{word(equation)} frob_delta. Qed."


_BESIDE: Mapping[Basic, str] = {t: "t.+1", k: "k.+1", k - 1: "k"}

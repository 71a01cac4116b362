"""The theorems: each printed formula of the total loss, with its text above it."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic

from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, t
from derive.expressions.sums import TimeSum
from derive.proving.coq.arrivals import Arrivals
from derive.proving.coq.residuals import residual_of
from derive.proving.coq.statements import word
from derive.typesetting.printing import Printer


class Theorems:
    """The theorems on a network, as lines."""

    def __init__(self, arrivals: Arrivals) -> None:
        self.arrivals, self.network = arrivals, arrivals.network
        self.cell, self.printer = arrivals.cell, Printer(dialect="plain")

    def recursions(self) -> Iterator[str]:
        """Yield that the adjoints follow the printed recursion."""
        for v in self.network.adjoints:
            equation = self.network.said.recursions[v]
            right = self.network.terms(self.network.beside).value(equation.sides[-1])
            name, adjoint = self.network.name(v), self.network.adjoint(v)
            yield f"Lemma recurs_{name} t : (t < T)%N -> {adjoint} t.+1 = {right}."
            adjoints = [self.network.adjoint(one) for one in self.network.adjoints]
            yield f"Proof. by move=> lt;{self.network.unlock(adjoints)} (adj_E lt). Qed."

    def residual(self) -> Iterator[str]:
        """Yield what arrives at the logits of the loss of their own step."""
        said, cell = residual_of(self.cell), self.cell
        words = {
            "o": self.network.name(cell.output), "L": self.arrivals.of_loss(),
            "f": self.network.functions.get(cell.loss.layer, ""),
        }  # fmt: skip
        o, y = words["o"], self.network.name(cell.target)
        weight = "" if cell.weight is None else f"{self.network.name(cell.weight)} t.+1 0 0 *: "
        once = "by []" if weight else "by rewrite oneE scale1r"
        yield f"Lemma residual_at t : {said.arriving.format(**words)} = {weight}({o} t.+1 - {y} t.+1)."
        proofs = " | ".join([once, *said.premises]).format(**words)
        yield f"Proof. rewrite {words['L']}_D {said.lemma}; [{proofs}]. Qed."

    def ends(self) -> Iterator[str]:
        """Yield that every adjoint is 0 after the last step."""
        for one in self.network.ended():
            name, said = self.network.name(one), self.network.said.ends.get(one)
            if said is None:
                yield f"Lemma {name}_end : {name} T.+1 = 0."
                yield f"Proof. by rewrite /{name} -lock /adj subnn. Qed."
                continue
            yield f"(* {said.id}: {self.printer.inline(said)} *)"
            yield f"Theorem {word(said)} : {name} T.+1 = 0."
            yield f"Proof. by rewrite /{name} -lock /adj subnn. Qed."
            yield f"Definition {name}_end := {word(said)}."

    def printed(self) -> Iterator[str]:
        """Yield that the printed formulas are the gradients of the total loss."""
        said = self.network.said
        for variable, equation in said.recursions.items():
            right = self.network.terms(self.network.beside).value(equation.sides[-1])
            own = self.arrivals.gradient(variable)
            change = f"forall dir, {self._along(variable[t])} = frob {own} dir"
            claim = f"(t < T)%N -> {own} = {right} /\\ {change}"
            ways = f"[exact: recurs_{self.network.name(variable)} | by {self._alone(variable[t])}]"
            proof = f"move=> lt; split=> [|dir]; {ways}"
            yield from self._claimed(equation, "t ", claim, proof)
        for parameter, equation in said.parameters.items():
            (total,) = equation.sides[1:]
            assert isinstance(total, TimeSum)
            body = self.network.terms(self.network.beside).value(total.body)
            whole = self.arrivals.whole(parameter)
            yield f"Lemma printed_{whole} t : (t < T)%N -> {whole} t = {body}."
            yield f"Proof. move=> lt; rewrite{self.arrivals.unfolded(whole + ' ')}. Qed."
            claim = f"forall dir, {self._along(parameter)} = frob (\\sum_(t < T) {body}) dir"
            alone = self._alone(parameter)
            proof = (
                f"move=> dir; {alone}; congr frob; apply: eq_bigr => t _; exact: printed_{whole}"
            )
            yield from self._claimed(equation, "", claim, proof)
        for series, equation in said.inputs.items():
            body = self.network.terms(self.network.beside).value(equation.sides[-1])
            whole = self.arrivals.whole(series[t])
            claim = f"(t < T)%N -> forall dir, {self._along(series[t])} = frob {body} dir"
            alone = self._alone(series[t])
            yield f"Lemma printed_{whole} t : (t < T)%N -> {whole} t = {body}."
            yield f"Proof. move=> lt; rewrite{self.arrivals.unfolded(whole + ' ')}. Qed."
            proof = f"move=> lt dir; {alone}; congr frob; exact: printed_{whole}"
            yield from self._claimed(equation, "t ", claim, proof)
        for series, equation in said.initial.items():
            if series not in self.network.carried:
                continue
            body = self.network.terms(self.network.beside).value(equation.sides[-1])
            edges = [
                edge for (_, leaf), edge in self.arrivals.edges.items() if leaf == series[t - 1]
            ]
            claim = f"(0 < T)%N -> forall dir, {self._along(series[0])} = frob {body} dir"
            alone = self._alone(series[0])
            same = self.arrivals.unfolded(f"{' '.join(edges)} ")
            proof = f"move=> lt dir; {alone}; rewrite -?frobDl; congr frob; rewrite{same}"
            yield from self._claimed(equation, "", claim, proof)

    def _alone(self, one: Basic) -> str:
        """Return the proof that of the change of the loss only one thing's part is left."""
        parts: list[tuple[Basic, str]] = []
        for direction, _, _ in self.network.directions():
            if self.arrivals.first(direction):
                continue
            zero, kept = (
                ("frob0r _", "erefl _")
                if isinstance(direction, Parameter)
                else ("frob_never _", "frob_only lt _ _")
            )
            parts.append((direction, kept if direction == one else zero))
        for _, leaf in self.arrivals.carried():
            start = leaf.series[0]
            parts.append((start, "erefl _" if start == one else "frob0r _"))
        made, found = f"({parts[0][1]})", parts[0][0] == one
        for direction, how in parts[1:]:
            join = "addE2" if found and direction == one else "last0" if found else "first0"
            made, found = f"({join} {made} ({how}))", found or direction == one
        blanks = " _" * len(self.network.directions())
        return f"refine (etrans (differential{blanks}) (etrans {made} _))"

    def _along(self, one: Basic) -> str:
        """Return the change of the loss where one thing alone is changed by dir."""
        words = []
        for direction, _, kind in self.network.directions():
            if direction == one:
                words.append("(only t.+1 dir)" if kind.startswith("nat") else "dir")
            else:
                words.append("(never _)" if kind.startswith("nat") else "0")
        return f"along {' '.join(words)}"

    def _claimed(self, equation: Equation, given: str, claim: str, proof: str) -> Iterator[str]:
        yield f"(* {equation.id}: {self.printer.inline(equation)} *)"
        yield f"Theorem {word(equation)} {given}: {claim}."
        yield f"Proof. {proof}. Qed."

"""The lemmas: how a change flows through each equation, up to what it does to the loss."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic

from derive.expressions.quantities import Parameter, t
from derive.proving.coq.arrivals import Arrivals


class FlowLemmas:
    """The lemmas on a network, as lines."""

    def __init__(self, arrivals: Arrivals) -> None:
        self.arrivals, self.network, self.cell = arrivals, arrivals.network, arrivals.cell

    def flows(self) -> Iterator[str]:
        """Yield for each equation what a change of it is, paired with what arrives at it."""
        for e in self.network.equations:
            name, own = self.network.name(e.variable), self.arrivals.gradient(e.variable)
            parts = [
                self._paired(edge, leaf)
                for (v, leaf), edge in self.arrivals.edges.items()
                if v == e.variable
            ]
            parts.append(f"frob {own} ({self.network.name(e.variable, 'e_')} t.+1)")
            unfold = "".join(
                f" {edge}_D" for (v, _), edge in self.arrivals.edges.items() if v == e.variable
            )
            change = self.arrivals.change(e.variable)
            yield f"Lemma flows_{name} t : frob {own} ({change} t.+1) = {' + '.join(parts)}."
            yield f"Proof. rewrite {change}_E{unfold} ?frobDl; flow."
            yield "by first [ring | tidy; ring]. Qed."

    def _paired(self, edge: str, leaf: Basic) -> str:
        return f"frob ({edge} t) {self.network.change_beside(leaf)}"

    def followed(self) -> Iterator[str]:
        """Yield for each quantity that what arrives at it is what was handed back."""
        for e in self.network.equations:
            variable = e.variable
            if variable == self.cell.loss_series:
                continue
            name, own = self.network.name(variable), self.arrivals.gradient(variable)
            parts = self.arrivals.arriving(variable[t])
            made = " + ".join(parts) or "0"
            if variable in self.network.adjoints:
                equation = self.network.said.recursions[variable]
                right = self.network.terms(self.network.beside).value(equation.sides[-1])
                yield f"Lemma arrives_{name} t : (t < T)%N -> {own} = {made}."
                same = self.arrivals.unfolded(made, right)
                yield f"Proof. move=> lt; rewrite recurs_{name} //{same}. Qed."
            else:
                bar = self.network.name(variable, "bar_")
                yield f"Lemma arrives_{name} t : (t < T)%N -> {own} = {made}."
                yield f"Proof. by rewrite {bar}_D. Qed."

    def differential(self) -> Iterator[str]:
        """Yield that the change of the loss is the sum of what arrives times what is changed."""
        variables = [e.variable for e in self.network.equations]
        others = [v for v in variables if v != self.cell.loss_series]
        carry = [(edge, leaf.series) for edge, leaf in self.arrivals.carried()]
        loss = self.arrivals.change(self.cell.loss_series)
        total = self.arrivals.gradient(self.cell.loss_series)
        yield "(* the change of the loss, all told *)"
        yield f"Definition along : R := \\sum_(t < T) frob {total} ({loss} t.+1)."
        for one in (*self.cell.parameters, *(s[t] for s in self.cell.inputs)):
            yield self.arrivals.define(self.arrivals.whole(one), one, self.arrivals.arriving(one))
        carried = [f"frob ({edge} t) ({self.arrivals.change(s)} t)" for edge, s in carry]
        yield f"Definition carry (t : nat) : R := {' + '.join(carried) or '0'}."
        parts = [
            self._part(one, name)
            for one, name, _ in self.network.directions()
            if not self.arrivals.first(one)
        ]
        yield f"Definition contrib (t : nat) : R := {' + '.join(parts)}."
        yield "Lemma step t : (t < T)%N ->"
        yield f"  frob {total} ({loss} t.+1) + carry t.+1 = carry t + contrib t."
        yield "Proof."
        flows = self.chain([f"(flows_{self.network.name(v)} t)" for v in variables])
        pairs = [(self.arrivals.change(v), self.network.name(v)) for v in others]
        ends = self.chain(
            [f"(congr1 (fun g => frob g ({change} t.+1)) (arrives_{v} lt))" for change, v in pairs]
        )
        wholes = "".join(
            f" {self.arrivals.whole(one)}_D"
            for one in (*self.cell.parameters, *(s[t] for s in self.cell.inputs))
        )
        yield f"move=> lt; have HF := {flows}; have HE := {ends}."
        yield "move: HE; rewrite /= ?(frobDl, frob0l) => HE."
        yield f"by apply: (combined _ HF HE); rewrite /carry /contrib{wholes} ?(frobDl, frob0l); ring."
        yield "Qed."
        yield "Lemma carry_T : carry T = 0."
        ends_of = [self.network.adjoint(v) for v in self.network.adjoints]
        zero = "".join(f" ?{one}_end" for one in ends_of)
        unfold = "".join(f" {edge}_D" for edge, _ in carry)
        yield f"Proof. rewrite /carry{unfold}{zero}; zeros. Qed."
        yield "Lemma flowed : along = \\sum_(t < T) contrib t + carry 0."
        yield "Proof."
        yield f"have H N : (N <= T)%N -> \\sum_(t < N) frob {total} ({loss} t.+1) + carry N ="
        yield "  \\sum_(t < N) contrib t + carry 0."
        yield "  elim: N => [_|N IH lt]; first by rewrite !big_ord0."
        yield "  by rewrite !big_ord_recr /= -addrA step // addrA IH ?(ltnW lt) // addrAC."
        yield "by rewrite -H // carry_T addr0."
        yield "Qed."
        wholly = []
        for one, name, _ in self.network.directions():
            if isinstance(one, Parameter):
                wholly.append(f"frob (\\sum_(t < T) {self.arrivals.whole(one)} t) {name}")
            elif not self.arrivals.first(one):
                wholly.append(f"\\sum_(t < T) {self._part(one, name)}")
        starts = [f"frob ({edge} 0%N) {self.network.name(s, 'd_', '_0')}" for edge, s in carry]
        yield f"Theorem differential : along = {' + '.join(wholly)} + {' + '.join(starts) or '0'}."
        begun = "".join(f" ?{self.arrivals.change(s)}_start" for s in self.network.carried)
        yield f"Proof. by rewrite flowed /contrib !big_split /= -?frob_suml /carry{begun} ?addrA. Qed."

    def _part(self, one: Basic, change: str) -> str:
        if isinstance(one, Parameter):
            return f"frob ({self.arrivals.whole(one)} t) {change}"
        if one.series in self.cell.inputs:
            return f"frob ({self.arrivals.whole(one)} t) ({change} t.+1)"
        return f"frob {self.arrivals.gradient(one.series)} ({change} t.+1)"

    @staticmethod
    def chain(terms: list[str]) -> str:
        """Return the proof of the sum of equations, of their proofs."""
        made = terms[-1]
        for one in reversed(terms[:-1]):
            made = f"(addE2 {one} {made})"
        return made

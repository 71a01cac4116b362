"""How changes go on from step to step by the step Jacobian, and from the states to the loss."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sympy import Basic

from derive.cells.cell import Assignment
from derive.errors import DerivationError
from derive.expressions.quantities import At, Series, t
from derive.proving.coq.arrivals import Arrivals
from derive.proving.coq.jacobians import Jacobians
from derive.proving.coq.proof import FlowLemmas
from derive.proving.coq.statements import at_step, word
from derive.proving.coq.terms import shape
from derive.typesetting.printing import Printer


class Pushes:
    """The lemmas on changes of the states, where the step Jacobian is printed."""

    def __init__(self, arrivals: Arrivals, jacobians: Jacobians, steps: bool) -> None:
        self.steps = steps
        self.arrivals, self.network, self.cell = arrivals, arrivals.network, arrivals.cell
        self.jacobians, self.said = jacobians, arrivals.network.said
        self.states = jacobians.states
        self.printer = Printer(dialect="plain")
        self.behind = self._behind()

    @property
    def present(self) -> bool:
        """Tell whether there is a step Jacobian, and the loss is told by the states of its step."""
        return bool(self.steps and self.jacobians.whole and self.said.of_loss and self.behind)

    def _behind(self) -> list[Assignment]:
        """Return the equations between the states of a step and its loss; none if others read them."""
        found: list[Series] = []
        for e in reversed(self.network.equations):
            wanted = e.variable == self.cell.loss_series or any(
                other.variable in found and e.variable[t] in other.expr.atoms(At)
                for other in self.network.equations
            )
            if wanted and e.variable not in self.states:
                found.append(e.variable)
        made = [e for e in self.network.equations if e.variable in found]
        for e in self.network.equations:
            read = {node.series for node in e.expr.atoms(At)} & {*found}
            before = any(
                node.indices == (t - 1,) and node.series in self.network.carried
                for node in e.expr.atoms(At)
            )
            if (read and e not in made) or (e in made and before):
                return []
        return [] if {*found} & {*self.network.adjoints} else made

    @property
    def weight(self) -> str:
        """Return the weight of a step's loss before a formula, or nothing."""
        weight = self.cell.weight
        return "" if weight is None else f"{self.network.name(weight)} t.+1 0 0 *: "

    def kind(self) -> str:
        """Return the shape of a column of states, as Coq writes it."""
        whole = self.jacobians.whole
        assert whole is not None
        return shape(whole).rpartition(",")[0] + ", 1)"

    def row(self) -> str:
        """Return what the loss of a step hands to the states, as a term of Coq."""
        assert self.said.of_loss is not None
        return self.network.terms(self.network.beside).value(at_step(self.said.of_loss))

    def edges(self) -> dict[Series, str]:
        """Return what the loss of a step hands to the states of that step, by its names."""
        behind = [e.variable for e in self.behind]
        found: dict[Series, str] = {}
        for (v, leaf), edge in self.arrivals.edges.items():
            if v in behind and isinstance(leaf, At) and leaf.series in self.states:
                if leaf.series in found:
                    raise DerivationError(f"two equations behind the states read {leaf}")
                found[leaf.series] = edge
        return found

    def flows(self) -> Iterator[str]:
        """Yield how a change goes on from step to step by J, and from the states to the loss."""
        if not self.present:
            return
        network, zero = self.network, self._zero()
        for e in self.needed():
            yield from self._linear(e)
        for s in self.states:
            yield from self._moved(s)
        assert self.jacobians.whole is not None
        jacobian, kind = network.name(self.jacobians.whole), self.kind()
        now = self.jacobians.stack([self._now(s, "t") for s in self.states])
        steps = [f"{network.name(s, 'chstep_')} t {zero}" for s in self.states]
        yield f"Definition d_xi (t : nat) : {kind} := {now}."
        yield "(* what a step does to a change by itself, where the states before do not change *)"
        yield f"Definition imm (t : nat) : {kind} := {self.jacobians.stack(steps)}."
        yield f"Lemma pushed t : d_xi t.+1 = {jacobian} t.+1 *m d_xi t + imm t."
        moved = " ".join(
            f"({network.name(s, 'moved_')} t{self._unhanded('(' + self._kept() + ' t)')})"
            for s in self.states
        )
        jac = next(e for e in self.jacobians.claimed() if e.sides[1].series == self.jacobians.whole)
        yield f"Proof. rewrite /d_xi /imm -(proj2 ({word(jac)} t)) {moved} /mulL ?mulmxDr."
        yield "by apply/matrixP => i j; rewrite !addE; ring. Qed."
        yield f"Definition own (t : nat) : R := {' + '.join(self._own()) or '0'}."
        total, loss = self.total()
        yield (
            f"Lemma lossed t : (t < T)%N -> frob {total} ({loss} t.+1) = frob (gx t) (d_xi "
            "t.+1) + own t."
        )
        yield from self._lossed(total, loss)
        first, second = f"frob {total} ({loss} t.+1)", "frob (gx t) (d_xi t.+1) + own t"
        equation = self.said.of_loss
        assert equation is not None
        yield f"(* {equation.id}: {self.printer.inline(equation)} *)"
        yield (
            f"Theorem {word(equation)} t : (t < T)%N -> gx t = {self.weight}{self.row()}^T "
            f"/\\ {first} = {second}."
        )
        yield "Proof. by move=> lt; split; [exact: gx_printed | exact: lossed]. Qed."
        yield (
            "Lemma lagged t k : (k <= t)%N -> (t < T)%N -> d_xi 0 = 0 -> (forall j, j != k "
            "-> imm j = 0) -> own t = 0 ->"
        )
        yield f"  {first} = frob ((prodJ {jacobian} t.+1 k.+1)^T *m gx t) (imm k)."
        yield (
            "Proof. move=> le lt st no ow; rewrite (lossed lt) ow addr0 (one_push pushed st no) le."
        )
        yield "by rewrite -/(mulL _ _) frob_mulL. Qed."
        yield (
            "Lemma not_yet t k : (t < k)%N -> (t < T)%N -> d_xi 0 = 0 -> (forall j, j != k "
            "-> imm j = 0) -> own t = 0 ->"
        )
        yield f"  {first} = 0."
        yield (
            "Proof. move=> le lt st no ow; rewrite (lossed lt) ow addr0 (one_push pushed "
            "st no) leqNgt le; exact: frob0r. Qed."
        )
        yield (
            "Lemma lagged_xi t k : (k <= t)%N -> (t < T)%N -> d_xi 0 = 0 -> (forall j, j "
            "!= k -> imm j = 0) -> own t = 0 ->"
        )
        yield f"  {first} = frob ((prodJ {jacobian} t.+1 k.+1)^T *m gx t) (d_xi k.+1)."
        yield "Proof. move=> le lt st no ow; rewrite (lagged le lt st no ow)."
        yield "by rewrite (one_push pushed st no) leqnn prodJ0 mul1mx. Qed."
        yield (
            "(* forward mode, real-time recurrent learning: the change of the states is "
            "kept, step by step *)"
        )
        yield (
            f"Fixpoint rt (t : nat) : {kind} := if t is k.+1 then {jacobian} k.+1 *m rt k + "
            "imm k else d_xi 0."
        )
        yield "Definition rtrl : R := \\sum_(t < T) (frob (gx t) (rt t.+1) + own t)."
        yield "Lemma rtrl_along : rtrl = along."
        yield "Proof."
        yield "have HX t : rt t = d_xi t by elim: t => //= t ->; rewrite pushed."
        yield "by apply: eq_bigr => t _; rewrite HX (lossed (ltn_ord t)). Qed."

    def needed(self) -> list[Assignment]:
        """Return the equations of which the states of their step are computed."""
        found = [*self.states]
        for e in reversed(self.network.equations):
            if e.variable in found:
                found += [n.series for n in e.expr.atoms(At) if n.indices == (t,)]
        return [e for e in self.network.equations if e.variable in found]

    def _zero(self) -> str:
        return f"(Changes{' 0' * len(self.network.carried)})"

    def _kept(self) -> str:
        (one,) = [s for s in self.states if s not in self.network.carried] or [self.states[0]]
        return self.network.name(one, "kept_")

    def _unhanded(self, what: str) -> str:
        """Return what is given for a state that is not handed on, which nothing reads."""
        return f" {what}" if len(self.states) > len(self.network.carried) else ""

    def _shifts(self, parts: Mapping[Series, str]) -> str:
        return f"(Shifts {' '.join(parts.get(s, 'X') for s in self.states)})"

    def _linear(self, e: Assignment) -> Iterator[str]:
        """Yield that a step is what it is without a change before, and what the change before adds."""
        network, states = self.network, self.network.carried
        name = network.name(e.variable, "chstep_")
        read = [node.series for node in e.expr.atoms(At) if node.indices == (t,)]
        before = [v.variable for v in network.equations if v.variable in read]
        ps = {s: network.name(s, "p_") for s in states}
        given = f"(Changes {' '.join(ps.values())})"
        if e.variable not in self.jacobians.moved():
            yield (
                f"Lemma {network.name(e.variable, 'lin_')} t "
                f"{' '.join(ps.values())}{self._unhanded('X')} : {name} t {given} = {name} t "
                f"{self._zero()}."
            )
            yield "Proof. by []. Qed."
            return
        step = f"{network.name(e.variable, 'jstep_')} t {self._shifts(ps)}"
        lemma = network.name(e.variable, "lin_")
        typed = self._typed()
        yield (
            f"Lemma {lemma} t {' '.join(ps.values())}{typed} : {name} t {given} = {name} t "
            f"{self._zero()} + {step}."
        )
        fields = [network.name(s, "ch_") for s in states] + [
            network.name(s, "sh_") for s in self.states
        ]
        opened = " ".join([name, network.name(e.variable, "jstep_"), *fields])
        used = "".join(
            f" ?({network.name(v, 'lin_')} t {' '.join(ps.values())}{self._unhanded('X')})"
            for v in before
        )
        yield f"Proof. cbv beta iota delta [{opened}]; rewrite{used or ' ?addr0'}; linear. Qed."

    def _typed(self) -> str:
        rest = [s for s in self.states if s not in self.network.carried]
        return "".join(f" (X : {shape(s)})" for s in rest)

    def _now(self, s: Series, step: str) -> str:
        before = "d_" if s in self.network.carried else "kept_"
        return f"({self.network.name(s, before)} {step})"

    def _moved(self, s: Series) -> Iterator[str]:
        network = self.network
        lemma, change = network.name(s, "moved_"), network.name(s, "d_")
        now = {v: f"({network.name(v, 'd_')} t)" for v in network.carried}
        if s not in network.carried:
            yield (
                f"Definition {network.name(s, 'kept_')} (t : nat) : {shape(s)} := if t is _.+1 "
                f"then {change} t else 0."
            )
        right = f"{network.name(s, 'chstep_')} t {self._zero()}"
        if s in self.jacobians.moved():
            right += f" + {network.name(s, 'jstep_')} t {self._shifts(now)}"
        else:
            right += " + 0"
        names = [change, *(network.name(v, "d_") for v in network.carried)]
        opened = "".join(f" /{one}" for one in dict.fromkeys(names))
        kept = "" if s in network.carried else f" /{network.name(s, 'kept_')}"
        yield f"Lemma {lemma} t{self._typed()} : {self._now(s, 't.+1')} = {right}."
        yield (
            f"Proof. rewrite{kept}{opened} -!lock /= ?addr0; case: (chrun t) => *; exact: "
            f"{network.name(s, 'lin_')}. Qed."
        )

    def total(self) -> tuple[str, str]:
        """Return the names of the gradient of the total loss and of its change."""
        loss = self.cell.loss_series
        return self.arrivals.gradient(loss), self.arrivals.change(loss)

    def _own(self) -> list[str]:
        """Return what the loss of a step gets of what changes behind the states."""
        behind = [e.variable for e in self.behind]
        parts = [
            f"frob ({edge} t) {self.network.change_beside(leaf)}"
            for (v, leaf), edge in self.arrivals.edges.items()
            if v in behind and not self._is_inside(leaf)
        ]
        return parts + [
            f"frob {self.arrivals.gradient(v)} ({self.network.name(v, 'e_')} t.+1)" for v in behind
        ]

    def _is_inside(self, leaf: Basic) -> bool:
        variables = [e.variable for e in self.network.equations]
        return isinstance(leaf, At) and leaf.series in variables

    def _lossed(self, total: str, loss: str) -> Iterator[str]:
        behind = [e.variable for e in self.behind]
        others = [v for v in behind if v != self.cell.loss_series]
        flows = FlowLemmas.chain([f"(flows_{self.network.name(v)} t)" for v in behind])
        edges = self.edges()
        parts = [
            f"frob ({edge} t) ({self.network.name(s, 'd_')} t.+1)" for s, edge in edges.items()
        ]
        kept = "".join(
            f" /{self.network.name(s, 'kept_')}"
            for s in self.states
            if s not in self.network.carried
        )
        yield "Proof."
        yield f"move=> lt; have HX : frob (gx t) (d_xi t.+1) = {' + '.join(parts)}."
        yield f"  rewrite gx_E /d_xi{kept}; placed."
        yield f"rewrite HX /own; have HF := {flows}."
        if not others:
            yield "rewrite HF; ring. Qed."
            return
        ends = FlowLemmas.chain(
            [
                f"(congr1 (fun g => frob g ({self.arrivals.change(v)} t.+1)) "
                f"(arrives_{self.network.name(v)} lt))"
                for v in others
            ]
        )
        yield f"have HE := {ends}; move: HE; rewrite /= ?(frobDl, frob0l) => HE."
        yield "by apply: (combined _ HF HE); ring. Qed."

"""Derivations line by line, each line with the rule by which it follows from the one before."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

from sympy import Integer
from sympy.matrices.expressions import MatAdd

from derive.bptt import by_reads
from derive.bptt.chains import Chains
from derive.bptt.recursion import Recursion
from derive.bptt.shared import SharedDefinitions, Use
from derive.bptt.substitution import pull_at
from derive.calculus.losses import LOSSES
from derive.expressions.algebra import Times, Transposed, add, mul, transpose
from derive.expressions.derivatives import Gradient, Partial
from derive.expressions.distributed import multiplied_out
from derive.expressions.equation import ANY_TARGETS, Equation, Index, Kind, Step, identifier
from derive.expressions.functions import Quotient
from derive.expressions.introduced import Introduced
from derive.expressions.quantities import At, Parameter, Series, T, j, k, t
from derive.expressions.sums import OrderedProduct, TimeSum, instantiate
from derive.expressions.walk import series_in
from derive.typesetting.lettering import letter_of

DEPTH = 3
"""Over how many steps the recursion of a derivative is written out."""


class DerivationSteps:
    """The lines between what the levels state: chain rule, transposition, recursion."""

    def __init__(self, chains: Chains, recursion: Recursion) -> None:
        self.chains, self.recursion = chains, recursion
        self.shared: SharedDefinitions = chains.shared
        self.cell = self.shared.cell

    def _equation(
        self, name: str, sides: tuple[Any, ...], reasons: tuple[str, ...],
        free: tuple[Index, ...] = (), assumes: tuple[str, ...] = (),
    ) -> Equation:  # fmt: skip
        id = identifier(self.cell.name, "steps", name)
        step = Step("steps", (sides[0],))
        return Equation(id, Kind.IDENTITY, sides, step, free, assumes, reasons=reasons)

    def residual(self) -> list[Equation]:
        """Return ∂L_t/∂z_t multiplied out, for softmax with cross-entropy (else nothing)."""
        cell = self.cell
        if cell.loss.name != "cross_entropy":
            return []
        L, o, z, y = (s[t] for s in (cell.loss_series, cell.output, cell.logits, cell.target))
        jacobians = self.shared.jacobians
        row = jacobians.local(cell.definition(cell.loss_series), o)
        local = jacobians.local(cell.definition(cell.output), z)
        quotient = transpose(Quotient(y, o))
        diagonal, outer = local.args[0], mul(o, transpose(o))
        general = LOSSES["cross_entropy"].general(y, o)
        sides = (
            Partial(L, z),
            mul(Partial(L, o), Partial(o, z)),
            mul(row, local),
            add(mul(-1, quotient, diagonal), mul(quotient, outer)),
            # Each quotient meets its divisor: in the diagonal one by one, in the column in a sum.
            add(*(transpose(term) for term in reversed(general.args))),
            transpose(general),
        )
        reasons = (
            "reason.chain", "reason.put-in", "reason.multiplied-out", "reason.quotients",
            "reason.rows",
        )  # fmt: skip
        return [self._equation("residual", sides, reasons, _every(), (ANY_TARGETS,))]

    def local_chain(self) -> list[Equation]:
        """Return ∂s_j/∂s_{j−1} through the quantities on the way, where there is one way only.

        Where nothing stands between them it is what the equation of the state gives at once.
        """
        state, passed = self.shared.state, self._one_way()
        if not passed:
            return []
        ends = [*(series[j] for series in passed[1:]), state[j - 1]]
        factors = [Partial(of[j], by) for of, by in zip(passed, ends, strict=True)]
        sides = [
            Partial(state[j], state[j - 1]),
            mul(*factors),
            self.shared.expression_of(self.shared.J),
            self.shared.J[j],
        ]
        reasons = ["reason.chain", "reason.put-in", "reason.name"]
        if len(passed) == 1:
            del sides[1]
            reasons[:2] = ["reason.differentiated"]
        return [
            self._equation(
                "step-jacobian", tuple(sides), tuple(reasons), (Index(j, Integer(1), T),)
            )
        ]

    def _one_way(self) -> list[Series]:
        """Return the quantities on the one way from the state before to the state, that first.

        Nothing where there are several ways, or several states.
        """
        if len(self.cell.states) > 1:
            return []
        state = self.shared.state
        passed = [state]
        while True:
            reads = self.shared.jacobians.reads(self.cell.definition(passed[-1]))
            on_way = [
                at for at in reads
                if at == state[t - 1]
                or (at.indices[0] == t and self._reads_at(at.series, state[t - 1]))
            ]  # fmt: skip
            if on_way == [state[t - 1]]:
                return passed
            if len(on_way) != 1:
                return []
            passed.append(on_way[0].series)

    def reads(self) -> list[Equation]:
        """Return derivatives of states by those before, first by what the equation of the state reads.

        One for each block of the step Jacobian, or for the whole of it, with several such terms.
        """
        of_blocks = by_reads.of_blocks(self.shared)
        reasons = ("reason.reads", "reason.put-in", "reason.name")
        free = (Index(j, Integer(1), T),)
        return [self._equation(name, sides, reasons, free) for name, sides in of_blocks]

    def _reads_at(self, variable: Series, at: At) -> bool:
        return by_reads.depends(self.shared, variable, at)

    def unrolled(self, parameter: Parameter, steps: int) -> Equation:
        """Return ∂ξ_t/∂p for a concrete t, split until nothing is left but immediate partials."""
        state, last = self.shared.state, min(steps, DEPTH)

        def immediate(step: int) -> Any:
            return self.chains.immediate(parameter, Integer(step))

        def back(step: int) -> Any:
            return Partial(state[step], state[step - 1])

        def split(step: int, depth: int) -> Any:
            """Return the derivative with so many steps split."""
            if depth == 0:
                return Partial(state[step], parameter)
            if step == 1:
                return immediate(1)
            return add(immediate(step), mul(back(step), split(step - 1, depth - 1)))

        terms = []
        for use in range(last, 0, -1):
            factors = [back(step) for step in range(last, use, -1)]
            terms.append(mul(*factors, immediate(use)))
        sides = [Partial(state[last], parameter), *(split(last, n) for n in range(1, last))]
        reasons = ["reason.immediate-and-through", *["reason.again"] * (last - 2)]
        sides.append(add(*terms))
        end = "reason.start" if last == 2 else "reason.start-and-multiplied"
        reasons = [*reasons[: last - 1], end]
        return self._equation(f"unrolled-{parameter.name}", tuple(sides), tuple(reasons))

    def through_state(self, parameter: Parameter, steps: int) -> list[Equation]:
        """Return ∂L_T/∂p through the last state, where the parameter acts on the loss so alone."""
        if self.shared.direct_uses(parameter):
            return []
        loss, state = self.cell.loss_series[steps], self.shared.state[steps]
        row = self.chains.loss_chain(Integer(steps))
        sides = (Partial(loss, parameter), mul(row, Partial(state, parameter)))
        return [self._equation(f"through-{parameter.name}", sides, ("reason.chain",))]

    def transposed(self, entry: Series) -> Equation:
        """Return δ_{t,k} from the row ∂L_t/∂v_k, by transposition."""
        shared, state = self.shared, self.shared.state
        product = OrderedProduct(shared.J[j], j, k + 1, t)
        factors = [Partial(self.cell.loss_series[t], state[t]), product]
        if entry != state:
            factors.append(Partial(state[k], entry[k]))
        adjoint = shared.lagged.get(entry) or shared.state_adjoint
        assert adjoint is not None, "an adjoint is of the state or of what a parameter enters"
        sides = (
            Gradient(self.cell.loss_series[t], entry[k]),
            Transposed(mul(*factors)),
            mul(*(transpose(f) for f in reversed(factors))),
            adjoint[t, k],
        )
        reasons = ("reason.row-transposed", "reason.transpose", "reason.name")
        free = (Index(t, Integer(1), T), Index(k, Integer(1), t))
        return self._equation(f"{letter_of(adjoint).word}-lag", sides, reasons, free)

    def into_state(self) -> list[Equation]:
        """Return ∂s_k/∂a_k for what parameters enter, where one state has no slope of that name."""
        shared, state = self.shared, self.shared.state
        found = []
        for entry in self._entries():
            passed, expr = self._way(entry, state), shared.path_into_state(entry, k)
            sides: tuple[Any, ...] = (Partial(state[k], entry[k]), expr)
            reasons: tuple[str, ...] = ()
            # Where nothing but what is passed stands in it, nothing is put in.
            if len(passed) > 2 and any(at.series not in passed for at in series_in(expr)):
                links = (Partial(of[k], by[k]) for of, by in pairwise(passed))
                sides = (sides[0], mul(*links), expr)
                reasons = ("reason.chain", "reason.put-in")
            terms = by_reads.terms(shared, state, entry[t])
            by_all = instantiate(add(*terms), {t: k}) if terms and not passed else expr
            # Where nothing new comes in, a derivative is worked out, which is no step of this sort.
            if {*series_in(expr)} - {*series_in(by_all)}:
                sides = (sides[0], by_all, expr)
                reasons = ("reason.reads", "reason.put-in")
            free = (Index(k, Integer(1), T),)
            found.append(self._equation(f"into-{entry.name}", sides, reasons, free))
        return found

    def _entries(self) -> list[Series]:
        """Return what parameters enter whose derivative of the state has no name, of one state."""
        shared, state = self.shared, self.shared.state
        if len(self.cell.states) > 1:
            return []
        slopes = [
            self.cell.definition(v).expr.arg for v in shared.jacobians.diagonals if v == state
        ]
        return [entry for entry in shared.lagged if entry != state and entry[t] not in slopes]

    def _way(self, entry: Series, end: Series) -> list[Series]:
        """Return the quantities on the one way of a step from one to another, that first; or nothing."""
        passed = [entry]
        while passed[0] != end:
            readers = self._readers(passed[0][t])
            on_way = [r for r in readers if r == end or self._reads_at(end, r[t])]
            if len(on_way) != 1:
                return []
            passed.insert(0, on_way[0])
        return passed

    def recursion_of_state(self) -> Equation:
        """Return ∂L/∂ξ_t = ∂L_t/∂ξ_t + ∂L/∂ξ_{t+1} ∂ξ_{t+1}/∂ξ_t in four lines, for t below T."""
        cell, state, L = self.cell, self.shared.state, self.cell.loss_series
        back = Partial(state[t + 1], state[t])
        own = cell.weighted(Partial(L[t], state[t]), t)

        def later(of: Any) -> TimeSum:
            return TimeSum(cell.weighted(Partial(L[j], of), j), j, t + 1, T)

        chained = cell.weighted(mul(Partial(L[j], state[t + 1]), back), j)
        sides = (
            Partial(cell.total, state[t]),
            add(own, later(state[t])),
            add(own, TimeSum(chained, j, t + 1, T)),
            add(own, mul(later(state[t + 1]), back)),
            add(own, mul(Partial(cell.total, state[t + 1]), back)),
        )
        reasons = (
            "reason.own-and-later",
            "reason.chain-next",
            "reason.factored",
            "reason.sum-is-total",
        )
        return self._equation("recursion", sides, reasons, (Index(t, Integer(1), T - 1),))

    def summed_adjoints(self) -> list[Equation]:
        """Return δ_t = Σ_{τ≥t} δ_{τ,t} for what has an adjoint of both kinds, the state first."""
        found, shared = [], self.shared
        of_state = {} if shared.state_adjoint is None else {shared.state: shared.state_adjoint}
        for entry, lagged in (of_state | shared.lagged).items():
            if entry in self.recursion.deltas:
                total = TimeSum(self.cell.weighted(lagged[j, t], j), j, t, T)
                sides = (
                    Gradient(self.cell.total, entry[t]),
                    self.recursion.deltas[entry][t],
                    total,
                )
                reasons = ("reason.name", "reason.sum-of-losses")
                found.append(self._equation(f"summed-{entry.name}", sides, reasons, _every()))
        return found

    def added_up(self, parameter: Parameter) -> list[Equation]:
        """Return ∇_p L as the algorithm adds it up, from the sums for single losses, in five lines.

        Both sums go over the pairs of a loss and a use not after it, so they may change places. Nothing
        for a parameter that acts past the states as well, or where an adjoint has no name.
        """
        cell, shared = self.cell, self.shared
        uses, deltas = shared.recurrent_uses(parameter), self.recursion.deltas
        if shared.direct_uses(parameter) or any(use.entry not in deltas for use in uses):
            return []
        loss = cell.loss_series[t]

        def shaped(arriving: Callable[[Use], Any]) -> Any:
            return add(*(pull_at(use.pullback, k).gradient(arriving(use)) for use in uses))

        def one(use: Use) -> Any:
            return shared.lagged[use.entry][t, k]

        def later(use: Use) -> Any:
            return TimeSum(cell.weighted(one(use), t), t, k, T)

        sides = [
            Gradient(cell.total, parameter),
            TimeSum(cell.weighted(Gradient(loss, parameter), t), t, 1, T),
            TimeSum(cell.weighted(TimeSum(shaped(one), k, 1, t), t), t, 1, T),
            TimeSum(TimeSum(cell.weighted(shaped(one), t), t, k, T), k, 1, T),
            TimeSum(shaped(later), k, 1, T),
            TimeSum(shaped(lambda use: deltas[use.entry][k]), k, 1, T),
        ]
        reasons = [
            "reason.sum", "reason.put-in", "reason.exchanged", "reason.collected",
            "reason.named-sum",
        ]  # fmt: skip
        if sides[3] == sides[4]:
            # What is only added has no factor beside what arrives.
            del sides[4], reasons[3]
        return [self._equation(f"added-{parameter.name}", tuple(sides), tuple(reasons))]

    def recursion_in_columns(self) -> list[Equation]:
        """Return the recursion of the algorithm from that of the state, for one state and t below T.

        It is of the pre-activation, where the state is a function of that, or of the state itself;
        nothing for a cell whose algorithm goes on otherwise.
        """
        if len(self.cell.states) > 1:
            return []
        if self.shared.state in self.recursion.deltas:
            return [self._columns_of_state()]
        return self._columns_of_argument()

    def _columns_of_state(self) -> Equation:
        state, delta = self.shared.state, self.recursion.deltas[self.shared.state]
        end = self.recursion.definitions[delta].expr
        own = self.cell.weighted(transpose(self.shared.jacobians.loss_row()), t)
        if state.shape == (1, 1):
            own = self._own_of_number(own, getattr(end, "args", ()))
        back = transpose(instantiate(self.shared.J[t], {t: t + 1}))
        written = transpose(instantiate(self.shared.expression_of(self.shared.J), {j: t + 1}))
        last = self._read_by_name(end, delta)
        # Each of several terms becomes an adjoint by its name in the last line.
        terms = multiplied_out(written) if last == "reason.paths" else (written,)
        put_in = "reason.step-jacobian" + ("-and-multiplied" if len(terms) > 1 else "")
        lines = (
            (Gradient(self.cell.total, state[t]), ""),
            (self._parts_in_columns(), "reason.row-recursion"),
            (add(own, mul(back, delta[t + 1])), "reason.put-in"),
            (add(own, *(mul(term, delta[t + 1]) for term in terms)), put_in),
            (end, last),
        )
        return self._columns(lines)

    def _own_of_number(self, own: Any, terms: tuple[Any, ...]) -> Any:
        """Return the part of a number's own loss as it stands among terms, in whatever order.

        A product may be turned, or its numbers exchanged, and is the same number.
        """
        row = self.shared.jacobians.loss_row()
        factors = row.args if isinstance(row, Times) else (row,)
        turned = mul(*(f if f.is_number else transpose(f) for f in reversed(factors)))
        same = [Counter(_numbers_of(p)) for p in (own, self.cell.weighted(turned, t))]
        return next((term for term in terms if Counter(_numbers_of(term)) in same), own)

    def _read_by_name(self, end: Any, delta: Introduced) -> str:
        """Return the reason of a line that has other adjoints than the one before, which has one."""
        others = {*self.recursion.deltas.values()} - {delta}
        come = others & {at.series for at in series_in(end)}
        return "reason.paths" if come else "reason.by-component"

    def _columns_of_argument(self) -> list[Equation]:
        shared, state = self.shared, self.shared.state
        inner = self.argument_of_state()
        if inner is None:
            return []
        delta, logits = self.recursion.deltas[inner.series], self.cell.logits
        row, slope = Partial(self.cell.total, state[t]), Partial(state[t], inner)
        own = self.cell.weighted(transpose(shared.jacobians.loss_row()), t)
        jacobian = instantiate(shared.expression_of(shared.J), {j: t + 1})
        through = mul(transpose(jacobian), transpose(Partial(self.cell.total, state[t + 1])))
        local = transpose(shared.jacobians.local(self.cell.definition(state), inner))
        back = instantiate(shared.jacobians.derivative(inner.series, state[t - 1]), {t: t + 1})
        later = instantiate(self.recursion.initial_adjoint(state), {t: t})
        lines = (
            (Gradient(self.cell.total, inner), ""),
            (Transposed(mul(row, slope)), "reason.row-transposed"),
            (mul(transpose(slope), transpose(row)), "reason.transpose"),
            (mul(transpose(slope), self._parts_in_columns()), "reason.row-recursion"),
            (mul(local, add(own, through)), "reason.jacobians"),
            (mul(local, add(own, mul(transpose(back), delta[t + 1]))), "reason.step-later"),
            (mul(local, add(own, later)), self._read_by_name(later, delta)),
            (self.recursion.definitions[delta].expr, "reason.residual"),
        )
        made = self._columns(lines)
        # What the loss contributes is multiplied out to the residual of the logits only.
        return [made] if made.reasons[-1] != "reason.residual" or inner == logits[t] else []

    def argument_of_state(self) -> At | None:
        """Return what alone a state is a function of, where that has an adjoint by its name."""
        state, jacobians = self.shared.state, self.shared.jacobians
        reads = jacobians.reads(self.cell.definition(state))
        if len(reads) != 1 or reads[0].indices[0] != t:
            return None
        (inner,) = reads
        return inner if self._readers(inner) == [state] and self._named(inner) else None

    def _named(self, at: At) -> bool:
        return at.series in self.recursion.deltas

    def _readers(self, at: At) -> list[Series]:
        """Return the quantities whose equations read something."""
        reads = self.shared.jacobians.reads
        return [e.variable for e in self.cell.equations if at in reads(e)]

    def within(self) -> list[Equation]:
        """Return the adjoints of a step that follow from one other of the same step, one state.

        Nothing for what leads to several that have names, or past them to the loss.
        """
        if len(self.cell.states) > 1:
            return []
        whole = self.argument_of_state()
        host = self.shared.state if whole is None else whole.series
        found = []
        for variable, delta in reversed(self.recursion.deltas.items()):
            onward = self._onward(variable)
            if variable == host or len(onward) != 1 or self.cell.loss_series in onward:
                continue
            (named,) = onward
            if isinstance(self.recursion.definitions[delta].expr, At):
                # What is handed on as it is needs no line.
                continue
            row, links = Partial(self.cell.total, named[t]), self._links(variable, named)
            back = [transpose(link) for link in reversed(links)]
            sides: tuple[Any, ...] = (
                Gradient(self.cell.total, variable[t]),
                Transposed(mul(row, *links)),
                mul(*back, transpose(row)),
            )
            reasons: tuple[str, ...] = ("reason.row-transposed", "reason.transpose")
            written = transpose(self.shared.jacobians.derivative(named, variable[t]))
            end = self.recursion.definitions[delta].expr
            acting = mul(written, self.recursion.deltas[named][t])
            # The terms of a sum stand in another order where each acts on what arrives.
            if isinstance(written, MatAdd) and acting != end:
                sides += (acting,)
                reasons += ("reason.put-in", "reason.by-component")
            else:
                reasons += ("reason.put-in",)
            sides += (end,)
            found.append(self._equation(f"within-{variable.name}", sides, reasons, _every()))
        return found

    def _links(self, variable: Series, named: Series) -> list[Partial]:
        """Return the derivatives on the way between two quantities of a step, the last one first.

        It is one where that is on display, or where several ways lead there.
        """
        whole = [named, variable]
        shown = named == self.shared.state and variable in self._entries()
        passed = whole if shown else self._way(variable, named) or whole
        return [Partial(of[t], by[t]) for of, by in pairwise(passed)]

    def _onward(self, variable: Series) -> set[Series]:
        """Return the first quantities with a named adjoint on the ways of a step from one.

        With the loss where a way leads there past all of them.
        """
        found: set[Series] = set()
        for reader in self._readers(variable[t]):
            on = {reader} if self._named(reader[t]) or reader == self.cell.loss_series else None
            found |= self._onward(reader) if on is None else on
        return found

    def _parts_in_columns(self) -> Any:
        """Return the two parts of the derivative of the total loss by the state, as columns."""
        cell, state = self.cell, self.shared.state
        own = cell.weighted(transpose(Partial(cell.loss_series[t], state[t])), t)
        back = transpose(Partial(state[t + 1], state[t]))
        return add(own, mul(back, transpose(Partial(cell.total, state[t + 1]))))

    def _columns(self, lines: tuple[tuple[Any, str], ...]) -> Equation:
        """Return the lines, each with its reason, but those that say the same as the one before."""
        kept = [lines[0]]
        for side, reason in lines[1:]:
            if side != kept[-1][0]:
                kept.append((side, reason))
        sides, reasons = zip(*kept, strict=True)
        free = (Index(t, Integer(1), T - 1),)
        return self._equation("recursion-columns", sides, reasons[1:], free)

    def equations(self, steps: int) -> list[Equation]:
        """Return all of them."""
        found = [*self.residual(), *self.local_chain(), *self.reads(), *self.into_state()]
        for parameter in self.cell.parameters:
            if self.shared.recurrent_uses(parameter) and steps > 1:
                found += [self.unrolled(parameter, steps), *self.through_state(parameter, steps)]
        if steps > 1:
            found += [*self.adjoints(), self.recursion_of_state(), *self.summed_adjoints()]
            found += [*self.within(), *self.recursion_in_columns()]
            for parameter in self.cell.parameters:
                found += self.added_up(parameter) if self.shared.recurrent_uses(parameter) else []
        return found

    def adjoints(self) -> list[Equation]:
        """Return the adjoint of the state from its row, or that of each entry."""
        by_state = self.shared.state_adjoint is not None
        return list(map(self.transposed, [self.shared.state] if by_state else self.shared.lagged))


def _every() -> tuple[Index, ...]:
    return (Index(t, Integer(1), T),)


def _numbers_of(product: Any) -> tuple[Any, ...]:
    """Return the factors of a product of numbers alone; what is none as it is."""
    factors = product.args if isinstance(product, Times) else (product,)
    return factors if all(f.is_number or f.shape == (1, 1) for f in factors) else (product,)

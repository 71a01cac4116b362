"""What arrives at each quantity: what the equations that read it hand back, as definitions."""

from __future__ import annotations

from collections.abc import Iterator

from sympy import Basic

from derive.cells.cell import Assignment
from derive.expressions.quantities import At, Parameter, Series, t
from derive.proving.coq.network import CoqNetwork
from derive.proving.coq.residuals import residual_of
from derive.proving.coq.terms import shape

CoqEdge = tuple[Series, Basic]
"""An equation, by its variable, and something that it reads."""


class Arrivals:
    """What arrives, by the names of its definitions.

    ``edges`` are the names of what an equation hands back to what it reads, ``bodies`` what each name
    stands for.
    """

    def __init__(self, network: CoqNetwork) -> None:
        self.network, self.cell = network, network.cell
        self.bodies: dict[str, str] = {}
        self.edges: dict[CoqEdge, str] = {}

    def gradient(self, variable: Series, later: bool = False) -> str:
        """Return the name of what arrives at a variable at step t.+1, or at the one after it."""
        step = "t.+1" if later else "t"
        if variable in self.network.adjoints:
            return f"({self.network.adjoint(variable)} {step}.+1)".replace("t.+1.+1", "t.+2")
        if variable == self.cell.loss_series:
            weight = self.cell.weight
            return f"({self.network.name(weight)} t.+1)" if weight else "(1%:M : 'M[R]_1)"
        return f"({self.network.name(variable, 'bar_')} {step})"

    def change(self, series: Series) -> str:
        """Return the name of the change of a quantity."""
        return self.network.name(series, "d_")

    def arrivals(self) -> Iterator[str]:
        """Yield what each equation hands back to what it reads, and what arrives in all."""
        named = [e for e in self.network.equations if e.variable in self.network.adjoints]
        for e in named:
            yield from self._handed_back(e)
        for e in reversed(self.network.equations):
            variable = e.variable
            if e in named:
                continue
            if variable != self.cell.loss_series:
                yield self.define(
                    self.network.name(variable, "bar_"), variable, self.arriving(variable[t])
                )
            yield from self._handed_back(e)

    def define(self, name: str, like: Basic, parts: list[str]) -> str:
        body = " + ".join(parts) if parts else "0"
        self.bodies[name] = body
        return (
            f"Definition {name} : nat -> {shape(like)} := locked (fun t => {body}).\n"
            f"Lemma {name}_D t : {name} t = {body}. Proof. by rewrite /{name} -lock. Qed."
        )

    def _handed_back(self, e: Assignment) -> Iterator[str]:
        found: dict[Basic, list[str]] = {}
        terms = self.network.terms(self.network.beside)
        arriving = terms.arriving(
            e.expr, e.left, self.gradient(e.variable), self.network.change_beside
        )
        for leaf, term in arriving:
            found.setdefault(leaf, []).append(term)
        for leaf, parts in found.items():
            name = self._edge(e.variable, leaf)
            self.edges[e.variable, leaf] = name
            yield self.define(name, leaf, parts)

    def _edge(self, variable: Series, leaf: Basic) -> str:
        if isinstance(leaf, Parameter):
            return self.network.name(variable, "g_", f"_{leaf.name}")
        before = "_before" if leaf.indices == (t - 1,) else ""
        return self.network.name(variable, "g_", f"_{leaf.series.name}{before}")

    def arriving(self, leaf: Basic) -> list[str]:
        """Return what arrives at a quantity of step t.+1, from its own step and from the next."""
        own = [f"{name} t" for (_, at), name in self.edges.items() if at == leaf]
        if not isinstance(leaf, At):
            return own
        before = leaf.series[t - 1]
        return own + [f"{name} t.+1" for (_, at), name in self.edges.items() if at == before]

    def unfolded(self, *texts: str) -> str:
        """Return the end of a proof that two formulas are one, entry by entry."""
        order: list[str] = []
        waiting = list(texts)
        seen: set[str] = set()
        while waiting:
            text = waiting.pop(0)
            for name in self.bodies:
                if name not in seen and f"{name} " in text:
                    seen.add(name)
                    order.append(name)
                    waiting.append(self.bodies[name])
        # What the loss hands to the output is not opened, as a lemma says what becomes of it.
        loss = self.of_loss()
        # Definitions come after what they are made of, so the last is unfolded first.
        unfold = "".join(f" ?{name}_D" for name in self._order(seen) if name != loss)
        letters = [self.network.name(one) for one in self.network.said.slopes]
        slopes = f" ?({', '.join(f'{one}_E' for one in letters)})" if letters else ""
        splits = residual_of(self.cell).splits
        return f"{unfold}{slopes}{splits and f' ?{splits}'} ?residual_at ?{loss}_D; same"

    def of_loss(self) -> str:
        """Return the name of what the loss of a step hands to its output."""
        return self.edges[self.cell.loss_series, self.cell.output[t]]

    def _order(self, seen: set[str]) -> list[str]:
        """Return names so that each comes before those that its definition is made of."""
        later: list[str] = []

        def visit(name: str) -> None:
            if name in later:
                return
            for other in self.bodies:
                if other != name and other in seen and f"{other} " in self.bodies[name]:
                    visit(other)
            later.append(name)

        for name in self.bodies:
            if name in seen:
                visit(name)
        return later[::-1]

    def whole(self, one: Basic) -> str:
        return self.network.name(one if isinstance(one, Parameter) else one.series, "G_")

    @staticmethod
    def first(one: Basic) -> bool:
        return isinstance(one, At) and one.indices != (t,)

    def carried(self) -> list[tuple[str, At]]:
        """Return what is handed back to the step before, by its name."""
        return [
            (edge, leaf) for (_, leaf), edge in self.edges.items()
            if isinstance(leaf, At) and leaf.indices == (t - 1,)
        ]  # fmt: skip

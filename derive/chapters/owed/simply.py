"""Facts of a handout that follow from its cell alone, or from which equations are on display."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from derive.cells.describe import divisors, gates, inner_activations
from derive.chapters.facts import CellFacts
from derive.expressions.equation import Equation
from derive.gradientflow.weights import columns_beside


class Displaying(Protocol):
    """A handout: its cell, and its equations by their ids behind the name of the cell."""

    facts: CellFacts

    @property
    def equations(self) -> Mapping[str, Equation]: ...


def _on_display(begins: str) -> Callable[[Displaying], bool]:
    """Return whether an equation is on display whose id begins so."""
    return lambda o: any(id.startswith(begins) for id in o.equations)


ON_DISPLAY: Mapping[str, Callable[[Displaying], bool]] = {
    "some-carousel": _on_display("carousel-"),
    "into-on-display": _on_display("steps-into-"),
    "sums-on-display": _on_display("steps-summed-"),
    "within-on-display": _on_display("steps-within-"),
    "added-on-display": _on_display("steps-added-"),
}

OF_EQUATIONS: Mapping[str, Callable[[Displaying], bool]] = {
    # Of runs of the network itself: by the chapter on vanishing gradients, or that on memory.
    "runs-drawn": lambda o: bool({"own", "this"} & {*o.facts.traces}),
    "some-gates": lambda o: bool(gates(o.facts.cell)),
    "some-inner": lambda o: bool(inner_activations(o.facts.cell)),
    "some-divisors": lambda o: bool(divisors(o.facts.cell)),
    "some-beside-weights": lambda o: bool(columns_beside(o.facts.cell)),
}

"""Facts of a handout that follow from its cell alone, or from which equations are on display."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol

from derive.cells.describe import divisors, gates, inner_activations
from derive.chapters.facts import CellFacts
from derive.expressions.equation import Equation
from derive.expressions.quantities import Parameter, t
from derive.expressions.walk import atoms_of, series_in
from derive.gradientflow.weights import columns_beside


class Displaying(Protocol):
    """A handout: its cell, and its equations by their ids behind the name of the cell."""

    facts: CellFacts

    @property
    def equations(self) -> Mapping[str, Equation]: ...


def _on_display(begins: str) -> Callable[[Displaying], bool]:
    """Return whether an equation is on display whose id begins so."""
    return lambda o: any(id.startswith(begins) for id in o.equations)


def _parameters_in_blocks(o: Displaying) -> bool:
    """Tell whether a parameter stands in a block of the step Jacobian, as it is displayed."""
    blocks = [e for id, e in o.equations.items() if id.startswith(("block-", "steps-block-"))]
    trained = {*o.facts.cell.parameters}
    return any(p in trained for e in blocks for p in atoms_of(e.right, Parameter))


def _kept_from_loss(o: Displaying) -> bool:
    """Tell whether the loss of a step is computed from some states of it, and not from all."""
    cell = o.facts.cell
    made = {e.variable: e.expr for e in cell.equations}
    found, open_ = set(), [cell.loss_series]
    while open_:
        series = open_.pop()
        if series not in found:
            found.add(series)
            expr = made.get(series)
            read = series_in(expr) if expr is not None else ()
            open_ += [at.series for at in read if at.indices == (t,)]
    return 0 < len(found & {*cell.states}) < len(cell.states)


ON_DISPLAY: Mapping[str, Callable[[Displaying], bool]] = {
    "loss-by-state-on-display": _on_display("loss-state"),
    "some-carousel": _on_display("carousel-"),
    "into-on-display": _on_display("steps-into-"),
    "sums-on-display": _on_display("steps-summed-"),
    "within-on-display": _on_display("steps-within-"),
    "added-on-display": _on_display("steps-added-"),
}

OF_EQUATIONS: Mapping[str, Callable[[Displaying], bool]] = {
    # Of runs of the network itself: by the chapter on vanishing gradients, or that on memory.
    "runs-drawn": lambda o: bool({"own", "this"} & {*o.facts.traces}),
    "parameters-in-blocks": _parameters_in_blocks,
    "kept-from-loss": _kept_from_loss,
    "some-gates": lambda o: bool(gates(o.facts.cell)),
    "some-inner": lambda o: bool(inner_activations(o.facts.cell)),
    "some-divisors": lambda o: bool(divisors(o.facts.cell)),
    "some-beside-weights": lambda o: bool(columns_beside(o.facts.cell)),
}

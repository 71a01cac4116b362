"""What must be proved of a cell, told by what its forward pass is a function of."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from derive.cells.cell import Cell
from derive.checks.proof import Proof
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.expressions.quantities import t
from derive.expressions.walk import series_in


def require_all(cell: Cell, proofs: Iterable[Proof]) -> None:
    """Raise a `CheckError` for a gradient that was neither proved nor said to be unproved.

    There is one by each parameter, by the inputs of each step, and by each state at step 0 that the
    first step reads; and one of the last loss by each parameter, where it is written as a sum.
    """
    for proof in proofs:
        found = {*(one.gradient for one in proof.proved), *proof.unproved}
        wanted = {*_owed(cell, proof.steps)}
        for gradient in sorted(found ^ wanted, key=str):
            problem = "is left out" if gradient in wanted else "is none of those that are meant"
            raise CheckError(
                f"what was proved of {cell.name} is not what must be, for T = {proof.steps}: {gradient} "
                f"{problem}. Nothing is written; correct what chooses the gradients"
            )


def _owed(cell: Cell, steps: int) -> Iterator[Gradient]:
    read = [at for e in cell.equations for at in series_in(e.expr) if at.indices[0] != t]
    yield from (Gradient(cell.total, p) for p in cell.parameters)
    if not cell.has_matrices:
        yield from (Gradient(cell.loss_series[steps], p) for p in cell.parameters)
    yield from (Gradient(cell.total, x[n]) for x in cell.inputs for n in range(1, steps + 1))
    yield from (
        Gradient(cell.total, s[0]) for s in cell.states if any(at.series == s for at in read)
    )

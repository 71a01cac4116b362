"""How many entries of proved gradients are not 0, counted anew on numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer

from derive.arrays import Array
from derive.cells.cell import Cell
from derive.checks.proof import Proof, Proved
from derive.document.blocks import TableBlock
from derive.errors import CheckError
from derive.expressions.derivatives import Gradient
from derive.numerics.evaluate import Evaluator
from derive.numerics.trace import ForwardPass

DRAWS = 40
"""How often numbers are drawn until each entry that is not 0 was seen: relu may hide some."""

NOISE = 1e-12
"""Beside the largest entry of all, or beside 1 where all are small, what rounding may leave of 0."""


def require_nonzero(cell: Cell, proofs: Sequence[Proof]) -> None:
    """Raise a `CheckError` unless so many entries of each gradient are not 0 somewhere."""
    for made in proofs:
        counts = {one: (one.nonzero, one.nonzero) for one in made.proved}
        for surely, perhaps in _seen(cell, made):
            counts = {
                one: (int(surely[one.gradient].sum()), int(perhaps[one.gradient].sum()))
                for one in made.proved
            }
            if all(_fits(counts[one], one) for one in made.proved):
                break
        for one in made.proved:
            if not _fits(counts[one], one):
                raise CheckError(
                    f"what was proved is not what is counted: {counts[one][0]} entries of "
                    f"{one.gradient} are not 0, {one.nonzero} are given. Nothing is written; "
                    "correct what counts"
                )


def _fits(counts: tuple[int, int], one: Proved) -> bool:
    least, most = counts
    return least <= one.nonzero <= most


def require_proved(table: TableBlock, proofs: Sequence[Proof]) -> TableBlock:
    """Return a table of what was proved, a gradient in each row; a `CheckError` for another row."""
    made = [(proof, one) for proof in proofs for one in proof.proved]
    if [row[0] for row in table.rows] != [one.gradient for _, one in made]:
        raise _untrue(table, "its rows are not the gradients that were proved")
    for (_, steps, sizes, *counts), (proof, one) in zip(table.rows, made, strict=True):
        written = getattr(sizes, "values", {}).get("sizes", "")
        wanted = ", ".join(f"{symbol} = {size}" for symbol, size in proof.sizes.items())
        if (steps, written) != (Integer(proof.steps), wanted):
            raise _untrue(table, f"{one.gradient} was proved for T = {proof.steps} and {wanted}")
        if counts != [one.entries, one.nonzero]:
            raise _untrue(
                table, f"of {one.entries} entries of {one.gradient}, {one.nonzero} are not 0"
            )
    return table


def _untrue(table: TableBlock, problem: str) -> CheckError:
    return CheckError(
        f"table {table.id} does not hold what its head says: {problem}. Nothing is written; correct "
        "what fills it"
    )


def _seen(cell: Cell, made: Proof) -> Iterator[tuple[dict[Gradient, NDArray[np.bool_]], ...]]:
    """Yield which entries were not 0 so far, surely and perhaps, after each draw that leads to any.

    What is very small beside the largest of all may be what rounding left of 0, or be that small.
    """
    rng = np.random.default_rng(len(made.proved))
    surely = {one.gradient: _none(made, one) for one in made.proved}
    perhaps = dict(surely)
    for draw in range(DRAWS):
        with np.errstate(all="ignore"):
            # Every second time positive numbers, of which there are roots and logarithms.
            evaluator = Evaluator(_drawn(cell, made, rng, positive=draw % 2 == 1))
            found = {g: np.abs(evaluator.value(g)) for g in surely}
        largest = max(float(values.max()) for values in found.values())
        if np.isfinite(largest):
            surely = {
                g: surely[g] | (values > NOISE * max(largest, 1.0)) for g, values in found.items()
            }
            perhaps = {g: perhaps[g] | (values > 0) for g, values in found.items()}
            yield surely, perhaps


def _none(made: Proof, one: Proved) -> NDArray[np.bool_]:
    rows, columns = (int(size.subs(made.sizes)) for size in one.gradient.den.shape)
    return np.zeros((rows, columns), dtype=bool)


def _drawn(cell: Cell, made: Proof, rng: np.random.Generator, positive: bool) -> ForwardPass:
    def drawn(*sizes: int) -> Array:
        found: Array = rng.normal(size=sizes)
        return np.abs(found) if positive else found

    def size(symbol: Expr) -> int:
        return int(symbol.subs(made.sizes))

    parameters = {p.name: drawn(*map(size, p.shape)) for p in cell.parameters}
    series = {s.name: drawn(made.steps, size(s.shape[0])) for s in cell.given}
    target = cell.target.name
    if cell.loss.assumes:
        series[target] = rng.dirichlet(np.ones(series[target].shape[1]), size=made.steps)
    initial = {s.name: drawn(*map(size, s.shape)) for s in cell.states}
    return ForwardPass(cell, parameters, series, initial)
